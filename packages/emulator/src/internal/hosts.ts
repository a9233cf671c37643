/** By which names the emulator may be asked: a page whose name was made to lead here must get nothing. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

/** Whether this host leads here. Nobody can make an address lead elsewhere; a name leads where its owner says. */
export const isHere = (host: string, allowed: ReadonlyArray<string> = []): boolean => {
  const name = host.replace(/:\d+$/, "").toLowerCase()
  return /^(localhost|[\d.]+|\[[\da-f:]+\])$/.test(name) || allowed.some((each) => each.toLowerCase() === name)
}

export const whyNot = "Only requests to localhost, to an IP address, or to a name among allowedHosts are answered here."

/** Refuses requests to other names. One without a name comes from no browser. */
export const onlyHere = (app: HttpApp.Default, allowed: ReadonlyArray<string> | undefined): HttpApp.Default =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
    isHere(headers["host"] ?? "localhost", allowed)
      ? app
      : HttpServerResponse.unsafeJson({ problems: [{ path: "", message: whyNot }] }, { status: 403 }))
