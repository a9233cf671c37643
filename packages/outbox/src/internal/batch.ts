/** What a worker does with the rows of one claim, until it knows what became of each. */
import type { CreateError, ListError, Service as Fulfillments } from "@effect-shipstation/fulfillments/Fulfillments"
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import * as Array from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { OutboxClaimLost, type OutboxStoreError } from "../OutboxError.js"
import type { OutboxRow, RowError } from "../OutboxRow.js"
import { beside, someAtOnce, unless } from "./beside.js"
import type { Ended, Looked, Patience } from "./move.js"
import { endedOf, foundOf, type Meaning, meaningOf, rowError, whyPaused } from "./refusal.js"
import type { Claim, Service as Store } from "./service.js"

/** All that the handling of a claim needs. */
export interface Needs {
  readonly account: string
  readonly fulfillments: Fulfillments
  readonly store: Store
  readonly worker: string
  /** Ends when nothing more is to be sent. */
  readonly stopping: Effect.Effect<void>
  readonly lease: Duration.Duration
  readonly sendWithin: Duration.Duration
  readonly patience: Patience
}

type Rows = Array.NonEmptyReadonlyArray<OutboxRow>

/** How an attempt ended after which the client makes another one by itself: with another key, say. */
const sentAgain: RowError = { _tag: "SentAgain", message: "Nothing was done, and it is sent again at once" }

/** The process stood still between the intent and the send. */
class SendTooLate extends Schema.TaggedError<SendTooLate>()("SendTooLate", {}) {
  override get message(): string {
    return "Not sent: too much time had passed"
  }
}

/** After so many failures, in milliseconds: from `first`, doubled each time. */
const delayAfter = (failures: number, first: number, longest: number): number =>
  Math.min(first * 2 ** Math.min(failures, 30), longest)

/** Varied, so that not all come at the same time. */
export const jittered = (delay: number): Effect.Effect<number> =>
  Effect.map(Random.nextRange(0.8, 1.2), (factor) => Math.round(delay * factor))

/** One variation for all rows of a batch, so that they go together again. */
const rowDelays = Effect.map(
  Random.nextRange(0.8, 1.2),
  (factor) => ({ failures }: OutboxRow) => Math.round(delayAfter(failures, 2_000, 15 * 60_000) * factor)
)

/** Sends rows, and looks unknown ones up, for one account. */
export const make = ({ account, fulfillments, lease, patience, sendWithin, stopping, store, worker }: Needs) => {
  /** Of all requests of the account, in a row. */
  let failures = 0

  const annotate = Effect.annotateLogs({ "shipstation.account": account, "shipstation.worker": worker })

  // the database may be away for a while, and what became of rows must not get lost for that: it never gives up
  const surely = <A>(self: Effect.Effect<A, OutboxStoreError>): Effect.Effect<A> =>
    Effect.orDie(Effect.retry(self, Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("5 seconds"))))

  const settle = (claim: Claim, results: ReadonlyArray<{ readonly id: number; readonly ended: Ended }>) =>
    Effect.flatMap(surely(store.settle(claim.token, results)), (late) =>
      late.length === 0 ? Effect.void : annotate(
        Effect.annotateLogs(
          Effect.logWarning("It was known too late what became of rows: kept as evidence"),
          "shipstation.rows",
          late.length
        )
      ))

  const settleAll = (claim: Claim, rows: Rows, ended: (row: OutboxRow) => Ended) =>
    settle(claim, rows.map((row) => ({ id: row.id, ended: ended(row) })))

  const notDone = (claim: Claim, rows: Rows, error: RowError) =>
    Effect.flatMap(
      rowDelays,
      (delay) => settleAll(claim, rows, (row) => ({ _tag: "NotDone", error, delay: delay(row) }))
    )

  /** All requests would fail: wait, or let somebody see to it. */
  const slowDown = Effect.fnUntraced(function*(
    meaning: Exclude<Meaning, "content">,
    error: CreateError | ListError
  ) {
    if (meaning === "account") {
      yield* surely(store.pause(account, worker, rowError(error)))
      return yield* Effect.logError(whyPaused(error)).pipe(
        Effect.annotateLogs({
          "error.type": error._tag,
          "error.message": error.message,
          "shipstation.request_id": rowError(error).requestId
        }),
        annotate
      )
    }
    const wait = yield* jittered(delayAfter(failures, 1_000, 5 * 60_000))
    failures++
    const asked = error._tag === "InvalidFulfillmentError" ? undefined : error.retryAfter
    yield* surely(store.holdBack(account, Duration.max(wait, asked ?? Duration.zero)))
  })

  /** A batch that is refused for what it holds is halved, down to the culprits. */
  const halve = Effect.fnUntraced(function*(claim: Claim, rows: Rows, error: RowError): Effect.fn.Return<void> {
    if (rows.length === 1) return yield* settleAll(claim, rows, () => ({ _tag: "Rejected", error }))
    yield* settleAll(claim, rows, () => ({ _tag: "NotDone", error, delay: "again" }))
    for (const half of Array.chunksOf(rows, Math.ceil(rows.length / 2))) {
      if (Array.isNonEmptyReadonlyArray(half)) yield* send(claim, half)
    }
  })

  /** What is written down before a request leaves, each time that it does. */
  const intents = (claim: Claim, ids: ReadonlyArray<number>) => {
    let stage: "waiting" | "sending" | "stopped" = "waiting"
    const endAttempt = store.settle(
      claim.token,
      ids.map((id) => ({ id, ended: { _tag: "NotDone", error: sentAgain, delay: "again" } }))
    )
    return {
      hasAny: () => stage === "sending",
      /**
       * From here on others take it that the rows may have been sent, so it comes first; and it holds for a while only, so
       * the time is looked at once more. By a clock that doesn't jump, from before the question to the database.
       */
      write: Effect.gen(function*() {
        if (stage === "stopped") return yield* new OutboxClaimLost({ ids })
        // where something may have been done, the client makes no further attempt
        if (stage === "sending") yield* endAttempt
        stage = "sending"
        const start = yield* Clock.currentTimeNanos
        yield* store.intend({ token: claim.token, ids }, { account, sendFor: sendWithin, lease })
        const passed = Duration.nanos((yield* Clock.currentTimeNanos) - start)
        if (Duration.greaterThanOrEqualTo(passed, sendWithin)) return yield* new SendTooLate()
      }),
      /** Whoever waits for the rate limit has sent nothing. */
      stop: Effect.flatMap(stopping, () => {
        if (stage === "sending") return Effect.never
        stage = "stopped"
        return new OutboxClaimLost({ ids })
      })
    }
  }

  /** The result: whether more may be sent. Not after what concerns the whole account, nor if the claim is lost. */
  const send = Effect.fnUntraced(function*(claim: Claim, rows: Rows): Effect.fn.Return<boolean> {
    const ids = rows.map(({ id }) => id)
    const intent = intents(claim, ids)
    const sent = yield* fulfillments.create(Array.map(rows, ({ input }) => input), { beforeSend: intent.write }).pipe(
      // rows wait better in the database
      RetryPolicy.withRetryPolicy(RetryPolicy.none),
      unless(intent.stop),
      Effect.either
    )
    // when nothing was asked, the answer is one that memory has, and what it says may be over
    const meaningNow = (error: CreateError | ListError): Meaning =>
      intent.hasAny() || error._tag === "InvalidFulfillmentError" || error.delivery === "unsent"
        ? meaningOf(error)
        : "temporary"
    if (Either.isRight(sent)) {
      const troubles = sent.right.flatMap((one) => one._tag === "Unknown" || one._tag === "NotSent" ? [one.error] : [])
      const refusal = troubles.find((error) => meaningNow(error) === "account")
      const trouble = refusal ?? troubles[0]
      // before others look for more
      if (trouble === undefined) failures = 0
      else yield* slowDown(refusal === undefined ? "temporary" : "account", trouble)
      const delay = yield* rowDelays
      yield* settle(
        claim,
        Array.zipWith(rows, sent.right, (row, outcome) => ({ id: row.id, ended: endedOf(outcome, delay(row)) }))
      )
      return trouble === undefined
    }
    const error = sent.left
    switch (error._tag) {
      case "OutboxClaimLost":
        yield* surely(store.release({ token: claim.token, ids }))
        return false
      case "OutboxStoreError":
      case "SendTooLate":
        yield* notDone(claim, rows, { _tag: error._tag, message: error.message })
        return false
    }
    const meaning = meaningNow(error)
    if (meaning === "content") {
      yield* halve(claim, rows, rowError(error))
      return true
    }
    yield* slowDown(meaning, error)
    yield* notDone(claim, rows, rowError(error))
    return false
  })

  /** What is only looked up needn't be awaited. */
  const unlessStopping = unless(Effect.zipRight(stopping, Effect.interrupt))

  /** What the list says about one row. */
  const lookUp = (row: OutboxRow) =>
    Effect.map(fulfillments.readBack([row.input]), ([found]) => {
      const { requestId } = found
      return found._tag === "Absent"
        ? { _tag: "Absent", requestId } as const
        : {
          _tag: found._tag === "AlreadyFulfilled" ? "Fulfilled" : "Conflict",
          requestId,
          found: foundOf(found.fulfillment)
        } as const
    }).pipe(
      Effect.tapError((error) => meaningOf(error) === "account" ? slowDown("account", error) : Effect.void),
      Effect.either,
      unlessStopping
    )

  /** Rows that may have been done before go alone, after one more look: what broke their batch may do it again. */
  const sendAfterLook = Effect.fnUntraced(function*(claim: Claim, row: OutboxRow) {
    const answer = yield* lookUp(row)
    if (Either.isLeft(answer)) {
      yield* notDone(claim, [row], rowError(answer.left))
      return meaningOf(answer.left) !== "account"
    }
    const looked = answer.right
    if (looked._tag === "Absent") return yield* send(claim, [row])
    yield* settle(claim, [{ id: row.id, ended: looked }])
    return true
  })

  /** Keeps a claim while it is worked on. What isn't known when it breaks off, or is told to stop, is written down. */
  const holding = (name: string, claim: Claim, work: Effect.Effect<void>) => {
    const claimed = { token: claim.token, ids: claim.rows.map(({ id }) => id) }
    const renewing = Effect.forever(
      Effect.ignore(
        Effect.delay(Effect.withTracerEnabled(store.renew(claimed, lease), false), Duration.times(lease, 1 / 3))
      )
    )
    return work.pipe(
      beside(renewing),
      Effect.onError(() =>
        store.release(claimed).pipe(
          Effect.disconnect,
          Effect.interruptible,
          Effect.timeoutOption("5 seconds"),
          Effect.ignore
        )
      ),
      Effect.withSpan(name, {
        captureStackTrace: false,
        attributes: { "shipstation.account": account, "shipstation.batch_size": claim.rows.length }
      })
    )
  }

  return {
    send: (claim: Claim) =>
      holding(
        "OutboxWorker.send",
        claim,
        Effect.gen(function*() {
          const [fresh, suspects] = Array.partition(claim.rows, ({ readBackFirst }) => readBackFirst)
          let goesOn = Array.isNonEmptyReadonlyArray(fresh) ? yield* send(claim, fresh) : true
          const left: globalThis.Array<number> = []
          for (const row of suspects) {
            if (goesOn) goesOn = yield* sendAfterLook(claim, row)
            else left.push(row.id)
          }
          if (left.length > 0) yield* surely(store.release({ token: claim.token, ids: left }))
        })
      ),
    reconcile: (claim: Claim) =>
      holding(
        "OutboxWorker.reconcile",
        claim,
        Effect.gen(function*() {
          const results = yield* someAtOnce(4, claim.rows, (row) =>
            Effect.gen(function*() {
              const answer = yield* lookUp(row)
              const delay = yield* jittered(delayAfter(row.absent?.looks ?? 0, 5_000, 5 * 60_000))
              const looked: Looked = Either.merge(
                Either.mapLeft(answer, (error) => ({ _tag: "Failed", error: rowError(error), delay }) as const)
              )
              return { id: row.id, looked }
            }))
          yield* surely(store.looked(claim.token, results, patience))
        })
      )
  }
}
