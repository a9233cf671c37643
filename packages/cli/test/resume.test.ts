import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { HttpClient } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, DateTime, Effect } from "effect"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { client, created, denied, given, header, json, layer, posts } from "./support.js"

const rows = (tracking: string, count = 300) => Array.makeBy(count, (n) => `${n},se-${n},${tracking}${n},ups,`)

const sent = Effect.flatMap(
  Emulator.Emulator,
  ({ fulfillments }) => Effect.map(fulfillments, Array.map(({ tracking_number }) => tracking_number.slice(0, 1)))
)

const inDatabase = (directory: string, statement: string) =>
  Effect.provide(
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)),
    SqliteClient.layer({ filename: `${directory}/outbox.sqlite` })
  )

describe("an import that goes on", () => {
  it.scopedLive("sends nothing of an earlier file that it had not replaced yet when it was cut", () =>
    Effect.gen(function*() {
      const { directory, importIt, write } = yield* given(header, ...rows("A"))
      yield* importIt("--offer-only")
      yield* write(header, ...rows("B"))
      yield* inDatabase(
        directory,
        "CREATE TRIGGER full BEFORE UPDATE ON shipstation_outbox_progress BEGIN SELECT RAISE(ABORT, 'disk full'); END"
      )
      expect((yield* importIt()).code).toBe(ExitCode.temporary)
      yield* inDatabase(directory, "DROP TRIGGER full")
      const again = yield* importIt("--batch-size", "10")
      expect(again).toMatchObject({ code: ExitCode.ok, stderr: expect.stringContaining("Going on") })
      expect(new Set(yield* sent)).toStrictEqual(new Set(["B"]))
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [string, ReadonlyArray<string>]>([["offered", ["--offer-only"]], ["cut", []]])(
    "sends nothing of a file that took its place since, and was %s",
    ([, args]) =>
      Effect.gen(function*() {
        const { importIt, write } = yield* given(header, ...rows("A"))
        const cut = (...args: ReadonlyArray<string>) =>
          Effect.provide(importIt(...args), posts((request) => json(request, denied, 401)))
        expect((yield* cut()).code).toBe(ExitCode.refused)
        yield* write(header, ...rows("B"))
        yield* cut(...args)
        yield* write(header, ...rows("A"))
        const again = yield* importIt("--batch-size", "10")
        expect(again).toMatchObject({ code: ExitCode.ok, stderr: expect.stringContaining("Going on") })
        expect(new Set(yield* sent)).toStrictEqual(new Set(["A"]))
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("calls nothing not sent while it may be sent, as it may be killed", () =>
    Effect.gen(function*() {
      const { directory, importIt } = yield* given(header, ...rows("A"))
      const reports = () => readdirSync(`${directory}/shipments-outcomes`).filter((name) => name.endsWith("-sent.csv"))
      expect((yield* Effect.provide(importIt(), posts((request) => json(request, denied, 401)))).code)
        .toBe(ExitCode.refused)
      expect(reports()).toEqual(["not-sent.csv"])
      let meanwhile: ReadonlyArray<string> = []
      const refuse = (request: Parameters<typeof json>[0]) => {
        meanwhile = reports()
        return json(request, denied, 401)
      }
      yield* Effect.provide(importIt(), posts(refuse))
      expect(meanwhile).toEqual(["being-sent.csv"])
      expect(reports()).toEqual(["not-sent.csv"])
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each([["not-sent.xlsx"], ["being-sent.xlsx"], ["being-sent.csv"]])(
    "leaves a %s alone that it didn't write",
    ([name]) =>
      Effect.gen(function*() {
        const { directory, importIt } = yield* given(header, ...rows("A", 3))
        yield* importIt("--offer-only")
        mkdirSync(`${directory}/shipments-outcomes`)
        writeFileSync(`${directory}/shipments-outcomes/${name}`, "mine")
        yield* importIt()
        expect(readFileSync(`${directory}/shipments-outcomes/${name}`, "utf8")).toBe("mine")
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("finds dates far off, or near enough, as they were when it was confirmed", () =>
    Effect.gen(function*() {
      const today = DateTime.formatIsoDateUtc(yield* DateTime.now)
      const { directory, importIt, report } = yield* given(
        "shipment_id,tracking_number,carrier_code,ship_date",
        `se-1,A1,ups,${today}`,
        "se-2,A2,ups,2020-01-01"
      )
      const args = ["--skip-bad-rows", "--timezone", "UTC"]
      const cut = Effect.provide(importIt(...args), posts((request) => json(request, denied, 401)))
      expect((yield* cut).code).toBe(ExitCode.refused)
      // as if it was cut while it offered
      const confirmedAt = (time: string) =>
        inDatabase(directory, `UPDATE fulfill_confirmed SET offered = 0, checked_at = ${time}`)
      yield* confirmedAt("'2019-12-31T00:00:00.000Z'")
      expect(yield* importIt(...args)).toMatchObject({ code: ExitCode.usage, stderr: expect.stringContaining(today) })
      expect(yield* created).toBe(0)
      yield* confirmedAt(`'${today}T00:00:00.000Z'`)
      expect((yield* importIt(...args)).code).toBe(ExitCode.ok)
      expect(yield* created).toBe(1)
      expect((yield* report("skipped.csv"))[1]?.[0]).toBe("se-2")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("sends what is due before it looks at what isn't", () =>
    Effect.gen(function*() {
      const { directory, importIt, sums } = yield* given(header, ...rows("A", 20))
      const cut = Effect.provide(importIt(), posts((request) => json(request, denied, 401)))
      expect((yield* cut).code).toBe(ExitCode.refused)
      // all are due but one
      const theOne = "(SELECT id FROM shipstation_outbox_rows WHERE shipment_id = 'se-7')"
      yield* inDatabase(directory, `UPDATE shipstation_outbox_progress SET due_at = 1 WHERE id <> ${theOne}`)
      yield* inDatabase(
        directory,
        `UPDATE shipstation_outbox_progress SET due_at = due_at + 3600000 WHERE id = ${theOne}`
      )
      yield* inDatabase(directory, "CREATE TABLE seen (id INTEGER PRIMARY KEY, sent INTEGER)")
      yield* inDatabase(
        directory,
        `CREATE TRIGGER see AFTER UPDATE OF due_at ON shipstation_outbox_progress WHEN old.id = ${theOne} BEGIN
          INSERT INTO seen (sent) SELECT count(*) FROM shipstation_outbox_progress WHERE state = 'fulfilled'; END`
      )
      // while a request takes long, nothing goes on either
      const http = yield* HttpClient.HttpClient
      const slow = client((request) =>
        request.method === "POST" ? Effect.delay(http.execute(request), "2 seconds") : http.execute(request)
      )
      expect((yield* Effect.provide(importIt(), slow)).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([20, 0, 0, 0])
      expect((yield* inDatabase(directory, "SELECT sent FROM seen ORDER BY id LIMIT 1"))[0]).toStrictEqual({ sent: 19 })
    }).pipe(Effect.provide(layer())))
})
