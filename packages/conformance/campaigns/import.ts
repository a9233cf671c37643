/**
 * `fulfill import` of a file, killed with `kill -9` at any moment and run again until it is done, on SQLite and on
 * Postgres, while the server misbehaves. Afterwards the emulator's ledger and the reports say whether anything was lost, or
 * done twice.
 *
 *     pnpm campaign import --count 300 --rows 5000 [--seed 1]    so many kills, over three imports of a file
 *
 * Beforehand a control: where the database gets lost between two runs, the checks must fail.
 */
import { Emulator } from "@effect-shipstation/emulator"
import { Console, Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { server, url } from "../../outbox/test/postgres.js"
import * as Command from "./command.js"
import { check, most } from "./import/check.js"
import { type Options, play, type Played } from "./import/play.js"
import { faults, rows, seedOf } from "./import/shipments.js"

const played = (options: Options) =>
  Effect.provide(
    play(options),
    Layer.fresh(Emulator.layerServer({
      ...seedOf(options.rows),
      alreadyFulfilled: "accept",
      rateLimit: { limit: options.limit, window: "sliding" },
      resultOrder: "shuffled",
      seed: options.seed,
      faults
    }))
  )

const describe = ({ kills, notifications, requests, retried, rows, runs }: Played) => {
  const met: Record<string, number> = {}
  for (const { faults } of requests) for (const fault of faults) met[fault] = (met[fault] ?? 0) + 1
  return {
    rows: rows.length,
    runs,
    kills,
    requests: requests.length,
    mostInAMinute: most(requests),
    faults: met,
    notifications: notifications.length,
    toldAgain: notifications.filter(({ nth }) => nth > 1).length,
    retried
  }
}

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "fulfill-campaign-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

export const importing: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      count: { type: "string", default: "300" },
      rows: { type: "string", default: "5000" },
      seed: { type: "string", default: "1" },
      imports: { type: "string", default: "3" },
      limit: { type: "string", default: "600" }
    }
  })
  yield* Command.build
  const started = performance.now()
  const directory = yield* temporary
  const { port, postgres } = yield* server
  const problems: Array<string> = []
  const seed = Number(values.seed)
  const imports = Number(values.imports)
  const all = { limit: Number(values.limit), database: undefined, forgets: false }

  const control = Effect.gen(function*() {
    const lost = yield* played({
      ...all,
      seed,
      rows: rows(100),
      kills: 2,
      directory: join(directory, "control"),
      forgets: true
    })
    yield* Console.log("Control, whose database gets lost between two runs", describe(lost))
    if (!check(lost).some((problem) => / [2-9] times$/.test(problem))) problems.push("the control did nothing twice")
  })

  const importOne = (n: number) =>
    Effect.gen(function*() {
      const isPg = n === imports - 1
      const name = `import_${n}`
      if (isPg) yield* Effect.promise(() => postgres.createDatabase(name))
      const done = yield* played({
        ...all,
        seed: seed + n,
        rows: rows(Number(values.rows)),
        kills: Math.ceil(Number(values.count) / imports),
        directory: join(directory, name),
        database: isPg ? url(port, name) : undefined
      })
      yield* Console.log(isPg ? "Postgres" : "SQLite", describe(done))
      problems.push(...[...check(done), ...done.wrongEnds].map((problem) => `seed ${seed + n}: ${problem}`))
    })

  yield* Effect.all([control, ...Array.from({ length: imports }, (_, n) => importOne(n))], {
    concurrency: 4,
    discard: true
  })

  yield* Console.log(`${Math.round((performance.now() - started) / 1_000)} seconds`)
  if (problems.length === 0) return yield* Console.log("No promise was broken.")
  yield* Console.error(`Broken:\n${problems.slice(0, 40).join("\n")}`)
  process.exitCode = 1
}).pipe(Effect.scoped, Effect.orDie)
