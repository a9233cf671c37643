/** A shipment whose first request was lost is asked for again: when it is looked up, and when it is sent. */
import { describe, expect, it } from "@effect/vitest"
import { Array, Clock, Duration, Effect, TestClock } from "effect"
import { type Script, serve } from "./gateSupport.js"
import { input, inTime } from "./support.js"

interface Case {
  /** What the first request does; nothing, unless said. */
  readonly first?: { readonly does: "all"; readonly lands: Duration.DurationInput }
  readonly list?: Script["list"]
  /** Seconds after the first left. */
  readonly after: number
  readonly timeout?: Duration.DurationInput
  /** Somebody else fulfilled it right after the first request. */
  readonly others?: boolean
  readonly shipments?: 1 | 2
}

/** What became of it, when that was told, and when what was asked: all in seconds after the first request left. */
const askAgain = (
  { after, first = { does: "all", lands: "1 day" }, list, others = false, shipments = 1, timeout }: Case
) =>
  Effect.gen(function*() {
    const { client, service, twice, ...server } = yield* serve(
      { post: ({ number }) => number === 1 ? { how: "reset", ...first } : {}, list },
      {},
      timeout
    )
    const inputs = Array.makeBy(shipments, (n) => input(n + 1))
    const start = yield* Clock.currentTimeMillis
    yield* service.create(inputs, { readBack: "none" })
    if (others) {
      yield* client.createFulfillments(
        Effect.succeed({ fulfillments: Array.of(input(1, { tracking_number: "OTHERS" })) })
      )
    }
    yield* TestClock.adjust(Duration.seconds(after))
    const [outcome] = yield* inTime(service.create(inputs))
    const seconds = (millis: number) => (millis - start) / 1000
    const told = seconds(yield* Clock.currentTimeMillis)
    yield* TestClock.adjust("1 hour")
    expect(others ? [] : twice()).toEqual([])
    return {
      outcome,
      told,
      gets: server.gets().map(({ at }) => seconds(at)),
      posts: server.posts().slice(others ? 2 : 1).map(({ at }) => seconds(at))
    }
  })

/** The default schedule's looks. */
const looks = (from: number) => [0.5, 1.5, 3.5, 7.5].map((after) => from + after)

describe("a suspect that is asked for again", () => {
  it.scoped("while it may land is looked for at once and for a while, then when it can't land any more, and sent", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts, told } = yield* askAgain({ after: 5 })
      expect([outcome?._tag, told]).toEqual(["Created", 37.5])
      expect(gets).toEqual([5, ...looks(5), ...looks(30)])
      expect(posts).toEqual([37.5])
    }))

  it.scoped("is told as soon as a look finds it", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts, told } = yield* askAgain({ after: 5, first: { does: "all", lands: "6 seconds" } })
      expect([outcome?._tag, told]).toEqual(["AlreadyFulfilled", 6.5])
      expect([gets, posts]).toEqual([[5, 5.5, 6.5], []])
    }))

  it.scoped("is found at the end of the window", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts, told } = yield* askAgain({ after: 5, first: { does: "all", lands: "20 seconds" } })
      expect([outcome?._tag, told]).toEqual(["AlreadyFulfilled", 30.5])
      expect([gets, posts]).toEqual([[5, ...looks(5), 30.5], []])
    }))

  it.scoped("exactly when it can't land any more is looked up once and sent", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({ after: 30 })
      expect([outcome?._tag, gets, posts]).toEqual(["Created", [30], [30]])
    }))

  it.scoped("and another's fulfillment is there: that is told when the first can't land any more", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts, told } = yield* askAgain({ after: 5, others: true })
      expect([outcome?._tag, told]).toEqual(["Conflict", 30.5])
      expect([gets, posts]).toEqual([[5, ...looks(5), 30.5], []])
    }))

  it.scoped("isn't settled by another's fulfillment while the first may still land", () =>
    Effect.gen(function*() {
      const { outcome, told } = yield* askAgain({
        after: 5,
        others: true,
        first: { does: "all", lands: "20 seconds" }
      })
      expect([outcome?._tag, told]).toEqual(["AlreadyFulfilled", 30.5])
    }))

  it.scoped("when it can't land any more is settled by another's fulfillment, with one look", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({ after: 30, others: true })
      expect([outcome?._tag, gets, posts]).toEqual(["Conflict", [30], []])
    }))

  it.scoped("with a look that takes until the first can't land any more is looked up again by its id, and sent", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({ after: 15, list: () => ({ after: "20 seconds" }) })
      expect([outcome?._tag, gets, posts]).toEqual(["Created", [15, 35], [55]])
    }))

  it.scoped("with a look that ends right when the first can't land any more is looked up again by its id at once", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({ after: 15, list: () => ({ after: "15 seconds" }) })
      expect([outcome?._tag, gets, posts]).toEqual(["Created", [15, 30], [45]])
    }))

  it.scoped("with a look that takes so long that its own answer tells: another's fulfillment, which is told", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({
        after: 15,
        others: true,
        list: () => ({ after: "20 seconds" })
      })
      expect([outcome?._tag, gets, posts]).toEqual(["Conflict", [15, 35], []])
    }))

  it.scoped("isn't sent when it wasn't there while it could land, and can't be looked up afterwards", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({
        after: 5,
        list: ({ number }) => number > 5 ? { status: 500 } : {}
      })
      expect(outcome).toMatchObject({
        _tag: "Unknown",
        error: { _tag: "ShipStationConnectionLostError" },
        readBackError: { status: 500 }
      })
      expect(posts).toEqual([])
      // and at the end once more by its id, with the retries of any request
      expect(gets.slice(0, 9)).toEqual([5, ...looks(5), ...looks(30)])
      expect(gets.length).toBeGreaterThan(9)
    }))

  it.scoped("is sent when it could only be looked up at the end", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({
        after: 5,
        list: ({ number }) => number > 1 && number < 10 ? { status: 400 } : {}
      })
      expect([outcome?._tag, gets, posts]).toEqual(["Created", [5, ...looks(5), ...looks(30), 37.5], [37.5]])
    }))

  it.scoped("beside another is looked for page by page, and by its id at the end", () =>
    Effect.gen(function*() {
      const { gets, outcome, posts } = yield* askAgain({ after: 5, shipments: 2 })
      expect(outcome?._tag).toBe("Created")
      // one page for both, and at the end one request for each
      expect(gets).toEqual([5, ...looks(5), ...looks(30), 37.5, 37.5])
      expect(posts).toEqual([37.5])
    }))

  it.scoped.each<readonly [timeout: Duration.DurationInput, tag: string, told: number]>([
    ["5 minutes", "Created", 307.5],
    ["301 seconds", "Unknown", 0]
  ])("with a time-out of %s: %s", ([timeout, tag, told]) =>
    Effect.gen(function*() {
      const again = yield* askAgain({ after: 0, timeout })
      expect([again.outcome?._tag, again.told]).toEqual([tag, told])
      expect(again.gets.length).toBe(tag === "Created" ? 9 : 1)
    }))

  it.scoped("after an interruption says so, while it isn't known", () =>
    Effect.gen(function*() {
      const { service } = yield* serve(
        { post: () => ({ does: 0, how: "silence" }), list: ({ number }) => number > 1 ? { status: 500 } : {} },
        {},
        "1 hour"
      )
      yield* inTime(Effect.timeoutOption(service.create([input(1)]), "1 second"))
      const [outcome] = yield* inTime(service.create([input(1)]))
      expect(outcome).toMatchObject({ _tag: "Unknown", error: { message: expect.stringContaining("Another call") } })
    }))
})

describe("what was created and voided", () => {
  const day = 86_400_000
  const iso = (millis: number) => new Date(millis).toISOString()

  /** Created at 0, after the layer found or voided what `before` does, and asked for again at `after` seconds. */
  const afterVoid = (rows: (now: number) => ReadonlyArray<object>, after: number) =>
    Effect.gen(function*() {
      let isCreated = false
      let start = 0
      const { posts, service } = yield* serve({
        list: () =>
          isCreated ? { body: { fulfillments: rows(start), page: 1, pages: 1, total: rows(start).length } } : {}
      })
      yield* TestClock.adjust("2 days")
      start = yield* Clock.currentTimeMillis
      yield* inTime(service.create([input(1)]))
      isCreated = true
      yield* TestClock.adjust(Duration.seconds(after))
      const [{ _tag }] = yield* inTime(service.create([input(1)]))
      return [_tag, posts().length]
    })

  const row = { shipment_id: "se-1", tracking_number: "1Z1", voided: true, fulfillment_id: "se-f" }
  const again = ["Created", 2]
  const remembered = ["AlreadyFulfilled", 1]

  it.scoped.each<readonly [name: string, rows: (now: number) => ReadonlyArray<object>, after: number, unknown]>([
    ["created when ours was", (now) => [{ ...row, created_at: iso(now) }], 30, again],
    ["created when ours was, while the list may lag", (now) => [{ ...row, created_at: iso(now) }], 29, remembered],
    ["created after ours, by dates that are ahead", (now) => [{ ...row, created_at: iso(now + day) }], 29, remembered],
    ["created a second before ours", (now) => [{ ...row, created_at: iso(now - 1000) }], 10, remembered],
    ["created long before ours", (now) => [{ ...row, created_at: iso(now - day) }], 100, remembered],
    ["with another tracking number", (now) => [{ ...row, tracking_number: "X", created_at: iso(now) }], 10, remembered],
    ["with another tracking number, and much later", () => [{ ...row, tracking_number: "X" }], 100, remembered],
    ["voided after ours was created", (now) => [{ ...row, voided_at: iso(now + 5000) }], 30, again],
    ["voided before ours was created", (now) => [{ ...row, voided_at: iso(now - 5000) }], 100, remembered],
    ["without dates, while the list may lag", () => [row], 29, remembered],
    ["without dates, when the list can't lag any more", () => [row], 30, again],
    ["with null for dates", () => [{ ...row, created_at: null, voided_at: null }], 30, again],
    [
      "two, one of them ours",
      (now) => [
        { ...row, created_at: iso(now - day) },
        { ...row, created_at: iso(now) }
      ],
      30,
      again
    ]
  ])("a voided fulfillment %s", ([, rows, after, expected]) =>
    Effect.gen(function*() {
      expect(yield* afterVoid(rows, after)).toEqual(expected)
    }))

  /** Found with this id, and shown as voided with that one. */
  const foundThenVoided = (found: object, voided: object) =>
    Effect.gen(function*() {
      let isVoided = false
      const { posts, service } = yield* serve({
        list: () => ({ body: { fulfillments: [isVoided ? voided : found], page: 1, pages: 1, total: 1 } })
      })
      yield* inTime(service.create([input(1)], { readBack: "before" }))
      isVoided = true
      const [{ _tag }] = yield* inTime(service.create([input(1)]))
      return [_tag, posts().length]
    })
  const found = { ...row, voided: false }

  it.scoped.each<readonly [name: string, found: object, voided: object, unknown]>([
    ["that was found before, by its id", found, row, ["Created", 1]],
    ["that was found before, by its number", { ...found, fulfillment_id: null }, row, ["Created", 1]],
    ["with another id than that which was found", found, { ...row, fulfillment_id: "se-g" }, ["AlreadyFulfilled", 0]]
  ])("a voided fulfillment %s", ([, found, voided, expected]) =>
    Effect.gen(function*() {
      expect(yield* foundThenVoided(found, voided)).toEqual(expected)
    }))
})
