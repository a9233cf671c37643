import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"

/** Reads a stream ahead, until there is a batch, and no further. */
export interface Reader<A, E, R> {
  /** Reads to the end of the source. */
  readonly run: Effect.Effect<void, never, R>
  /** Waits until there is a full batch, or what came within the window, or the end. */
  readonly ready: (window: Duration.DurationInput) => Effect.Effect<void>
  readonly take: (atMost: number) => ReadonlyArray<A>
  /** How the source ended. */
  readonly end: () => Exit.Exit<void, E>
}

/** `keep` makes of each element what is kept of it until it is taken: a source may use one object again and again. */
export const make = <A, B, E, R>(
  source: Stream.Stream<A, E, R>,
  batchSize: number,
  keep: (element: A) => B
): Reader<B, E, R> => {
  let unread = Chunk.empty<B>()
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
        unread = Chunk.appendAll(unread, Chunk.map(chunk, keep))
        update()
        return hasRoom.await
      }),
      Effect.exit,
      Effect.map((exit) => {
        end = exit
        update()
      })
    ),
    ready: Effect.fnUntraced(function*(window) {
      yield* hasSome.await
      if (Chunk.size(unread) >= batchSize || end !== undefined) return
      const timer = yield* Effect.fork(Effect.zipRight(Effect.sleep(window), isFull.open))
      yield* isFull.await
      yield* Fiber.interruptFork(timer)
    }),
    take: (atMost) => {
      const taken = Chunk.take(unread, atMost)
      unread = Chunk.drop(unread, atMost)
      update()
      return Chunk.toReadonlyArray(taken)
    },
    end: () => end ?? Exit.void
  }
}
