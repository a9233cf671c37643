import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { given, header, layer } from "./support.js"

/** Two are fulfilled, one rejected, and of another file three wait. */
const imported = Effect.gen(function*() {
  const folder = yield* given(header, "1,se-1,1Z1,ups,", "2,se-2,1Z2,ups,", "x,se-x,77,nobody,")
  yield* folder.importIt()
  yield* folder.write(header, "p,se-p,80,ups,", "q,se-q,81,ups,", "r,se-r,82,ups,")
  yield* folder.importIt("--offer-only")
  const fs = yield* FileSystem.FileSystem
  const other = `${folder.directory}/other.csv`
  const list = (state: string) =>
    Effect.map(
      folder.run(["list", "--state", state, "--json"]),
      ({ stdout }) => [...stdout.matchAll(/"shipment_id":"([^"]+)"/g)].map(([, id]) => id)
    )
  return {
    ...folder,
    other,
    list,
    writeOther: (...lines: ReadonlyArray<string>) =>
      fs.writeFileString(other, lines.map((line) => `${line}\n`).join(""))
  }
})

describe("discard and retry of a file's rows", () => {
  it.scopedLive("show how many of which state it would be, and ask", () =>
    Effect.gen(function*() {
      const { list, other, run, writeOther } = yield* imported
      // a list of ids is enough: what else a shipment needs was checked when it was imported
      yield* writeOther("shipment_id", "se-p", "se-q", "se-x", "se-1", "se-none", "")
      const asked = yield* run(["discard", "--from", other])
      expect(asked.code).toBe(ExitCode.usage)
      expect(asked.stderr).toContain("3 rows: 2 pending, 1 rejected. se-p, se-q, se-x")
      expect(asked.stderr).toContain(
        "Of 5 shipments of the file 1 is fulfilled, 1 isn't in the outbox: left as they are"
      )
      expect(asked.stderr).toContain("It can't be undone. Discard 3 rows?")
      expect(yield* list("discarded")).toStrictEqual([])
      const done = yield* run(["discard", "--from", other, "--reason", "sent by hand", "--yes"])
      expect(done).toMatchObject({ code: ExitCode.ok, stderr: expect.stringContaining("3 rows: done") })
      expect(yield* list("discarded")).toStrictEqual(["se-x", "se-p", "se-q"])
      expect(yield* list("pending")).toStrictEqual(["se-r"])
      const shown = JSON.parse((yield* run(["show", "se-p"])).stdout)
      expect(shown.history.at(-1)).toMatchObject({ to: "discarded", by: "operator", reason: "sent by hand" })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("take other filters too, and only such rows of the file", () =>
    Effect.gen(function*() {
      const { list, other, run, writeOther } = yield* imported
      yield* writeOther("Our No,Status", "se-p,void", "se-q,void", "se-r,sent", "se-x,void")
      const how = ["--from", other, "--map", "shipment_id=Our No", "--where", "Status=void"]
      const done = yield* run(["discard", ...how, "--state", "pending", "--yes"])
      expect(done.stderr).toContain("2 rows: done")
      expect(yield* list("discarded")).toStrictEqual(["se-p", "se-q"])
      const tracked = yield* run(["retry", ...how, "--tracking", "77", "--yes", "--reason", "carrier is set up"])
      expect(tracked.stderr).toContain("1 row: done")
      expect(yield* list("pending")).toStrictEqual(["se-x", "se-r"])
      expect(JSON.parse((yield* run(["show", "se-x"])).stdout).history.at(-1)).toMatchObject({
        to: "pending",
        reason: "carrier is set up"
      })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("take a report, whose own columns don't have the id", () =>
    Effect.gen(function*() {
      const { directory, list, other, run, writeOther } = yield* given(header).pipe(Effect.zipRight(imported))
      yield* writeOther("Order No,tracking_number,carrier_code", "1001,99,nobody")
      const folder = yield* run(["import", other, "--notify", "none", "--yes", "--where", "Order No=1001"])
      expect(folder.code).toBe(ExitCode.rejected)
      const report = `${directory}/other-outcomes/rejected.csv`
      expect((yield* run(["discard", "--from", report, "--yes"])).stderr).toContain("1 row: done")
      expect(yield* list("discarded")).toStrictEqual(["se-1001"])
    }).pipe(
      Effect.provide(layer({
        shipments: [
          { shipment_id: "se-1001", shipment_number: "1001" },
          ...["se-1", "se-2", "se-x", "se-p", "se-q", "se-r"].map((shipment_id) => ({ shipment_id }))
        ]
      }))
    ))

  it.scopedLive("say what is wrong with the file, and change nothing", () =>
    Effect.gen(function*() {
      const { directory, other, run, writeOther } = yield* imported
      const discard = (...args: ReadonlyArray<string>) => run(["discard", ...args, "--yes"])
      expect(yield* discard("--from", `${directory}/none.csv`)).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining("Can't read")
      })
      yield* writeOther("order_number", "1001")
      expect(yield* discard("--from", other)).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining("has no ids of shipments: name one of its reports, which have them")
      })
      yield* writeOther("Number", "se-p")
      expect((yield* discard("--from", other)).stderr).toContain("say --map shipment_id=\"its name\"")
      yield* writeOther("shipment_id", "se-none")
      expect(yield* discard("--from", other)).toMatchObject({
        code: ExitCode.ok,
        stderr: expect.stringContaining("0 rows: done")
      })
      expect((yield* discard("se-p", "--from", other)).stderr).toContain("Say a row, or --from, not both")
      expect((yield* discard("--state", "pending", "--map", "shipment_id=No")).stderr).toContain(
        "--map is for --from"
      )
      expect((yield* run(["list", "--state", "discarded", "--json"])).stdout.trim()).toBe("")
    }).pipe(Effect.provide(layer())))
})
