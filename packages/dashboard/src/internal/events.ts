/** What there is, as server-sent events. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Look } from "./watch.js"

/** So many pages get events at once. */
const mostReaders = 50

const event = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`

/** Answers with events until the reader goes. Who reads slowly misses some, and nothing waits for it. */
export const make = (looks: Stream.Stream<Look>) => {
  let readers = 0
  const events = Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => void readers++),
      () => Effect.sync(() => void readers--)
    ),
    () =>
      Stream.buffer(looks, { capacity: 1, strategy: "sliding" }).pipe(
        Stream.mapAccum("", (last, { at, json }) => [
          json,
          (json === last ? "" : event("overview", json)) + event("tick", String(DateTime.toEpochMillis(at)))
        ]),
        Stream.encodeText
      )
  ))
  return Effect.suspend(() =>
    readers >= mostReaders
      ? HttpServerResponse.unsafeJson({ message: `${mostReaders} pages are open already` }, { status: 503 })
      : Effect.succeed(HttpServerResponse.stream(events, {
        contentType: "text/event-stream",
        headers: { "cache-control": "no-store", "x-content-type-options": "nosniff" }
      }))
  )
}
