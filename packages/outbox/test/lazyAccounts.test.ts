/** Accounts that are built when they have something to do, in virtual time. */
import { Emulator } from "@effect-shipstation/emulator"
import type { Fulfillments } from "@effect-shipstation/fulfillments"
import { Accounts, Outbox, type OutboxWorker } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, FiberRef, HashMap, Layer, Logger, LogLevel, Ref, TestClock } from "effect"
import { are, emulator, freshMany, fulfillments, polling, told, until, working } from "./support.js"

/** What was built and let go, in its order. */
class Builds extends Context.Tag("Builds")<Builds, Ref.Ref<ReadonlyArray<string>>>() {}

const note = (what: string) => Effect.flatMap(Builds, Ref.update((all) => [...all, what]))

const builds = Effect.flatMap(Builds, Ref.get)

/** What surrounds the fiber that builds one. */
const surroundings = Effect.zipWith(
  FiberRef.get(FiberRef.currentLogAnnotations),
  Effect.option(Effect.currentParentSpan),
  (annotations, span) => [...HashMap.keys(annotations), ...span._tag === "Some" ? ["a span"] : []]
)

const account = (name: string) =>
  Layer.scopedDiscard(Effect.acquireRelease(
    Effect.flatMap(surroundings, (around) => note([`built ${name}`, ...around].join(", in "))),
    () => note(`let ${name} go`)
  )).pipe(Layer.provideMerge(Layer.fresh(fulfillments(undefined, name))))

const with_ = <E, R>(
  accountOf: (name: string) => Layer.Layer<Fulfillments.Fulfillments, E, R>,
  options?: Parameters<typeof Accounts.layerLazy>[1]
) =>
  Layer.merge(Outbox.layer, Accounts.layerLazy(accountOf, options)).pipe(
    Layer.provideMerge(polling("1 second")),
    Layer.provideMerge(Layer.effect(Builds, Ref.make<ReadonlyArray<string>>([]))),
    Layer.provideMerge(emulator())
  )

const offerTo = (account: string, count = 1) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(freshMany(count), { account }))

const quick: OutboxWorker.Options = { lease: "10 seconds", sendWithin: "5 seconds" }

describe("accounts that are built when they are needed", () => {
  it.effect("cost nothing until a row of theirs is due, are built once for all, and let go when nothing is due", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("5 minutes")
      expect(yield* builds).toEqual([])
      yield* offerTo("acme", 300)
      yield* until(are({ fulfilled: 300 }))
      expect(yield* builds).toEqual(["built acme"])
      yield* offerTo("beta")
      yield* until(are({ fulfilled: 301 }))
      yield* TestClock.adjust("61 seconds")
      expect(yield* builds).toEqual(["built acme", "built beta", "let acme go", "let beta go"])
      yield* offerTo("acme")
      yield* until(are({ fulfilled: 302 }))
      expect((yield* builds).at(-1)).toBe("built acme")
      expect((yield* told).size).toBe(302)
    }).pipe(working(), Effect.provide(with_(account))))

  it.effect("are kept while a request is under way, however long that takes", () =>
    Effect.gen(function*() {
      const { setFaults } = yield* Emulator.Emulator
      yield* setFaults([{ endpoint: "create", action: { _tag: "Delay", duration: 4_000 } }])
      yield* offerTo("acme")
      yield* TestClock.adjust("3 seconds")
      expect(yield* builds).toEqual(["built acme"])
      yield* until(are({ fulfilled: 1 }))
      yield* TestClock.adjust("2 seconds")
      expect(yield* builds).toEqual(["built acme", "let acme go"])
      expect((yield* told).size).toBe(1)
    }).pipe(working(), Effect.provide(with_(account, { idleWithin: "1 second" }))))

  it.effect("are tried again when they can't be built, and keep no other from sending", () =>
    Effect.gen(function*() {
      let isBroken = true
      let tries = 0
      const broken = (name: string) =>
        name === "beta"
          ? account(name)
          : Layer.unwrapEffect(Effect.suspend(() => {
            tries++
            return isBroken ? Effect.fail("the vault is closed") : Effect.succeed(account(name))
          }))
      yield* Effect.gen(function*() {
        yield* offerTo("acme", 2)
        yield* offerTo("beta")
        yield* until(are({ fulfilled: 1, pending: 2 }))
        yield* TestClock.adjust("30 seconds")
        expect(tries).toBeGreaterThan(1)
        expect(tries).toBeLessThan(8)
        isBroken = false
        yield* until(are({ fulfilled: 3 }))
        expect([...(yield* told).values()]).toEqual([1, 1, 1])
      }).pipe(working(quick), Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(with_(broken)))
    }))

  it.effect("are tried again when building one hangs", () =>
    Effect.gen(function*() {
      let tries = 0
      const hanging = (name: string) =>
        Layer.unwrapEffect(Effect.suspend(() => ++tries === 1 ? Effect.never : Effect.succeed(account(name))))
      yield* Effect.gen(function*() {
        yield* offerTo("acme")
        yield* TestClock.adjust("29 seconds")
        expect(tries).toBe(1)
        yield* until(are({ fulfilled: 1 }))
        expect([...(yield* told).values()]).toEqual([1])
      }).pipe(working(), Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(with_(hanging)))
    }))

  it.effect("are looked up and searched by what is built, too", () =>
    Effect.gen(function*() {
      const { setFaults } = yield* Emulator.Emulator
      yield* setFaults([{ endpoint: "create", times: 1, action: { _tag: "Reset", commits: "all" } }])
      yield* offerTo("acme", 30)
      yield* until(are({ fulfilled: 30 }))
      expect((yield* told).size).toBe(30)
      expect(yield* builds).toEqual(["built acme"])
    }).pipe(working(), Effect.provide(with_(account))))

  it.effect("end with the worker", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        yield* offerTo("acme")
        yield* until(are({ fulfilled: 1 }))
      }).pipe(working(), Effect.provide(Accounts.layerLazy(account)))
      expect(yield* builds).toEqual(["built acme", "let acme go"])
    }).pipe(Effect.provide(with_(account))))
})
