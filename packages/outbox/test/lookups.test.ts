/** What it costs to find out what became of many rows, and what a look may conclude. */
import { Accounts, Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { are, freshMany, onServer, rows, states, until, working } from "./support.js"

const minute = Duration.minutes(1)

/** A process that wrote down that it was about to send so many rows, and was killed. Which of them left says `sends`. */
const killed = Effect.fnUntraced(function*(count: number, sends: "none" | "all") {
  const store = yield* OutboxStore.OutboxStore
  const accounts = yield* Accounts.Accounts
  yield* Effect.replicateEffect(
    Effect.gen(function*() {
      const { rows, token } = yield* store.claim({ account: "default", worker: "dead", limit: 100, lease: minute })
      const ids = rows.map(({ id }) => id)
      yield* store.intend({ token, ids }, { account: "default", sendFor: minute, lease: minute })
      const [first, ...others] = rows.map(({ input }) => input)
      if (sends === "all" && first !== undefined) {
        yield* accounts.get("default")?.create([first, ...others]) ?? Effect.void
      }
    }),
    count / 100
  )
})

const offer = (count: number) => Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(freshMany(count)))

const looks = Effect.map(rows, (all) => Math.min(...all.map(({ absent }) => absent?.looks ?? 0)))

describe("after a kill at the start of 1,000 rows, 400 of them claimed", () => {
  it.scoped("and none sent: the rerun needs few requests, and little time", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        yield* offer(1_000)
        yield* killed(400, "none")
        yield* TestClock.adjust("1 minute")
        yield* until(are({ fulfilled: 600, unknown: 400 })).pipe(working())
        // as long as a person waits for what can't be known
        yield* until(Effect.map(looks, (looks) => looks >= 2), { most: 60, step: "1 minutes" }).pipe(working())
        expect(server.posts().length).toBe(6)
        expect(server.gets().length).toBeLessThanOrEqual(6)
      }).pipe(Effect.provide(onServer(server.layer)))
    }))

  it.scoped("and none sent: each is looked up by its own id once before it is believed to be absent", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        yield* offer(100)
        yield* killed(100, "none")
        yield* TestClock.adjust("1 minute")
        yield* until(are({ fulfilled: 100 }), { step: "1 minutes" }).pipe(working())
        const byId = server.gets().filter(({ query }) => query["shipment_id"] !== undefined)
        // once to conclude, and once right before it is sent
        expect(byId.length).toBe(200)
        expect(server.gets().length).toBeLessThanOrEqual(210)
        expect(server.twice()).toEqual([])
      }).pipe(Effect.provide(onServer(server.layer)))
    }))

  it.scoped("and all sent: one or two pages find them all", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess()
      yield* Effect.gen(function*() {
        yield* offer(1_000)
        yield* killed(400, "all")
        yield* TestClock.adjust("1 minute")
        yield* until(are({ fulfilled: 1_000 })).pipe(working())
        expect(server.gets().length).toBeLessThanOrEqual(4)
        expect(server.twice()).toEqual([])
      }).pipe(Effect.provide(onServer(server.layer)))
    }))

  it.scoped.each(["shipment_id", "tracking_number"])(
    "and all sent: found one by one where the list doesn't tell the %s",
    (field) =>
      Effect.gen(function*() {
        const server = yield* AcceptEverything.inProcess({
          list: ({ query }) => query["shipment_id"] === undefined ? { without: [field] } : {}
        })
        yield* Effect.gen(function*() {
          yield* offer(100)
          yield* killed(100, "all")
          yield* TestClock.adjust("1 minute")
          yield* until(are({ fulfilled: 100 })).pipe(working())
          expect(server.gets().length).toBeLessThanOrEqual(102)
        }).pipe(Effect.provide(onServer(server.layer)))
      })
  )

  it.scoped("and all sent: one page finds them all, though one of another's doesn't tell its shipment", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        list: () => ({
          change: (row) => row.tracking_number === "OTHERS" ? { ...row, shipment_id: null } : row
        })
      })
      yield* Effect.gen(function*() {
        yield* offer(100)
        yield* killed(100, "all")
        const accounts = yield* Accounts.Accounts
        const others = { shipment_id: "se-others", tracking_number: "OTHERS", carrier_code: "ups" }
        yield* accounts.get("default")?.create([others]) ?? Effect.void
        yield* TestClock.adjust("1 minute")
        yield* until(are({ fulfilled: 100 })).pipe(working())
        expect(server.gets().length).toBeLessThanOrEqual(2)
      }).pipe(Effect.provide(onServer(server.layer)))
    }))

  it.scoped("while the list fails: it isn't asked for each of them", () =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({ list: () => ({ status: 500 }) })
      yield* Effect.gen(function*() {
        yield* offer(400)
        yield* killed(400, "none")
        yield* TestClock.adjust("5 minutes").pipe(working())
        expect(yield* states).toEqual({ unknown: 400 })
        expect(server.gets().length).toBeLessThan(150)
      }).pipe(Effect.provide(onServer(server.layer)))
    }))
})

describe("an unknown row whose shipment has another tracking number", () => {
  /** The answer got lost, and what was sent lands late. */
  const script = {
    post: ({ number }) => number === 2 ? { how: "reset", lands: "15 minutes" } : {}
  } satisfies Parameters<typeof AcceptEverything.inProcess>[0]

  const inConflict = (script: Parameters<typeof AcceptEverything.inProcess>[0], count: number) =>
    Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess(script)
      const inputs = freshMany(count)
      yield* Effect.gen(function*() {
        // by another program
        const { offer } = yield* Outbox.Outbox
        yield* offer(inputs.map((input) => ({ ...input, tracking_number: "OTHER" })))
        yield* until(are({ fulfilled: count }))
      }).pipe(working(), Effect.provide(onServer(server.layer)))
      return { server, inputs }
    })

  it.scoped.each([1, 3])(
    "is no conflict while its own request may still land (%s at once)",
    (count) =>
      Effect.gen(function*() {
        const { inputs, server } = yield* inConflict(script, count)
        yield* Effect.gen(function*() {
          yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs))
          yield* TestClock.adjust("1 minute")
          expect(yield* states).toEqual({ unknown: count })
          // it landed
          yield* until(are({ fulfilled: count }), { step: "1 minutes" })
          expect(server.posts().length).toBe(2)
        }).pipe(working(), Effect.provide(onServer(server.layer)))
      })
  )

  it.scoped.each([1, 3])(
    "is one when it can't land any more, and is sent no second time (%s at once)",
    (count) =>
      Effect.gen(function*() {
        const { inputs, server } = yield* inConflict(
          { post: ({ number }) => number === 2 ? { does: 0, how: "reset" } : {} },
          count
        )
        yield* Effect.gen(function*() {
          yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs))
          yield* TestClock.adjust("19 minutes")
          expect(yield* states).toEqual({ unknown: count })
          yield* until(are({ conflict: count }), { step: "1 minutes", most: 40 })
          for (let hour = 0; hour < 3; hour++) yield* TestClock.adjust("1 hour")
          expect(server.posts().length).toBe(2)
        }).pipe(working(), Effect.provide(onServer(server.layer)))
      })
  )
})
