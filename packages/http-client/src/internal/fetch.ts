import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as Context from "effect/Context"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** What a fetch is made into. `isOwn`: the user's. */
export type Change = (fetch: typeof globalThis.fetch, isOwn: boolean) => typeof globalThis.fetch

/** What becomes of a body that fetch reads. */
export interface Reading {
  /** It can't be read any more: what was given up must not go out later, from a queue of the user's say. */
  isGivenUp: boolean
  /** It was read to its end. */
  wasRead: boolean
}

/**
 * fetch follows redirects, to any origin and with all headers, and it repeats requests. What stops it belongs to the user
 * as well (a proxy, say), so it is added to theirs. That can be done only inside a client, where the `RequestInit` and the
 * `Fetch` can be seen that were provided to `FetchHttpClient.layer`. Clients on something else don't look at it.
 */
export const harden = (
  context: Context.Context<never>,
  change: Change
): Context.Context<never> => {
  const all = soften(context)
  const own = Context.getOption(all, FetchHttpClient.Fetch)
  const init = { ...Option.getOrUndefined(Context.getOption(all, FetchHttpClient.RequestInit)), redirect: "manual" }
  return Context.unsafeMake(
    new WithAside(all.unsafeMap, [
      [FetchHttpClient.RequestInit.key, init],
      [FetchHttpClient.Fetch.key, change(Option.getOrElse(own, () => globalThis.fetch), Option.isSome(own))]
    ])
  )
}

/** Nothing was merged into it since it was hardened. */
export const isHard = ({ unsafeMap }: Context.Context<never>): boolean => unsafeMap instanceof WithAside

export const soften = (context: Context.Context<never>): Context.Context<never> =>
  isHard(context) ? Context.unsafeMake(new Map(context.unsafeMap)) : context

/**
 * Services, and some that are found only by who asks for them: they aren't handed on when a context is merged into
 * another. A client around another begins too, and what the inner one was provided with must win.
 */
class WithAside extends Map<string, unknown> {
  readonly #aside: ReadonlyMap<string, unknown>
  constructor(services: ReadonlyMap<string, unknown>, aside: Iterable<readonly [string, unknown]>) {
    super(services)
    this.#aside = new Map(aside)
  }
  override get(key: string): unknown {
    return this.#aside.get(key) ?? super.get(key)
  }
  override has(key: string): boolean {
    return this.#aside.has(key) || super.has(key)
  }
  /** Equal to no context: where Effect takes two for equal, which it does by their size first, it keeps the old one. */
  override get size(): number {
    return Number.NaN
  }
}

/** Changes the context of the fiber that is running. There is no Effect to do it in where a client begins. */
export const changeContext = (change: (context: Context.Context<never>) => Context.Context<never>): void => {
  const fiber = Option.getOrThrow(Fiber.getCurrentFiber())
  if (!Predicate.hasProperty(fiber, "setFiberRef") || !Predicate.isFunction(fiber.setFiberRef)) {
    throw new Error("this version of Effect has no way to keep fetch from repeating")
  }
  const context = fiber.getFiberRef(FiberRef.currentContext)
  const changed = change(context)
  if (changed !== context) Reflect.apply(fiber.setFiberRef, fiber, [FiberRef.currentContext, changed])
}

/**
 * A body that can be read once, since fetch sends again what it can read again: undici's after a 421, Deno's when a
 * connection ends before the head of an answer. With its length beside it, it goes as one piece from Node and Bun (Deno
 * and workerd send it in chunks).
 *
 * `keepalive`, which is for pages that are left, allows no stream. So it is left out, but for a `Fetch` of the user's own.
 */
export const toOneShot = (
  init: RequestInit | undefined,
  isOwnFetch: boolean,
  reading: Reading
): RequestInit | undefined => {
  if (!(init?.body instanceof Uint8Array)) return init
  const { body, headers: given, keepalive, ...rest } = init
  // fetch would say the length a second time (the platform's clients leave it out only since 0.97)
  const headers = Headers.remove(Headers.fromInput(given), "content-length")
  if (keepalive === true && isOwnFetch) return { ...init, headers }
  const oneShot = {
    ...rest,
    headers: Headers.set(headers, "content-length", String(body.byteLength)),
    body: streamOf(body, reading),
    duplex: "half"
  }
  return oneShot
}

/** Gives it when it is asked for it, and its end when it is asked again: then whoever reads it has got it all. */
const streamOf = (body: Uint8Array, reading: Reading): ReadableStream => {
  let isGiven = false
  return new ReadableStream({
    pull: (controller) => {
      if (reading.isGivenUp) controller.error(new Error("given up"))
      else if (isGiven) {
        reading.wasRead = true
        controller.close()
      } else {
        isGiven = true
        controller.enqueue(body)
      }
    }
  }, { highWaterMark: 0 })
}
