/** Rows that a worker has for a while: a claim that renews itself as long as its scope is open. */
import * as Clock from "effect/Clock"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { OutboxClaimLost, OutboxStoreError } from "../OutboxError.js"
import type { OutboxRow } from "../OutboxRow.js"
import type { Service as Operations } from "./service.js"
import type { Ended, Looked } from "./told.js"
import type { Policy } from "./waiting.js"

/** The process stood still between the intent and the send. */
class SendTooLate extends Schema.TaggedError<SendTooLate>()("SendTooLate", {}) {
  override get message(): string {
    return "Not sent: too much time had passed"
  }
}

/** What became of one row. */
export interface Result<A> {
  readonly id: number
  readonly what: A
}

/** Rows of one claim. What isn't told of them when its scope closes with a failure is given back, or becomes unknown. */
export interface Claim {
  /** When it was claimed, by the store's time. */
  readonly at: DateTime.Utc
  readonly rows: ReadonlyArray<OutboxRow>
  /** Writes down that these are about to be sent. Where it fails, they must not be. */
  readonly intend: (ids: ReadonlyArray<number>) => Effect.Effect<void, OutboxStoreError | OutboxClaimLost | SendTooLate>
  /** Writes down what became of rows, as often as it takes. The result: the ids of those that were no longer its own. */
  readonly settle: (results: ReadonlyArray<Result<Ended>>) => Effect.Effect<ReadonlyArray<number>>
  /** The same, once only. */
  readonly settleOnce: (
    results: ReadonlyArray<Result<Ended>>
  ) => Effect.Effect<ReadonlyArray<number>, OutboxStoreError>
  /** Writes down what looks told, as often as it takes. */
  readonly look: (results: ReadonlyArray<Result<Looked>>) => Effect.Effect<void>
  /** Gives rows back, as often as it takes. */
  readonly release: (ids: ReadonlyArray<number>) => Effect.Effect<void>
}

/** What a claim needs. */
export interface Options {
  readonly operations: Operations
  readonly account: string
  readonly lease: Duration.Duration
  readonly sendWithin: Duration.Duration
  readonly policy: Policy
}

/**
 * The database may be away for a while, and what became of rows must not get lost for that: it never gives up. (A worker
 * that is told to stop interrupts it in the end.)
 */
export const surely = <A>(self: Effect.Effect<A, OutboxStoreError>): Effect.Effect<A> =>
  Effect.catchAll(
    Effect.retry(self, { schedule: Schedule.exponential("100 millis"), times: 6 }),
    (error) =>
      Effect.zipRight(
        Effect.logError("What became of rows can't be written down", error),
        Effect.delay(surely(self), "5 seconds")
      )
  )

/** Keeps what was claimed until the scope closes. */
export const hold = Effect.fnUntraced(function*(
  { at, rows, token }: { readonly at: DateTime.Utc; readonly rows: ReadonlyArray<OutboxRow>; readonly token: string },
  { account, lease, operations, policy, sendWithin }: Options
): Effect.fn.Return<Claim, never, Scope.Scope> {
  const claimed = { token, ids: rows.map(({ id }) => id) }
  const renewing = operations.renew(claimed, lease).pipe(
    Effect.withTracerEnabled(false),
    Effect.delay(Duration.times(lease, 1 / 3)),
    Effect.ignore,
    Effect.forever
  )
  // not `forkScoped`: nobody waits for the end of what may hang in the database
  yield* Effect.acquireRelease(Effect.forkDaemon(Effect.interruptible(renewing)), Fiber.interruptFork)
  yield* Effect.addFinalizer((exit) => exit._tag === "Success" ? Effect.void : giveUp(operations.release(claimed)))
  const ended = (results: ReadonlyArray<Result<Ended>>) => results.map(({ id, what }) => ({ id, ended: what }))
  return {
    at,
    rows,
    intend: Effect.fnUntraced(function*(ids) {
      // by a clock that doesn't jump, from before the question to the database
      const start = yield* Clock.currentTimeNanos
      yield* operations.intend({ token, ids }, { account, sendFor: sendWithin, lease })
      const passed = Duration.nanos((yield* Clock.currentTimeNanos) - start)
      if (Duration.greaterThanOrEqualTo(passed, sendWithin)) return yield* new SendTooLate()
    }),
    settle: (results) => surely(operations.settle(token, ended(results), policy)),
    settleOnce: (results) => operations.settle(token, ended(results), policy),
    look: (results) => surely(operations.looked(token, results.map(({ id, what }) => ({ id, looked: what })), policy)),
    release: (ids) => surely(operations.release({ token, ids }))
  }
})

/** Tries for a while: whoever stops must not wait for a database that hangs. */
const giveUp = (release: Effect.Effect<void, OutboxStoreError>) =>
  release.pipe(Effect.disconnect, Effect.interruptible, Effect.timeoutOption("5 seconds"), Effect.ignore)
