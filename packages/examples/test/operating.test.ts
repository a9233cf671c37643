/** What the guide for operating says is done here, with files of SQLite. */
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxStoreSql, OutboxWorker } from "@effect-shipstation/outbox"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted, Schedule } from "effect"
import { execFile } from "node:child_process"
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { program } from "./expected.js"

const directory = Effect.sync(() => mkdtempSync(join(tmpdir(), "operating-")))

/** Runs a program of the guide, and gives what it says. */
const run = (file: string, env: Record<string, string>) =>
  Effect.promise(() =>
    promisify(execFile)(
      process.execPath,
      [program(file)],
      { env: { PATH: process.env["PATH"], ...env } }
    ).then(({ stdout }) => ({ code: 0, stdout }), ({ code, stdout }) => ({ code, stdout }))
  )

/** An application with a worker, as if just started. It ends with the effect. */
const application = (filename: string) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.provide(
    self,
    Layer.fresh(
      Layer.merge(Outbox.layer, Layer.provide(OutboxWorker.layer(), Accounts.layer)).pipe(
        Layer.provide(Fulfillments.layer({ notify: { customer: true, orderSource: false } })),
        Layer.provide(ShipStationClient.layer),
        Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey) })),
        Layer.provide(OutboxStoreSql.layer()),
        Layer.provideMerge(SqliteClient.layer({ filename }))
      )
    )
  )

const quiet = Logger.remove(Logger.defaultLogger)

const offer = (...ids: ReadonlyArray<string>) =>
  Effect.flatMap(
    Outbox.Outbox,
    ({ offer }) => offer(ids.map((id) => ({ shipment_id: id, tracking_number: `1Z-${id}`, carrier_code: "ups" })))
  )

const resume = Effect.flatMap(Outbox.Outbox, (outbox) => outbox.resume())

const allSent = Effect.flatMap(
  Outbox.Outbox,
  ({ openCounts }) =>
    Effect.repeat(openCounts, { until: (counts) => counts.length === 0, schedule: Schedule.spaced("20 millis") })
).pipe(
  Effect.timeout("4 minutes")
)

/** A database is restored that is older than what was sent. The result: whose customers were told twice. */
const restore = (after: (database: string) => Effect.Effect<unknown>) =>
  Effect.gen(function*() {
    const folder = yield* directory
    const [database, backup] = [join(folder, "orders.db"), join(folder, "backup.db")]
    yield* Effect.gen(function*() {
      const { pause } = yield* Outbox.Outbox
      yield* pause()
      yield* offer("se-1", "se-2")
      const sql = yield* SqliteClient.SqliteClient
      yield* sql.backup(backup)
      yield* resume
      yield* allSent
      yield* offer("se-3")
      yield* allSent
    }).pipe(application(database))

    for (const file of ["-wal", "-shm"]) rmSync(database + file, { force: true })
    copyFileSync(backup, database)
    yield* after(database)
    yield* Effect.gen(function*() {
      yield* resume
      // whoever offered it doesn't know of it either
      yield* offer("se-3", "se-4")
      yield* allSent
    }).pipe(application(database))

    const emulator = yield* Emulator.Emulator
    expect(new Set((yield* emulator.notifications).map(({ shipment_id }) => shipment_id)).size).toBe(4)
    return (yield* emulator.notifiedAgain).map(({ shipment_id }) => shipment_id)
  }).pipe(
    Effect.provide(Layer.provideMerge(Emulator.layerHttpClient({ alreadyFulfilled: "accept" }), quiet))
  )

it.live("after a restore that follows the guide nobody is told twice, nor is anybody forgotten", () =>
  Effect.gen(function*() {
    expect(yield* restore((database) => run("restored.ts", { DATABASE: database }))).toEqual([])
  }))

it.live("after a restore that doesn't, they are", () =>
  Effect.gen(function*() {
    expect((yield* restore(() => Effect.void)).toSorted()).toEqual(["se-1", "se-2", "se-3"])
  }))

it.live("operators are told what somebody has to look at", () =>
  Effect.gen(function*() {
    const database = join(yield* directory, "orders.db")
    yield* Effect.gen(function*() {
      const { offer, pause } = yield* Outbox.Outbox
      yield* offer([{ shipment_id: "se-1", tracking_number: "1Z", carrier_code: "nobody" }])
      yield* allSent
      yield* pause()
    }).pipe(
      application(database),
      Effect.provide(Layer.provideMerge(Emulator.layerHttpClient(), quiet))
    )
    const { stdout } = yield* run("operators.ts", { DATABASE: database })
    expect(stdout).toContain("default: paused by operator, no reason given")
    expect(stdout).toContain("row 1, se-1: rejected, Carrier nobody is not set up on this account.")
  }))

it.live("the script with an outbox ends with a code for what is left, and does nothing twice when it runs again", () =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    const env = {
      DATABASE: join(yield* directory, "shipments.db"),
      SHIPSTATION_BASE_URL: (yield* Emulator.Server).url,
      SHIPSTATION_API_KEY: Emulator.defaultApiKey
    }
    // a refused key
    expect((yield* run("outboxScript.ts", { ...env, SHIPSTATION_API_KEY: "wrong" })).code).toBe(5)
    yield* resume.pipe(
      Effect.provide(Outbox.layer.pipe(
        Layer.provide(OutboxStoreSql.layer()),
        Layer.provide(SqliteClient.layer({ filename: env.DATABASE }))
      ))
    )
    yield* emulator.seed({
      shipments: [{ shipment_id: "se-1001" }, { shipment_id: "se-1002", cancelled: true }]
    })
    expect((yield* run("outboxScript.ts", env)).code).toBe(3)
    const { code, stdout } = yield* run("outboxScript.ts", env)
    expect(code).toBe(3)
    expect(stdout).toMatch(/se-1001: fulfilled\s+se-1002: rejected .+/)
    expect(yield* emulator.notifiedAgain).toEqual([])
    expect((yield* emulator.notifications).length).toBe(2)
  }).pipe(Effect.provide(Emulator.layerServer({ alreadyFulfilled: "accept" }))))

it("the guide names metrics and logs as they are", () => {
  const root = new URL("../../../", import.meta.url)
  const sources = ["outbox", "fulfillments", "http-client"].flatMap((name) => {
    const folder = new URL(`packages/${name}/src/`, root)
    return readdirSync(folder, { encoding: "utf8", recursive: true })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(new URL(file, folder), "utf8"))
  }).join("\n")
  const guide = readFileSync(new URL("docs/operating.md", root), "utf8")
  const named = Array.from(
    guide.matchAll(/`(shipstation\.[\w.]+|(?:ShipStation|A worker) [^`]+)`/g),
    ([, name]) => name
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => !sources.includes(`"${name}"`))).toEqual([])
})
