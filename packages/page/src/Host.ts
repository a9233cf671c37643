/**
 * By which names a server on this machine may be asked: a page whose name was made to lead here must get nothing.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

/**
 * Whether this host leads here. Nobody can make an address lead elsewhere; a name leads where its owner says.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isHere = (host: string, allowed: ReadonlyArray<string> = []): boolean => {
  const name = host.replace(/:\d+$/, "").toLowerCase()
  return /^(localhost|[\d.]+|\[[\da-f:]+\])$/.test(name) || allowed.some((each) => each.toLowerCase() === name)
}

/**
 * What is said to others.
 *
 * @since 0.1.0
 * @category constants
 */
export const whyNot = "Only requests to localhost, to an IP address, or to a name among allowedHosts are answered here."

/**
 * Refuses requests to other names. One without a name comes from no browser.
 *
 * @since 0.1.0
 * @category combinators
 */
export const onlyHere = <E, R>(
  app: HttpApp.Default<E, R>,
  { allowedHosts, refusal }: {
    readonly allowedHosts: ReadonlyArray<string> | undefined
    readonly refusal: HttpServerResponse.HttpServerResponse
  }
): HttpApp.Default<E, R> =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ headers }) => isHere(headers["host"] ?? "localhost", allowedHosts) ? app : Effect.succeed(refusal)
  )
