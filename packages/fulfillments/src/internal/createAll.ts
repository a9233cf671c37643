/**
 * A stream of inputs in, a stream of outcomes out, batch by batch.
 */
import { type FulfillmentInput, validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type FulfillmentOutcome, NotSent } from "../FulfillmentOutcome.js"
import { InvalidFulfillmentError } from "../InvalidFulfillmentError.js"
import * as Batches from "./batches.js"
import type { CreateItems } from "./create.js"
import type { Item, Items } from "./item.js"
import { trusted } from "./outcomes.js"

export interface Options<R> {
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
export const make = (createItems: CreateItems) =>
<E, R, R2>(
  inputs: Stream.Stream<FulfillmentInput, E, R>,
  { batchSize, concurrency, onLeftover, readBack, unordered, window }: Options<R2>
): Stream.Stream<FulfillmentOutcome, E, R | R2> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    if (!(batchSize >= 1 && concurrency >= 1)) {
      return yield* Effect.dieMessage("createAll: batchSize and concurrency must be 1 or more")
    }
    const reader = makeReader(inputs, batchSize)
    /** What was taken from the reader, until the consumer has its outcome. */
    const held = new Map<Item, FulfillmentOutcome | undefined>()
    let count = 0

    const take = (atMost: number): ReadonlyArray<Item> =>
      reader.take(atMost).map((input) => {
        const item = { index: count++, input }
        held.set(item, undefined)
        return item
      })
    const outcomeOf = (item: Item) => held.get(item) ?? notSent(item, Batches.closed)

    // Finalizers run from the last to the first: nothing more is sent, nothing more is read, what was sent is awaited, and
    // what is left is told.
    yield* Effect.addFinalizer(() => {
      take(Number.POSITIVE_INFINITY)
      const leftover = Array.map([...held.keys()], outcomeOf)
      return Array.isNonEmptyReadonlyArray(leftover) ? onLeftover(leftover) : Effect.void
    })
    const batches = yield* Batches.make(createItems)
    yield* Effect.forkScoped(Effect.interruptible(reader.run))

    const send = (batch: Items) =>
      Effect.flatMap(
        batches.start(batch, {
          readBack,
          onResults: (results) => {
            for (const [item, result] of results) {
              if (Either.isLeft(result) && Batches.isDoom(result.left)) batches.stop(result.left)
              held.set(item, Either.getOrElse(result, (error) => notSent(item, error)))
            }
          }
        }),
        Fiber.await
      )

    const settle = Effect.fnUntraced(function*(items: ReadonlyArray<Item>) {
      let rest = items.filter((item) => {
        const checked = validateInput(item.input)
        if (Either.isRight(checked)) return true
        const issues = checked.left.map((issue) => ({ index: item.index, ...issue }))
        held.set(item, notSent(item, new InvalidFulfillmentError({ issues })))
        return false
      })
      while (Array.isNonEmptyReadonlyArray(rest)) {
        // a shipment that comes again waits for its first outcome
        const shipments = new Map(rest.toReversed().map((item) => [item.input.shipment_id, item]))
        const [again, batch] = Array.partition(rest, (item) => shipments.get(item.input.shipment_id) === item)
        if (Array.isNonEmptyReadonlyArray(batch)) yield* send(batch)
        rest = again
      }
      return items
    })

    // `Stream.mapEffect` with `concurrency` may wait for ever when it is interrupted as a batch starts (effect 3.22)
    const places = yield* Effect.makeSemaphore(concurrency)
    /** Batches in the order in which their outcomes are given; undefined after the last. */
    const queue = yield* Queue.unbounded<Fiber.Fiber<ReadonlyArray<Item>> | undefined>()
    const startBatches = Effect.gen(function*() {
      while (true) {
        yield* places.take(1)
        yield* reader.ready(window)
        const items = take(batchSize)
        if (items.length === 0) break
        const batch = yield* Effect.fork(settle(items))
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
    yield* Effect.addFinalizer(() => Effect.sync(() => batches.stop(Batches.closed)))

    return Stream.repeatEffectChunkOption(pull).pipe(
      // one by one, as what the consumer doesn't pull any more is left over
      Stream.rechunk(1),
      Stream.map((item) => {
        const outcome = outcomeOf(item)
        held.delete(item)
        return outcome
      }),
      Stream.concat(Stream.fromEffect(Effect.suspend(reader.end)).pipe(Stream.drain))
    )
  }))

/** Reads ahead until a batch is full, and no further. */
const makeReader = <A, E, R>(source: Stream.Stream<A, E, R>, batchSize: number) => {
  let unread = Chunk.empty<A>()
  let end: Exit.Exit<void, E> | undefined
  const hasSome = Effect.unsafeMakeLatch(false)
  const isFull = Effect.unsafeMakeLatch(false)
  const hasRoom = Effect.unsafeMakeLatch(true)
  const set = (latch: Effect.Latch, isOpen: boolean) => isOpen ? latch.unsafeOpen() : latch.unsafeClose()
  const update = () => {
    const size = Chunk.size(unread)
    set(hasSome, size > 0 || end !== undefined)
    set(isFull, size >= batchSize || end !== undefined)
    set(hasRoom, size < batchSize)
  }
  return {
    run: source.pipe(
      Stream.runForEachChunk((chunk) => {
        // not in an effect: what was read can't get lost by an interruption then
        unread = Chunk.appendAll(unread, chunk)
        update()
        return hasRoom.await
      }),
      Effect.exit,
      Effect.map((exit) => {
        end = exit
        update()
      })
    ),
    /** Waits until there is a full batch, or what came within the window, or the end. */
    ready: (window: Duration.DurationInput) =>
      Effect.gen(function*() {
        yield* hasSome.await
        if (Chunk.size(unread) >= batchSize || end !== undefined) return
        const timer = yield* Effect.fork(Effect.zipRight(Effect.sleep(window), isFull.open))
        yield* isFull.await
        yield* Fiber.interruptFork(timer)
      }),
    take: (atMost: number): ReadonlyArray<A> => {
      const taken = Chunk.take(unread, atMost)
      unread = Chunk.drop(unread, atMost)
      update()
      return Chunk.toReadonlyArray(taken)
    },
    end: () => end ?? Exit.void
  }
}

const notSent = (item: Item, error: NotSent["error"]) => new NotSent({ ...item, error }, trusted)
