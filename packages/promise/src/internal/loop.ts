/** `createAll` as an async iterator: a stream that is pulled. */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { AbortedError, ClosedError } from "../ClientError.js"
import type { AllOptions } from "../Options.js"
import { type FulfillmentInput, ofOutcome, type Outcome, toInput } from "../Outcome.js"
import type { Runtime } from "./runtime.js"

type Inputs = Iterable<FulfillmentInput> | AsyncIterable<FulfillmentInput>

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

/** A loop over what becomes of these inputs. Nothing is read or sent before somebody asks for the first outcome. */
export const make = (runtime: Runtime, inputs: Inputs, { onEnd, onLeftover, signal, ...options }: Options): Loop => {
  const left: Array<Outcome> = []
  const interruption = new AbortController()
  let hasBegun = false
  /** Nobody gets any more, and the next who asks may be told why. */
  let ended: Option.Option<unknown> | undefined
  let ending: Promise<void> | undefined
  /** It may close the client, which then must not wait for it. */
  let isTelling = false

  /** Answers in turn those who ask at once, and awaits in the end what was sent. */
  const pulled = (async function*(): AsyncGenerator<Outcome, undefined> {
    hasBegun = true
    const scope = Effect.runSync(Scope.make())
    try {
      const pull = await runtime.runPromise(Scope.extend(Stream.toPull(outcomesOf(inputs, options, left)), scope))
      while (true) {
        const exit = await runtime.runPromiseExit(pull, { signal: interruption.signal })
        if (Exit.isFailure(exit)) {
          if (Cause.isDie(exit.cause)) ended ??= Option.some(Cause.squash(exit.cause))
          return
        }
        // one at a time, so that nothing is held here that nobody took
        yield* exit.value
      }
    } finally {
      await runtime.runPromise(Scope.close(scope, Exit.void))
    }
  })()

  const finish = async () => {
    signal?.removeEventListener("abort", abort)
    interruption.abort()
    await pulled.return(undefined)
    onEnd()
    if (left.length === 0) return
    if (onLeftover === undefined) return runtime.runPromise(warnOfLeftover(left.length))
    isTelling = true
    await onLeftover(left)
  }

  const end = (why: Option.Option<unknown> = Option.none()): Promise<void> => {
    ended ??= why
    return ending ??= finish()
  }

  const abort = () => {
    const reason: unknown = signal?.reason
    end(Option.some(new AbortedError(hasBegun ? "unknown" : "unsent", reason))).catch(() => {})
  }
  if (signal?.aborted === true) abort()
  else signal?.addEventListener("abort", abort)

  const iterator: AsyncIterableIterator<Outcome, undefined> = {
    next: async () => {
      const result = await pulled.next()
      if (result.done !== true) return result
      await end()
      const why = ended ?? Option.none()
      ended = Option.none()
      if (Option.isSome(why)) throw why.value
      return result
    },
    return: async () => {
      await end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator
  }
  return { iterator, close: async () => isTelling ? undefined : end(Option.some(new ClosedError())) }
}

const outcomesOf = (
  inputs: Inputs,
  { batchSize, concurrency, readBack, unordered }: AllOptions,
  left: Array<Outcome>
): Stream.Stream<Outcome, never, Fulfillments.Fulfillments> =>
  Stream.unwrap(Effect.map(Fulfillments.Fulfillments, ({ createAll }) =>
    Stream.map(
      createAll(Stream.map(streamOf(inputs), toInput), {
        batchSize,
        concurrency,
        readBack,
        unordered,
        onLeftover: (outcomes) => Effect.sync(() => outcomes.forEach((outcome) => left.push(ofOutcome(outcome))))
      }),
      ofOutcome
    )))

const warnOfLeftover = (count: number) =>
  Effect.annotateLogs(
    Effect.logWarning("A loop over createAll ended before it took all outcomes"),
    "shipstation.leftover",
    count
  )

/** Reads nothing that isn't asked for. What a source throws is a defect, which ends the loop as it is. */
const streamOf = (inputs: Inputs): Stream.Stream<FulfillmentInput> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]()
        return { iterator, hasEnded: false }
      }),
      // told to end, if it didn't by itself, and not waited for: one that waits for what never comes can't
      ({ hasEnded, iterator }) =>
        Effect.sync(() => hasEnded ? undefined : void Promise.resolve(iterator.return?.()).catch(() => {}))
    ),
    (source) =>
      Stream.repeatEffectOption(
        Effect.suspend(() => {
          const result = source.iterator.next()
          // without a turn where none is needed, or what was read could be lost to an interruption
          return Predicate.isPromiseLike(result) ? Effect.promise(() => result) : Effect.succeed(result)
        }).pipe(
          Effect.onError((cause) =>
            Effect.sync(() => {
              source.hasEnded = !Cause.isInterrupted(cause)
            })
          ),
          Effect.flatMap((result) => {
            source.hasEnded = result.done === true
            return result.done === true ? Effect.fail(Option.none()) : Effect.succeed(result.value)
          })
        )
      )
  ))
