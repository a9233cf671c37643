import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { created, customers, denied, given, header, json, layer, posts } from "./support.js"

describe("what an import is compared with", () => {
  it.scopedLive("reports that its memory doesn't know are of another memory: nothing is sent unasked", () =>
    Effect.gen(function*() {
      const { directory, file, importIt, run } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      const other = { FULFILL_DATABASE: `${directory}/other.sqlite` }
      const { code, stderr } = yield* run(["import", file, "--notify", "none", "--yes"], other)
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("say that 2 shipments were sent of which")
      expect(stderr).toContain("other.sqlite knows nothing: se-1, se-2. They would be sent again")
      expect((yield* run(["import", file, "--notify", "none"], other)).stderr).toContain("Mark 2 shipments as shipped")
      expect(yield* created).toBe(2)
      // those beside the file tell it too, where others are written
      const elsewhere = ["import", file, "--notify", "none", "--yes", "--out", `${directory}/elsewhere`]
      expect(yield* run(elsewhere, other)).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining(`The reports in ${directory}/shipments-outcomes say that 2 shipments were sent`)
      })
      const fs = yield* FileSystem.FileSystem
      yield* fs.remove(`${directory}/shipments-outcomes`, { recursive: true })
      expect((yield* run(["import", file, "--notify", "none", "--yes"], other)).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("what was sent isn't mailed again, and what was rejected is once it is corrected", () =>
    Effect.gen(function*() {
      const { file, run, write } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,nobody,")
      const plan = Effect.map(run(["plan", file, "--notify", "customer"]), ({ stdout }) => stdout)
      const imported = Effect.map(run(["import", file, "--notify", "customer", "--yes"]), ({ code }) => code)
      expect(yield* imported).toBe(ExitCode.rejected)
      expect(yield* plan).toMatch(/customers +2 would be mailed, but for those of shipments sent before\n/)
      // as it is it would be rejected once more, and isn't sent
      yield* write(header, "2,se-2,2,nobody,")
      expect(yield* plan).toMatch(/customers +1 would be mailed, but for those of shipments sent before\n/)
      yield* write(header, "2,se-2,2,ups,")
      expect(yield* plan).toMatch(/customers +1 would be mailed\n[^]*sent before +1 rejected\n/)
      expect(yield* imported).toBe(ExitCode.ok)
      expect(yield* customers).toBe(2)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("rows that left the file are named, and not sent unasked; changed ones are named", () =>
    Effect.gen(function*() {
      const { file, importIt, run, write } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,", "3,se-3,3,ups,")
      yield* Effect.provide(importIt(), posts((request) => json(request, denied, 401)))
      yield* write(header, "1,se-1,1,ups,", "3,se-3,33,ups,")
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("1 row of the earlier run isn't in the file any more, and would be sent too: se-2")
      expect(yield* created).toBe(0)
      const asked = yield* run(["import", file, "--notify", "none"])
      expect(asked.stderr).toContain("1 row with another tracking number than before: se-3 in line 3 was 3 (waiting)")
      expect(asked.stderr).toContain("Mark 3 shipments as shipped")
      expect(asked.stderr).toMatch(/Memory: .*outbox\.sqlite, made today/)
      yield* run(["discard", "se-2", "--yes"])
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      // what was corrected, not what waited
      const { fulfillments } = yield* Emulator.Emulator
      expect((yield* fulfillments).map(({ tracking_number }) => tracking_number).toSorted()).toStrictEqual(["1", "33"])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a tracking number that another shipment was sent with is named, by plan and by import", () =>
    Effect.gen(function*() {
      const { file, importIt, run, write } = yield* given(
        header,
        "1,se-1,1Z1,ups,",
        "2,se-2,1Z2,nobody,",
        "3,se-3,1Z3,ups,"
      )
      yield* importIt()
      // one that was refused is free: its shipment may have been the wrong one
      yield* write(header, "1,se-1,1Z1,ups,", "8,se-8,1Z1,ups,", "9,se-9,1Z2,ups,")
      const text = "1 row with a tracking number that another shipment has: se-8 in line 3 has 1Z1 of se-1 (fulfilled)"
      const plan = yield* run(["plan", file, "--notify", "none"])
      expect(plan).toMatchObject({ code: ExitCode.ok, stdout: expect.stringContaining(`number in use ${text}`) })
      const { before } = JSON.parse((yield* run(["plan", file, "--notify", "none", "--json"])).stdout)
      expect(before).toMatchObject({
        reusedCount: 1,
        reused: [{ line: 3, shipment_id: "se-8", tracking_number: "1Z1", of: "se-1", state: "fulfilled" }]
      })
      const asked = yield* run(["import", file, "--notify", "none"])
      expect(asked.stderr).toContain(text)
      yield* write(header, "3,se-3,1Z1,ups,")
      const changed = yield* run(["plan", file, "--notify", "none"])
      expect(changed.stdout).toContain("se-3 in line 2 has 1Z1 of se-1 (fulfilled)")
      yield* write(header, "1,se-1,1Z1,ups,", "8,se-8,1Z1,ups,", "9,se-9,1Z2,ups,")
      // once it is known nothing new is to be said of it
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect((yield* run(["plan", file, "--notify", "none"])).stdout).not.toContain("number in use")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("who is notified is what was said last, also of rows that waited", () =>
    Effect.gen(function*() {
      const { file, importIt, run } = yield* given(header, "1,se-1,1,ups,")
      const both = run(["import", file, "--notify", "both", "--yes"])
      yield* Effect.provide(both, posts((request) => json(request, denied, 401)))
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* (yield* Emulator.Emulator).notifications).toStrictEqual([])
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a second day's file of the same name is another file", () =>
    Effect.gen(function*() {
      const { importIt, sums, write } = yield* given(header, "1,se-1,1,ups,")
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      yield* write(header, "2,se-2,2,ups,")
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([1, 0, 0, 0])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("--max refuses the whole run", () =>
    Effect.gen(function*() {
      const { file, importIt, run } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      const { code, stderr } = yield* importIt("--max", "1")
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("2 shipments, and --max says 1. Nothing was sent")
      expect((yield* run(["plan", file, "--notify", "none", "--max", "1"])).code).toBe(ExitCode.usage)
      expect(yield* created).toBe(0)
      expect((yield* importIt("--max", "2")).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("--skip-bad-rows sends the others, and has a report of these", () =>
    Effect.gen(function*() {
      const { file, importIt, report, run, sums } = yield* given(
        header,
        "1,se-1,1,ups,",
        "2,se-2,,,",
        "3,se-1,1,ups,again",
        "Total,2,,,",
        "Exported by =warehouse"
      )
      expect((yield* importIt()).code).toBe(ExitCode.usage)
      expect((yield* run(["plan", file, "--notify", "none", "--skip-bad-rows"])).code).toBe(ExitCode.ok)
      const { code, stderr } = yield* importIt("--skip-bad-rows")
      expect(code).toBe(ExitCode.ok)
      expect(stderr).toContain("3 rows left out, which skipped.csv will have")
      expect(stderr).toContain("3 rows left out, and not sent: skipped.csv tells why")
      // a row that says the same as another has its outcome
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
      expect(yield* created).toBe(1)
      const skipped = yield* report("skipped.csv")
      expect(skipped[0]?.slice(-2)).toStrictEqual(["line", "problem"])
      expect(skipped.slice(1).map((row) => [row[0], row[5]])).toStrictEqual([
        ["2", "3"],
        ["Total", "5"],
        ["Exported by =warehouse", "6"]
      ])
      expect((yield* importIt("--skip-bad-rows")).code).toBe(ExitCode.ok)
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("what was left out before is told no longer where nothing is, and rows that say the same are one shipment", () =>
    Effect.gen(function*() {
      const { directory, importIt, report, write } = yield* given(header, "1,se-1,1,ups,", "2,se-2,,ups,")
      expect((yield* importIt("--skip-bad-rows")).code).toBe(ExitCode.ok)
      expect((yield* report("skipped.csv")).length).toBe(2)
      yield* write(header, "1,se-1,1,ups,", "2,se-2,2,ups,", "3,se-2,2,ups,again")
      const { stderr, stdout } = yield* importIt()
      expect(stderr).toContain("2 shipments: 1 to be sent in 1 request to 127.0.0.1:1, 1 is done or under way")
      expect(stdout).toContain("2 of 2 shipments fulfilled")
      const reports = yield* (yield* FileSystem.FileSystem).readDirectory(`${directory}/shipments-outcomes`)
      expect(reports.toSorted()).toStrictEqual(["fulfilled.csv", "not-sent.csv", "rejected.csv", "unknown.csv"])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a file of which no row can be sent is refused, whatever is left out", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, "1,se-1,,ups,")
      const { code, stderr } = yield* importIt("--skip-bad-rows")
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("none of 1 row can be sent")
    }).pipe(Effect.provide(layer())))
})
