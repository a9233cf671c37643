/**
 * Single calls of unrelated fibers, collected into batches. Whatever happens to one caller, the others don't feel it.
 */
import { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Iterable from "effect/Iterable"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import {
  type AlreadyFulfilled,
  type Created,
  FulfillmentConflict,
  type FulfillmentOutcome,
  FulfillmentRejected,
  type Unknown
} from "../FulfillmentOutcome.js"
import type { InvalidFulfillmentError } from "../InvalidFulfillmentError.js"
import type { Batches, Options } from "./batches.js"
import { checkInputs } from "./checkInputs.js"
import { notSent } from "./gate.js"
import type { Ledger } from "./ledger.js"
import * as Ticket from "./ticket.js"

/** An input that callers wait for; those with an equal one share it. */
interface Asked {
  readonly ticket: Ticket.Awaited
  readonly callers: Set<Caller>
  /** It was in no batch yet. */
  isWaiting: boolean
}

interface Caller {
  readonly span: Option.Option<Tracer.AnySpan>
}

interface Needs {
  readonly batches: Batches
  readonly ledger: Ledger
  readonly readBack: Options["readBack"]
  readonly batchSize: number
  /** How long the first caller waits for others at least. */
  readonly window: Duration.Duration
  /** How far apart places of the limit lie. */
  readonly pace: Effect.Effect<Duration.Duration>
}

type CreateOne = (input: FulfillmentInput) => Effect.Effect<
  Created | AlreadyFulfilled | Unknown,
  InvalidFulfillmentError | Ticket.Refusal | FulfillmentRejected | FulfillmentConflict
>

/** When the scope closes, callers whose request was sent get its outcome, and the others fail with `closed`. */
export const make = (needs: Needs): Effect.Effect<CreateOne, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { batchSize, batches, ledger, readBack } = needs
    const queue = makeQueue(batchSize, ledger)

    /** Starts a batch. */
    const send = Effect.fnUntraced(function*(asked: Array.NonEmptyReadonlyArray<Asked>) {
      const { fiber, hasLeft } = yield* batches.start(Array.map(asked, ({ ticket }) => ticket), {
        readBack,
        span: { root: true, links: asked.flatMap(linksOf) }
      })
      // who got its outcome was taken out by those who waited for it, if there were any
      fiber.addObserver((exit) =>
        asked.forEach((each) => {
          if (Exit.isFailure(exit)) Ticket.fail(each.ticket, exit.cause)
          if (Exit.isSuccess(exit) && each.ticket.result === undefined) queue.again(each)
          else queue.end(each)
        })
      )
      return hasLeft
    })

    const sendNext = Effect.gen(function*() {
      const { fulfilled, free, suspect } = Array.groupBy(queue.take(), ({ ticket }) => {
        const entry = ledger.get(ticket)
        return entry?._tag === "Fulfilled" ? "fulfilled" : entry ?? ledger.isInFlight(ticket) ? "suspect" : "free"
      })
      // these are looked up first, or wait for another call, and the others needn't wait for that
      if (fulfilled !== undefined) yield* Effect.asVoid(send(fulfilled))
      if (suspect !== undefined) yield* Effect.asVoid(send(suspect))
      return free && (yield* send(free))
    })

    /** When the last batch left. */
    let last = Number.NEGATIVE_INFINITY
    const collect = Effect.gen(function*() {
      yield* queue.hasSome
      const now = yield* Ticket.monotonicNow
      const pace = Duration.toMillis(yield* needs.pace)
      yield* queue.isFullWithin(Math.max(Duration.toMillis(needs.window), last + pace - now))
      const hasLeft = yield* Effect.uninterruptible(sendNext)
      // while one batch waits to be sent, calls gather for the next
      if (hasLeft !== undefined && (yield* Deferred.await(hasLeft))) last = yield* Ticket.monotonicNow
    })

    yield* Effect.acquireRelease(
      // the layer may be built where nothing can be interrupted
      Effect.forkDaemon(Effect.interruptible(Effect.forever(collect))),
      (fiber) => Effect.zipRight(Effect.sync(queue.close), Fiber.interrupt(fiber))
    )

    return Effect.fnUntraced(
      function*(given: FulfillmentInput) {
        const [input] = yield* checkInputs([given], 1)
        return yield* orFail(yield* outcomeOf(queue, input))
      },
      Effect.withSpan("Fulfillments.createOne", { captureStackTrace: false })
    )
  })

/** Enters an input for a caller, and takes the caller out when it gives up. */
const outcomeOf = (queue: ReturnType<typeof makeQueue>, input: FulfillmentInput) =>
  Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (span) => {
    const caller = { span }
    return Effect.uninterruptibleMask((restore) => {
      const asked = queue.enter(input, caller)
      return Effect.flatMap(Effect.exit(restore(Deferred.await(asked.ticket.settled))), (exit) => {
        queue.leave(asked, caller)
        return exit
      })
    })
  })

const orFail = (
  outcome: FulfillmentOutcome
): Effect.Effect<Created | AlreadyFulfilled | Unknown, Ticket.Refusal | FulfillmentRejected | FulfillmentConflict> => {
  const { input, requestId } = outcome
  switch (outcome._tag) {
    case "Rejected":
      return new FulfillmentRejected({ input, requestId, message: outcome.message })
    case "Conflict":
      return new FulfillmentConflict({ input, requestId, fulfillment: outcome.fulfillment })
    case "NotSent":
      return Effect.fail(Ticket.closed)
    default:
      return Effect.succeed(outcome)
  }
}

/** Who waits for what, in the order of their coming. */
const makeQueue = (batchSize: number, ledger: Ledger) => {
  /** By shipment. The first of a line is queued or under way; the others wait for its outcome. */
  const lines = new Map<string, Array<Asked>>()
  const waiting = makeWaiting(batchSize)
  let isClosed = false

  const enqueue = (asked: Asked) => {
    if (isClosed) return close(asked)
    waiting.add(asked)
  }

  const close = (asked: Asked) => {
    const { ticket } = asked
    const isSuspect = ledger.get(ticket)?._tag === "Suspect"
    Ticket.settle(ticket, isSuspect ? notSent(ledger, ticket, Ticket.closed) : Either.left(Ticket.closed))
    end(asked)
  }

  /** Takes it out. The next in line is up. */
  const end = (asked: Asked) => {
    const { shipmentId } = asked.ticket
    const line = lines.get(shipmentId) ?? []
    const place = line.indexOf(asked)
    if (place < 0) return
    waiting.remove(asked)
    line.splice(place, 1)
    const [next] = line
    if (next === undefined) lines.delete(shipmentId)
    else if (place === 0) enqueue(next)
  }

  return {
    end,
    enter: (input: FulfillmentInput, caller: Caller): Asked => {
      const { shipment_id } = input
      const line = lines.get(shipment_id) ?? []
      const same = line.find(({ ticket }) => onWire(ticket.input) === onWire(input))
      if (same !== undefined) {
        same.callers.add(caller)
        return same
      }
      const callers = new Set([caller])
      const asked = { ticket: Ticket.makeAwaited(input, () => callers.size > 0), callers, isWaiting: true }
      lines.set(shipment_id, line)
      if (line.push(asked) === 1) enqueue(asked)
      return asked
    },
    leave: (asked: Asked, caller: Caller) => {
      asked.callers.delete(caller)
      if (asked.ticket.result !== undefined) end(asked)
      // what is in a batch may yet be left out of its request, and otherwise finishes
      else if (asked.callers.size === 0 && asked.isWaiting) close(asked)
    },
    /** Nobody wanted it when its batch was sent, and by now somebody may. */
    again: (asked: Asked) => {
      asked.isWaiting = true
      if (asked.callers.size > 0) enqueue(asked)
      else close(asked)
    },
    take: waiting.take,
    hasSome: waiting.hasSome,
    isFullWithin: waiting.isFullWithin,
    close: () => {
      isClosed = true
      waiting.all().forEach(close)
    }
  }
}

/** Those whose batch hasn't begun. */
const makeWaiting = (batchSize: number) => {
  const queue = new Set<Asked>()
  const hasSome = Effect.unsafeMakeLatch(false)
  const isFull = Effect.unsafeMakeLatch(false)
  return {
    add: (asked: Asked) => {
      queue.add(asked)
      hasSome.unsafeOpen()
      if (queue.size >= batchSize) isFull.unsafeOpen()
    },
    remove: (asked: Asked) => void queue.delete(asked),
    all: (): ReadonlyArray<Asked> => [...queue],
    take: (): ReadonlyArray<Asked> => {
      const taken = Array.fromIterable(Iterable.take(queue, batchSize))
      for (const asked of taken) {
        asked.isWaiting = false
        queue.delete(asked)
      }
      if (queue.size === 0) hasSome.unsafeClose()
      if (queue.size < batchSize) isFull.unsafeClose()
      return taken
    },
    hasSome: hasSome.await,
    /** Waits until a batch is full, and no longer than so many milliseconds. */
    isFullWithin: (millis: number) =>
      Effect.suspend(() => queue.size >= batchSize ? Effect.void : openWithin(isFull, millis))
  }
}

/** Waits until the latch opens, and no longer than so many milliseconds. */
const openWithin = Effect.fnUntraced(function*(latch: Effect.Latch, millis: number) {
  const isTime = Effect.unsafeMakeLatch(false)
  const timer = yield* Effect.fork(Effect.zipRight(Effect.sleep(Math.ceil(millis)), isTime.open))
  const opened = yield* Effect.fork(Effect.zipRight(latch.await, isTime.open))
  yield* isTime.await
  yield* Fiber.interruptFork(timer)
  yield* Fiber.interruptFork(opened)
})

const onWire = Schema.encodeSync(Schema.parseJson(FulfillmentInput))

const linksOf = ({ callers }: Asked): Array<Tracer.SpanLink> =>
  [...callers].flatMap(({ span }) =>
    Option.isSome(span) ? [{ _tag: "SpanLink" as const, span: span.value, attributes: {} }] : []
  )
