import { Emulator, type Fault } from "@effect-shipstation/emulator"
import { HttpApp } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { create, inProcess, list, results, sockets } from "./support.js"

const usual = `200 ${JSON.stringify(results("se-1", "se-2"))}`

const errors = [{ error_source: "carrier", error_type: "integrations", error_code: "never_heard_of" }]

const partial = {
  has_errors: true,
  fulfillments: [
    ...results("se-1").fulfillments,
    { shipment_id: "se-2", shipment_number: "ORDER-2", error_message: "No." }
  ]
}

const page = "<html>Bad Gateway</html>"

interface Case {
  readonly action: Fault.FaultAction
  /** What the client sees of a create of se-1 and se-2. */
  readonly seen: string
  /** Where a socket shows something else. */
  readonly seenOverSocket?: string
  readonly committed: number
  readonly journal: Pick<Emulator.Request, "status" | "answer">
}

const cases: ReadonlyArray<Case> = [
  {
    action: { _tag: "Delay", duration: 20 },
    seen: usual,
    committed: 2,
    journal: { status: 200, answer: "sent" }
  },
  {
    action: { _tag: "Delay", duration: 20, when: "after" },
    seen: usual,
    committed: 2,
    journal: { status: 200, answer: "sent" }
  },
  {
    action: { _tag: "Hold" },
    seen: "silence",
    committed: 0,
    journal: { status: undefined, answer: "pending" }
  },
  {
    action: { _tag: "Hold", when: "after" },
    seen: "silence",
    committed: 2,
    journal: { status: undefined, answer: "pending" }
  },
  {
    action: { _tag: "ErrorBody", status: 400, errors },
    seen: `400 ${JSON.stringify({ request_id: "00000000-0000-4000-8000-000000000001", errors })}`,
    committed: 0,
    journal: { status: 400, answer: "changed" }
  },
  {
    action: { _tag: "ErrorBody", status: 400, errors: [], commits: 1 },
    seen: `400 ${JSON.stringify({ request_id: "00000000-0000-4000-8000-000000000001", errors: [] })}`,
    committed: 1,
    journal: { status: 400, answer: "changed" }
  },
  {
    action: { _tag: "RawBody", status: 502, body: page, headers: { "content-type": "text/html" } },
    seen: `502 ${page}`,
    committed: 2,
    journal: { status: 502, answer: "changed" }
  },
  {
    action: { _tag: "RawBody", status: 500, commits: 0 },
    seen: "500 ",
    committed: 0,
    journal: { status: 500, answer: "changed" }
  },
  {
    action: { _tag: "RawBody", status: 204 },
    seen: "204 ",
    committed: 2,
    journal: { status: 204, answer: "changed" }
  },
  {
    action: { _tag: "ErrorBody", status: 409, errors, commits: { share: 0.5 } },
    seen: `409 ${JSON.stringify({ request_id: "00000000-0000-4000-8000-000000000001", errors })}`,
    committed: 1,
    journal: { status: 409, answer: "changed" }
  },
  {
    action: { _tag: "RawBody", status: 429, commits: ["se-1", "se-9"] },
    seen: "429 ",
    committed: 1,
    journal: { status: 429, answer: "changed" }
  },
  {
    action: { _tag: "PartialSuccess", commits: 1, message: "No." },
    seen: `200 ${JSON.stringify(partial)}`,
    committed: 1,
    journal: { status: 200, answer: "sent" }
  },
  {
    action: { _tag: "ChangeResults", drop: 1 },
    seen: `200 ${JSON.stringify(results("se-2"))}`,
    committed: 2,
    journal: { status: 200, answer: "changed" }
  },
  {
    action: { _tag: "RefuseConnection" },
    seen: "ECONNREFUSED",
    seenOverSocket: "ECONNRESET",
    committed: 0,
    journal: { status: undefined, answer: "lost" }
  },
  {
    action: { _tag: "Reset" },
    seen: "ECONNRESET",
    committed: 2,
    journal: { status: undefined, answer: "lost" }
  },
  {
    action: { _tag: "Reset", commits: 0 },
    seen: "ECONNRESET",
    committed: 0,
    journal: { status: undefined, answer: "lost" }
  },
  {
    action: { _tag: "Stall" },
    seen: "200, then silence",
    committed: 2,
    journal: { status: 200, answer: "lost" }
  },
  {
    action: { _tag: "Stall", afterBytes: 1_000_000, commits: 1 },
    seen: "200, then silence",
    committed: 1,
    journal: { status: 200, answer: "lost" }
  },
  {
    action: { _tag: "CutBody" },
    seen: "200, then the end",
    committed: 2,
    journal: { status: 200, answer: "lost" }
  },
  {
    action: { _tag: "CutBody", afterBytes: 0 },
    seen: "200, then the end",
    committed: 2,
    journal: { status: 200, answer: "lost" }
  },
  {
    action: { _tag: "CutBody", afterBytes: 1_000_000, commits: 0 },
    seen: "200, then the end",
    committed: 0,
    journal: { status: 200, answer: "lost" }
  },
  {
    action: { _tag: "SlowBody", bytesPerChunk: 10, interval: 1 },
    seen: usual,
    committed: 2,
    journal: { status: 200, answer: "sent" }
  }
]

/** What the client sees, in a few words. Takes time only where silence is what is expected. */
const see = (request: ReturnType<typeof create>, expected: string) => {
  const silent = (silence: string) =>
    Effect.as(
      silence === expected
        // for a moment, once the emulator has the request
        ? Effect.zipRight(untilLast((request) => request?.faults.length === 1), Effect.sleep(200))
        // an idle connection is closed by the server after 5 s, which must not pass for an end of the body
        : Effect.sleep(4_000),
      silence
    )
  return request.pipe(
    Effect.map(({ status, text }) =>
      text.pipe(
        Effect.map((body) => `${status} ${body}`),
        Effect.catchAll(() => Effect.succeed(`${status}, then the end`)),
        Effect.raceFirst(silent(`${status}, then silence`))
      )
    ),
    Effect.catchAll((error) => Effect.succeed(Effect.succeed(codesOf(error).join()))),
    Effect.raceFirst(Effect.map(silent("silence"), (silence) => Effect.succeed(silence))),
    Effect.flatten
  )
}

const codesOf = (error: unknown): ReadonlyArray<unknown> =>
  error instanceof Error ? [...("code" in error ? [error.code] : []), ...codesOf(error.cause)] : []

const lastRequest = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  return (yield* emulator.requests).at(-1)
})

const untilLast = (is: (request: Emulator.Request | undefined) => boolean) =>
  Effect.repeat(lastRequest, { until: is, schedule: Schedule.spaced(5) })

describe.each([["in-process", inProcess], ...Object.entries(sockets)] as const)("over %s", (transport, layer) => {
  it.live.each(cases)(
    "$action: $seen",
    ({ action, committed, journal, seen, seenOverSocket }) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        const expected = transport === "in-process" ? seen : seenOverSocket ?? seen
        assert.strictEqual(yield* see(create(["se-1", "se-2"]), expected), expected)
        const request = yield* lastRequest
        assert.deepInclude(request, { ...journal, committed, faults: [action._tag] })
        const ids = (yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id)
        assert.deepStrictEqual(ids, ["se-1", "se-2"].slice(0, committed))
        assert.strictEqual((yield* emulator.notifications).length, 2 * committed)
        // the next request has a connection, and finds nothing of the kind
        const next = yield* create(["se-3"])
        assert.deepStrictEqual(yield* next.json, results("se-3"))
        assert.deepInclude(yield* lastRequest, { status: 200, committed: 1, answer: "sent", faults: [] })
      }).pipe(Effect.provide(layer({ faults: [{ times: 1, action }] })))
  )

  it.live("headers are those of the fault, and the emulator's own", () =>
    Effect.gen(function*() {
      const { headers } = yield* create(["se-1"])
      assert.strictEqual(headers["retry-after"], "7")
      assert.strictEqual(headers["x-limit"], "200")
      assert.strictEqual(headers["content-type"], "application/json")
      assert.strictEqual(headers["x-shipengine-requestid"], "00000000-0000-4000-8000-000000000001")
    }).pipe(Effect.provide(layer({
      faults: [{ action: { _tag: "ErrorBody", status: 429, retryAfter: 7, headers: { "x-limit": "200" } } }]
    }))))

  it.live.each([["before", 0], ["after", 1]] as const)("a request held %s the commit goes on when released", (
    [when, committed]
  ) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const request = yield* Effect.fork(create(["se-1"]))
      yield* untilLast((request) => request?.faults[0] === "Hold" && request.committed === committed)
      assert.deepInclude(yield* lastRequest, { status: undefined, answer: "pending" })
      assert.strictEqual((yield* emulator.fulfillments).length, committed)
      yield* emulator.release
      assert.strictEqual((yield* Fiber.join(request)).status, 200)
      assert.deepInclude(yield* lastRequest, { status: 200, committed: 1, answer: "sent" })
    }).pipe(Effect.provide(layer({ faults: [{ action: { _tag: "Hold", when } }] }))))

  it.live("what was received is committed, also when the client hangs up before", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const request = yield* Effect.fork(create(["se-1"]))
      yield* untilLast((request) => request?.answer === "pending")
      yield* Fiber.interrupt(request)
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
      // so a client that tries again notifies twice
      yield* create(["se-1"])
      yield* emulator.clock.advance("1 hour")
      yield* Effect.repeat(emulator.requests, {
        until: ([first]) => first?.answer !== "pending",
        schedule: Schedule.spaced(5)
      })
      const [first] = yield* emulator.requests
      assert.deepInclude(first, { status: undefined, committed: 1, answer: "lost", faults: ["Delay"] })
      assert.strictEqual((yield* emulator.committed("se-1")).length, 2)
      assert.strictEqual((yield* emulator.notifications).length, 4)
    }).pipe(
      Effect.provide(
        layer({ alreadyFulfilled: "accept", faults: [{ nth: 1, action: { _tag: "Delay", duration: "1 hour" } }] })
      )
    ))

  it.live("what lands late is committed though the connection ended at once", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      assert.strictEqual(yield* see(create(["se-1"]), "ECONNRESET"), "ECONNRESET")
      assert.deepInclude(yield* lastRequest, { status: undefined, committed: 0, answer: "lost", faults: ["LandLate"] })
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
      yield* emulator.clock.advance("1 hour")
      yield* untilLast((request) => request?.committed === 1)
      const late = yield* create(["se-2"])
      assert.strictEqual(late.status, 504)
      assert.deepInclude(yield* lastRequest, { status: 504, committed: 0, answer: "changed" })
      yield* emulator.clock.advance("1 hour")
      yield* untilLast((request) => request?.committed === 1)
      assert.deepStrictEqual((yield* emulator.fulfillments).map(({ shipment_id }) => shipment_id), ["se-1", "se-2"])
    }).pipe(Effect.provide(layer({
      faults: [
        { action: { _tag: "LandLate", after: "1 hour" } },
        { nth: 2, action: { _tag: "RawBody", status: 504 } }
      ]
    }))))

  it.live("a client that hangs up while a body comes slowly, or not at all, gets rid of it", () =>
    Effect.gen(function*() {
      const slow = yield* Effect.fork(Effect.flatMap(list(), ({ text }) => text))
      yield* untilLast((request) => request?.status === 200)
      yield* Fiber.interrupt(slow)
      yield* untilLast((request) => request?.answer === "lost")
    }).pipe(
      Effect.provide(layer({ faults: [{ action: { _tag: "SlowBody", bytesPerChunk: 1, interval: 20 } }] }))
    ))

  it.live("reset ends what is under way, and leaves nothing of it", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const held = yield* Effect.fork(see(create(["se-1"]), "ECONNRESET"))
      yield* untilLast((request) => request?.answer === "pending")
      yield* emulator.reset
      assert.strictEqual(yield* Fiber.join(held), "ECONNRESET")
      yield* emulator.release
      assert.deepStrictEqual(yield* emulator.fulfillments, [])
      assert.deepStrictEqual(yield* emulator.requests, [])
    }).pipe(Effect.provide(layer({ faults: [{ action: { _tag: "Hold" } }] }))))

  it.live("the emulator ends though requests are held and bodies stall", () =>
    Effect.gen(function*() {
      const [held, stalled] = yield* Effect.gen(function*() {
        const held = yield* Effect.forkDaemon(create(["se-1"]))
        yield* untilLast((request) => request?.answer === "pending")
        const { text } = yield* create(["se-2"])
        return [held, yield* Effect.forkDaemon(text)] as const
      }).pipe(Effect.provide(layer({
        faults: [
          { shipmentId: "se-1", action: { _tag: "Hold" } },
          { shipmentId: "se-2", action: { _tag: "Stall", afterBytes: 5 } }
        ]
      })))
      assert.strictEqual((yield* Effect.flip(Fiber.join(held)))._tag, "RequestError")
      assert.strictEqual((yield* Effect.flip(Fiber.join(stalled)))._tag, "ResponseError")
    }))
})

describe("other servers", () => {
  it.live("die of a fault rather than ignore it", () =>
    Effect.gen(function*() {
      const { httpApp } = yield* Emulator.Emulator
      const handler = HttpApp.toWebHandler(httpApp)
      const answer = yield* Effect.promise(() => handler(new Request("http://localhost/v2/fulfillments")))
      assert.strictEqual(answer.status, 500)
    }).pipe(Effect.provide(Emulator.layer({ faults: [{ action: { _tag: "Reset" } }] }))))
})
