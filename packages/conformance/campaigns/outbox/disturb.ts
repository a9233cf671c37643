/** Processes that are killed, or stopped for a while, and others that take their place. */
import { freePort } from "@effect-shipstation/test-kit/freePort"
import { SqlClient } from "@effect/sql"
import { Effect, FastCheck as fc } from "effect"
import type { Job } from "../worker/Job.js"
import { type Child, start } from "./child.js"

/** What is alike for all processes of a history. */
export type Common = Omit<Job, "name" | "port">

/** A process, under its name in histories. */
export interface Machine extends Child {
  readonly name: string
}

/** Starts a worker, or a runner of a cluster. */
export const begin = Effect.fnUntraced(function*(file: string, job: Common, name: string, isCluster: boolean) {
  const port = isCluster ? yield* freePort : undefined
  const child = yield* start(file, { ...job, name, port })
  const machine: Machine = { ...child, name: port === undefined ? name : `127.0.0.1:${port}` }
  return machine
})

/** When one was killed, by the clock of all that is on this machine. */
export interface Kill {
  readonly at: number
  readonly name: string
}

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

/** Starts three, and kills and stops them until it is over. `slowness`: so many times as seldom, and stopped for longer. */
export const disturb = Effect.fnUntraced(function*({ file, isCluster, isOver, job, seed, slowness = 1 }: {
  readonly file: string
  readonly job: Common
  readonly isCluster: boolean
  readonly isOver: Effect.Effect<boolean>
  readonly seed: number
  readonly slowness?: number
}) {
  const all: Array<Machine> = []
  const beginOne = (name: string) =>
    Effect.tap(begin(file, job, name, isCluster), (machine) => Effect.sync(() => all.push(machine)))
  const machines = yield* Effect.forEach([0, 1, 2], (n) => beginOne(`machine-${n}`))
  const kills: Array<Kill> = []
  let stops = 0
  for (const [n, next] of fc.sample(action, { seed, numRuns: 1_000 }).entries()) {
    yield* Effect.sleep(next.after * slowness)
    if (yield* isOver) break
    const machine = machines[next.machine]
    if (machine === undefined) continue
    if (next._tag === "Kill") {
      machine.signal("SIGKILL")
      yield* Effect.promise(() => machine.ended)
      kills.push({ at: Date.now(), name: machine.name })
      machines[next.machine] = yield* beginOne(`machine-${next.machine}-${n}`)
    } else {
      stops++
      machine.signal("SIGSTOP")
      const wake = Effect.sync(() => machine.signal("SIGCONT"))
      yield* Effect.forkScoped(Effect.delay(wake, next.lasts * Math.sqrt(slowness)))
    }
  }
  return { all, kills, stops }
})

/**
 * Places that were held by who died count for five minutes, and a few of them are all that an account has here. After a
 * window their requests have left and count no more, or never will leave: as after those five minutes.
 */
export const endHolds = (prefix: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`UPDATE ${sql(`${prefix}limiter`)} SET data = (data::jsonb || '{"held": []}')::text`
  )
