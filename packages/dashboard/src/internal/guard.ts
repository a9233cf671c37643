/** Keeps web pages of others from using what a person's browser may use. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

/** An answer to who may not. */
export const refuse = (message: string) => HttpServerResponse.unsafeJson({ message }, { status: 403 })

/**
 * Refuses what a page of another origin has sent: browsers say so. Who changes something sends JSON, which a form can't.
 */
export const fromOwnPage = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers, method, url }) => {
    const site = headers["sec-fetch-site"] ?? "none"
    const isOwn = site === "same-origin" || site === "none"
    // to the page itself, and in a window of its own
    const isLink = method === "GET" && headers["sec-fetch-mode"] === "navigate" &&
      headers["sec-fetch-dest"] === "document" && !url.startsWith("/api/")
    if (!isOwn && !isLink) return Effect.succeed(refuse("Web pages of other origins are not answered here."))
    if (method !== "GET" && method !== "HEAD" && !isJson(headers["content-type"])) {
      return Effect.succeed(refuse("Only JSON is taken here."))
    }
    return app
  })

const isJson = (contentType: string | undefined): boolean => /^application\/json *(?:;|$)/i.test(contentType ?? "")
