/**
 * Batches in fibers of their own, for callers that come and go: what one caller does is not felt by another.
 */
import { type ShipStationError, ShipStationNetworkError } from "@effect-shipstation/http-client/ShipStationError"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import { broken, type CreateItems, isRefusal, type Refusal } from "./create.js"
import type { Item, Items } from "./item.js"
import { makeUnknown, type Outcomes } from "./outcomes.js"

/** An outcome, or why nothing was done. What nobody wanted any more when the batch was sent is left out. */
export type Results = Map<Item, Result>

type Result = Either.Either<FulfillmentOutcome, Refusal>

export interface Options {
  readonly readBack: "none" | "unknown" | "all"
  /** Asked right before the send, of each item. */
  readonly isWanted?: ((item: Item) => boolean) | undefined
  /** A request of the batch is being sent. */
  readonly onSend?: (() => void) | undefined
  /** What a request of the batch has created. It may yet look for others. */
  readonly onCreated?: ((outcomes: Outcomes) => void) | undefined
  /** What a request of the batch settled. */
  readonly onResults?: ((results: Results) => void) | undefined
  /** Of the batch's span. */
  readonly span?: Tracer.SpanOptions | undefined
}

export interface Batches {
  /** Starts a batch. Its fiber must not be interrupted, and always succeeds. */
  readonly start: (items: Items, options: Options) => Effect.Effect<Fiber.RuntimeFiber<Results>>
  /** From now on nothing is sent, for this reason. Requests that were sent go on. */
  readonly stop: (why: Refusal) => void
}

interface Running {
  readonly fiber: Fiber.RuntimeFiber<Results>
  isSending: boolean
}

/**
 * A batch that is refused for what it holds is halved, down to the culprits. When the scope closes, requests that were
 * sent are awaited, and nothing more is sent.
 */
export const make = (createItems: CreateItems): Effect.Effect<Batches, never, Scope.Scope> =>
  Effect.gen(function*() {
    const all = new Set<Running>()
    let stopped: Refusal | undefined

    const stop = (why: Refusal) => {
      stopped ??= why
      // the others wait for their turn, or read back
      for (const { fiber, isSending } of all) if (!isSending) fiber.unsafeInterruptAsFork(FiberId.none)
    }
    yield* Effect.addFinalizer(() => {
      stop(closed)
      return Effect.forEach([...all], ({ fiber }) => Fiber.await(fiber), { concurrency: "unbounded", discard: true })
    })

    const request = (running: Running, items: Items, options: Options): Effect.Effect<Results> => {
      if (stopped !== undefined) return Effect.succeed(allLeft(items, stopped))
      const beforeSend = Effect.suspend(() => {
        if (stopped !== undefined) return Effect.fail(stopped)
        running.isSending = true
        options.onSend?.()
        return Effect.void
      })
      return createItems(items, { ...options, beforeSend }).pipe(
        Effect.interruptible,
        Effect.exit,
        Effect.map((exit): Results => {
          const { isSending } = running
          running.isSending = false
          if (Exit.isSuccess(exit)) return new Map([...exit.value].map(([item, outcome]) => [item, toResult(outcome)]))
          const error = Cause.failureOption(exit.cause)
          if (Option.isSome(error)) return allLeft(items, error.value)
          return isSending || !Exit.isInterrupted(exit)
            ? new Map(items.map((item) => [item, Either.right(makeUnknown(item, broken))]))
            : allLeft(items, stopped ?? closed)
        })
      )
    }

    const send = Effect.fnUntraced(
      function*(running: Running, items: Items, options: Options): Effect.fn.Return<Results> {
        const results = yield* request(running, items, options)
        const parts = partsToSend(items, results, options.readBack)
        for (const item of parts.flat()) results.delete(item)
        options.onResults?.(results)
        for (const part of parts) {
          for (const [item, result] of yield* send(running, part, options)) results.set(item, result)
        }
        return results
      }
    )

    return {
      stop,
      start: (items, options) =>
        Effect.withFiberRuntime<Results>((fiber) => {
          const running: Running = { fiber, isSending: false }
          all.add(running)
          return Effect.ensuring(send(running, items, options), Effect.sync(() => all.delete(running)))
        }).pipe(
          Effect.withSpan("Fulfillments.batch", {
            ...options.span,
            captureStackTrace: false,
            attributes: { "shipstation.batch_size": items.length }
          }),
          Effect.forkDaemon,
          // the fiber inherits it: only its requests can be interrupted, so that what others settled is kept
          Effect.uninterruptible
        )
    }
  })

/** What is `NotSent` beside others that were settled failed like any other. */
const toResult = (outcome: FulfillmentOutcome): Result =>
  outcome._tag === "NotSent" && isRefusal(outcome.error) ? Either.left(outcome.error) : Either.right(outcome)

const allLeft = (items: Items, error: Refusal): Results => new Map(items.map((item) => [item, Either.left(error)]))

/** After a request that was refused for what some of its items hold: the parts that are to be sent by themselves. */
const partsToSend = (items: Items, results: Results, readBack: Options["readBack"]): ReadonlyArray<Items> => {
  const refused = items.filter((item) => {
    const result = results.get(item)
    return result !== undefined && Either.isLeft(result) && isAboutContent(result.left)
  })
  if (refused.length > 1 && Array.isNonEmptyReadonlyArray(refused)) {
    return Array.chunksOf(refused, Math.ceil(refused.length / 2))
  }
  // some were found to be fulfilled, which explains the refusal, and these were looked for and are not there
  const absent = readBack === "none" ? [] : items.filter((item) => {
    const outcome = Option.getOrUndefined(Option.flatMap(Option.fromNullable(results.get(item)), Either.getRight))
    return outcome?._tag === "Unknown" && outcome.readBackError === undefined && isAboutContent(outcome.error)
  })
  return Array.isNonEmptyReadonlyArray(absent) && absent.length < items.length ? [absent] : []
}

/** Refused for what some of its items hold; the others may pass. */
const isAboutContent = (error: ShipStationError): boolean =>
  error._tag !== "ShipStationRateLimitError" && !isDoom(error) && error.status !== undefined &&
  [400, 404, 409, 413, 422].includes(error.status)

/** What is wrong with the key or the account is wrong for all requests. A carrier's or shop's trouble is not. */
export const isDoom = ({ _tag, errors }: ShipStationError): boolean =>
  (_tag === "ShipStationSecurityError" || _tag === "ShipStationAccountStatusError") &&
  !errors.some(({ error_source }) => error_source === "carrier" || error_source === "order_source")

/** Nobody is there any more to hear what becomes of it. */
export const closed: Refusal = Object.assign(
  new ShipStationNetworkError({
    delivery: "unsent",
    message: "Not sent: its scope was closed first",
    method: "POST",
    url: "/v2/fulfillments",
    errors: []
  }),
  { delivery: "unsent" } as const
)
