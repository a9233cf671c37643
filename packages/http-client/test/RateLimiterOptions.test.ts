/** What the limiter is built with, and for whom. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Duration, Effect, Exit, identity, Layer } from "effect"
import { config, ownLimiter } from "./support/limiter.js"

describe("options", () => {
  it.effect.each<[option: string, value: unknown, message: string]>([
    ["limit", 0, "must be at least 1, not 0"],
    ["limit", 0.5, "must be at least 1, not 0.5"],
    ["limit", -1, "must be at least 1, not -1"],
    ["limit", Number.NaN, "must be at least 1, not NaN"],
    ["limit", "200", "must be at least 1, not 200"],
    ["window", 0, "must be a duration above zero, not 0"],
    ["window", -5, "must be a duration above zero, not -5"],
    ["window", Number.NaN, "must be a duration above zero, not NaN"],
    ["window", "0 seconds", "must be a duration above zero, not 0 seconds"],
    ["window", Infinity, "must be a duration above zero, not Infinity"],
    ["window", "soon", "must be a duration above zero, not soon"],
    ["maxPause", -1, "must be a duration, not -1"],
    ["maxPause", "-1 seconds", "must be a duration, not -1 seconds"],
    ["maxPause", Number.NaN, "must be a duration, not NaN"]
  ])("%s: %s can't be, which the layer says when it is built", ([option, value, message]) =>
    Effect.gen(function*() {
      const layer = RateLimiter.layer({ [option]: value })
      const built = Layer.build(Layer.provide(layer, [RateLimiter.layerStoreMemory, config()]))
      const exit = yield* Effect.exit(Effect.scoped(built))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toContain(`The rate limiter's ${option} ${message}`)
    }))

  it.effect.each<RateLimiter.Options>([
    { limit: undefined, window: undefined, maxPause: undefined },
    { limit: 1, window: 1, maxPause: 0 },
    { limit: Infinity, maxPause: Infinity },
    { limit: 1.5, window: "1 nanos", maxPause: "0 seconds" }
  ])("%o can be", (options) => Effect.zipRight(ownLimiter(options), Effect.void))
})

describe("two accounts in one program", () => {
  class Acme extends Context.Tag("Acme")<Acme, RateLimiter.Service>() {}
  class Beta extends Context.Tag("Beta")<Beta, RateLimiter.Service>() {}

  /** Whether the one waits when the other is paused. */
  const both = (layer: ReturnType<typeof RateLimiter.layer>) =>
    Effect.gen(function*() {
      const acme = yield* Acme
      const beta = yield* Beta
      yield* acme.pause(Duration.minutes(1))
      return [(yield* acme.state).pausedFor, (yield* beta.state).pausedFor].map(Duration.toSeconds)
    }).pipe(Effect.provide(
      Layer.merge(
        Layer.provide(Layer.project(layer, RateLimiter.RateLimiter, Acme, identity), config("acme")),
        Layer.provide(Layer.project(layer, RateLimiter.RateLimiter, Beta, identity), config("beta"))
      ).pipe(Layer.provide(RateLimiter.layerStoreMemory))
    ))

  it.effect("have a limiter each, though the layer is one constant", () =>
    Effect.map(both(RateLimiter.layer()), (pausedFor) => {
      expect(pausedFor).toEqual([60, 0])
    }))

  it.effect("control: one that is built once is shared by both", () =>
    Effect.map(both(Layer.effect(RateLimiter.RateLimiter, RateLimiter.make())), (pausedFor) => {
      expect(pausedFor).toEqual([60, 60])
    }))

  it.effect("share the store in memory, which is built once", () =>
    Effect.gen(function*() {
      const [acme, beta] = yield* Effect.all([Acme, Beta])
      yield* acme.pause(Duration.minutes(1))
      expect((yield* beta.state).pausedFor).toEqual(Duration.minutes(1))
      expect(acme).not.toBe(beta)
    }).pipe(Effect.provide(
      Layer.merge(
        Layer.provide(Layer.project(RateLimiter.layer(), RateLimiter.RateLimiter, Acme, identity), config()),
        Layer.provide(Layer.project(RateLimiter.layer(), RateLimiter.RateLimiter, Beta, identity), config())
      ).pipe(Layer.provide([RateLimiter.layerStoreMemory]))
    )))

  it.effect("but what uses the same account and the same store has the same limiter", () => {
    const limiter = RateLimiter.layer()
    const acme = Layer.effect(Acme, RateLimiter.RateLimiter)
    const needed = [RateLimiter.layerStoreMemory, config()] as const
    return Effect.gen(function*() {
      expect(yield* RateLimiter.RateLimiter).toBe(yield* Acme)
    }).pipe(Effect.provide(Layer.provide(Layer.provideMerge(acme, limiter), needed)))
  })
})
