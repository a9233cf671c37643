/** A history of the machines campaign. */
import { Emulator } from "@effect-shipstation/emulator"
import type { OutboxStore } from "@effect-shipstation/outbox"
import { Effect } from "effect"
import { type Database, hasty, type Order, patient } from "../worker/Job.js"
import { check, mostWithin } from "./check.js"
import { within } from "./child.js"
import * as Disturb from "./disturb.js"
import { prepare, read, reading } from "./history.js"

export const accounts = ["a", "b", "c"]

export interface Stage {
  readonly file: string
  readonly database: Database
  readonly prefix: string
  /** Whether the processes are runners of a cluster. */
  readonly isCluster: boolean
}

/** How long it goes on, and what an account may send. Times in milliseconds. */
export interface Scale {
  readonly lasts: number
  readonly orders: number
  readonly limit: number
  readonly window: number
}

export const short: Scale = { lasts: 8_000, orders: 60, limit: 4, window: 2_000 }

/** A runner needs some seconds until it has its share. */
export const cluster: Scale = { lasts: 20_000, orders: 200, limit: 4, window: 2_000 }

export const aMinute: Scale = { lasts: 130_000, orders: 1_500, limit: 60, window: 60_000 }

/** How many processes have sent something. */
const sendersOf = (rows: ReadonlyArray<OutboxStore.RowWithHistory>): number =>
  new Set(rows.flatMap(({ history }) => history.flatMap(({ by }) => by._tag === "Worker" ? [by.name] : []))).size

/** How much longer its window is, as in the limiter's default: for what the network does to the distances between requests. */
export const slack = 1_000

export const play = Effect.fnUntraced(function*(number: number, stage: Stage, scale: Scale) {
  const { database, file, isCluster, prefix } = stage
  const { url } = yield* Emulator.Server
  const emulator = yield* Emulator.Emulator
  yield* Effect.provide(prepare(prefix), reading(database, prefix))
  yield* emulator.setFaults([
    { endpoint: "create", probability: 0.1, action: { _tag: "Delay", duration: 300 } },
    { endpoint: "create", probability: 0.05, action: { _tag: "Reset" } },
    { endpoint: "list", probability: 0.1, action: { _tag: "Delay", duration: 300 } }
  ])
  const orders = Array.from({ length: scale.orders }, (_, n): ReadonlyArray<Order> => [{
    account: accounts[n % 3] ?? "a",
    shipment_id: `se-${number}-${n}`,
    tracking_number: `1Z${number}N${n}`
  }])
  const job: Disturb.Common = {
    database,
    prefix,
    url,
    accounts,
    limit: scale.limit,
    window: scale.window + slack,
    pace: hasty,
    batchSize: 5,
    // all of them pack the same
    orders,
    resends: false
  }
  const end = performance.now() + scale.lasts
  const { all, kills, stops } = yield* Effect.scoped(
    Disturb.disturb({ file, job, isCluster, seed: number, isOver: Effect.sync(() => performance.now() > end) })
  )
  yield* Effect.sleep(scale.window + slack)
  yield* Effect.provide(Disturb.endHolds(prefix), reading(database, prefix))
  yield* emulator.setFaults([])
  const broken: Array<string> = []
  // one that nobody kills, and an operator, bring all to an end
  yield* Effect.scoped(Effect.gen(function*() {
    const last = yield* Disturb.begin(file, { ...job, operator: number, pace: patient }, "last", isCluster)
    const ended = yield* within(last, scale.lasts + 60_000)
    if (ended?.code !== 0) broken.push(`it never came to an end: ${last.errors.slice(-3).join(" ")}`)
  }))
  const stored = yield* Effect.provide(read(prefix), reading(database, prefix))
  const requests = yield* emulator.requests
  const most = mostWithin(requests, scale.window)
  if (most > scale.limit) broken.push(`${most} requests within ${scale.window} ms, and ${scale.limit} are allowed`)
  const ledger = {
    ...stored,
    packed: all.flatMap(({ packed }) => packed),
    fulfillments: yield* emulator.fulfillments,
    notifications: yield* emulator.notifications
  }
  return {
    kills: kills.length,
    stops,
    broken: [...broken, ...check(ledger)],
    rows: stored.rows.length,
    requests: requests.length,
    most,
    senders: sendersOf(stored.rows)
  }
})
