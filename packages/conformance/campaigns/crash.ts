/**
 * Processes of the outbox that are killed with `kill -9`, at each marked point and at any moment, on SQLite and on Postgres,
 * while the server misbehaves. Afterwards the emulator's ledger says whether anything was lost, or done twice.
 *
 *     pnpm campaign crash --count 100 [--from 1]    so many histories on each database, each with ten kills
 *     pnpm campaign crash --seed 17                 one of them
 *
 * `--all` fails too if a point or an edge was left out; `--parallel 8` plays so many at once (4).
 */
import { Emulator } from "@effect-shipstation/emulator"
import { Array, Console, Effect, Layer } from "effect"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { server, url } from "../../outbox/test/postgres.js"
import { edges, edgesOf, twice } from "./outbox/check.js"
import { built, directory } from "./outbox/child.js"
import { play, type Played } from "./outbox/history.js"
import { ofSeed, type Plan } from "./outbox/plan.js"
import type { Database } from "./worker/Job.js"
import { points } from "./worker/Point.js"

type Kind = Database["_tag"]

const kinds: ReadonlyArray<Kind> = ["SQLite", "Postgres"]

/** What some histories came to. */
const makeSummary = () => {
  const counts: Record<string, number> = { histories: 0, killed: 0, rows: 0, requests: 0, lost: 0, twice: 0 }
  const by: Record<"kills" | "edges" | "states" | "faults", Record<string, number>> = {
    kills: {},
    edges: {},
    states: {},
    faults: {}
  }
  const add = (to: Record<string, number>, name: string, count = 1) => {
    to[name] = (to[name] ?? 0) + count
  }
  return {
    counts,
    by,
    add: ({ broken, kills, notifications, requests, rows }: Played) => {
      add(counts, "histories")
      add(counts, "killed", kills.length)
      add(counts, "rows", rows.length)
      add(counts, "requests", requests.length)
      add(counts, "lost", broken.filter((problem) => problem.endsWith(": lost")).length)
      add(counts, "twice", twice(notifications).length)
      for (const kill of kills) add(by.kills, kill)
      for (const { history, row } of rows) {
        add(by.states, row.state)
        for (const edge of edgesOf(history)) add(by.edges, edge)
      }
      for (const { faults } of requests) for (const fault of faults) add(by.faults, fault)
    }
  }
}

const emulator = Emulator.layerServer({
  accounts: [{ name: "default", apiKey: "default" }],
  alreadyFulfilled: "accept",
  acceptAnyShipment: true,
  rateLimit: "off",
  resultOrder: "shuffled",
  control: false
})

/** Where histories are played. */
const makeStage = Effect.gen(function*() {
  const file = yield* built
  const files = yield* directory
  const { port } = yield* server
  let last = 0
  return (plan: Plan, kind: Kind, resends = false) =>
    Effect.suspend(() => {
      const prefix = `h${++last}_`
      const database: Database = kind === "SQLite"
        ? { _tag: kind, filename: join(files, `${prefix}.db`) }
        : { _tag: kind, url: url(port) }
      return Effect.provide(play(plan, { file, database, prefix, resends }), Layer.fresh(emulator))
    })
})

type Stage = Effect.Effect.Success<typeof makeStage>

/** Killed after the send and before the outcome is stored, and what it was sending is sent again: as many queues do. */
const control = Effect.fnUntraced(function*(stage: Stage, kind: Kind) {
  const plan = ofSeed(1)
  const lives = plan.lives.slice(0, 4).map((life, n) => ({
    ...life,
    stopAfter: undefined,
    end: { _tag: "Point" as const, point: n % 2 === 0 ? "POST: written" as const : "settle: before" as const, nth: 1 }
  }))
  const { kills, notifications } = yield* stage({ ...plan, lives, faults: [] }, kind, true)
  const doubles = twice(notifications).length
  yield* Console.log(
    `Control on ${kind}, which sends again what it finds on its way: ${kills.length} kills, ${doubles} told twice`
  )
  return doubles > 0
})

export const crash: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      seed: { type: "string" },
      count: { type: "string" },
      from: { type: "string" },
      all: { type: "boolean" },
      parallel: { type: "string" }
    }
  })
  const first = Number(values.seed ?? values.from ?? 1)
  const count = values.seed === undefined ? Number(values.count ?? 10) : 1
  const stage = yield* makeStage
  const started = performance.now()
  const problems: Array<string> = []
  for (const kind of kinds) {
    if (!(yield* control(stage, kind))) problems.push(`the control told nobody twice on ${kind}: no kill came to it`)
  }
  const summaries = { SQLite: makeSummary(), Postgres: makeSummary() }
  yield* Effect.forEach(
    Array.cartesian(Array.range(first, first + count - 1), kinds),
    ([number, kind]) =>
      Effect.gen(function*() {
        const played = yield* stage(ofSeed(number), kind)
        summaries[kind].add(played)
        for (const problem of played.broken) {
          problems.push(problem)
          yield* Console.log(`pnpm campaign crash --seed ${number}: on ${kind}, ${problem}`)
        }
        if (played.broken.length > 0) {
          const ids = played.broken.map((problem) => problem.split(":")[0])
          for (const one of played.rows) {
            if (ids.includes(one.row.input.shipment_id)) yield* Console.log(JSON.stringify(one))
          }
        }
        const { by, counts } = summaries[kind]
        if ((counts["histories"] ?? 0) % 5 === 0) yield* Console.log(kind, JSON.stringify({ ...counts, ...by }))
      }),
    { concurrency: Number(values.parallel ?? 4), discard: true }
  )
  for (const kind of kinds) {
    const { by, counts } = summaries[kind]
    yield* Console.log(kind, { ...counts, ...by })
    const leftOut = [
      ...points.filter((point) => by.kills[point] === undefined),
      ...edges.filter((edge) => by.edges[edge] === undefined)
    ]
    if (leftOut.length > 0) yield* Console.log(`${kind} left out: ${leftOut.join(", ")}`)
    if (values.all === true) problems.push(...leftOut.map((one) => `${kind}: ${one} was left out`))
  }
  yield* Console.log(`${Math.round((performance.now() - started) / 1_000)} seconds`)
  if (problems.length === 0) return yield* Console.log("No promise was broken.")
  yield* Console.error(`Broken:\n${problems.join("\n")}`)
  process.exitCode = 1
}).pipe(Effect.scoped, Effect.orDie)
