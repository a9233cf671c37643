import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { created, customers, given, header, json, layer, posts } from "./support.js"

const threeOthers = [header, ...Array.makeBy(3, (n) => `${n},se-${n},${n + 1},ups,`), ""].join("\n")

describe("what import asks", () => {
  it.scopedLive("of the same shipments in another file sends nothing, and asks only for what is new", () =>
    Effect.gen(function*() {
      const { file, importIt, run, sums, write } = yield* given(header, "1,se-1,1,ups,")
      yield* importIt()
      yield* write(header, "1,se-1,1,ups,again")
      expect((yield* run(["import", file, "--notify", "none"])).code).toBe(ExitCode.ok)
      yield* write(header, "1,se-1,1,ups,again", "2,se-2,2,ups,")
      const refused = yield* run(["import", file, "--notify", "customer"])
      expect(refused.code).toBe(ExitCode.usage)
      expect(refused.stderr).toContain("mail 1 customer?")
      expect((yield* run(["import", file, "--notify", "customer", "--yes"])).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
      expect(yield* created).toBe(2)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("run again after it was cut asks nothing, though much of it is new", () =>
    Effect.gen(function*() {
      const { file, importIt, run, sums } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      const error = { errors: [{ error_source: "shipstation", error_type: "security", message: "no" }] }
      yield* Effect.provide(importIt(), posts((request) => json(request, error, 401)))
      expect(yield* sums).toStrictEqual([0, 0, 0, 2])
      const again = yield* run(["import", file, "--notify", "none"])
      expect(again).toMatchObject({ code: ExitCode.ok, stderr: expect.stringContaining("Going on") })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("what was imported silently needs a new confirmation to be sent live", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      const args = ["import", file, "--notify", "customer"]
      const silent = yield* run([...args, "--mode", "silent", "--offer-only", "--yes"])
      expect(silent.stderr).toContain("Nobody is notified")
      const live = yield* run(args)
      expect(live.code).toBe(ExitCode.usage)
      expect(live.stderr).toContain("mail 1 customer?")
      expect(yield* created).toBe(0)
      expect((yield* run([...args, "--mode", "silent", "--yes"])).code).toBe(ExitCode.ok)
      expect(yield* customers).toBe(0)
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("what was offered silently is never mailed by another import, and is told of in its question", () =>
    Effect.gen(function*() {
      const { file, out, run } = yield* given(header, "9,se-9,9,ups,")
      const others = `${out}.csv`
      yield* (yield* FileSystem.FileSystem).writeFileString(others, threeOthers)
      yield* run(["import", others, "--notify", "both", "--mode", "silent", "--offer-only", "--yes"])
      const args = ["import", file, "--notify", "both"]
      const asked = yield* run(args)
      expect(asked.code).toBe(ExitCode.usage)
      expect(asked.stderr).toContain("3 others that wait in the outbox will be sent too, and notified: 0 customers")
      expect(asked.stderr).toContain("Mark 4 shipments as shipped, and mail 1 customer?")
      expect((yield* run([...args, "--yes"])).code).toBe(ExitCode.ok)
      expect(yield* created).toBe(4)
      expect(yield* customers).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("counts the customers of what others left waiting, even if its own file has nothing new", () =>
    Effect.gen(function*() {
      const { file, importIt, run, write } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      yield* run(["import", file, "--notify", "customer", "--offer-only", "--yes"])
      yield* write(header, "1,se-1,1,ups,")
      const asked = yield* run(["import", file, "--notify", "none"])
      expect(asked.stderr).toContain("To be notified: 0 customers")
      expect(asked.stderr).toContain("1 other that waits in the outbox will be sent too, and notified: 1 customer,")
      expect(asked.stderr).toContain("Mark 2 shipments as shipped, and mail 1 customer?")
      const silent = yield* run(["import", file, "--notify", "customer", "--mode", "silent"])
      expect(silent.stderr).toContain("Mark 2 shipments as shipped?")
      yield* write(header, "3,se-3,3,ups,")
      // nobody is asked about others by a run that doesn't send
      expect((yield* importIt("--offer-only")).stderr).not.toContain("other")
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(layer())))

  const others = Effect.gen(function*() {
    const all = yield* given(header, "8,se-8,8,ups,", "9,se-9,9,ups,")
    const others = `${all.out}.csv`
    yield* (yield* FileSystem.FileSystem).writeFileString(others, threeOthers)
    yield* all.run(["import", others, "--notify", "customer", "--offer-only", "--yes"])
    return all
  })

  it.scopedLive.each<readonly [option: string, why: string]>([
    ["--mode silent", "those who are to be notified of them never would be, as the mode is silent"],
    ["--max 4", "--max says 4"],
    ["--limit 2", "--limit says 2"]
  ])("others that wait aren't sent along unasked with %s", ([option, why]) =>
    Effect.gen(function*() {
      const { file, run } = yield* others
      const args = ["import", file, "--notify", "none", ...option.split(" ")]
      const refused = yield* run([...args, "--yes"])
      expect(refused.code).toBe(ExitCode.usage)
      expect(refused.stderr).toContain(`3 others that wait in the outbox would be sent too, and ${why}`)
      expect((yield* run(args)).stderr).toContain("Mark 5 shipments as shipped")
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [option: string]>([["--mode silent"], ["--max 1"], ["--limit 1"]])(
    "a run with %s that goes on doesn't send along what others left waiting since",
    ([option]) =>
      Effect.gen(function*() {
        const { file, run, write } = yield* given(header, "8,se-8,8,ups,")
        const little = ["import", file, "--notify", "none", ...option.split(" ")]
        const error = { errors: [{ error_source: "shipstation", error_type: "security", message: "no" }] }
        yield* Effect.provide(run([...little, "--yes"]), posts((request) => json(request, error, 401)))
        yield* write(header, "1,se-1,1,ups,")
        yield* run(["import", file, "--notify", "customer", "--offer-only", "--yes"])
        yield* write(header, "8,se-8,8,ups,")
        const again = yield* run([...little, "--yes"])
        expect(again.code).toBe(ExitCode.usage)
        expect(again.stderr).toContain("1 other that waits in the outbox would be sent too")
        expect(again.stderr).toContain("Nothing more was sent")
        expect((yield* run(little)).stderr).toContain("Mark 2 shipments as shipped")
        expect(yield* created).toBe(0)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("tells of unknown ones that somebody wants to be sent again, and asks for them", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      const args = ["import", file, "--notify", "customer"]
      const lost = yield* Effect.provide(run([...args, "--yes"]), posts((request) => json(request, "", 500)))
      expect(lost.code).toBe(ExitCode.unknown)
      const retried = yield* run(["retry", "--state", "unknown"])
      expect(retried.stderr).toContain("its customer is mailed twice. Retry 1 row?")
      yield* run(["retry", "--state", "unknown", "--yes"])
      const asked = yield* run(args)
      expect(asked.stderr).toContain("1 unknown one will be looked up, and sent again where ShipStation has none")
      expect(asked.stderr).toContain("Mark up to 1 shipment as shipped, and mail 1 customer?")
      expect(asked.code).toBe(ExitCode.usage)
      // it is of the file, and no other
      expect((yield* run([...args, "--limit", "1", "--max", "1", "--yes"])).stderr).not.toContain("other that waits")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("counts unknown ones of other files that are to be sent again among the others", () =>
    Effect.gen(function*() {
      const { file, run, write } = yield* given(header, "1,se-1,1,ups,")
      const args = ["import", file, "--notify", "customer"]
      yield* Effect.provide(run([...args, "--yes"]), posts((request) => json(request, "", 500)))
      yield* run(["retry", "--state", "unknown", "--yes"])
      yield* write(header, "2,se-2,2,ups,")
      expect((yield* run(args)).stderr).toContain("Mark 2 shipments as shipped, and mail 2 customers?")
      expect((yield* run([...args, "--limit", "1", "--yes"])).code).toBe(ExitCode.usage)
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [string, string | undefined, number]>([
    ["yes", "y", ExitCode.ok],
    ["no", "n", ExitCode.usage],
    ["nothing", "", ExitCode.usage],
    ["the end of the input", undefined, ExitCode.usage]
  ])("answered with %s", ([, answer, code]) =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      expect((yield* run(["import", file, "--notify", "customer"])).code).toBe(code)
      expect(yield* customers).toBe(code === ExitCode.ok ? 1 : 0)
    }).pipe(Effect.provide(layer({}, { ask: () => Effect.succeed(answer) }))))

  it.scopedLive("a worker's pause ends when somebody said yes, and not before", () =>
    Effect.gen(function*() {
      const { file, importIt, run, write } = yield* given(header, "1,se-1,1,ups,")
      const error = { errors: [{ error_source: "shipstation", error_type: "security", message: "no" }] }
      yield* Effect.provide(importIt(), posts((request) => json(request, error, 401)))
      yield* write(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      expect((yield* run(["import", file, "--notify", "none"])).stderr).toContain("There is nobody to ask")
      expect((yield* run(["status"])).stderr).toContain("Paused by a worker")
      expect((yield* importIt()).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("--mode wins over SHIPSTATION_MODE", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      const args = ["import", file, "--notify", "both", "--yes", "--mode", "live"]
      expect((yield* run(args, { SHIPSTATION_MODE: "readOnly" })).code).toBe(ExitCode.ok)
      expect(yield* customers).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("notifies nobody in silent mode, and says so", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      const { stderr } = yield* run(["import", file, "--notify", "both", "--yes"], { SHIPSTATION_MODE: "silent" })
      expect(stderr).toContain("Nobody is notified")
      expect(yield* (yield* Emulator.Emulator).notifications).toStrictEqual([])
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))
})
