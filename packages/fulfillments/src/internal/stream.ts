/**
 * A stream of inputs in, a stream of outcomes out, batch by batch.
 */
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import { InvalidFulfillmentError } from "../InvalidFulfillmentError.js"
import * as Batches from "./batches.js"
import { checkInput } from "./checkInputs.js"
import { notSent } from "./gate.js"
import { type CreateAllOptions, ofCreateAll, type ofLayer } from "./options.js"
import * as Reader from "./reader.js"
import * as Ticket from "./ticket.js"

interface Options<R> {
  readonly batchSize: number
  readonly concurrency: number
  readonly window: Duration.DurationInput
  readonly unordered: boolean
  readonly readBack: Batches.Options["readBack"]
  readonly onLeftover: (outcomes: Array.NonEmptyReadonlyArray<FulfillmentOutcome>) => Effect.Effect<void, never, R>
}

/**
 * As many outcomes as inputs; a failure of the source comes after all of them. When the consumer stops, what was sent is
 * awaited, and `onLeftover` gets all outcomes that the consumer didn't take.
 */
const start = (needs: Batches.Needs) =>
<E, R, R2>(
  inputs: Stream.Stream<FulfillmentInput, E, R>,
  { batchSize, concurrency, onLeftover, readBack, unordered, window }: Options<R2>
): Stream.Stream<FulfillmentOutcome, E, R | R2> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    /** What was read, until the consumer has its outcome. */
    const held = new Set<Ticket.Ticket>()
    let count = 0
    const reader = Reader.make(inputs, batchSize, (given) => {
      const ticket = ticketOf(given, count++)
      held.add(ticket)
      return ticket
    })

    // Finalizers run from the last to the first: nothing more is sent, nothing more is read, what was sent is awaited, and
    // what is left is told.
    yield* Effect.addFinalizer(() => {
      const leftover = Array.map([...held], (ticket) =>
        Ticket.outcomeOf(ticket, ticket.result ?? notSent(needs.ledger, ticket, Ticket.closed)))
      return Array.isNonEmptyReadonlyArray(leftover) ? onLeftover(leftover) : Effect.void
    })
    const batches = yield* Batches.make(needs, "one job")
    yield* Effect.forkScoped(Effect.interruptible(reader.run))

    const settle = Effect.fnUntraced(function*(tickets: ReadonlyArray<Ticket.Ticket>) {
      for (let rest = tickets; rest.length > 0;) {
        const open = rest.filter(({ result }) =>
          result === undefined
        )
        // a shipment that comes again waits for its first outcome
        const shipments = new Map(open.toReversed().map((ticket) => [ticket.shipmentId, ticket]))
        const [again, batch] = Array.partition(open, (ticket) => shipments.get(ticket.shipmentId) === ticket)
        if (Array.isNonEmptyReadonlyArray(batch)) {
          yield* Effect.flatMap(batches.start(batch, { readBack }), ({ fiber }) => Fiber.await(fiber))
        }
        rest = again
      }
      return tickets
    })

    // `Stream.mapEffect` with `concurrency` may wait for ever when it is interrupted as a batch starts (effect 3.22)
    const places = yield* Effect.makeSemaphore(concurrency)
    /** Batches in the order in which their outcomes are given; undefined after the last. */
    const queue = yield* Queue.unbounded<Fiber.Fiber<ReadonlyArray<Ticket.Ticket>> | undefined>()
    const lines = makeLines()
    const startBatches = Effect.gen(function*() {
      while (true) {
        yield* places.take(1)
        yield* reader.ready(window)
        const tickets = reader.take(batchSize)
        if (tickets.length === 0) break
        const batch = yield* Effect.fork(Effect.zipRight(lines.turnOf(tickets), settle(tickets)))
        lines.enter(tickets, batch)
        if (unordered) batch.addObserver(() => queue.unsafeOffer(batch))
        else queue.unsafeOffer(batch)
      }
      // the consumer has taken all others
      yield* places.take(concurrency - 1)
      queue.unsafeOffer(undefined)
    })
    yield* Effect.forkScoped(Effect.interruptible(startBatches))
    const pull = Effect.flatMap(Queue.take(queue), (batch) =>
      batch === undefined
        ? Effect.fail(Option.none())
        : Effect.map(Effect.zipLeft(Fiber.join(batch), places.release(1)), Chunk.unsafeFromArray))
    yield* Effect.addFinalizer(() => batches.stop)

    return Stream.repeatEffectChunkOption(pull).pipe(
      // one by one, as what the consumer doesn't pull any more is left over
      Stream.mapEffect((ticket) =>
        inOneGo(() => {
          held.delete(ticket)
          return Ticket.outcomeOf(ticket, ticket.result)
        })
      ),
      Stream.concat(Stream.fromEffect(Effect.suspend(reader.end)).pipe(Stream.drain))
    )
  }))

/** The service's `createAll`, of inputs of either kind. */
export const make = (needs: Batches.Needs, defaults: ReturnType<typeof ofLayer>) => {
  const ofStream = start(needs)
  function createAll<E, R, R2>(
    inputs: Stream.Stream<FulfillmentInput, E, R>,
    options?: CreateAllOptions<R2>
  ): Stream.Stream<FulfillmentOutcome, E, R | R2>
  function createAll<R2>(
    inputs: Iterable<FulfillmentInput>,
    options?: CreateAllOptions<R2>
  ): Stream.Stream<FulfillmentOutcome, never, R2>
  function createAll<E, R, R2>(
    inputs: Stream.Stream<FulfillmentInput, E, R> | Iterable<FulfillmentInput>,
    options: CreateAllOptions<R2> = {}
  ) {
    return Stream.suspend(() =>
      ofStream(
        isStream(inputs)
          ? inputs
          : Array.isArray(inputs)
          ? Stream.fromIterable<FulfillmentInput>(inputs)
          : ofIterable(inputs),
        {
          ...ofCreateAll(options, defaults),
          onLeftover: options.onLeftover ?? warnOfLeftover
        }
      )
    )
  }
  return createAll
}

/**
 * Hands over to the consumer without giving way to other fibers in between: an interruption there would take what is neither
 * held any more nor seen yet. A fiber gives way after so many steps, so it does that before, if few are left.
 */
const inOneGo = <A>(handOver: () => A) =>
  Effect.withFiberRuntime<A>((fiber) =>
    fiber.currentOpCount + stepsToConsumer > fiber.getFiberRef(FiberRef.currentMaxOpsBeforeYield)
      ? Effect.map(Effect.yieldNow(), handOver)
      : Effect.sync(handOver)
  )

/** More than it takes from here into the consumer's own effect. */
const stepsToConsumer = 32

/** The last batch that each shipment is in: one that comes again waits for its end. */
const makeLines = () => {
  const last = new Map<string, Fiber.RuntimeFiber<unknown>>()
  const open = (tickets: ReadonlyArray<Ticket.Ticket>) => tickets.filter(({ result }) => result === undefined)
  return {
    enter: (tickets: ReadonlyArray<Ticket.Ticket>, batch: Fiber.RuntimeFiber<unknown>) => {
      const ids = open(tickets).map(({ shipmentId }) => shipmentId)
      for (const id of ids) last.set(id, batch)
      batch.addObserver(() => {
        for (const id of ids) if (last.get(id) === batch) last.delete(id)
      })
    },
    /** Waits for the batches that have one of these. */
    turnOf: (tickets: ReadonlyArray<Ticket.Ticket>) => {
      const before = new Set(open(tickets).flatMap(({ shipmentId }) => last.get(shipmentId) ?? []))
      return Effect.forEach(before, Fiber.await, { discard: true })
    }
  }
}

/** What can't be sent as it is, is settled at once. */
const ticketOf = (given: FulfillmentInput, index: number): Ticket.Ticket => {
  const checked = checkInput(given, index)
  if (Either.isRight(checked)) return Ticket.make(index, checked.right)
  return Ticket.makeInvalid(index, copyOfInvalid(given), new InvalidFulfillmentError({ issues: checked.left }))
}

/** An object as in JSON. Of anything else nobody knows what a copy would lose. */
const copyOfInvalid = (given: FulfillmentInput): FulfillmentInput => {
  try {
    return Predicate.isRecord(given) && Object.getPrototypeOf(given) === Object.prototype ? { ...given } : given
  } catch {
    return given
  }
}

/** One by one: what comes before it throws would be lost in a chunk. */
const ofIterable = <A>(inputs: Iterable<A>): Stream.Stream<A> =>
  Stream.suspend(() =>
    Stream.unfold(inputs[Symbol.iterator](), (iterator) => {
      const next = iterator.next()
      return next.done === true ? Option.none() : Option.some([next.value, iterator] as const)
    })
  )

const isStream = <A, E, R>(inputs: Stream.Stream<A, E, R> | Iterable<A>): inputs is Stream.Stream<A, E, R> =>
  Predicate.hasProperty(inputs, Stream.StreamTypeId)

const warnOfLeftover = ({ length }: ReadonlyArray<FulfillmentOutcome>) =>
  Effect.logWarning("The consumer of createAll stopped before it took all outcomes").pipe(
    Effect.annotateLogs("shipstation.leftover", length)
  )
