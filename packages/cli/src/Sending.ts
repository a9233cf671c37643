/**
 * Sends the shipments of a file, batch by batch, and keeps account of what became of each.
 */
import type * as FulfillmentOutcome from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import { isTransient } from "@effect-shipstation/http-client/ShipStationError"
import * as Array from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ExitCode from "./ExitCode.js"
import { Progress } from "./Progress.js"
import type { Outcome, Result } from "./Reports.js"
import type { Row } from "./ShipmentsFile.js"
import { Signals } from "./Signals.js"

/** Why a run ended. */
export type Ending =
  | { readonly _tag: "Finished" }
  | { readonly _tag: "Signal"; readonly signal: ExitCode.Signal }
  /** What was refused holds for all batches. `code` is `usage` if we refused it ourselves. */
  | { readonly _tag: "Refused"; readonly code: number; readonly message: string }
  | { readonly _tag: "Temporary"; readonly message: string }

/** What became of a file. */
export interface Run {
  readonly ending: Ending
  /** One for each row, in their order. */
  readonly results: ReadonlyArray<Result>
}

/**
 * Sends rows, one batch after another. It writes what became of them into `results`, which has an entry for each row, so
 * that it's known also if this fails; what isn't reached stays as it is.
 *
 * - A batch that is refused for what it holds doesn't stop the others.
 * - A refused key or account would refuse them too, so nothing more is sent.
 * - After trouble that outlasted the client's retries, or a batch whose outcome isn't known at all, nothing more is sent.
 * - After a signal the batch under way is awaited; after a second one it isn't, and is unknown.
 */
export const send = Effect.fnUntraced(function*(
  rows: Array.NonEmptyReadonlyArray<Row>,
  results: Array<Result>,
  batchSize: number
) {
  const { first } = yield* Signals
  const ending = yield* sendBatches(rows, results, batchSize)
  const signal = yield* Deferred.poll(first)
  return Option.isSome(signal) ? signalled(yield* signal.value) : ending
})

const sendBatches = Effect.fnUntraced(
  function*(rows: Array.NonEmptyReadonlyArray<Row>, results: Array<Result>, batchSize: number) {
    const { create } = yield* Fulfillments.Fulfillments
    const { first, second } = yield* Signals
    const showDone = yield* (yield* Progress).start(rows.length)
    const record = (from: number, batch: ReadonlyArray<Row>, outcome: Outcome, message: string, requestId?: string) =>
      batch.forEach((row, index) => {
        results[from + index] = { row, outcome, message, requestId }
      })

    let done = 0
    for (const batch of Array.chunksOf(rows, batchSize)) {
      if (yield* Deferred.isDone(first)) break
      record(done, batch, "unknown", "The request was under way when the run ended")
      const created = yield* Effect.raceFirst(
        Effect.either(create(Array.map(batch, ({ input }) => input))),
        Deferred.await(second)
      )
      if (typeof created === "string") break
      if (Either.isLeft(created)) {
        const error = created.left
        const { message } = error
        record(done, batch, "not_sent", message, error._tag === "InvalidFulfillmentError" ? undefined : error.requestId)
        switch (error._tag) {
          case "InvalidFulfillmentError":
            break
          case "ShipStationSecurityError":
            return refused(error.delivery === "unsent" ? ExitCode.usage : ExitCode.refused, message)
          case "ShipStationAccountStatusError":
            return refused(ExitCode.refused, message)
          default:
            if (isTransient(error)) return temporary(message)
        }
      } else {
        for (const outcome of created.right) {
          const row = batch[outcome.index]
          if (row !== undefined) results[done + outcome.index] = toResult(row, outcome)
        }
        const outcome = created.right[0]
        if (created.right.every(({ _tag }) => _tag === "Unknown") && outcome._tag === "Unknown") {
          return temporary(outcome.error.message)
        }
      }
      done += batch.length
      yield* showDone(done)
    }
    return finished
  },
  Effect.scoped
)

/** What the process ends with. */
export const exitCode = ({ ending, results }: Run): number => {
  const has = (...outcomes: ReadonlyArray<Outcome>) => results.some(({ outcome }) => outcomes.includes(outcome))
  if (ending._tag === "Signal") return ExitCode.ofSignal(ending.signal)
  if (ending._tag === "Refused") return ending.code
  if (ending._tag === "Temporary" && has("not_sent")) return ExitCode.temporary
  if (has("unknown")) return ExitCode.unknown
  // what is not sent here was refused with the whole of its batch
  return has("rejected", "conflict", "not_sent") ? ExitCode.rejected : ExitCode.ok
}

const finished: Ending = { _tag: "Finished" }
const signalled = (signal: ExitCode.Signal): Ending => ({ _tag: "Signal", signal })
const refused = (code: number, message: string): Ending => ({ _tag: "Refused", code, message })
const temporary = (message: string): Ending => ({ _tag: "Temporary", message })

const toResult = (row: Row, outcome: FulfillmentOutcome.FulfillmentOutcome): Result => {
  const { requestId } = outcome
  switch (outcome._tag) {
    case "Created":
      return { row, outcome: "created", message: "", requestId }
    case "AlreadyFulfilled":
      return { row, outcome: "already_fulfilled", message: "It had this tracking number already", requestId }
    case "Conflict": {
      const other = outcome.fulfillment.tracking_number ?? "none"
      return { row, outcome: "conflict", message: `It has another fulfillment, tracking number ${other}`, requestId }
    }
    case "Rejected":
      return { row, outcome: "rejected", message: outcome.message, requestId }
    case "Unknown":
      return { row, outcome: "unknown", message: outcome.error.message, requestId }
    case "NotSent":
      return { row, outcome: "not_sent", message: outcome.error.message, requestId }
  }
}
