/**
 * Batches in fibers of their own, for callers that come and go: what one caller does is not felt by another.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import { notSent } from "./gate.js"
import type { Ledger } from "./ledger.js"
import type { ReadBack } from "./options.js"
import { isDoom, partsToSend, type Send } from "./sender.js"
import { closed, makeUnknown, type Refusal, type Results, settle, type Tickets } from "./ticket.js"
import { broken } from "./unexpected.js"

export interface Options {
  readonly readBack: ReadBack
  /** Of the batch's span. */
  readonly span?: Tracer.SpanOptions | undefined
}

export interface Batch {
  /** Must not be interrupted, and always succeeds. When it ends, all tickets are settled but those nobody wanted. */
  readonly fiber: Fiber.RuntimeFiber<void>
  /** Done when a request of it leaves (true), or when it ends without one. */
  readonly hasLeft: Deferred.Deferred<boolean>
}

export interface Batches {
  readonly start: (tickets: Tickets, options: Options) => Effect.Effect<Batch>
  /** From now on nothing is sent. Requests that were sent go on. */
  readonly stop: Effect.Effect<void>
}

export interface Needs {
  readonly ledger: Ledger
  readonly send: Send
}

interface Running extends Batch {
  isSending: boolean
}

/** What a batch has shown so far about refusals that leave open what was done. */
interface Seen {
  /** Some of it went through, so that it isn't all of it that is refused. */
  success: boolean
  /** Tickets that were refused alone. */
  alone: number
}

/**
 * A batch that is refused for what it holds is halved, down to the culprits. When the scope closes, requests that were
 * sent are awaited, and nothing more is sent.
 *
 * `"one job"`: the batches belong together. The refusal of the key or the account is the end of all of them; and where a
 * refusal leaves open what was done, its halves are sent as soon as the gate lets them, which takes a while.
 */
export const make = (
  { ledger, send }: Needs,
  kind: "one job" | "many callers"
): Effect.Effect<Batches, never, Scope.Scope> =>
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
      return Effect.forEach([...all], ({ fiber }) => Fiber.await(fiber), { discard: true })
    })

    const run: (
      running: Running,
      tickets: Tickets,
      options: Options,
      seen: Seen,
      prior?: Results
    ) => Effect.Effect<void> = Effect.fnUntraced(
      function*(running, tickets, options, seen, prior = new Map()) {
        const isRemembered = rememberedRefusals(ledger, tickets)
        const results = keep(prior, yield* request({ ledger, send }, () => stopped, running, tickets, options))
        const parts = partsToSend(tickets, results, options.readBack, kind === "one job")
        learn(seen, tickets, results)
        const later = new Set(parts.flat())
        for (const [ticket, result] of results) {
          if (kind === "one job" && Either.isLeft(result) && isDoom(result.left) && !isRemembered(result.left)) {
            stop(result.left)
          }
          if (!later.has(ticket)) settle(ticket, result)
        }
        for (const part of parts) {
          // two were refused alone and nothing went through: it isn't about what they hold
          if (seen.success || seen.alone < 2) yield* run(running, part, options, seen, results)
          else for (const ticket of part) settle(ticket, results.get(ticket) ?? Either.left(closed))
        }
      }
    )

    const start = (tickets: Tickets, options: Options) =>
      Effect.suspend(() => {
        const hasLeft = Deferred.unsafeMake<boolean>(FiberId.none)
        return Effect.withFiberRuntime<void>((fiber) => {
          const running: Running = { fiber, hasLeft, isSending: false }
          all.add(running)
          return Effect.ensuring(
            ledger.whileUnderWay(tickets, run(running, tickets, options, { success: false, alone: 0 })),
            Effect.sync(() => all.delete(running))
          )
        }).pipe(
          Effect.withSpan("Fulfillments.batch", {
            ...options.span,
            captureStackTrace: false,
            attributes: { "shipstation.batch_size": tickets.length }
          }),
          Effect.forkDaemon,
          // the fiber inherits it: only its requests can be interrupted, so that what others settled is kept
          Effect.uninterruptible,
          Effect.map((fiber): Batch => {
            fiber.addObserver(() => Deferred.unsafeDone(hasLeft, Exit.succeed(false)))
            return { fiber, hasLeft }
          })
        )
      })

    return { start, stop: Effect.sync(() => stop(closed)) }
  })

/** Those of earlier requests: what was refused for the key or the account may be over. */
const rememberedRefusals = (ledger: Ledger, tickets: Tickets): Predicate.Predicate<Refusal> => {
  const errors = new Set(tickets.flatMap((ticket) => ledger.refusalOf(ticket) ?? []))
  return (error) => errors.has(error)
}

/** One request of a batch, unless it is too late for one. */
const request = (
  { ledger, send }: Needs,
  whyStopped: () => Refusal | undefined,
  running: Running,
  tickets: Tickets,
  { readBack }: Options
): Effect.Effect<Results> => {
  const allNotSent = (error: Refusal): Results =>
    new Map(tickets.map((ticket) => [ticket, notSent(ledger, ticket, error)]))
  const stopped = whyStopped()
  if (stopped !== undefined) return Effect.succeed(allNotSent(stopped))
  const beforeSend = Effect.suspend(() => {
    const stopped = whyStopped()
    if (stopped !== undefined) return Effect.fail(stopped)
    running.isSending = true
    Deferred.unsafeDone(running.hasLeft, Exit.succeed(true))
    return Effect.void
  })
  return send(tickets, { readBack, beforeSend }).pipe(
    Effect.interruptible,
    Effect.exit,
    Effect.map((exit): Results => {
      const { isSending } = running
      running.isSending = false
      if (Exit.isSuccess(exit)) return exit.value
      const error = Cause.failureOption(exit.cause)
      // they have passed the gate, which knows more than the ledger
      if (Option.isSome(error)) return new Map(tickets.map((ticket) => [ticket, Either.left(error.value)]))
      return isSending || !Exit.isInterrupted(exit)
        ? new Map(tickets.map((ticket) => [ticket, Either.right(makeUnknown(ticket, broken))]))
        : allNotSent(whyStopped() ?? closed)
    })
  )
}

const learn = (seen: Seen, tickets: Tickets, results: Results): void => {
  for (const result of results.values()) {
    if (Either.isLeft(result)) continue
    if (result.right._tag !== "Unknown") seen.success = true
    else if (tickets.length === 1) seen.alone++
  }
}

/** What left and isn't known stays so, if nothing more is sent of it. */
const keep = (prior: Results, results: Results): Results => {
  for (const [ticket, result] of results) {
    const before = prior.get(ticket)
    if (Either.isLeft(result) && result.left.delivery === "unsent" && before !== undefined && Either.isRight(before)) {
      results.set(ticket, before)
    }
  }
  return results
}
