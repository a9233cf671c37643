/** What everything that works for one account shares. */
import type { CreateError, ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Account } from "../Accounts.js"
import { type RowError, worker } from "../OutboxRow.js"
import * as Backoff from "./backoff.js"
import { surely } from "./claims.js"
import type { WorkerEvent } from "./events.js"
import { rowError, whyPaused } from "./refusal.js"
import type { Service as Operations } from "./service.js"

/** What is needed to work for an account. */
export interface Needs {
  readonly account: string
  readonly fulfillments: Account
  readonly operations: Operations
  readonly worker: string
  /** Ends when nothing more is to be sent. */
  readonly stopping: Effect.Effect<void>
  readonly delays: Backoff.Delays
  readonly publish: (event: WorkerEvent) => Effect.Effect<void>
}

/** What failures of an account's requests do to the account. */
export interface Trouble {
  /**
   * A request begins. The result is for its failure: waits, for longer each time. What is under way together fails together,
   * and counts once.
   */
  readonly begin: Effect.Effect<(error: CreateError | ListError) => Effect.Effect<void>>
  /** All requests would fail: lets somebody see to it. */
  readonly pause: (error: CreateError | ListError) => Effect.Effect<void>
  /** A batch broke, by a mistake in a program, say: waits, or the same rows would break it again at once. */
  readonly broke: Effect.Effect<void>
  /** A request went well. */
  readonly wentWell: Effect.Effect<void>
}

/** Adds whose doing it is to logs. */
export const annotate = ({ account, worker }: Pick<Needs, "account" | "worker">) =>
  Effect.annotateLogs({ "shipstation.account": account, "shipstation.worker": worker })

/** Counts the failures of an account in a row. */
export const makeTrouble = (needs: Needs): Trouble => {
  const { account, delays, operations, publish } = needs
  let failures = 0
  /** How many there were when a request last went well. */
  let before = 0

  const pause = Effect.fnUntraced(function*(error: CreateError | ListError) {
    const why = rowError(error)
    yield* surely(operations.pause(account, worker(needs.worker), why))
    yield* publish({ _tag: "Paused", account, error: why })
    yield* Effect.logError(whyPaused(error)).pipe(
      Effect.annotateLogs({
        // its message is in the account's entry: what ShipStation says may name a customer
        "error.type": error._tag,
        "shipstation.request_id": why.requestId
      }),
      annotate(needs)
    )
  })

  const holdBack = Effect.fnUntraced(function*(begun: number, error: RowError, asked?: Duration.Duration) {
    if (begun === failures) failures++
    const inARow = Math.max(failures - before, 1)
    const wait = Duration.millis(yield* Backoff.jittered(Backoff.after(delays.account, inARow - 1)))
    const longest = Duration.millis(delays.longestHold)
    const duration = Duration.min(Duration.max(wait, asked ?? Duration.zero), longest)
    yield* surely(operations.holdBack(account, duration))
    const isTooLong = asked !== undefined && Duration.greaterThan(asked, longest)
    yield* publish({
      _tag: "HeldBack",
      account,
      duration,
      asked: isTooLong ? asked : undefined,
      error
    })
    if (!isTooLong) return
    yield* Effect.logWarning("ShipStation asks for a longer wait than there may be: it is asked again before").pipe(
      Effect.annotateLogs({
        "shipstation.asked_ms": Duration.toMillis(asked),
        "shipstation.held_back_ms": Duration.toMillis(duration)
      }),
      annotate(needs)
    )
  })

  return {
    begin: Effect.sync(() => {
      const begun = failures
      return (error) =>
        holdBack(begun, rowError(error), error._tag === "InvalidFulfillmentError" ? undefined : error.retryAfter)
    }),
    pause,
    broke: Effect.suspend(() => holdBack(failures, { _tag: "Defect", message: "A batch broke: see the log" })),
    wentWell: Effect.sync(() => {
      before = failures
    })
  }
}
