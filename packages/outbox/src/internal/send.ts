/** Sending the rows of a claim, until it is known what became of each. */
import type { FulfillmentOutcome } from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import type { CreateError, ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { OutboxClaimLost } from "../OutboxError.js"
import type { OutboxRow, RowError } from "../OutboxRow.js"
import { someAtOnce, unless } from "./alongside.js"
import * as Backoff from "./backoff.js"
import type { Claim, Result } from "./claims.js"
import type * as Lookups from "./lookups.js"
import { endedOf, isUnsent, type Meaning, meaningOf, rowError } from "./refusal.js"
import type { Ended } from "./told.js"
import { wasRefused } from "./waiting.js"
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

  const notDone = (claim: Claim, rows: Rows, error: RowError, isUnsent = false) =>
    Effect.flatMap(
      rowDelays,
      (delay) => settleAll(claim, rows, (row) => ({ _tag: "NotDone", error, delay: delay(row), isUnsent }))
    )

  return { notDone, rowDelays, settle, settleAll }
}

/** What is written down before a request leaves, each time that it does. */
const makeIntents = ({ account, publish, stopping }: Needs, claim: Claim, ids: ReadonlyArray<number>) => {
  let stage: "waiting" | "sending" | "stopped" = "waiting"
  let hasLeft = false
  const endAttempt = claim.settleOnce(
    ids.map((id) => ({ id, what: { _tag: "NotDone", error: sentAgain, delay: "again" } }))
  )
  return {
    hasAny: () => stage === "sending",
    /** Whether an attempt before the last one left. */
    hasLeft: () => hasLeft,
    /** From here on others take it that the rows may have been sent, so it comes first. */
    write: Effect.gen(function*() {
      if (stage === "stopped") return yield* new OutboxClaimLost({ ids })
      // where something may have been done, the client makes no further attempt
      if (stage === "sending") {
        hasLeft = true
        yield* endAttempt
      }
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
    meaning: (error: CreateError | ListError) => Meaning,
    slowDown: (error: CreateError | ListError) => Effect.Effect<void>
  ) {
    const troubles = outcomes.flatMap((one) => one._tag === "Unknown" || one._tag === "NotSent" ? [one.error] : [])
    const first = troubles.find((error) => meaning(error) === "account") ?? troubles[0]
    // before others look for more
    yield* first === undefined ? trouble.wentWell : slowDown(first)
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
    const failed = yield* trouble.begin
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
    const slowDown = (error: CreateError | ListError) =>
      meaningNow(error) === "account" ? trouble.pause(error) : failed(error)
    if (Either.isRight(sent)) return yield* afterOutcomes(claim, rows, sent.right, meaningNow, slowDown)
    const error = sent.left
    if (error._tag === "OutboxClaimLost") return yield* Effect.as(claim.release(ids), false)
    if (error._tag === "OutboxStoreError" || error._tag === "SendTooLate") {
      const why = { _tag: error._tag, message: error.message }
      return yield* Effect.as(notDone(claim, rows, why, !intent.hasLeft()), false)
    }
    if (meaningNow(error) === "content") {
      yield* halve(claim, rows, rowError(error))
      return true
    }
    yield* slowDown(error)
    yield* notDone(claim, rows, rowError(error), isUnsent(error) && !intent.hasLeft())
    return false
  })

  return { notDone, send, settle }
}

/** How many rows that may have been done before go together: what broke their batch may do it again. */
const together = ({ attempts }: OutboxRow): number => attempts <= 1 ? Infinity : attempts === 2 ? 10 : 1

/** The first rows that may go together, so many at most. */
const firstOf = (rows: ReadonlyArray<OutboxRow>, most: number): ReadonlyArray<OutboxRow> => {
  const [first] = rows
  if (first === undefined) return []
  return Array.takeWhile(rows, (row, index) => index < most && index < Math.min(together(first), together(row)))
}

/** Looks up rows that may have been done before, and says which of them aren't there. */
const makeClearing = (
  lookups: ReturnType<typeof Lookups.make>,
  { notDone, settle }: Pick<ReturnType<typeof makeSending>, "notDone" | "settle">
) =>
  Effect.fnUntraced(function*(claim: Claim, rows: ReadonlyArray<OutboxRow>) {
    let goesOn = true
    const cleared = yield* someAtOnce(4, rows, (row) =>
      Effect.gen(function*() {
        // what concerns the account would keep the others from being looked up too
        if (!goesOn) return { row, isCleared: false, isLeft: true }
        const answer = yield* lookups.byId(row)
        if (Either.isLeft(answer)) {
          goesOn &&= meaningOf(answer.left) !== "account"
          yield* notDone(claim, [row], rowError(answer.left))
          return { row, isCleared: false, isLeft: false }
        }
        const looked = answer.right
        if (looked._tag === "Absent") return { row, isCleared: true, isLeft: true }
        yield* settle(claim, [{ id: row.id, what: looked }])
        return { row, isCleared: false, isLeft: false }
      }))
    return {
      goesOn,
      cleared: cleared.flatMap(({ isCleared, row }) => isCleared ? [row] : []),
      left: cleared.flatMap(({ isLeft, row }) => isLeft ? [row] : [])
    }
  })

/** Looks up all rows together that were refused, and says which of them aren't there. */
const makeClearingTogether = (
  lookups: ReturnType<typeof Lookups.make>,
  { notDone, settle }: Pick<ReturnType<typeof makeSending>, "notDone" | "settle">,
  clear: ReturnType<typeof makeClearing>
) =>
  Effect.fnUntraced(function*(claim: Claim, rows: ReadonlyArray<OutboxRow>) {
    const none: ReadonlyArray<OutboxRow> = []
    // one alone costs no more by its own id
    if (!Array.isNonEmptyReadonlyArray(rows) || rows.length === 1) return yield* clear(claim, rows)
    const answer = yield* lookups.together(rows)
    if (Either.isLeft(answer)) {
      yield* notDone(claim, rows, rowError(answer.left))
      return { goesOn: meaningOf(answer.left) !== "account", cleared: none, left: none }
    }
    const { absent, found, open } = answer.right
    if (found.length > 0) yield* settle(claim, found)
    const { cleared, goesOn, left } = yield* clear(claim, open)
    return { goesOn, cleared: [...absent, ...cleared], left: [...absent, ...left] }
  })

/** Sends the rows of claims. */
export const make = (needs: Needs, trouble: Trouble, lookups: ReturnType<typeof Lookups.make>) => {
  const sending = makeSending(needs, trouble)
  const clear = makeClearing(lookups, sending)
  const clearTogether = makeClearingTogether(lookups, sending, clear)
  /** Rows that may have been done before are tried with one, and as that goes well with twice as many each time. */
  let most = 1

  /** The result: those that weren't sent, as it doesn't go on. */
  const sendAfterLook = Effect.fnUntraced(function*(claim: Claim, suspects: ReadonlyArray<OutboxRow>) {
    let rest = suspects
    while (rest.length > 0) {
      const some = firstOf(rest, most)
      rest = rest.slice(some.length)
      const { cleared, goesOn, left } = yield* clear(claim, some)
      if (!goesOn) return [...left, ...rest]
      if (!Array.isNonEmptyReadonlyArray(cleared)) continue
      const isWell = yield* sending.send(claim, cleared)
      most = isWell ? most * 2 : 1
      if (!isWell) return rest
    }
    return []
  })

  /** The result: those that weren't sent. */
  const sendAll = Effect.fnUntraced(function*(
    claim: Claim,
    ready: ReadonlyArray<OutboxRow>,
    suspects: ReadonlyArray<OutboxRow>
  ) {
    const goesOn = Array.isNonEmptyReadonlyArray(ready) ? yield* sending.send(claim, ready) : true
    return goesOn ? yield* sendAfterLook(claim, suspects) : suspects
  })

  /** Sends the rows of a claim. */
  return Effect.fnUntraced(function*(claim: Claim) {
    const [others, suspects] = Array.partition(claim.rows, ({ readBackFirst }) => readBackFirst)
    const [fresh, refused] = Array.partition(others, wasRefused)
    const looked = yield* clearTogether(claim, refused)
    const ready = [...looked.cleared, ...fresh]
    const left = looked.goesOn ? yield* sendAll(claim, ready, suspects) : [...looked.left, ...fresh, ...suspects]
    if (left.length > 0) yield* claim.release(left.map(({ id }) => id))
  })
}
