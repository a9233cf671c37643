import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { OutboxStoreSql } from "@effect-shipstation/outbox"
import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Array, Duration, Effect } from "effect"
import { given, header, json, layer, posts } from "./support.js"

/** Three are fulfilled, two rejected, and two more of another file only offered. */
const imported = Effect.gen(function*() {
  const folder = yield* given(
    header,
    ...Array.makeBy(3, (n) => `${n},se-${n},1Z${n},ups,`),
    "x,se-x,77,nobody,",
    "y,se-y,78,noone,"
  )
  yield* folder.importIt()
  const other = `${folder.directory}/other.csv`
  yield* (yield* FileSystem.FileSystem).writeFileString(other, `${header}\np,se-p,80,ups,\nq,se-q,81,ups,\n`)
  yield* folder.run(["import", other, "--notify", "none", "--yes", "--offer-only"])
  return folder
})

const lines = (text: string) => text.trim().split("\n").map((line): unknown => JSON.parse(line))

describe("operators", () => {
  it.scopedLive("see how many are in each state, without a key", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      const { code, stdout } = yield* run(["status", "--json"], { SHIPSTATION_API_KEY: "" })
      expect(code).toBe(ExitCode.ok)
      expect(JSON.parse(stdout)).toMatchObject({
        states: { pending: { count: 2 }, fulfilled: { count: 3 }, rejected: { count: 2 }, unknown: { count: 0 } },
        paused: null,
        rateLimitedUntil: null
      })
      const csv: ReadonlyArray<ReadonlyArray<string>> = parse((yield* run(["status"])).stdout)
      expect(csv[0]).toStrictEqual(["state", "count", "oldest"])
      expect(csv).toContainEqual(["pending", "2", expect.stringMatching(/^\d+ s$/)])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("see why nothing is sent", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      yield* run(["pause"])
      expect((yield* run(["status"])).stderr).toMatch(/Paused by an operator \d s ago. To go on: fulfill resume/)
      expect(JSON.parse((yield* run(["status", "--json"])).stdout).paused).toMatchObject({ by: "operator" })
      yield* run(["resume"])
      expect((yield* run(["status"])).stderr).toBe("")
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [ReadonlyArray<string>, ReadonlyArray<string>]>([
    [["--state", "pending"], ["se-p", "se-q"]],
    [["--state", "pending", "--state", "rejected"], ["se-p", "se-q", "se-x", "se-y"]],
    [["--message", "NOONE"], ["se-y"]],
    [["--message", "%"], []],
    [["--shipment", "se-1"], ["se-1"]],
    [["--tracking", "80"], ["se-p"]],
    [["--older-than", "1h"], []],
    [["--older-than", "0s", "--state", "fulfilled", "--limit", "2"], ["se-0", "se-1"]]
  ])("list rows by %j", ([args, expected]) =>
    Effect.gen(function*() {
      const { run } = yield* imported
      const { stdout } = yield* run(["list", ...args, "--json"])
      const found = stdout.trim() === "" ? [] : lines(stdout)
      expect(found.map((row) => Object(row).shipment_id).toSorted()).toStrictEqual(expected)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("aren't given none by a slip", () =>
    Effect.gen(function*() {
      const { run } = yield* given(header)
      const { code, stderr } = yield* run(["list", "--limit", "0"])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("--limit must be 1 or more")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("get CSV where there is no terminal, in which no cell is a formula", () =>
    Effect.gen(function*() {
      const { importIt, run, write } = yield* imported
      yield* write(header, "p,se-f,51,ups,")
      yield* Effect.provide(
        importIt(),
        posts((request) => json(request, { fulfillments: [{ shipment_id: "se-f", error_message: "no;=1+1" }] }))
      )
      const { stdout } = yield* run(["list", "--shipment", "se-f"])
      const rows: ReadonlyArray<ReadonlyArray<string>> = parse(stdout)
      expect(rows[0]?.slice(0, 4)).toStrictEqual(["id", "shipment_id", "tracking_number", "state"])
      expect(rows[1]?.slice(1, 6)).toStrictEqual(["se-f", "51", "rejected", "1", "no;'=1+1"])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("get a table on a terminal", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      const { stdout } = yield* run(["list", "--state", "rejected"])
      expect(stdout).toMatch(/^id +shipment_id +tracking_number +state +attempts +message\n/)
      expect(stdout).toMatch(/\n\d +se-x +77 +rejected +1 +Carrier nobody/)
      expect((yield* run(["show", "se-x"])).stdout).toMatch(/state +rejected\n[^]*sending +rejected/)
    }).pipe(Effect.provide(layer({}, { stdoutIsTerminal: true }))))

  it.scopedLive("see all that happened to a row, by its number or its shipment, as JSON off a terminal", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      const one = JSON.parse((yield* run(["show", "se-x"])).stdout)
      expect(one).toMatchObject({
        shipment_id: "se-x",
        state: "rejected",
        history: [{ from: "sending", to: "rejected" }]
      })
      expect(JSON.parse((yield* run(["show", String(one.id)])).stdout)).toStrictEqual(one)
      const none = yield* run(["show", "se-none"])
      expect(none).toMatchObject({ code: ExitCode.usage, stderr: expect.stringContaining("neither") })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("retry what was rejected, by a filter, after a confirmation", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      const unasked = yield* run(["retry", "--message", "nobody"])
      expect(unasked.code).toBe(ExitCode.usage)
      expect(unasked.stderr).toContain("Retry 1 row?")
      expect((yield* run(["retry", "--message", "nobody", "--yes"])).stderr).toContain("1 row: done")
      expect((yield* run(["list", "--state", "pending", "--json"])).stdout).toContain("se-x")
      expect((yield* run(["retry"])).stderr).toContain("Say which")
      // it may have been voided: that is looked up
      expect(yield* run(["retry", "se-0"])).toMatchObject({ code: ExitCode.ok })
      expect((yield* run(["list", "--state", "unknown", "--json"])).stdout).toContain("se-0")
      expect(yield* run(["discard", "se-1", "--yes"])).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining("it is fulfilled")
      })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("discard rows, which are then not sent", () =>
    Effect.gen(function*() {
      const { importIt, report, run, write } = yield* imported
      expect((yield* run(["discard", "se-p"])).code).toBe(ExitCode.usage)
      expect((yield* run(["discard", "--state", "pending", "--yes"])).stderr).toContain("2 rows: done")
      yield* write(header, "p,se-p,80,ups,", "r,se-r,82,ups,")
      expect((yield* importIt()).code).toBe(ExitCode.rejected)
      expect((yield* report("rejected.csv"))[1]?.slice(1, 7)).toStrictEqual([
        "se-p",
        "80",
        "ups",
        "",
        "discarded",
        "An operator gave it up"
      ])
      const { fulfillments } = yield* Emulator.Emulator
      expect((yield* fulfillments).map(({ shipment_id }) => shipment_id)).not.toContain("se-p")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("do nothing to a row that changed while they were asked", () => {
    let meanwhile: Effect.Effect<unknown> = Effect.void
    return Effect.gen(function*() {
      const { run } = yield* imported
      const retry = run(["retry", "se-x"])
      meanwhile = Effect.orDie(Effect.provide(retry, yield* Effect.context<Effect.Effect.Context<typeof retry>>()))
      const { code, stderr } = yield* run(["discard", "--state", "rejected"])
      expect(code).toBe(ExitCode.rejected)
      expect(stderr).toContain("1 row: done, 1 not")
      const states = (yield* run(["list", "--json"])).stdout
      expect(lines(states)).toContainEqual(expect.objectContaining({ shipment_id: "se-x", state: "pending" }))
      expect(lines(states)).toContainEqual(expect.objectContaining({ shipment_id: "se-y", state: "discarded" }))
    }).pipe(Effect.provide(layer({}, {
      ask: Effect.fnUntraced(function*() {
        yield* meanwhile
        return "y"
      })
    })))
  })

  it.scopedLive("do nothing to a row whose number was replaced while they were asked", () => {
    let meanwhile: Effect.Effect<unknown> = Effect.void
    return Effect.gen(function*() {
      const { directory, run } = yield* imported
      const corrected = `${directory}/corrected.csv`
      yield* (yield* FileSystem.FileSystem).writeFileString(corrected, `${header}\np,se-p,99,ups,\n`)
      const correct = run(["import", corrected, "--notify", "none", "--yes", "--offer-only"])
      meanwhile = Effect.orDie(Effect.provide(correct, yield* Effect.context<Effect.Effect.Context<typeof correct>>()))
      const { code, stderr } = yield* run(["discard", "--state", "pending"])
      expect(code).toBe(ExitCode.rejected)
      expect(stderr).toMatch(/Row \d+ has another tracking number by now\n1 row: done, 1 not/)
      const states = lines((yield* run(["list", "--json"])).stdout)
      expect(states).toContainEqual(expect.objectContaining({ shipment_id: "se-p", state: "pending" }))
      expect(states).toContainEqual(expect.objectContaining({ shipment_id: "se-q", state: "discarded" }))
    }).pipe(Effect.provide(layer({}, {
      ask: Effect.fnUntraced(function*() {
        yield* meanwhile
        return "y"
      })
    })))
  })

  it.scopedLive("are told with 3 when none of the rows could be discarded, and with 5 when the database failed", () =>
    Effect.gen(function*() {
      const { directory, run } = yield* imported
      const none = yield* run(["discard", "--state", "fulfilled", "--yes"])
      expect(none).toMatchObject({ code: ExitCode.rejected, stderr: expect.stringContaining("0 rows: done, 3 not") })
      yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) =>
          sql`CREATE TRIGGER full BEFORE UPDATE ON shipstation_outbox_progress BEGIN SELECT RAISE(ABORT, 'disk full'); END`
      )
        .pipe(Effect.provide(SqliteClient.layer({ filename: `${directory}/outbox.sqlite` })))
      const failed = yield* run(["retry", "--state", "rejected", "--yes"])
      expect(failed).toMatchObject({ code: ExitCode.temporary, stderr: expect.stringContaining("The database failed") })
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DROP TABLE shipstation_outbox_history`).pipe(
        Effect.provide(SqliteClient.layer({ filename: `${directory}/outbox.sqlite` }))
      )
      expect((yield* run(["show", "1"])).code).toBe(ExitCode.temporary)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("send what is fulfilled again one by one only, and only if it was voided", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      expect(yield* run(["retry", "--state", "fulfilled", "--yes"])).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining("Retry those that are fulfilled one by one")
      })
      expect((yield* run(["retry", "--older-than", "0s", "--yes"])).code).toBe(ExitCode.ok)
      expect((yield* run(["list", "--state", "fulfilled", "--json"])).stdout).toContain("se-0")
      expect((yield* run(["retry", "se-0"])).code).toBe(ExitCode.ok)
      expect((yield* run(["list", "--state", "unknown", "--json"])).stdout).toContain("se-0")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("see whose shop wasn't told, and have the others looked up", () =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given(header, ...Array.makeBy(3, (n) => `${n},se-${n},1Z${n},ups,`))
      yield* run(["import", file, "--notify", "both", "--yes"])
      const none = yield* run(["verify"])
      expect(none).toMatchObject({
        code: ExitCode.ok,
        stdout: "id,shipment_id,tracking_number,fulfillment_id,message,lookedAt\n"
      })
      expect(none.stderr).toContain("3 shipments: looked up by the next import, or by work")
      // as a worker does it
      yield* Effect.gen(function*() {
        const store = yield* OutboxStoreSql.make()
        const { rows } = yield* store.claimFulfilled({
          account: "default",
          worker: "w",
          lease: Duration.minutes(1),
          limit: 10
        })
        const seen = { _tag: "NotNotified", message: "Token has expired." } as const
        yield* store.verified(rows.map((row) => ({ row, seen })), { worker: "w", after: [] })
      }).pipe(Effect.scoped, Effect.provide(SqliteClient.layer({ filename: `${directory}/outbox.sqlite` })))
      const some = yield* run(["verify", "--json"])
      expect(some.code).toBe(ExitCode.rejected)
      expect(lines(some.stdout)).toMatchObject(
        [0, 1, 2].map((n) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, message: "Token has expired." }))
      )
    }).pipe(Effect.provide(layer())))

  it.scopedLive("prune, after a confirmation", () =>
    Effect.gen(function*() {
      const { run } = yield* imported
      expect((yield* run(["prune", "--older-than", "0s"])).code).toBe(ExitCode.usage)
      expect((yield* run(["prune", "--older-than", "30d", "--yes"])).stderr).toContain("0 rows removed")
      expect((yield* run(["prune", "--older-than", "0s", "--yes"])).stderr).toContain("5 rows removed")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("aren't given an empty database by a slip", () =>
    Effect.gen(function*() {
      const { directory, run } = yield* given(header)
      const { code, stderr } = yield* run(["status", "--database", `${directory}/none.sqlite`])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("There is no")
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.exists(`${directory}/none.sqlite`)).toBe(false)
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each(["mysql://u:s3cret@db/x", " Http://u:s3cret@db/x"])(
    "see no password of %s",
    (database) =>
      Effect.gen(function*() {
        const { run } = yield* given(header)
        const { code, stderr } = yield* run(["status"], { FULFILL_DATABASE: database })
        expect(code).toBe(ExitCode.usage)
        expect(stderr).toContain("begins with postgres://")
        expect(stderr).not.toContain("s3cret")
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("are not shown the password when a Postgres can't be reached", () =>
    Effect.gen(function*() {
      const { run } = yield* given(header)
      const { code, stderr } = yield* run(["status"], { FULFILL_DATABASE: " postgres://u:s3cret@127.0.0.1:1/x" })
      expect(code).toBe(ExitCode.temporary)
      expect(stderr).toContain("Can't use the Postgres database")
      expect(stderr).not.toContain("s3cret")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("are told that a file is no database", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(...Array.makeBy(200, () => header))
      const { code, stderr } = yield* run(["status", "--database", file])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("not a database")
    }).pipe(Effect.provide(layer())))
})
