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
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { ReadBack } from "./options.js"
import { broken } from "./request.js"
import { isDoom, partsToSend, type Send } from "./sender.js"
import { closed, makeUnknown, type Refusal, type Results, settle, type Tickets } from "./ticket.js"

export interface Options {
  readonly readBack: ReadBack
  /** Of the batch's span. */
  readonly span?: Tracer.SpanOptions | undefined
}

export interface Batch {
  /** Must not be interrupted, and always succeeds. When it ends, all tickets are settled but those nobody wanted. */
  readonly fiber: Fiber.RuntimeFiber<void>
  /** Done when a request of it leaves, or when it ends. */
  readonly underWay: Deferred.Deferred<void>
}

export interface Batches {
  readonly start: (tickets: Tickets, options: Options) => Effect.Effect<Batch>
  /** From now on nothing is sent. Requests that were sent go on. */
  readonly stop: Effect.Effect<void>
}

interface Running extends Batch {
  isSending: boolean
}

/**
 * A batch that is refused for what it holds is halved, down to the culprits. When the scope closes, requests that were
 * sent are awaited, and nothing more is sent. With `stopsAtDoom` the refusal of the key or the account is the end of all
 * batches.
 */
export const make = (send: Send, stopsAtDoom: boolean): Effect.Effect<Batches, never, Scope.Scope> =>
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

    const request = (running: Running, tickets: Tickets, { readBack }: Options): Effect.Effect<Results> => {
      if (stopped !== undefined) return Effect.succeed(allLeft(tickets, stopped))
      const beforeSend = Effect.suspend(() => {
        if (stopped !== undefined) return Effect.fail(stopped)
        running.isSending = true
        Deferred.unsafeDone(running.underWay, Exit.void)
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
          if (Option.isSome(error)) return allLeft(tickets, error.value)
          return isSending || !Exit.isInterrupted(exit)
            ? new Map(tickets.map((ticket) => [ticket, Either.right(makeUnknown(ticket, broken))]))
            : allLeft(tickets, stopped ?? closed)
        })
      )
    }

    const run = Effect.fnUntraced(
      function*(running: Running, tickets: Tickets, options: Options): Effect.fn.Return<void> {
        const results = yield* request(running, tickets, options)
        const parts = partsToSend(tickets, results, options.readBack)
        for (const ticket of parts.flat()) results.delete(ticket)
        for (const [ticket, result] of results) {
          if (stopsAtDoom && Either.isLeft(result) && isDoom(result.left)) stop(result.left)
          settle(ticket, result)
        }
        for (const part of parts) yield* run(running, part, options)
      }
    )

    const start = (tickets: Tickets, options: Options) =>
      Effect.suspend(() => {
        const underWay = Deferred.unsafeMake<void>(FiberId.none)
        return Effect.withFiberRuntime<void>((fiber) => {
          const running: Running = { fiber, underWay, isSending: false }
          all.add(running)
          return Effect.ensuring(
            run(running, tickets, options),
            Effect.sync(() => {
              all.delete(running)
              Deferred.unsafeDone(underWay, Exit.void)
            })
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
          Effect.map((fiber): Batch => ({ fiber, underWay }))
        )
      })

    return { start, stop: Effect.sync(() => stop(closed)) }
  })

const allLeft = (tickets: Tickets, error: Refusal): Results =>
  new Map(tickets.map((ticket) => [ticket, Either.left(error)]))
