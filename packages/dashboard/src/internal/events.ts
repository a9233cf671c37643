/** Overviews as server-sent events. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Overview } from "../DashboardApi.js"

/** So many pages get events at once. */
const mostReaders = 50

const encode = Schema.encodeSync(Schema.parseJson(Overview))

/** What comes while nothing changes, so that a connection that is gone is noticed. */
const beats = Stream.schedule(Stream.repeatValue(":\n\n"), Schedule.spaced("15 seconds"))

/** Answers with events until the reader goes. Who reads slowly misses some, and nothing waits for it. */
export const make = (overviews: Stream.Stream<Overview>) => {
  let readers = 0
  const events = Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => void readers++),
      () => Effect.sync(() => void readers--)
    ),
    () =>
      Stream.buffer(overviews, { capacity: 1, strategy: "sliding" }).pipe(
        Stream.map((overview) => `event: overview\ndata: ${encode(overview)}\n\n`),
        Stream.merge(beats),
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
