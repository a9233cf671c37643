/** A history of the machines campaign. */
import { Emulator } from "@effect-shipstation/emulator"
import type { OutboxStore } from "@effect-shipstation/outbox"
import { freePort } from "@effect-shipstation/test-kit/freePort"
import { SqlClient } from "@effect/sql"
import { Effect, Exit, FastCheck as fc, Scope } from "effect"
import { type Database, hasty, type Job, type Order, patient } from "../worker/Job.js"
import { check, mostWithin } from "./check.js"
import { start, within } from "./child.js"
import { prepare, read, reading } from "./history.js"

export const accounts = ["a", "b", "c"]

export interface Stage {
  readonly file: string
  readonly database: Database
  readonly prefix: string
  /** Whether the processes are runners of a cluster. */
  readonly isCluster?: boolean | undefined
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

/** As in the limiter's default: for what the network does to the distances between requests. */
const slack = 1_000

/**
 * Places that were held by who died count for five minutes, and a few of them are all that an account has here. After a
 * window their requests have left and count no more, or never will leave: as after those five minutes.
 */
const endHolds = (prefix: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`UPDATE ${sql(`${prefix}limiter`)} SET data = (data::jsonb || '{"held": []}')::text`
  )

type Action =
  | { readonly _tag: "Kill"; readonly machine: number; readonly after: number }
  | { readonly _tag: "Stop"; readonly machine: number; readonly after: number; readonly lasts: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    _tag: fc.constant("Kill" as const),
    machine: fc.nat(2),
    after: fc.integer({ min: 50, max: 700 })
  }),
  fc.record({
    _tag: fc.constant("Stop" as const),
    machine: fc.nat(2),
    after: fc.integer({ min: 50, max: 700 }),
    lasts: fc.integer({ min: 1_100, max: 2_600 })
  })
)

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
  const job = (name: string): Job => ({
    name,
    database,
    prefix,
    url,
    accounts,
    limit: scale.limit,
    window: scale.window + slack,
    pace: hasty,
    // all of them pack the same
    orders,
    resends: false
  })
  const packed: Array<ReadonlyArray<string>> = []
  const scope = yield* Scope.make()
  const place = isCluster === true ? Effect.map(freePort, (port) => ({ port })) : Effect.succeed({})
  const begin = (name: string) =>
    Effect.flatMap(place, (where) => Scope.extend(start(file, { ...job(name), ...where }), scope)).pipe(
      Effect.tap(({ packed: some }) => Effect.sync(() => packed.push(some)))
    )
  const machines = yield* Effect.forEach([0, 1, 2], (n) => begin(`machine-${n}`))
  const counts = { kills: 0, stops: 0 }
  const end = performance.now() + scale.lasts
  for (const [n, next] of fc.sample(action, { seed: number, numRuns: 1_000 }).entries()) {
    if (performance.now() > end) break
    yield* Effect.sleep(next.after)
    const machine = machines[next.machine]
    if (machine === undefined) continue
    if (next._tag === "Kill") {
      machine.signal("SIGKILL")
      yield* Effect.promise(() => machine.ended)
      counts.kills++
      machines[next.machine] = yield* begin(`machine-${next.machine}-${n}`)
    } else {
      counts.stops++
      machine.signal("SIGSTOP")
      yield* Effect.forkIn(Effect.delay(Effect.sync(() => machine.signal("SIGCONT")), next.lasts), scope)
    }
  }
  yield* Scope.close(scope, Exit.void)
  yield* Effect.sleep(scale.window + slack)
  yield* Effect.provide(endHolds(prefix), reading(database, prefix))
  yield* emulator.setFaults([])
  const broken: Array<string> = []
  // one that nobody kills, and an operator, bring all to an end
  yield* Effect.scoped(Effect.gen(function*() {
    const last = yield* start(file, { ...job("last"), ...yield* place, operator: number, pace: patient })
    const ended = yield* within(last, scale.lasts + 60_000)
    if (ended?.code !== 0) broken.push(`it never came to an end: ${last.errors.slice(-3).join(" ")}`)
  }))
  const stored = yield* Effect.provide(read(prefix), reading(database, prefix))
  const requests = yield* emulator.requests
  const most = mostWithin(requests, scale.window)
  if (most > scale.limit) broken.push(`${most} requests within ${scale.window} ms, and ${scale.limit} are allowed`)
  const ledger = {
    ...stored,
    packed: packed.flat(),
    fulfillments: yield* emulator.fulfillments,
    notifications: yield* emulator.notifications
  }
  return {
    ...counts,
    broken: [...broken, ...check(ledger)],
    rows: stored.rows.length,
    requests: requests.length,
    most,
    senders: sendersOf(stored.rows)
  }
})
