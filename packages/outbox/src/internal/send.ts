/** Sending the rows of a claim, until it is known what became of each. */
import type { FulfillmentOutcome } from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import type { CreateError, ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { OutboxClaimLost } from "../OutboxError.js"
import type { OutboxRow, RowError } from "../OutboxRow.js"
import { unless } from "./alongside.js"
import * as Backoff from "./backoff.js"
import type { Claim, Result } from "./claims.js"
import type * as Lookups from "./lookups.js"
import { endedOf, type Meaning, meaningOf, rowError } from "./refusal.js"
import type { Ended } from "./told.js"
import { annotate, type Needs, type Trouble } from "./work.js"

type Rows = Array.NonEmptyReadonlyArray<OutboxRow>

/** How an attempt ended after which the client makes another one by itself: with another key, say. */
const sentAgain: RowError = { _tag: "SentAgain", message: "Nothing was done, and it is sent again at once" }

/** Writes down what becomes of the rows of a claim, and says so. */
const makeWriting = (needs: Needs) => {
  const { account, delays, publish } = needs

  /** One variation for all rows of a batch, so that they go together again. */
  const rowDelays = Effect.map(
    Backoff.variation,
    (factor) => ({ failures }: OutboxRow) => Math.round(Backoff.after(delays.row, failures) * factor)
  )

  const settle = Effect.fnUntraced(function*(claim: Claim, results: ReadonlyArray<Result<Ended>>) {
    const late = yield* claim.settle(results)
    for (const { id, what } of results) {
      if (!late.includes(id)) yield* publish({ _tag: "Ended", account, id, ended: what })
    }
    if (late.length === 0) return
    yield* publish({ _tag: "ToldLate", account, ids: late })
    yield* Effect.logWarning("It was known too late what became of rows: kept as evidence").pipe(
      Effect.annotateLogs("shipstation.rows", late.length),
      annotate(needs)
    )
  })

  const settleAll = (claim: Claim, rows: Rows, what: (row: OutboxRow) => Ended) =>
    settle(claim, rows.map((row) => ({ id: row.id, what: what(row) })))

  const notDone = (claim: Claim, rows: Rows, error: RowError) =>
    Effect.flatMap(
      rowDelays,
      (delay) => settleAll(claim, rows, (row) => ({ _tag: "NotDone", error, delay: delay(row) }))
    )

  return { notDone, rowDelays, settle, settleAll }
}

/** What is written down before a request leaves, each time that it does. */
const makeIntents = ({ account, publish, stopping }: Needs, claim: Claim, ids: ReadonlyArray<number>) => {
  let stage: "waiting" | "sending" | "stopped" = "waiting"
  const endAttempt = claim.settleOnce(
    ids.map((id) => ({ id, what: { _tag: "NotDone", error: sentAgain, delay: "again" } }))
  )
  return {
    hasAny: () => stage === "sending",
    /** From here on others take it that the rows may have been sent, so it comes first. */
    write: Effect.gen(function*() {
      if (stage === "stopped") return yield* new OutboxClaimLost({ ids })
      // where something may have been done, the client makes no further attempt
      if (stage === "sending") yield* endAttempt
      stage = "sending"
      yield* claim.intend(ids)
      yield* publish({ _tag: "Sending", account, ids })
    }),
    /** Whoever waits for the rate limit has sent nothing. */
    stop: Effect.flatMap(stopping, () => {
      if (stage === "sending") return Effect.never
      stage = "stopped"
      return new OutboxClaimLost({ ids })
    })
  }
}

/** Sends batches. */
const makeSending = (needs: Needs, trouble: Trouble) => {
  const { notDone, rowDelays, settle, settleAll } = makeWriting(needs)

  /** A batch that is refused for what it holds is halved, down to the culprits. */
  const halve = Effect.fnUntraced(function*(claim: Claim, rows: Rows, error: RowError): Effect.fn.Return<void> {
    if (rows.length === 1) return yield* settleAll(claim, rows, () => ({ _tag: "Rejected", error }))
    yield* settleAll(claim, rows, () => ({ _tag: "NotDone", error, delay: "again" }))
    for (const half of Array.chunksOf(rows, Math.ceil(rows.length / 2))) {
      if (Array.isNonEmptyReadonlyArray(half)) yield* send(claim, half)
    }
  })

  const afterOutcomes = Effect.fnUntraced(function*(
    claim: Claim,
    rows: Rows,
    outcomes: Array.NonEmptyReadonlyArray<FulfillmentOutcome>,
    meaning: (error: CreateError | ListError) => Meaning
  ) {
    const troubles = outcomes.flatMap((one) => one._tag === "Unknown" || one._tag === "NotSent" ? [one.error] : [])
    const refusal = troubles.find((error) => meaning(error) === "account")
    const first = refusal ?? troubles[0]
    // before others look for more
    yield* first === undefined
      ? trouble.wentWell
      : trouble.slowDown(refusal === undefined ? "temporary" : "account", first)
    const delay = yield* rowDelays
    yield* settle(
      claim,
      Array.zipWith(rows, outcomes, (row, outcome) => ({ id: row.id, what: endedOf(outcome, delay(row)) }))
    )
    return first === undefined
  })

  /** The result: whether more may be sent. Not after what concerns the whole account, nor if the claim is lost. */
  const send = Effect.fnUntraced(function*(claim: Claim, rows: Rows): Effect.fn.Return<boolean> {
    const ids = rows.map(({ id }) => id)
    const intent = makeIntents(needs, claim, ids)
    const sent = yield* needs.fulfillments.create(Array.map(rows, ({ input }) => input), { beforeSend: intent.write })
      .pipe(
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
    if (Either.isRight(sent)) return yield* afterOutcomes(claim, rows, sent.right, meaningNow)
    const error = sent.left
    if (error._tag === "OutboxClaimLost") return yield* Effect.as(claim.release(ids), false)
    if (error._tag === "OutboxStoreError" || error._tag === "SendTooLate") {
      return yield* Effect.as(notDone(claim, rows, { _tag: error._tag, message: error.message }), false)
    }
    const meaning = meaningNow(error)
    if (meaning === "content") {
      yield* halve(claim, rows, rowError(error))
      return true
    }
    yield* trouble.slowDown(meaning, error)
    yield* notDone(claim, rows, rowError(error))
    return false
  })

  return { notDone, send, settle }
}

/** Sends the rows of claims. */
export const make = (needs: Needs, trouble: Trouble, lookups: ReturnType<typeof Lookups.make>) => {
  const { notDone, send, settle } = makeSending(needs, trouble)

  /** Rows that may have been done before go alone, after one more look: what broke their batch may do it again. */
  const sendAfterLook = Effect.fnUntraced(function*(claim: Claim, row: OutboxRow) {
    const answer = yield* lookups.byId(row)
    if (Either.isLeft(answer)) {
      yield* notDone(claim, [row], rowError(answer.left))
      return meaningOf(answer.left) !== "account"
    }
    const looked = answer.right
    if (looked._tag === "Absent") return yield* send(claim, [row])
    yield* settle(claim, [{ id: row.id, what: looked }])
    return true
  })

  /** Sends the rows of a claim. */
  return Effect.fnUntraced(function*(claim: Claim) {
    const [fresh, suspects] = Array.partition(claim.rows, ({ readBackFirst }) => readBackFirst)
    let goesOn = Array.isNonEmptyReadonlyArray(fresh) ? yield* send(claim, fresh) : true
    const left: globalThis.Array<number> = []
    for (const row of suspects) {
      if (goesOn) goesOn = yield* sendAfterLook(claim, row)
      else left.push(row.id)
    }
    if (left.length > 0) yield* claim.release(left)
  })
}
