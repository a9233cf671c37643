/** One process stops itself at a point, another takes its row over, and the first one wakes too late. */
import { Emulator } from "@effect-shipstation/emulator"
import { Outbox } from "@effect-shipstation/outbox"
import { Effect, Schedule } from "effect"
import { hasty, type Job, patient } from "../worker/Job.js"
import type { Point } from "../worker/Point.js"
import { start } from "./child.js"
import { prepare, reading } from "./history.js"
import type { Stage } from "./machines.js"

/** Where a process stops, and how many requests may come of its row: of another process, which takes it over. */
export interface Stop {
  readonly point: Point
  readonly requests: 0 | 1
  /** In milliseconds. */
  readonly timeout?: number
}

/**
 * The last one is the control: after the last look at the clock nothing holds it back but the client's time-out, and with a
 * long one the request does come.
 */
export const stopPoints: ReadonlyArray<Stop> = [
  { point: "claim: after its commit", requests: 1 },
  { point: "claim: after", requests: 1 },
  { point: "take: before", requests: 1 },
  { point: "take: before its commit", requests: 1 },
  { point: "take: after its commit", requests: 1 },
  { point: "take: after", requests: 1 },
  { point: "intend: before", requests: 1 },
  { point: "intend: before its commit", requests: 1 },
  { point: "intend: after its commit", requests: 0 },
  { point: "intend: after", requests: 0 },
  { point: "POST: before", requests: 0 },
  { point: "POST: before", requests: 1, timeout: 60_000 }
]

export const standStill = Effect.fnUntraced(
  function*({ point, requests, timeout = hasty.timeout }: Stop, { database, file, prefix }: Stage) {
    const { url } = yield* Emulator.Server
    const emulator = yield* Emulator.Emulator
    yield* Effect.provide(prepare(prefix), reading(database, prefix))
    const job: Job = {
      name: "sleeper",
      database,
      prefix,
      url,
      accounts: ["a"],
      limit: 1_000,
      window: 1_000,
      pace: { ...hasty, timeout },
      batchSize: 5,
      orders: [[{ account: "a", shipment_id: "se-1", tracking_number: "1Z1" }]],
      at: { point, nth: 1, signal: "SIGSTOP" },
      resends: false
    }
    const sleeper = yield* start(file, job)
    const hasStopped = yield* Effect.promise(() => sleeper.hasStopped.then(() => true)).pipe(
      Effect.timeoutTo({ duration: "30 seconds", onSuccess: () => true, onTimeout: () => false })
    )
    yield* start(file, { ...job, name: "other", orders: [], at: undefined, pace: patient })
    // for longer than the claim and the time to send, and until the other has done what can be done
    yield* Effect.sleep(hasty.lease + 500)
    const isOver = Effect.map(
      Effect.flatMap(Outbox.Outbox, (outbox) => outbox.list()),
      ({ rows: [row] }) => row !== undefined && (row.state === "fulfilled" || row.absent !== undefined)
    )
    const wasTakenOver = yield* Effect.repeat(isOver, {
      until: (done) => done,
      schedule: Schedule.intersect(Schedule.spaced("200 millis"), Schedule.recurs(150))
    }).pipe(Effect.provide(reading(database, prefix)))
    sleeper.signal("SIGCONT")
    yield* Effect.sleep("1500 millis")
    const posts = (yield* emulator.requests).filter(({ method }) => method === "POST").length
    return {
      broken: [
        ...hasStopped ? [] : [`${point}: it never came there`],
        ...wasTakenOver ? [] : [`${point}: nobody took the row over`],
        ...posts === requests ? [] : [`${point}: ${posts} requests came, not ${requests}`]
      ]
    }
  },
  Effect.scoped
)
