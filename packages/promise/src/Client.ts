/**
 * The call without Effect: promises, async iterables, `AbortSignal`s. All that decides what is sent is in
 * `@effect-shipstation/fulfillments`.
 *
 * @since 0.1.0
 */
import * as Fulfillments from "@effect-shipstation/fulfillments/Fulfillments"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { AbortedError, ClosedError } from "./ClientError.js"
import * as Loop from "./internal/loop.js"
import { checkAll, checkCreate } from "./internal/options.js"
import { makeRuntime, type Runtime } from "./internal/runtime.js"
import type { AllOptions, ClientOptions, CreateOptions } from "./Options.js"
import { type FulfillmentInput, ofError, ofOutcome, type Outcome, toInput } from "./Outcome.js"

/**
 * Marks shipments as shipped.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  /**
   * Marks shipments as shipped, in one request.
   *
   * It is rejected only if nothing was created and nobody was notified (but for an `AbortedError` that says otherwise). Else
   * there is one outcome for every input, in their order; what can't be known is an `Unknown`. To call it again with this client is
   * harmless: what may have been done is looked up first, for which that call may wait for half a minute.
   */
  readonly create: (inputs: ReadonlyArray<FulfillmentInput>, options?: CreateOptions) => Promise<ReadonlyArray<Outcome>>
  /**
   * Marks all of them as shipped, batch by batch, as fast as the limit allows and as they are taken. One outcome for each, in
   * their order. Nothing fails but the source, and that after all outcomes; an invalid input, and what a request was refused
   * with, is `NotSent`.
   *
   * When the loop ends early, nothing more is sent, what was sent is awaited, and `onLeftover` gets the outcomes that nobody took.
   */
  readonly createAll: (
    inputs: Iterable<FulfillmentInput> | AsyncIterable<FulfillmentInput>,
    options?: AllOptions
  ) => AsyncIterableIterator<Outcome>
  /** Waits for what is under way, ends all loops, and lets go of everything. Later calls are rejected. It may come twice. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Makes a client. One for an account, for the whole program: what may have been done, and the rate limit, it remembers itself.
 *
 * @example
 * ```ts
 * import { createClient } from "@effect-shipstation/promise"
 *
 * const client = createClient({ apiKey: process.env.SHIPSTATION_API_KEY, notify: { customer: true, orderSource: true } })
 * const outcomes = await client.create([
 *   { shipment_id: "se-12345678", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }
 * ])
 * await client.close()
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const createClient = (options: ClientOptions): Client => {
  const runtime = makeRuntime(options)
  const calls = new Set<Promise<unknown>>()
  const loops = new Set<Loop.Loop>()
  let closing: Promise<void> | undefined

  const create: Client["create"] = (inputs, options) => {
    if (closing !== undefined) return Promise.reject(new ClosedError())
    const call = createOnce(runtime, inputs, options)
    const forget = () => void calls.delete(call)
    calls.add(call)
    call.then(forget, forget)
    return call
  }

  const createAll: Client["createAll"] = (inputs, options) => {
    const checked = checkAll(options ?? {})
    const loop = Loop.make(runtime, inputs, { ...checked, onEnd: () => loops.delete(loop) })
    if (closing === undefined) loops.add(loop)
    else loop.close()
    return loop.iterator
  }

  const close = () =>
    closing ??= Promise.allSettled([...calls, ...[...loops].map((loop) => loop.close())])
      .then(() => runtime.dispose())

  return { create, createAll, close, [Symbol.asyncDispose]: close }
}

const createOnce = async (
  runtime: Runtime,
  given: ReadonlyArray<FulfillmentInput>,
  options: CreateOptions = {}
): Promise<ReadonlyArray<Outcome>> => {
  const { readBack, signal } = checkCreate(options)
  const isAborted = () => signal?.aborted === true
  if (isAborted()) throw new AbortedError("unsent", signal?.reason)
  const inputs = Array.map(given, toInput)
  if (!Array.isNonEmptyReadonlyArray(inputs)) return []
  let hasLeft = false
  const exit = await runtime.runPromiseExit(
    Effect.flatMap(Fulfillments.Fulfillments, ({ create }) =>
      create(inputs, {
        readBack,
        beforeSend: Effect.sync(() => {
          hasLeft = true
        })
      })),
    { signal }
  )
  if (Exit.isSuccess(exit)) return Array.map(exit.value, ofOutcome)
  const [error] = Cause.failures(exit.cause)
  if (error !== undefined) throw ofError(error)
  if (isAborted()) throw new AbortedError(hasLeft ? "unknown" : "unsent", signal?.reason)
  throw Cause.squash(exit.cause)
}
