/** Who has which shipments, and who waits for them. */
import { describe, expect, it } from "@effect/vitest"
import { Array, Deferred, Effect, Fiber } from "effect"
import * as InFlight from "../src/internal/inFlight.js"
import * as Ticket from "../src/internal/ticket.js"
import { input } from "./support.js"

/** Calls that end when they are told to, and the order in which they begin. */
const open = Effect.sync(() => {
  const flight = InFlight.make<string>()
  const began: Array<string> = []
  const ends = new Map<string, Deferred.Deferred<void>>()
  const call = Effect.fnUntraced(function*(name: string, ...numbers: Array.NonEmptyReadonlyArray<number>) {
    const end = yield* Deferred.make<void>()
    ends.set(name, end)
    const tickets = Array.map(numbers, (n) => Ticket.make(0, input(n)))
    const fiber = yield* Effect.fork(
      flight.exclusively(tickets, Effect.zipRight(Effect.sync(() => began.push(name)), Deferred.await(end)))
    )
    yield* Effect.yieldNow()
    return fiber
  })
  const end = (name: string) =>
    Effect.zipRight(
      Effect.flatMap(Effect.fromNullable(ends.get(name)), (end) => Deferred.succeed(end, undefined)),
      Effect.repeatN(Effect.yieldNow(), 20)
    )
  return { ...flight, began, call, end }
})

describe("shipments in flight", () => {
  it.effect("are told of while a call has them, and no longer", () =>
    Effect.gen(function*() {
      const { call, end, has, ids, of } = yield* open
      yield* call("a", 1, 2)
      expect([...ids()]).toEqual(["se-1", "se-2"])
      expect([has("se-1"), has("se-2"), has("se-3")]).toEqual([true, true, false])
      expect(of("se-1")).toBe(of("se-2"))
      expect(of("se-3")).toBeUndefined()
      of("se-1")?.seen.set("se-1", "seen")
      yield* end("a")
      expect([...ids()]).toEqual([])
      yield* call("b", 1)
      expect(of("se-1")?.seen.size).toBe(0)
    }))

  it.effect("are had by one call at a time, in the order in which they were asked for", () =>
    Effect.gen(function*() {
      const { began, call, end } = yield* open
      yield* call("a", 1)
      yield* call("b", 1)
      yield* call("c", 1)
      yield* call("of another", 2)
      expect(began).toEqual(["a", "of another"])
      yield* end("a")
      expect(began).toEqual(["a", "of another", "b"])
      yield* call("comes again", 1)
      yield* end("b")
      expect(began).toEqual(["a", "of another", "b", "c"])
      yield* end("c")
      expect(began.at(-1)).toBe("comes again")
    }))

  it.effect("are taken all at once, and by nobody who came later than one who waits", () =>
    Effect.gen(function*() {
      const { began, call, end, has } = yield* open
      yield* call("a", 1)
      yield* call("both", 1, 2)
      // it is free, and wanted
      yield* call("later", 2)
      expect(began).toEqual(["a"])
      expect(has("se-2")).toBe(false)
      yield* end("a")
      expect(began).toEqual(["a", "both"])
      yield* end("both")
      expect(began).toEqual(["a", "both", "later"])
    }))

  it.effect("go on to the next when who waits for them is interrupted", () =>
    Effect.gen(function*() {
      const { began, call, end, has } = yield* open
      yield* call("a", 1)
      const both = yield* call("both", 1, 2)
      yield* call("later", 2)
      yield* Fiber.interrupt(both)
      yield* Effect.yieldNow()
      expect(began).toEqual(["a", "later"])
      yield* end("later")
      expect(has("se-2")).toBe(false)
      yield* end("a")
      expect(has("se-1")).toBe(false)
    }))

  it.effect("go on to the next when who got them is interrupted before it begins", () =>
    Effect.gen(function*() {
      const { began, call, end, has } = yield* open
      const first = yield* call("a", 1)
      const second = yield* call("b", 1)
      yield* call("c", 1)
      // the one gives them to the next and both end, before that one's fiber runs
      second.unsafeInterruptAsFork(first.id())
      yield* end("a")
      expect(began).toEqual(["a", "c"])
      yield* end("c")
      expect(has("se-1")).toBe(false)
    }))

  it.effect("are free again when the call that has them is interrupted, or fails", () =>
    Effect.gen(function*() {
      const { call, exclusively, has } = yield* open
      yield* Fiber.interrupt(yield* call("a", 1))
      expect(has("se-1")).toBe(false)
      expect(yield* Effect.flip(exclusively([Ticket.make(0, input(1))], Effect.fail("no")))).toBe("no")
      expect(has("se-1")).toBe(false)
    }))
})
