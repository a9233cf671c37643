/**
 * Until when the rate limit holds requests back: for the screen, and so that waiting for it isn't taken for trouble.
 */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Until when the rate limit holds requests back. */
export class Limit extends Context.Tag("@effect-shipstation/cli/outbox/Limit")<Limit, {
  /** Undefined when it doesn't. */
  readonly until: Effect.Effect<DateTime.Utc | undefined>
}>() {}

/** Listens to what a store answers. */
export const layer: Layer.Layer<Limit | RateLimiter.RateLimiterStore, never, RateLimiter.RateLimiterStore> = Layer
  .effectContext(Effect.gen(function*() {
    const store = yield* RateLimiter.RateLimiterStore
    const { resume } = store
    let until: DateTime.Utc | undefined
    return Context.make(Limit, {
      until: Effect.map(
        DateTime.now,
        (now) => until === undefined || DateTime.lessThan(until, now) ? undefined : until
      )
    }).pipe(Context.add(RateLimiter.RateLimiterStore, {
      ...store,
      take: (options) =>
        // a place that was taken must not get lost by an interruption here
        Effect.uninterruptibleMask((restore) =>
          Effect.tap(restore(store.take(options)), (answer) =>
            Effect.map(DateTime.now, (now) => {
              until = answer._tag === "Taken" ? undefined : DateTime.addDuration(now, answer.wait)
            }))
        ),
      pause: (options) =>
        Effect.zipRight(
          Effect.map(DateTime.now, (now) => {
            until = DateTime.addDuration(now, options.duration)
          }),
          store.pause(options)
        ),
      resume: resume && ((options) =>
        Effect.map(resume(options), () => {
          until = undefined
        }))
    }))
  }))
