/** `createAll` as an async iterator: a stream that is pulled. */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import type * as Wire from "@effect-shipstation/schema/Fulfillment"
import * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { AbortedError, ClosedError } from "../ClientError.js"
import type { AllOptions } from "../Options.js"
import { type FulfillmentInput, ofOutcome, type Outcome, toInput } from "../Outcome.js"

type Runtime = ManagedRuntime.ManagedRuntime<Fulfillments.Fulfillments, never>

type Inputs = Iterable<FulfillmentInput> | AsyncIterable<FulfillmentInput>

/** What the source threw. */
interface SourceFailed {
  readonly error: unknown
}

/** A loop over outcomes. */
export interface Loop {
  readonly iterator: AsyncIterableIterator<Outcome, undefined>
  /** Ends it, as the client is closed: whoever asks for more is told. Waits for what was sent. */
  readonly close: () => Promise<void>
}

interface Options extends AllOptions {
  /** Is called when it has ended. */
  readonly onEnd: () => void
}

const done = { done: true, value: undefined } as const

/** A loop over what becomes of these inputs. Nothing is read or sent before somebody asks for the first outcome. */
export const make = (runtime: Runtime, inputs: Inputs, { onEnd, onLeftover, signal, ...options }: Options): Loop => {
  const left: Array<Outcome> = []
  const puller = makePuller(runtime, outcomesOf(inputs, options, left))
  /** Nobody gets any more, and the next who asks may be told why. */
  let ended: Option.Option<unknown> | undefined
  let ending: Promise<void> | undefined

  const finish = async () => {
    signal?.removeEventListener("abort", abort)
    left.unshift(...await puller.close())
    onEnd()
    if (left.length === 0) return
    if (onLeftover === undefined) await runtime.runPromise(warnOfLeftover(left.length))
    else onLeftover(left)
  }

  const end = (why: Option.Option<unknown> = Option.none()): Promise<void> => {
    ended ??= why
    return ending ??= finish()
  }

  const abort = () => {
    const reason: unknown = signal?.reason
    end(Option.some(new AbortedError(puller.hasBegun() ? "unknown" : "unsent", reason))).catch(() => {})
  }
  if (signal?.aborted === true) abort()
  else signal?.addEventListener("abort", abort)

  const advance = async (): Promise<IteratorResult<Outcome, undefined>> => {
    const pulled = ended === undefined ? await puller.next() : undefined
    if (pulled?._tag === "Outcome") return { done: false, value: pulled.outcome }
    if (pulled?._tag === "Failed") end(Option.some(pulled.error)).catch(() => {})
    await end()
    const why = ended ?? Option.none()
    ended = Option.none()
    if (Option.isSome(why)) throw why.value
    return done
  }

  /** One after the other, as somebody may ask twice at once. */
  let last: Promise<unknown> = Promise.resolve()
  const iterator: AsyncIterableIterator<Outcome, undefined> = {
    next: () => {
      const asked = after(last, advance)
      last = asked.catch(() => {})
      return asked
    },
    return: async () => {
      await end()
      return done
    },
    [Symbol.asyncIterator]: () => iterator
  }
  return { iterator, close: () => end(Option.some(new ClosedError())) }
}

const after = async <A>(before: Promise<unknown>, then: () => Promise<A>): Promise<A> => {
  await before
  return then()
}

type Pulled =
  | { readonly _tag: "Outcome"; readonly outcome: Outcome }
  | { readonly _tag: "Failed"; readonly error: unknown }
  | { readonly _tag: "End" }

/** Pulls a stream, one outcome after the other. */
const makePuller = (runtime: Runtime, stream: Stream.Stream<Outcome, SourceFailed, Fulfillments.Fulfillments>) => {
  const scope = Effect.runSync(Scope.make())
  const interruption = new AbortController()
  const pulled: Array<Outcome> = []
  let pull: Effect.Effect<Chunk.Chunk<Outcome>, Option.Option<SourceFailed>, Fulfillments.Fulfillments> | undefined
  let pulling: Promise<unknown> = Promise.resolve()

  const pullOnce = Effect.suspend(() =>
    pull === undefined
      ? Effect.flatMap(Scope.extend(Stream.toPull(stream), scope), (begun) => pull = begun)
      : pull
  )

  const next = async (): Promise<Pulled> => {
    const [outcome] = pulled.splice(0, 1)
    if (outcome !== undefined) return { _tag: "Outcome", outcome }
    const exit = await (pulling = runtime.runPromiseExit(pullOnce, { signal: interruption.signal }))
    if (Exit.isSuccess(exit)) {
      pulled.push(...exit.value)
      return next()
    }
    return Option.match(Cause.failureOption(exit.cause), {
      onNone: (): Pulled =>
        Cause.isInterruptedOnly(exit.cause) ? { _tag: "End" } : { _tag: "Failed", error: Cause.squash(exit.cause) },
      onSome: Option.match({
        onNone: (): Pulled => ({ _tag: "End" }),
        onSome: ({ error }): Pulled => ({ _tag: "Failed", error })
      })
    })
  }

  return {
    next,
    hasBegun: () => pull !== undefined,
    /** Waits for what was sent. Gives what was pulled and not taken. */
    close: async (): Promise<ReadonlyArray<Outcome>> => {
      interruption.abort()
      await pulling
      // of one that didn't begin there is nothing to close, and its client may be closed
      if (pull !== undefined) await runtime.runPromise(Scope.close(scope, Exit.void))
      return pulled.splice(0)
    }
  }
}

const outcomesOf = (
  inputs: Inputs,
  { batchSize, concurrency, readBack, unordered }: AllOptions,
  left: Array<Outcome>
): Stream.Stream<Outcome, SourceFailed, Fulfillments.Fulfillments> =>
  Stream.unwrap(Effect.map(Fulfillments.Fulfillments, ({ createAll }) =>
    Stream.map(
      createAll(streamOf(inputs), {
        batchSize,
        concurrency,
        readBack,
        unordered,
        onLeftover: (outcomes) => Effect.sync(() => void left.push(...outcomes.map(ofOutcome)))
      }),
      ofOutcome
    )))

const warnOfLeftover = (count: number) =>
  Effect.annotateLogs(
    Effect.logWarning("A loop over createAll ended before it took all outcomes"),
    "shipstation.leftover",
    count
  )

const streamOf = (inputs: Inputs): Stream.Stream<Wire.FulfillmentInput, SourceFailed> =>
  Stream.map(Symbol.asyncIterator in inputs ? ofAsync(inputs) : ofSync(inputs), toInput)

/** Nothing is read that isn't asked for. What it throws is a defect, which ends the loop as it is. */
const ofSync = (inputs: Iterable<FulfillmentInput>): Stream.Stream<FulfillmentInput> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => inputs[Symbol.iterator]()),
      (iterator) => Effect.sync(() => void iterator.return?.())
    ),
    (iterator) =>
      Stream.repeatEffectOption(Effect.suspend(() => {
        const result = iterator.next()
        return result.done === true ? Effect.fail(Option.none()) : Effect.succeed(result.value)
      }))
  ))

const ofAsync = (inputs: AsyncIterable<FulfillmentInput>): Stream.Stream<FulfillmentInput, SourceFailed> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => inputs[Symbol.asyncIterator]()),
      // told to end, and not waited for: one that waits for what never comes can't
      (iterator) =>
        Effect.sync(() => {
          Promise.resolve().then(() => iterator.return?.()).catch(() => {})
        })
    ),
    (iterator) =>
      Stream.repeatEffectOption(
        Effect.tryPromise({
          try: async () => iterator.next(),
          catch: (error): Option.Option<SourceFailed> => Option.some({ error })
        }).pipe(
          Effect.flatMap((result) => result.done === true ? Effect.fail(Option.none()) : Effect.succeed(result.value))
        )
      )
  ))
