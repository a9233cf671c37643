/** What the answer doesn't tell is read back. */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { HttpClientError, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Clock, Effect, Exit, type Fiber, FiberId, ManagedRuntime, Schedule, type Scheduler } from "effect"
import { always, create, fulfillments, input, inTime, list, listed, type Seen } from "./support.js"

type Listed = ReadonlyArray<ReturnType<typeof listed>>

const all: Fulfillments.Options = { notify: "account-default" }

const reset = Effect.fail(
  new HttpClientError.RequestError({ request: HttpClientRequest.post("/"), reason: "Transport", cause: "reset" })
)

const refusal = (error_type: string, error_source = "ShipStation", error_code = "unspecified") => ({
  errors: [{ error_source, error_type, error_code, message: "why" }]
})

const tags = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) => outcomes.map(({ _tag }) => _tag)

const methods = (requests: ReadonlyArray<Seen>) => requests.map(({ method }) => method).join(" ")

/** POSTs are answered by `post`, GETs from `there`. */
const server = (post: ReturnType<typeof always> | (() => typeof reset), there: Listed, options = all) =>
  fulfillments((seen) => seen.method === "POST" ? post() : list(there, seen), options)

describe("a request whose answer is lost", () => {
  type Row = readonly [name: string, there: Listed, expected: string, gets: number]
  it.effect.each<Row>([
    ["it is there", [listed(input(1))], "AlreadyFulfilled", 1],
    ["in other spaces and case", [listed(input(1), { tracking_number: " 1z 1 " })], "AlreadyFulfilled", 1],
    ["with another number, which may be older", [listed(input(1), { tracking_number: "1Z2" })], "Unknown", 4],
    ["its number is null", [listed(input(1), { tracking_number: null })], "Unknown", 4],
    ["its number is blank", [listed(input(1), { tracking_number: " " })], "Unknown", 4],
    ["its number isn't told", [listed(input(1), { tracking_number: undefined })], "Unknown", 4],
    [
      "its number isn't told, of two",
      [listed(input(1), { tracking_number: undefined }), listed(input(1))],
      "AlreadyFulfilled",
      1
    ],
    [
      "its number isn't told of a voided one",
      [listed(input(1), { tracking_number: undefined, voided: true }), listed(input(1))],
      "AlreadyFulfilled",
      1
    ],
    ["ours among others", [listed(input(1), { tracking_number: "1Z2" }), listed(input(1))], "AlreadyFulfilled", 1],
    ["voided", [listed(input(1), { voided: true })], "Unknown", 4],
    [
      "voided, told by the time of it",
      [listed(input(1), { voided: null, voided_at: "2026-01-01T00:00:00Z" })],
      "Unknown",
      4
    ],
    [
      "a voided one and a valid one",
      [listed(input(1), { voided: true }), listed(input(1), { tracking_number: "x" })],
      "Unknown",
      4
    ],
    ["without its shipment's id", [listed(input(1), { shipment_id: null })], "AlreadyFulfilled", 1],
    ["it is not there", [], "Unknown", 4]
  ])("%s", ([, there, expected, gets]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* server(() => reset, there)
      expect(tags(yield* inTime(Effect.provide(create(input(1)), layer)))).toEqual([expected])
      expect(methods(yield* requests)).toBe(["POST", ...Array.makeBy(gets, () => "GET")].join(" "))
    }))

  it.effect("is looked for after 0.5, 1, 2 and 4 seconds, and found when the list has caught up", () =>
    Effect.gen(function*() {
      const there: Array<Listed[number]> = []
      const at: Array<number> = []
      const { layer } = yield* fulfillments((seen, count) =>
        seen.method === "POST" ? reset : Effect.gen(function*() {
          at.push(yield* Clock.currentTimeMillis)
          if (count === 5) there.push(listed(input(1)))
          return yield* list(there, seen)
        }), all)
      expect(tags(yield* inTime(Effect.provide(create(input(1)), layer)))).toEqual(["AlreadyFulfilled"])
      expect(at).toEqual([500, 1500, 3500, 7500])
    }))

  it.effect("is looked for by the schedule that the options give", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* server(() => reset, [], { ...all, readBackSchedule: Schedule.recurs(2) })
      expect(tags(yield* inTime(Effect.provide(create(input(1)), layer)))).toEqual(["Unknown"])
      expect(methods(yield* requests)).toBe("POST GET GET")
    }))

  it.effect("is not read back when told so, by the layer or by the call", () =>
    Effect.gen(function*() {
      const layers = [yield* server(() => reset, [], { ...all, readBack: "none" }), yield* server(() => reset, [])]
      for (const { layer, requests } of layers) {
        const outcomes = yield* Effect.flatMap(
          Fulfillments.Fulfillments,
          (service) => service.create([input(1)], { readBack: "none" })
        ).pipe(Effect.provide(layer))
        expect(tags(outcomes)).toEqual(["Unknown"])
        expect(methods(yield* requests)).toBe("POST")
      }
    }))

  it.effect("stays unknown while the list can't be read, and says why", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments((seen) => seen.method === "POST" ? reset : always(500, "")(), all)
      expect(yield* inTime(Effect.provide(create(input(1)), layer))).toMatchObject([{
        _tag: "Unknown",
        error: { _tag: "ShipStationConnectionLostError" },
        readBackError: { _tag: "ShipStationUnexpectedResponseError", status: 500 }
      }])
      expect(methods(yield* requests)).toBe("POST GET GET GET GET")
    }))

  it.effect("is found although the list failed before", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments((seen, count) =>
        seen.method === "POST" ? reset : count === 2 ? always(502, "<html>")() : list([listed(input(1))], seen), all)
      expect(tags(yield* inTime(Effect.provide(create(input(1)), layer)))).toEqual(["AlreadyFulfilled"])
    }))

  it.effect("a list of other shipments proves nothing", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(
        (seen) => seen.method === "POST" ? reset : always(200, { fulfillments: [listed(input(2))] })(),
        all
      )
      expect(yield* inTime(Effect.provide(create(input(1)), layer))).toMatchObject([{
        _tag: "Unknown",
        readBackError: { message: "Status 200: The list holds other shipments than were asked for" }
      }])
    }))
})

describe("a batch whose answer is lost", () => {
  const inputs = Array.makeBy(100, (n) => input(n + 1))

  it.effect("is read back in one request", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* server(() => reset, inputs.map((input) => listed(input)))
      const outcomes = yield* inTime(Effect.provide(create(...inputs), layer))
      expect(new Set(tags(outcomes))).toEqual(new Set(["AlreadyFulfilled"]))
      expect(outcomes.map(({ input }) => input)).toEqual(inputs)
      expect(methods(yield* requests)).toBe("POST GET")
      // the newest: a filter by date may be off
      expect((yield* requests)[1]?.url).toBe("/v2/fulfillments?page=1&page_size=500&sort_dir=desc")
    }))

  it.effect("is looked for page by page, and again only for what is missing", () =>
    Effect.gen(function*() {
      const others = Array.makeBy(600, (n) => listed(input(1000 + n)))
      const there = [...others, ...inputs.slice(1).map((input) => listed(input))]
      const { layer, requests } = yield* server(() => reset, there)
      const outcomes = yield* inTime(Effect.provide(create(...inputs), layer))
      expect(tags(outcomes.slice(1)).every((tag) => tag === "AlreadyFulfilled")).toBe(true)
      expect(outcomes[0]._tag).toBe("Unknown")
      // one that is missing is asked for by its id
      expect((yield* requests).map(({ url }) => url)).toEqual([
        "/v2/fulfillments",
        "/v2/fulfillments?page=1&page_size=500&sort_dir=desc",
        "/v2/fulfillments?page=2&page_size=500&sort_dir=desc",
        ...Array.makeBy(3, () => "/v2/fulfillments?shipment_id=se-1&page_size=500")
      ])
    }))

  it.effect.each<readonly [name: string, date: string | undefined, pages: number]>([
    ["there are more pages than shipments", new Date(0).toUTCString(), 3],
    ["the server doesn't tell its time", undefined, 1]
  ])("is asked for one by one when %s", ([, date, pages]) =>
    Effect.gen(function*() {
      const there = [listed(input(1)), listed(input(2))]
      const { layer, requests } = yield* fulfillments((seen) =>
        seen.method === "POST"
          ? reset
          : seen.url.includes("shipment_id")
          ? list(there, seen)
          : always(200, { fulfillments: [], pages }, date === undefined ? {} : { date })(), all)
      const outcomes = yield* inTime(Effect.provide(create(input(1), input(2)), layer))
      expect(tags(outcomes)).toEqual(["AlreadyFulfilled", "AlreadyFulfilled"])
      expect(methods(yield* requests)).toBe("POST GET GET GET")
    }))

  it.effect.each<readonly [whose: string, more: object, methods: string]>([
    ["another's", { tracking_number: "by hand" }, "POST GET"],
    ["one of ours", { tracking_number: "1z 1" }, "POST GET GET GET"],
    ["nobody's", { tracking_number: null }, "POST GET GET GET"]
  ])(
    "is asked for one by one where a row without its shipment may be its: %s",
    ([, more, expected]) =>
      Effect.gen(function*() {
        const there = [listed(input(1)), listed(input(2))]
        const row = { ...listed(input(9)), shipment_id: null, ...more }
        const { layer, requests } = yield* fulfillments(
          (seen) =>
            seen.method === "POST"
              ? reset
              : seen.url.includes("shipment_id")
              ? list(there, seen)
              : always(200, { fulfillments: [row, ...there], pages: 1, total: 3 }, {
                date: new Date(0).toUTCString()
              })(),
          all
        )
        const outcomes = yield* inTime(Effect.provide(create(input(1), input(2)), layer))
        expect(tags(outcomes)).toEqual(["AlreadyFulfilled", "AlreadyFulfilled"])
        expect(methods(yield* requests)).toBe(expected)
      })
  )

  it.effect("is not looked for further back than it left, by the server's clock", () =>
    Effect.gen(function*() {
      // ours is an hour ahead
      const at = (minutes: number) => new Date(-3_600_000 + minutes * 60_000)
      const older = Array.makeBy(500, (n) => listed(input(1000 + n), { created_at: at(-10 - n).toISOString() }))
      const { layer, requests } = yield* fulfillments((seen) =>
        seen.method === "POST"
          ? reset
          : always(200, { fulfillments: older, pages: 2, total: 1000 }, { date: at(0).toUTCString() })(), all)
      const outcomes = yield* inTime(Effect.provide(create(input(1), input(2)), layer))
      expect(tags(outcomes)).toEqual(["Unknown", "Unknown"])
      expect((yield* requests).filter(({ url }) => url.includes("page=2"))).toEqual([])
      expect(methods(yield* requests)).toBe("POST GET GET GET GET")
    }))
})

describe("an answer that rejects items", () => {
  const rejecting = (count: number) =>
    always(200, {
      has_errors: true,
      fulfillments: Array.makeBy(count, (n) => ({ shipment_id: `se-${n + 1}`, error_message: "Already fulfilled." }))
    })

  it.effect("is checked against the list, once", () =>
    Effect.gen(function*() {
      const there = [listed(input(1)), listed(input(2), { tracking_number: "x" })]
      const { layer, requests } = yield* server(rejecting(3), there)
      const outcomes = yield* Effect.provide(create(input(1), input(2), input(3)), layer)
      expect(tags(outcomes)).toEqual(["AlreadyFulfilled", "Conflict", "Rejected"])
      expect(methods(yield* requests)).toBe("POST GET GET GET")
    }))

  it.effect("is checked for at most 10 items, and only when all is read back", () =>
    Effect.gen(function*() {
      const inputs = Array.makeBy(20, (n) => input(n + 1))
      const { layer, requests } = yield* server(rejecting(20), inputs.map((input) => listed(input)))
      const outcomes = yield* Effect.provide(create(...inputs), layer)
      expect(tags(outcomes).filter((tag) => tag === "AlreadyFulfilled").length).toBe(10)
      expect((yield* requests).length).toBe(11)
      const unknown = yield* server(rejecting(20), [], { ...all, readBack: "unknown" })
      expect(new Set(tags(yield* Effect.provide(create(...inputs), unknown.layer)))).toEqual(new Set(["Rejected"]))
      expect((yield* unknown.requests).length).toBe(1)
    }))

  it.effect("stays as it is when the list can't be read", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments((seen) => seen.method === "POST" ? rejecting(1)() : always(404, "")(), all)
      expect(tags(yield* Effect.provide(create(input(1)), layer))).toEqual(["Rejected"])
    }))
})

describe("a request that is refused as a whole", () => {
  type Row = readonly [name: string, status: number, body: unknown]
  it.effect.each<Row>([
    ["409", 409, refusal("business_rules")],
    ["by a carrier", 400, refusal("validation", "carrier")],
    ["by a carrier's limit", 429, refusal("business_rules", "carrier")],
    ["without a body", 400, ""]
  ])("in a way that leaves open what was done before is no failure: %s", ([, status, body]) =>
    Effect.gen(function*() {
      const nothing = yield* server(always(status, body), [])
      expect(yield* inTime(Effect.provide(create(input(1), input(2)), nothing.layer))).toMatchObject([
        { _tag: "Unknown", error: { delivery: "unknown", status } },
        { _tag: "Unknown", error: { delivery: "unknown", status } }
      ])
      const something = yield* server(always(status, body), [listed(input(2))])
      expect(yield* inTime(Effect.provide(create(input(1), input(2)), something.layer))).toMatchObject([
        { _tag: "Unknown", error: { delivery: "unknown", status } },
        { _tag: "AlreadyFulfilled" }
      ])
    }))

  it.effect("fails as it is when nothing was done by the contract", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* server(always(400, refusal("validation")), [listed(input(1))])
      expect(yield* Effect.flip(Effect.provide(create(input(1)), layer))).toMatchObject({ delivery: "rejected" })
      expect(methods(yield* requests)).toBe("POST")
    }))

  it.effect("one shipment refused for its state may be fulfilled already", () =>
    Effect.gen(function*() {
      const body = refusal("business_rules", "ShipStation", "invalid_status")
      const there = yield* server(always(400, body), [listed(input(1))])
      expect(tags(yield* Effect.provide(create(input(1)), there.layer))).toEqual(["AlreadyFulfilled"])
      const { layer, requests } = yield* server(always(400, body), [])
      expect(yield* Effect.flip(Effect.provide(create(input(1)), layer))).toMatchObject({
        _tag: "ShipStationBusinessRulesError"
      })
      expect(methods(yield* requests)).toBe("POST GET")
      const many = yield* server(always(400, body), [listed(input(1))])
      yield* Effect.flip(Effect.provide(create(input(1), input(2)), many.layer))
      expect(methods(yield* many.requests)).toBe("POST")
    }))

  it.effect("stays unknown when the list can't be read", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(
        (seen) => seen.method === "POST" ? always(409, refusal("business_rules"))() : always(500, "")(),
        all
      )
      expect(yield* inTime(Effect.provide(create(input(1)), layer))).toMatchObject([{
        _tag: "Unknown",
        error: { status: 409 },
        readBackError: { status: 500 }
      }])
    }))
})

describe("readBack", () => {
  const readBack = (...inputs: Parameters<typeof create>) =>
    Effect.flatMap(Fulfillments.Fulfillments, (service) => service.readBack(inputs))

  it.effect("says what is there", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* server(always(500, ""), [
        listed(input(1)),
        listed(input(2), { tracking_number: "x" })
      ])
      const found = yield* Effect.provide(readBack(input(1), input(2), input(3)), layer)
      expect(found).toMatchObject([
        { _tag: "AlreadyFulfilled", index: 0, input: input(1), fulfillment: { fulfillment_id: "se-91" } },
        { _tag: "Conflict", index: 1, fulfillment: { tracking_number: "x" } },
        { _tag: "Absent", index: 2, input: input(3) }
      ])
      expect(methods(yield* requests)).toBe("GET GET GET")
    }))

  it.effect.each<readonly [name: string, page: object]>([
    ["fewer than its total", { total: 1 }],
    ["fewer than its pages", { pages: 2 }],
    ["a page that has a next one", { links: { next: { href: "https://api.shipstation.com/v2/fulfillments?page=2" } } }],
    ["a page that isn't the last one", { links: { last: { href: "/v2/fulfillments?page_size=500&page=7" } } }]
  ])("fails when the list ends after %s: what it didn't tell may be there", ([, told]) =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(always(200, { fulfillments: [], page: 1, ...told }), all)
      expect(yield* Effect.flip(Effect.provide(readBack(input(1)), layer))).toMatchObject({
        _tag: "ShipStationUnexpectedResponseError",
        message: "Status 200: The list ends before it has told all that it says it has"
      })
    }))

  it.effect.each<readonly [name: string, status: number, page: object, headers?: Record<string, string>]>([
    ["a part", 206, {}],
    ["an answer of several parts", 207, {}],
    ["a page with errors", 200, { errors: [{ message: "Not all could be read" }] }],
    ["one that a cache has kept", 200, {}, { age: "30" }]
  ])(
    "fails when the list is %s: what it didn't tell may be there",
    ([, status, told, headers]) =>
      Effect.gen(function*() {
        const { layer } = yield* fulfillments(
          always(status, { fulfillments: [], page: 1, pages: 0, total: 0, ...told }, headers),
          all
        )
        expect(yield* Effect.flip(Effect.provide(readBack(input(1)), layer))).toMatchObject({
          _tag: "ShipStationUnexpectedResponseError",
          status
        })
      })
  )

  it.effect("takes a whole list without errors for what it is", () =>
    Effect.gen(function*() {
      const links = { first: {}, last: { href: "/v2/fulfillments?page=1" }, prev: {}, next: {} }
      const page = { fulfillments: [], errors: [], page: 1, pages: 0, total: 0, links }
      const { layer } = yield* fulfillments(always(200, page), all)
      expect(yield* Effect.provide(readBack(input(1)), layer)).toMatchObject([{ _tag: "Absent" }])
    }))

  it.effect("fails when the list can't be read, or an input is wrong", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(always(401, ""), all)
      expect(yield* Effect.flip(Effect.provide(readBack(input(1)), layer))).toMatchObject({
        _tag: "ShipStationSecurityError"
      })
      expect(yield* Effect.flip(Effect.provide(readBack(input(1, { tracking_number: "" })), layer))).toMatchObject({
        _tag: "InvalidFulfillmentError"
      })
      expect((yield* requests).length).toBe(1)
    }))
})

describe("readBack, interrupted", () => {
  /** Interrupts the fiber at its nth step. */
  const interruptAt = async (n: number, effect: Effect.Effect<unknown, unknown>) => {
    let steps = 0
    let first: Fiber.RuntimeFiber<unknown, unknown> | undefined
    const scheduler: Scheduler.Scheduler = {
      shouldYield: (each) => {
        first ??= each
        if (each === first && ++steps === n) each.unsafeInterruptAsFork(FiberId.none)
        return false
      },
      scheduleTask: (task) => void tasks.push(task)
    }
    const tasks: Array<Scheduler.Task> = []
    const fiber = Effect.runFork(effect, { scheduler })
    // promises of the web's streams get their turn too
    for (let turn = 0; turn < 10; turn++) {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return fiber.unsafePoll()
  }

  it("ends, at whatever moment it was", async () => {
    const { layer } = await Effect.runPromise(fulfillments((seen) => list([], seen)))
    const runtime = ManagedRuntime.make(layer)
    const service = await runtime.runPromise(Fulfillments.Fulfillments)
    let exit: Exit.Exit<unknown, unknown> | null
    let n = 0
    do {
      exit = await interruptAt(++n, service.readBack([input(1), input(2)]))
      expect(exit, `interrupted at step ${n}`).not.toBe(null)
    } while (exit !== null && Exit.isInterrupted(exit))
    expect(n).toBeGreaterThan(20)
    await runtime.dispose()
  })
})
