import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { IncomingMessage } from "node:http"

/** In bytes. A hundred times what the largest batch takes. */
const largest = 10 * 1024 * 1024

/** In brackets. What comes after may go into it by recursion, and the stack has an end. */
const deepest = 100

/** Why there is no text. */
export type NoText = "too large" | "too deep" | "unreadable"

/** The text of a body. One that is too large is refused as soon as that is known, and the rest of it thrown away. */
export const textOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string, NoText> =>
  Effect.filterOrFail(
    request.source instanceof IncomingMessage
      ? ofMessage(request.source)
      : request.text.pipe(
        Effect.mapError(() => "unreadable" as const),
        Effect.filterOrFail((text) => text.length <= largest, () => "too large" as const)
      ),
    (text) => depthOf(text) <= deepest,
    () => "too deep" as const
  )

// the platform's reader closes the connection where a body is too large, so that no answer gets through
const ofMessage = (message: IncomingMessage) =>
  Effect.async<string, NoText>((resume) => {
    if (Number(message.headers["content-length"]) > largest) return resume(Effect.fail("too large"))
    const chunks: Array<Buffer> = []
    let size = 0
    const keep = (chunk: Buffer) => {
      size += chunk.length
      if (size <= largest) {
        chunks.push(chunk)
      } else {
        chunks.length = 0
        message.off("data", keep).resume()
        resume(Effect.fail("too large"))
      }
    }
    message
      .on("data", keep)
      .once("end", () => resume(Effect.succeed(Buffer.concat(chunks).toString())))
      .once("error", () => resume(Effect.fail("unreadable")))
  })

/** How deep brackets are nested in JSON. */
const depthOf = (text: string): number => {
  let depth = 0
  let most = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === "\"") inString = !inString
    else if (char === "\\") at++
    else if (inString) continue
    else if (char === "[" || char === "{") most = Math.max(most, ++depth)
    else if (char === "]" || char === "}") depth--
  }
  return most
}
