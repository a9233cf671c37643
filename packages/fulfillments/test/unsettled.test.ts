/** No shipment is sent a second time blindly, whoever asks, and in whatever way the first call ended. */
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { HttpClientError, HttpClientRequest } from "@effect/platform"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Cause, Clock, Data, Effect, Exit, Fiber, Schedule, Stream, TestClock } from "effect"
import { always, create, fulfillments, input, inTime, list, listed, type Seen } from "./support.js"

type Listed = Array<ReturnType<typeof listed>>

const options: Fulfillments.Options = { notify: "account-default" }

const reset = Effect.fail(
  new HttpClientError.RequestError({ request: HttpClientRequest.post("/"), reason: "Transport", cause: "reset" })
)

const tags = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) => outcomes.map(({ _tag }) => _tag)

const methods = (requests: ReadonlyArray<Seen>) => requests.map(({ method }) => method).join(" ")

const created = (seen: Seen) =>
  always(200, { fulfillments: seen.body?.fulfillments.map(({ shipment_id }) => ({ shipment_id })) })()

/** Everything that is posted is done, and its answer comes after `seconds`, or never. */
const slowServer = (
  there: Listed,
  seconds: number,
  answer: (seen: Seen) => Effect.Effect<Response, HttpClientError.HttpClientError> = created
) =>
  fulfillments((seen) => {
    if (seen.method === "GET") return list(there, seen)
    for (const { shipment_id, tracking_number } of seen.body?.fulfillments ?? []) {
      there.push(listed({ ...input(0), shipment_id: `${shipment_id}`, tracking_number: `${tracking_number}` }))
    }
    return Effect.delay(answer(seen), `${seconds} seconds`)
  }, options)

describe("a second call, after an unknown outcome", () => {
  /** The first request is lost, all others are answered. */
  const lossy = (there: Listed) =>
    fulfillments(
      (seen, count) => seen.method === "GET" ? list(there, seen) : count === 1 ? reset : created(seen),
      options
    )

  it.effect("finds it in the list, and sends nothing", () =>
    Effect.gen(function*() {
      const there: Listed = []
      const { layer, requests } = yield* lossy(there)
      yield* Effect.gen(function*() {
        expect(tags(yield* inTime(create(input(1))))).toEqual(["Unknown"])
        there.push(listed(input(1)))
        expect(tags(yield* inTime(create(input(1))))).toEqual(["AlreadyFulfilled"])
        expect(methods(yield* requests)).toBe("POST GET GET GET GET GET")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("looks again and again, and sends what is still not there", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* lossy([])
      yield* Effect.gen(function*() {
        expect(tags(yield* inTime(create(input(1))))).toEqual(["Unknown"])
        expect(tags(yield* inTime(create(input(1))))).toEqual(["Created"])
        // for as long as the server may still work on the first request
        const looks = "GET GET GET GET"
        expect(methods(yield* requests)).toBe(`POST ${looks} GET ${looks} ${looks} POST`)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("sends nothing while the list can't be read", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen) => seen.method === "POST" ? reset : always(500, "")(),
        options
      )
      yield* Effect.gen(function*() {
        yield* inTime(create(input(1)))
        expect(yield* inTime(create(input(1)))).toMatchObject([{
          _tag: "Unknown",
          error: { _tag: "ShipStationConnectionLostError" },
          readBackError: { status: 500 }
        }])
        expect(methods(yield* requests).split("POST").length).toBe(2)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("sends the others of its batch", () =>
    Effect.gen(function*() {
      const there: Listed = []
      const { layer, requests } = yield* lossy(there)
      yield* Effect.gen(function*() {
        yield* inTime(create(input(1)))
        there.push(listed(input(1)))
        const outcomes = yield* inTime(create(input(2), input(1), input(3)))
        expect(tags(outcomes)).toEqual(["Created", "AlreadyFulfilled", "Created"])
        expect((yield* requests).at(-1)?.body?.fulfillments.map(({ shipment_id }) => shipment_id)).toEqual([
          "se-2",
          "se-3"
        ])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("says of each what is known when the others are refused", () =>
    Effect.gen(function*() {
      const there: Listed = []
      const { layer } = yield* fulfillments(
        (seen, count) => seen.method === "GET" ? list(there, seen) : count === 1 ? reset : always(401, "")(),
        options
      )
      yield* Effect.gen(function*() {
        yield* inTime(create(input(1)))
        there.push(listed(input(1)))
        expect(yield* inTime(create(input(1), input(2)))).toMatchObject([
          { _tag: "AlreadyFulfilled" },
          { _tag: "NotSent", error: { _tag: "ShipStationSecurityError" } }
        ])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("Effect.retry around it is harmless", () =>
    Effect.gen(function*() {
      const there: Listed = []
      const { layer, requests } = yield* slowServer(there, 0, () => reset)
      const all = yield* create(input(1), input(2)).pipe(
        Effect.flatMap(FulfillmentOutcome.orFail),
        Effect.retry({ times: 5 }),
        Effect.provide(layer),
        inTime
      )
      expect(tags(all)).toEqual(["AlreadyFulfilled", "AlreadyFulfilled"])
      expect(methods(yield* requests)).toBe("POST GET")
    }))
})

describe("a call for what an earlier one has fulfilled", () => {
  it.effect("is read back, and not sent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* slowServer([], 0)
      yield* Effect.gen(function*() {
        expect(tags(yield* create(input(1)))).toEqual(["Created"])
        expect(tags(yield* create(input(1)))).toEqual(["AlreadyFulfilled"])
        expect(tags(yield* create({ ...input(1), tracking_number: "another" }))).toEqual(["Conflict"])
        expect(methods(yield* requests)).toBe("POST GET GET")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("takes one look for a whole batch", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* slowServer([], 0)
      yield* Effect.gen(function*() {
        yield* create(input(1), input(2), input(3))
        yield* TestClock.adjust("1 hour")
        for (const again of [1, 2]) {
          const outcomes = yield* create(input(1), input(2), input(3))
          expect(tags(outcomes)).toEqual(["AlreadyFulfilled", "AlreadyFulfilled", "AlreadyFulfilled"])
          expect((yield* requests).length).toBe(1 + again)
        }
      }).pipe(Effect.provide(layer))
    }))

  it.effect("nobody was told of: its outcome waits in createAll for the one before it", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments((seen) =>
        seen.method === "GET"
          ? list([listed(input(2))], seen)
          : Effect.delay(created(seen), JSON.stringify(seen.body).includes("se-1") ? "20 seconds" : 0), options)
      yield* Effect.gen(function*() {
        const { createAll } = yield* Fulfillments.Fulfillments
        const all = yield* Effect.fork(Stream.runCollect(createAll([input(1), input(2)], { batchSize: 1 })))
        yield* TestClock.adjust("10 seconds")
        expect(tags(yield* inTime(create(input(2))))).toEqual(["AlreadyFulfilled"])
        yield* inTime(Fiber.join(all))
        expect(methods(yield* requests)).toBe("POST POST GET")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("is sent once that is voided, and not as long as the list merely lacks it", () =>
    Effect.gen(function*() {
      const there: Array<ReturnType<typeof listed> & { voided?: boolean }> = []
      const { layer, requests } = yield* slowServer(there, 0)
      yield* Effect.gen(function*() {
        yield* create(input(1))
        const [first] = there.splice(0)
        yield* TestClock.adjust("1 hour")
        expect(tags(yield* inTime(create(input(1))))).toEqual(["AlreadyFulfilled"])
        if (first !== undefined) there.push({ ...first, voided: true })
        expect(tags(yield* inTime(create(input(1))))).toEqual(["Created"])
        // this one may be listed later
        there.pop()
        expect(tags(yield* inTime(create(input(1))))).toEqual(["AlreadyFulfilled"])
        expect(methods(yield* requests).split("POST").length - 1).toBe(2)
      }).pipe(Effect.provide(layer))
    }))
})

it.effect("a call for what an earlier one was told is rejected is sent at once: nothing of it was done", () =>
  Effect.gen(function*() {
    const { layer, requests } = yield* fulfillments((seen, count) =>
      seen.method === "GET"
        ? list([], seen)
        : count === 1
        ? always(200, { has_errors: true, fulfillments: [{ shipment_id: "se-1", error_message: "no" }] })()
        : created(seen), { ...options, readBack: "none" })
    yield* Effect.gen(function*() {
      expect(tags(yield* create(input(1)))).toEqual(["Rejected"])
      expect(tags(yield* create(input(1)))).toEqual(["Created"])
      expect(methods(yield* requests)).toBe("POST POST")
    }).pipe(Effect.provide(layer))
  }))

describe("an interrupted call", () => {
  it.effect("is read back before the next one sends", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* slowServer([], 10)
      yield* Effect.gen(function*() {
        const cut = yield* inTime(Effect.timeoutOption(create(input(1)), "1 second"))
        expect(cut._tag).toBe("None")
        expect(tags(yield* inTime(create(input(1))))).toEqual(["AlreadyFulfilled"])
        expect(methods(yield* requests)).toBe("POST GET")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("is given the time that an answer may take, before anything is sent again", () =>
    Effect.gen(function*() {
      const posts: Array<number> = []
      const { layer } = yield* fulfillments((seen) => {
        if (seen.method === "GET") return list([], seen)
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          posts.push(now)
          return posts.length === 1 ? Effect.never : created(seen)
        })
      }, options)
      yield* Effect.gen(function*() {
        yield* inTime(Effect.timeoutOption(create(input(1)), "1 second"))
        expect(tags(yield* inTime(create(input(1))))).toEqual(["Created"])
        expect(posts.length).toBe(2)
        // the time-out of 30 seconds, and a last series of looks
        expect(posts[1]).toBeGreaterThanOrEqual(37_500)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that a caller repeats with a time limit too short is done once all the same", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* slowServer([], 5)
      const outcomes = yield* create(input(1)).pipe(
        Effect.timeout("2 seconds"),
        Effect.retry({ times: 10 }),
        Effect.provide(layer),
        inTime
      )
      expect(tags(outcomes)).toEqual(["AlreadyFulfilled"])
      expect(methods(yield* requests).split("POST").length).toBe(2)
    }))

  it.effect("that was refused before is looked for once", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen) => seen.method === "GET" ? list([], seen) : always(401, "")(),
        options
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(create(input(1)))
        yield* Effect.flip(create(input(1)))
        expect(methods(yield* requests)).toBe("POST GET POST")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that was refused before isn't sent again while it can't be looked for", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen) => seen.method === "GET" ? always(500, "")() : always(401, "")(),
        options
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(create(input(1)))
        expect(yield* Effect.flip(create(input(1)))).toMatchObject({ _tag: "ShipStationSecurityError", status: 401 })
        expect(methods(yield* requests)).toBe("POST GET")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that was refused for what it had, and is mended, isn't told the same while it can't be looked for", () =>
    Effect.gen(function*() {
      const errors = [{ error_source: "ShipStation", error_type: "validation", error_code: "invalid_field_value" }]
      const { layer, requests } = yield* fulfillments(
        (seen) => seen.method === "GET" ? always(500, "")() : always(400, { errors })(),
        options
      )
      yield* Effect.gen(function*() {
        expect(yield* Effect.flip(create(input(1)))).toMatchObject({ _tag: "ShipStationValidationError", status: 400 })
        const error = yield* Effect.flip(create(input(1, { tracking_number: "mended" })))
        expect(error).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent" })
        expect(error.message).toMatch(/^Not sent: it was refused, and can't be looked up: .*500/)
        expect(methods(yield* requests)).toBe("POST GET")
      }).pipe(Effect.provide(layer))
    }))
})

describe("calls at the same time", () => {
  it.effect("for one shipment: the second waits, and finds what the first has done", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* slowServer([], 3)
      const outcomes = yield* Effect.all([
        create(input(1)),
        create(input(1)),
        create(input(2), input(1, { tracking_number: "other" }))
      ], { concurrency: "unbounded" }).pipe(Effect.provide(layer), inTime)
      expect(outcomes.map(tags)).toEqual([["Created"], ["AlreadyFulfilled"], ["Created", "Conflict"]])
      const posted = (yield* requests).flatMap(({ body }) =>
        body?.fulfillments.map(({ shipment_id }) => shipment_id) ?? []
      )
      expect(posted.toSorted()).toEqual(["se-1", "se-2"])
    }))

  it.effect("for one shipment, when the list lacks what the first has done: it is known all the same", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen) => seen.method === "GET" ? list([], seen) : Effect.delay(created(seen), "1 second"),
        options
      )
      const outcomes = yield* Effect.all([create(input(1)), create(input(1))], { concurrency: 2 }).pipe(
        Effect.provide(layer),
        inTime
      )
      expect(outcomes.map(tags)).toEqual([["Created"], ["AlreadyFulfilled"]])
      expect(methods(yield* requests)).toBe("POST GET")
    }))

  it.effect("for one shipment, when the first is refused: the second is sent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen, count) =>
          seen.method === "GET"
            ? list([], seen)
            : count === 1
            ? Effect.delay(always(401, "")(), "1 second")
            : created(seen),
        options
      )
      const [first, second] = yield* Effect.all([Effect.flip(create(input(1))), create(input(1))], { concurrency: 2 })
        .pipe(
          Effect.provide(layer),
          inTime
        )
      expect([first._tag, tags(second)]).toEqual(["ShipStationSecurityError", ["Created"]])
      expect(methods(yield* requests)).toBe("POST GET POST")
    }))

  it.effect("for the same shipments in another order end, and a waiting one may be interrupted", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* slowServer([], 3)
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(create(input(1), input(2)))
        const second = yield* Effect.fork(create(input(2), input(1)))
        const third = yield* Effect.fork(create(input(2), input(3)))
        yield* TestClock.adjust("1 second")
        expect(Exit.isInterrupted(yield* Fiber.interrupt(third))).toBe(true)
        const outcomes = yield* inTime(Fiber.join(Fiber.zip(first, second)))
        expect(outcomes.map(tags)).toEqual([["Created", "Created"], ["AlreadyFulfilled", "AlreadyFulfilled"]])
        expect(methods(yield* requests)).toBe("POST GET")
      }).pipe(Effect.provide(layer))
    }))
})

describe("beforeSend", () => {
  class TooLate extends Data.TaggedError("TooLate") {}

  const createWith = <E, R>(beforeSend: Effect.Effect<void, E, R>) =>
    Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create([input(1)], { beforeSend }))

  it.effect("runs right before the send, again when it is sent again", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen, count) => seen.method === "GET" ? list([], seen) : count < 4 ? always(429, "")() : created(seen),
        options,
        Schedule.recurs(5)
      )
      const seen: Array<number> = []
      const outcomes = yield* inTime(Effect.provide(
        createWith(Effect.flatMap(requests, (all) => Effect.sync(() => seen.push(all.length)))),
        layer
      ))
      expect([tags(outcomes), seen]).toEqual([["Created"], [0, 2, 4]])
    }))

  it.effect("that fails ends the call with its error, and nothing is sent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(created, options, Schedule.recurs(5))
      let runs = 0
      const late = createWith(Effect.suspend(() => {
        runs++
        return new TooLate()
      }))
      expectTypeOf<Effect.Effect.Error<typeof late>>().toEqualTypeOf<Fulfillments.CreateError | TooLate>()
      expect(yield* Effect.flip(Effect.provide(late, layer))).toEqual(new TooLate())
      expect([runs, yield* requests]).toEqual([1, []])
    }))

  it.effect("that fails after a refused attempt leaves nothing unsettled", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen, count) => seen.method === "GET" ? list([], seen) : count === 1 ? always(429, "")() : created(seen),
        options,
        Schedule.recurs(5)
      )
      let runs = 0
      yield* Effect.gen(function*() {
        yield* inTime(Effect.flip(createWith(Effect.suspend(() => ++runs > 1 ? new TooLate() : Effect.void))))
        expect(tags(yield* inTime(create(input(1))))).toEqual(["Created"])
        expect([runs, methods(yield* requests)]).toEqual([2, "POST GET POST"])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("that dies or is interrupted ends the call so, and nothing is unsettled", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(created, options)
      yield* Effect.gen(function*() {
        const died = yield* Effect.exit(createWith(Effect.die("boom")))
        expect(Exit.isFailure(died) && [...Cause.defects(died.cause)]).toEqual(["boom"])
        const fiber = yield* Effect.fork(createWith(Effect.never))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        expect(tags(yield* create(input(1)))).toEqual(["Created"])
        expect(methods(yield* requests)).toBe("POST")
      }).pipe(Effect.provide(layer))
    }))
})

describe("a look that breaks", () => {
  it.effect("by a schedule that dies leaves the rest of what is known", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(
        (seen) => seen.method === "GET" ? list([], seen) : always(200, { fulfillments: [{ shipment_id: "se-1" }] })(),
        { ...options, readBackSchedule: Schedule.mapEffect(Schedule.forever, () => Effect.die("broken")) }
      )
      expect(tags(yield* inTime(Effect.provide(create(input(1), input(2)), layer)))).toEqual(["Created", "Unknown"])
    }))

  it.effect("since the list has no end ends", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* fulfillments(
        (seen) =>
          seen.method === "POST" ? reset : always(200, {
            fulfillments: [listed(input(1), { tracking_number: "another" })],
            links: { next: { href: "https://api.shipstation.com/v2/fulfillments?page=1" } }
          })(),
        { ...options, readBackSchedule: Schedule.recurs(1) }
      )
      const [outcome] = yield* inTime(Effect.provide(create(input(1)), layer))
      expect(outcome).toMatchObject({ _tag: "Unknown", readBackError: { _tag: "ShipStationUnexpectedResponseError" } })
      expect((yield* requests).length).toBeLessThan(30)
    }))
})
