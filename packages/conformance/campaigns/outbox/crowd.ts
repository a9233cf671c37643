/** Very many rows of two hundred accounts: what three processes that are killed and stopped make of them, and how they do. */
import { Emulator } from "@effect-shipstation/emulator"
import { Outbox, type OutboxStore } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { Array, DateTime, Effect, Schedule } from "effect"
import { busy, patient } from "../worker/Job.js"
import { check, mostWithin } from "./check.js"
import { within } from "./child.js"
import * as Disturb from "./disturb.js"
import { prepare, read, reading } from "./history.js"
import { slack, type Stage } from "./machines.js"

export const accounts = Array.makeBy(200, (n) => `account-${n}`)

/** Of each account, within so many milliseconds. Each kill costs some of its places for five minutes. */
const [limit, window] = [60, 2_000]

/** What is offered one by one when the rest is done. */
const singly = 200

const fulfillment = (shipment_id: string) => ({
  shipment_id,
  tracking_number: `1Z${shipment_id.toUpperCase()}`,
  carrier_code: "ups"
})

/** Orders of an account, each with its fulfillment. */
const pack = (prefix: string, account: string, shipmentIds: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const outbox = yield* Outbox.Outbox
    yield* sql.withTransaction(Effect.zipRight(
      sql`INSERT INTO ${sql(`${prefix}orders`)} ${sql.insert(shipmentIds.map((shipment_id) => ({ shipment_id })))}`,
      outbox.offer(shipmentIds.map(fulfillment), { account })
    ))
  })

const transactions = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<
      { readonly count: string }
    >`SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()`,
    ([row]) => Number(row?.count)
  ))

/** How many rows are to be sent, or on their way. */
const toSend = Effect.flatMap(
  Outbox.Outbox,
  ({ openCounts }) =>
    Effect.map(openCounts, (all) => all.reduce((sum, { count, state }) => state === "unknown" ? sum : sum + count, 0))
)

const untilSent = Effect.repeat(toSend, { until: (count) => count === 0, schedule: Schedule.spaced("250 millis") })

interface Start {
  readonly at: number
  readonly by: string
}

/** When which worker began to send, by account and in order. */
const startsOf = (rows: ReadonlyArray<OutboxStore.RowWithHistory>): ReadonlyArray<ReadonlyArray<Start>> =>
  Object.values(Array.groupBy(rows, ({ row }) => row.account)).map((ofAccount) =>
    ofAccount
      .flatMap(({ history }) =>
        history.flatMap(({ by, startedAt }): ReadonlyArray<Start> =>
          startedAt !== undefined && by._tag === "Worker"
            ? [{ at: DateTime.toEpochMillis(startedAt), by: by.name }]
            : []
        )
      )
      .toSorted((one, other) => one.at - other.at)
  )

/** How long accounts wait from one attempt to the next while there are rows to send. */
const usualGapsOf = (starts: ReadonlyArray<ReadonlyArray<Start>>, until: number): ReadonlyArray<number> =>
  starts.flatMap((ofAccount) =>
    ofAccount.flatMap(({ at }, n) => {
      const before = ofAccount[n - 1]
      // rows of one request begin together
      return before !== undefined && at < until && at - before.at > 5 ? [at - before.at] : []
    })
  )

/** How long from a kill to the next attempt of the accounts that its process sent for last. */
const gapsOf = (
  starts: ReadonlyArray<ReadonlyArray<Start>>,
  kills: ReadonlyArray<Disturb.Kill>,
  until: number
): ReadonlyArray<number> =>
  kills.flatMap((kill) =>
    starts.flatMap((ofAccount) => {
      const next = ofAccount.findIndex(({ at }) => at > kill.at)
      const [last, first] = [ofAccount[next - 1], ofAccount[next]]
      return last?.by === kill.name && first !== undefined && first.at < until ? [first.at - kill.at] : []
    })
  )

/** How long those that were offered one by one waited for the beginning of their first attempt. */
const waitsOf = (rows: ReadonlyArray<OutboxStore.RowWithHistory>): ReadonlyArray<number> =>
  rows.flatMap(({ history, row }) => {
    const first = history.find(({ startedAt }) => startedAt !== undefined)?.startedAt
    return row.input.shipment_id.startsWith("se-singly-") && first !== undefined
      ? [DateTime.distance(row.createdAt, first)]
      : []
  })

const quantile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * part)] ?? Number.NaN

/** Has three processes drain them, and then send what is offered one by one. */
const drain = Effect.fnUntraced(function*({ file, isCluster, prefix }: Stage, job: Disturb.Common, count: number) {
  const outbox = yield* Outbox.Outbox
  const before = yield* transactions
  const began = Date.now()
  const disturbed = yield* Disturb.disturb({
    file,
    job,
    isCluster,
    seed: count,
    slowness: 20,
    isOver: toSend.pipe(
      Effect.map((left) => left === 0),
      Effect.provideService(Outbox.Outbox, outbox),
      Effect.orDie
    )
  })
  yield* untilSent
  const ended = Date.now()
  const used = (yield* transactions) - before
  // those that were stopped are awake by then, and a cluster has dealt its accounts
  yield* Effect.sleep("15 seconds")
  for (let n = 0; n < singly; n++) {
    yield* pack(prefix, accounts[(n * 37) % accounts.length] ?? "", [`se-singly-${n}`])
    yield* Effect.sleep("50 millis")
  }
  yield* untilSent
  return { ...disturbed, began, ended, used }
}, Effect.scoped)

type Drained = Effect.Effect.Success<ReturnType<typeof drain>>

const measured = (
  rows: ReadonlyArray<OutboxStore.RowWithHistory>,
  { began, ended, kills, used }: Drained,
  count: number
) => {
  const starts = startsOf(rows)
  const [waits, usual, gaps] = [waitsOf(rows), usualGapsOf(starts, ended), gapsOf(starts, kills, ended)]
  return {
    "rows a second": Math.round(count * 1_000 / (ended - began)),
    "transactions a row": Number((used / count).toFixed(2)),
    "ms from the offer to its attempt, half": quantile(waits, 0.5),
    "ms from the offer to its attempt, 99 of 100": quantile(waits, 0.99),
    "ms between two attempts of an account, half": quantile(usual, 0.5),
    "ms between two attempts of an account, 99 of 100": quantile(usual, 0.99),
    "ms from a kill to the next attempt of its accounts, half": quantile(gaps, 0.5),
    "ms from a kill to the next attempt of its accounts, 99 of 100": quantile(gaps, 0.99)
  }
}

export const play = Effect.fnUntraced(function*(stage: Stage, count: number) {
  const { database, file, isCluster, prefix } = stage
  const { url } = yield* Emulator.Server
  const emulator = yield* Emulator.Emulator
  const job: Disturb.Common = {
    database,
    prefix,
    url,
    accounts,
    limit,
    window: window + slack,
    pace: busy,
    batchSize: 10,
    orders: [],
    resends: false,
    stays: true
  }
  const broken: Array<string> = []
  const { drained, orders, rows } = yield* Effect.gen(function*() {
    yield* prepare(prefix)
    const names = Array.makeBy(count, (n) => `se-${n}`)
    const shares = Array.chunksOf(names, Math.ceil(count / accounts.length))
    yield* Effect.forEach(Array.zip(accounts, shares), ([account, some]) => pack(prefix, account, some))
    const drained = yield* drain(stage, job, count)
    yield* Effect.sleep(window + slack)
    yield* Disturb.endHolds(prefix)
    // one that nobody kills, and an operator, bring all to an end
    yield* Effect.scoped(Effect.gen(function*() {
      const last = yield* Disturb.begin(file, { ...job, operator: 1, pace: patient, stays: false }, "last", isCluster)
      const ended = yield* within(last, 300_000)
      if (ended?.code !== 0) broken.push(`it never came to an end: ${last.errors.slice(-3).join(" ")}`)
    }))
    return { drained, ...yield* read(prefix) }
  }).pipe(Effect.provide(reading(database, prefix)))
  const requests = yield* emulator.requests
  const most = mostWithin(requests, window)
  if (most > limit) broken.push(`${most} requests within ${window} ms, and ${limit} are allowed`)
  const [fulfillments, notifications] = [yield* emulator.fulfillments, yield* emulator.notifications]
  return {
    broken: [...broken, ...check({ packed: [], orders, rows, fulfillments, notifications })],
    rows: rows.length,
    kills: drained.kills.length,
    stops: drained.stops,
    requests: requests.length,
    most,
    ...measured(rows, drained, count)
  }
})
