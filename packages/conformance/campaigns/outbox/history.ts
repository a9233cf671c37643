/** Plays a history of the crash campaign: processes that are killed one after the other, on one database. */
import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, type OutboxStore } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Stream } from "effect"
import * as Db from "../worker/database.js"
import { type Database, hasty, type Job, patient } from "../worker/Job.js"
import { check, type Ledger } from "./check.js"
import { start, within } from "./child.js"
import type { End, Life, Plan } from "./plan.js"

export interface Played extends Ledger {
  readonly broken: ReadonlyArray<string>
  /** Of each process that was killed: the point, or `any moment`. */
  readonly kills: ReadonlyArray<string>
  readonly requests: ReadonlyArray<Emulator.Request>
}

/** Nothing hangs that long. */
const patience = 300_000

/** A process that doesn't come to its point is killed all the same, so long after it was ready. */
const pointWithin = 10_000

/** Makes the tables, and what reads them. */
export const prepare = (prefix: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`CREATE TABLE ${sql(`${prefix}orders`)} (shipment_id TEXT PRIMARY KEY)`
  )

/** What the tables hold. */
export const read = (prefix: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const outbox = yield* Outbox.Outbox
    const orders = yield* sql<{ readonly shipment_id: string }>`SELECT shipment_id FROM ${sql(`${prefix}orders`)}`
    const rows: ReadonlyArray<OutboxStore.RowWithHistory> = yield* outbox.listAll().pipe(
      Stream.mapEffect(({ id }) => outbox.get(id), { concurrency: 3 }),
      Stream.runCollect,
      Effect.map((chunk) => [...chunk])
    )
    return { rows, orders: orders.map(({ shipment_id }) => shipment_id) }
  })

export const reading = (database: Database, prefix: string) =>
  Layer.provideMerge(Outbox.layer, Db.layer(database, prefix, hasty.poll))

/** Lives and dies. The result: how. */
const live = (file: string, job: Job, end: End) =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* start(file, {
      ...job,
      ...(end._tag === "Point" ? { at: { point: end.point, nth: end.nth, signal: "SIGKILL" } } : {})
    })
    // a busy machine may take long to start it
    yield* Effect.promise(() => Promise.race([child.isReady, child.ended]))
    if (end._tag === "Time") {
      yield* within(child, end.after)
      child.signal("SIGKILL")
    }
    let ended = yield* within(child, end._tag === "Point" ? pointWithin : patience)
    const isLate = ended === undefined
    if (isLate) child.signal("SIGKILL")
    ended ??= yield* Effect.promise(() => child.ended)
    const kill = ended.signal !== "SIGKILL" ? undefined : end._tag === "Point" && !isLate ? end.point : "any moment"
    return { ...child, kill, code: ended.code }
  }))

export const play = Effect.fnUntraced(function*(
  { faults, lives, number, seed }: Plan,
  { database, file, prefix, resends }: {
    readonly file: string
    readonly database: Database
    readonly prefix: string
    readonly resends: boolean
  }
) {
  const { url } = yield* Emulator.Server
  const emulator = yield* Emulator.Emulator
  yield* emulator.seed(seed)
  yield* emulator.setFaults(faults)
  yield* Effect.provide(prepare(prefix), reading(database, prefix))
  const job = (life: Omit<Life, "end">, n: number): Job => ({
    name: `life-${n}`,
    database,
    prefix,
    url,
    accounts: ["default"],
    limit: 100_000,
    window: 1_000,
    pace: hasty,
    batchSize: 5,
    orders: life.orders,
    stopAfter: life.stopAfter,
    operator: number * 100 + n,
    resends
  })
  const kills: Array<string> = []
  const packed: Array<string> = []
  const broken: Array<string> = []
  for (const [n, life] of lives.entries()) {
    const lived = yield* live(file, job(life, n), life.end)
    if (lived.kill !== undefined) kills.push(lived.kill)
    else if (lived.code !== 0) broken.push(`a process ended with ${lived.code}: ${lived.errors.join(" ")}`)
    packed.push(...lived.packed)
    broken.push(...lived.errors.filter((line) => line.includes("A batch broke")))
  }
  // nothing stands in the way now, so that all comes to an end
  yield* emulator.setFaults(faults.filter(({ shipmentId }) => shipmentId !== undefined))
  const last = yield* live(file, { ...job({ orders: [], stopAfter: undefined }, lives.length), pace: patient }, {
    _tag: "Time",
    after: patience
  })
  if (last.kill !== undefined) broken.push("it never came to an end")
  const stored = yield* Effect.provide(read(prefix), reading(database, prefix))
  const seeded = new Set(seed.fulfillments?.map(({ shipment_id }) => shipment_id))
  const ledger: Ledger = {
    ...stored,
    packed,
    fulfillments: (yield* emulator.fulfillments).filter(({ shipment_id, tracking_number }) =>
      !(seeded.has(shipment_id) && tracking_number === "OTHER")
    ),
    notifications: yield* emulator.notifications
  }
  const played: Played = {
    ...ledger,
    kills,
    requests: yield* emulator.requests,
    broken: [...broken, ...check(ledger)]
  }
  return played
})
