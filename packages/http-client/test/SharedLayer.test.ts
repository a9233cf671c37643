import { SharedLayer } from "@effect-shipstation/http-client"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"

class Key extends Context.Tag("Key")<Key, object>() {}

class Built extends Context.Tag("Built")<Built, number>() {}

const make = Effect.sync(() => {
  const told: Array<string> = []
  const state = { mayFail: false, count: 0 }
  const layer = SharedLayer.make(Effect.all({ key: Key }), () =>
    Layer.scoped(
      Built,
      Effect.acquireRelease(
        Effect.suspend(() => {
          if (state.mayFail) return Effect.fail("no")
          told.push(`opens ${++state.count}`)
          return Effect.as(Effect.yieldNow(), state.count)
        }),
        (count) => Effect.sync(() => told.push(`closes ${count}`))
      )
    ))
  const use = (scope: Scope.Scope, key: object) =>
    Layer.buildWithScope(Layer.provide(layer, Layer.succeed(Key, key)), scope).pipe(Effect.map(Context.get(Built)))
  return { told, state, use }
})

const [red, blue] = [Redacted.make("red"), {}]

it.effect("lives until the last one that uses it is done, whoever came first", () =>
  Effect.gen(function*() {
    const { told, use } = yield* make
    const [first, second, third] = [yield* Scope.make(), yield* Scope.make(), yield* Scope.make()]
    expect(yield* use(first, blue)).toBe(1)
    expect(yield* use(second, blue)).toBe(1)
    yield* Scope.close(first, Exit.void)
    expect(yield* use(third, blue)).toBe(1)
    yield* Scope.close(second, Exit.void)
    expect(told).toEqual(["opens 1"])
    yield* Scope.close(third, Exit.void)
    expect(told).toEqual(["opens 1", "closes 1"])
  }))

it.scoped("is one for those who come at once with equal keys, and another for another key", () =>
  Effect.gen(function*() {
    const { told, use } = yield* make
    const scope = yield* Effect.scope
    const equal = Redacted.make("red")
    const got = yield* Effect.all([use(scope, red), use(scope, equal), use(scope, blue), use(scope, {})], {
      concurrency: "unbounded"
    })
    expect(got[0]).toBe(got[1])
    expect(new Set(got).size).toBe(3)
    expect(told.length).toBe(3)
  }))

it.effect("is built anew after nobody used it, and after it failed", () =>
  Effect.gen(function*() {
    const { state, told, use } = yield* make
    yield* Effect.scoped(Effect.flatMap(Effect.scope, (scope) => use(scope, blue)))
    state.mayFail = true
    yield* Effect.flip(Effect.scoped(Effect.flatMap(Effect.scope, (scope) => use(scope, blue))))
    state.mayFail = false
    yield* Effect.scoped(Effect.flatMap(Effect.scope, (scope) => use(scope, blue)))
    expect(told).toEqual(["opens 1", "closes 1", "opens 2", "closes 2"])
  }))
