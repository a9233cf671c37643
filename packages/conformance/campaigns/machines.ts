/**
 * Three processes on one Postgres, with several accounts. They are killed, and stopped for longer than their claims last and
 * woken again. Afterwards the emulator's ledger says whether anything was lost or done twice, and its journal whether each
 * account's limit was held.
 *
 *     pnpm campaign machines --count 10 [--from 1]    so many histories
 *     pnpm campaign machines --minute                 one with the true window: so many requests in any minute
 *     pnpm campaign machines --cluster                the processes are runners of an Effect Cluster
 *
 * First, one process is stopped at each point before its last look at the clock: it must send nothing when it wakes.
 */
import { Emulator } from "@effect-shipstation/emulator"
import { Array, Console, Effect, Layer } from "effect"
import { parseArgs } from "node:util"
import * as Postgres from "../../outbox/test/postgres.js"
import { built } from "./outbox/child.js"
import * as Machines from "./outbox/machines.js"
import { standStill, stopPoints } from "./outbox/standStill.js"

const emulator = Emulator.layerServer({
  accounts: Machines.accounts.map((name) => ({ name, apiKey: name })),
  alreadyFulfilled: "accept",
  acceptAnyShipment: true,
  rateLimit: "off",
  control: false
})

export const machines: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      count: { type: "string" },
      from: { type: "string" },
      parallel: { type: "string" },
      minute: { type: "boolean" },
      cluster: { type: "boolean" }
    }
  })
  const first = Number(values.from ?? 1)
  const { port } = yield* Postgres.server
  const file = yield* built
  const stage = { file, database: { _tag: "Postgres" as const, url: Postgres.url(port) } }
  const started = performance.now()
  const problems: Array<string> = []
  const note = (problem: string) =>
    Effect.suspend(() => {
      problems.push(problem)
      return Console.log(problem)
    })

  const stands = yield* Effect.forEach(
    values.cluster === true ? [] : stopPoints,
    (stop, n) =>
      Effect.provide(standStill(stop, { ...stage, isCluster: false, prefix: `s${n}_` }), Layer.fresh(emulator)),
    { concurrency: 4 }
  )
  for (const { broken } of stands) yield* Effect.forEach(broken, note)
  if (stands.length > 0) {
    yield* Console.log(`Stopped at ${stands.length} points, the last one a control, and woken too late`)
  }

  const scale = values.minute === true
    ? Machines.aMinute
    : values.cluster === true
    ? Machines.cluster
    : Machines.short
  const counts = { histories: 0, kills: 0, stops: 0, rows: 0, requests: 0, most: 0, senders: 0 }
  const numbers = Array.range(first, first + (values.minute === true ? 1 : Number(values.count ?? 4)) - 1)
  yield* Effect.forEach(
    numbers,
    (number) =>
      Effect.gen(function*() {
        // a cluster's locks are those of the database
        const url = values.cluster === true ? yield* Postgres.create(port, `cluster_${number}`) : stage.database.url
        const played = yield* Effect.provide(
          Machines.play(
            number,
            { file, database: { _tag: "Postgres", url }, prefix: `m${number}_`, isCluster: values.cluster === true },
            scale
          ),
          Layer.fresh(emulator)
        )
        counts.histories++
        counts.kills += played.kills
        counts.stops += played.stops
        counts.rows += played.rows
        counts.senders += played.senders
        counts.requests += played.requests
        counts.most = Math.max(counts.most, played.most)
        for (const problem of played.broken) yield* note(`history ${number}: ${problem}`)
      }),
    { concurrency: Number(values.parallel ?? 2), discard: true }
  )
  yield* Console.log({ ...counts, seconds: Math.round((performance.now() - started) / 1_000) })
  if (problems.length === 0) return yield* Console.log("No promise was broken.")
  yield* Console.error(`Broken:\n${problems.join("\n")}`)
  process.exitCode = 1
}).pipe(Effect.scoped, Effect.orDie)
