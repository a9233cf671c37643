/** What spans, metrics and logs tell. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, HashMap, Layer, Logger, LogLevel, Metric, MetricState, Schedule, Tracer } from "effect"
import { always, create, fulfillments, input, inTime, list, type Seen } from "./support.js"

const options: Fulfillments.Options = { notify: "account-default" }

const nativeTracer = Effect.runSync(Effect.tracer)

/** All spans, and all log entries. */
const record = () => {
  const spans: Array<{ readonly span: Tracer.Span; readonly events: Array<Parameters<Tracer.Span["event"]>> }> = []
  const logs: Array<{ readonly message: unknown; readonly level: string; readonly annotations: unknown }> = []
  const layer = Layer.mergeAll(
    Layer.setTracer(Tracer.make({
      span: (...args) => {
        const span: Tracer.Span = nativeTracer.span(...args)
        const events: Array<Parameters<Tracer.Span["event"]>> = []
        spans.push({ span, events })
        return Object.assign(span, { event: (...event: Parameters<Tracer.Span["event"]>) => events.push(event) })
      },
      context: (f) => f()
    })),
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, logLevel, message }) => {
        logs.push({ message, level: logLevel.label, annotations: Object.fromEntries(HashMap.toEntries(annotations)) })
      })
    ),
    Logger.minimumLogLevel(LogLevel.Debug)
  )
  const summary = () =>
    spans.map(({ span: { attributes, name, parent } }) => ({
      name,
      parent: parent._tag === "Some" && parent.value._tag === "Span" ? parent.value.name : undefined,
      attributes: Object.fromEntries(attributes)
    }))
  return { spans, logs, layer, summary }
}

const requestId = "aa3d8e8e-462b-4476-9618-72db7f7b7009"

/** The first is created, the second is refused, the third isn't mentioned, and the list is empty. */
const mixed = (seen: Seen) =>
  seen.method === "GET" ? list([], seen) : always(200, {
    fulfillments: [{ shipment_id: "se-1" }, { shipment_id: "se-2", error_message: "no" }]
  }, { "x-shipengine-requestid": requestId })()

const counted = Effect.forEach(
  ["Created", "Rejected", "Unknown"],
  (outcome) =>
    Effect.map(
      Metric.value(
        Fulfillments.outcomeCount.pipe(Metric.tagged("outcome", outcome), Metric.tagged("account", "default"))
      ),
      (state) => MetricState.isCounterState(state) ? Number(state.count) : 0
    )
)

describe("create", () => {
  const run = Effect.gen(function*() {
    const recorded = record()
    const { layer } = yield* fulfillments(mixed, options)
    const before = yield* counted
    yield* inTime(create(input(1), input(2), input(3))).pipe(
      Effect.provide(layer),
      Effect.withSpan("caller"),
      Effect.provide(recorded.layer)
    )
    const after = yield* counted
    return { ...recorded, counts: after.map((count, index) => count - (before[index] ?? 0)) }
  })

  it.effect("has a span with what became of its items, and one for each request below it", () =>
    Effect.gen(function*() {
      const { summary } = yield* run
      const [caller, call, post, ...gets] = summary()
      expect(caller?.name).toBe("caller")
      expect(call).toMatchObject({
        name: "Fulfillments.create",
        parent: "caller",
        attributes: {
          "shipstation.batch_size": 3,
          "shipstation.fulfilled": 1,
          "shipstation.rejected": 1,
          "shipstation.unsettled": 1
        }
      })
      expect(post).toMatchObject({
        name: "ShipStationClient.execute",
        parent: "Fulfillments.create",
        attributes: {
          "http.request.method": "POST",
          "url.full": "https://api.shipstation.com/v2/fulfillments",
          "http.response.status_code": 200,
          "shipstation.account": "default",
          "shipstation.request_id": requestId
        }
      })
      // four looks for the unknown one, and one for the rejected
      expect(gets.map(({ attributes }) => attributes["http.request.method"])).toEqual([
        "GET",
        "GET",
        "GET",
        "GET",
        "GET"
      ])
    }))

  it.effect("counts each of those that ended alike", () =>
    Effect.gen(function*() {
      const { layer } = yield* fulfillments(
        always(200, { fulfillments: [{ shipment_id: "se-1" }, { shipment_id: "se-2" }, { shipment_id: "se-3" }] }),
        options
      )
      const [before = 0] = yield* counted
      yield* inTime(Effect.provide(create(input(1), input(2), input(3)), layer))
      const [after = 0] = yield* counted
      expect(after - before).toBe(3)
    }))

  it.effect("counts outcomes, and warns of what stays unknown", () =>
    Effect.gen(function*() {
      const { counts, logs } = yield* run
      expect(counts).toEqual([1, 1, 1])
      expect(logs.filter(({ level }) => level === "WARN")).toEqual([{
        level: "WARN",
        message: ["It is not known whether shipments were fulfilled"],
        annotations: { "shipstation.batch_size": 3, "shipstation.unsettled": 1, "shipstation.request_id": requestId }
      }])
    }))

  it.effect("tells nobody the key, the shipments or their tracking numbers", () =>
    Effect.gen(function*() {
      const { logs, summary } = yield* run
      const told = JSON.stringify([summary(), logs])
      expect(told).not.toMatch(/se-[123]|1Z[123]|"test"/)
    }))
})

describe("a request that fails", () => {
  it.effect("fails its span and is logged for debugging, each attempt", () =>
    Effect.gen(function*() {
      const { layer: recording, logs, spans, summary } = record()
      const { layer } = yield* fulfillments(
        (seen) => seen.method === "GET" ? list([], seen) : always(429, "", { "retry-after": "1" })(),
        options,
        Schedule.recurs(1)
      )
      yield* inTime(Effect.flip(create(input(1)))).pipe(
        Effect.provide(Layer.provideMerge(layer, recording))
      )
      expect(summary().map(({ attributes, name }) => attributes["http.request.method"] ?? name)).toEqual([
        "Fulfillments.create",
        "POST",
        "GET",
        "POST"
      ])
      const sent = spans.filter(({ span }) => span.attributes.get("http.request.method") !== "GET")
      expect(sent.every(({ span: { status } }) => status._tag === "Ended" && Exit.isFailure(status.exit))).toBe(true)
      const failures = logs.filter(({ message }) => String(message) === "The request failed")
      expect(failures.map(({ annotations, level }) => ({ annotations, level }))).toEqual([1, 2].map(() => ({
        level: "DEBUG",
        annotations: {
          "shipstation.account": "default",
          "error.type": "ShipStationRateLimitError",
          "http.response.status_code": 429,
          "shipstation.delivery": "rejected",
          "shipstation.request_id": undefined
        }
      })))
      // the look before the second attempt waited for the moment that the API had named, the attempt for the next place
      const waits = spans.flatMap(({ events }) => events.map(([name]) => name)).filter((name) =>
        name === "rate limit wait"
      )
      expect(waits).toEqual(["rate limit wait", "rate limit wait"])
    }))

  it.effect("that waits for the limiter says so in its span", () =>
    Effect.gen(function*() {
      const { layer: recording, spans } = record()
      const { layer } = yield* fulfillments(
        (_, count) => count === 1 ? always(429, "", { "retry-after": "3" })() : always(200, {})(),
        { ...options, readBack: "none" }
      )
      yield* inTime(Effect.zip(Effect.flip(create(input(1))), create(input(2)))).pipe(
        Effect.provide(Layer.provideMerge(layer, recording))
      )
      const [waiting] = spans.filter(({ span }) => span.name === "ShipStationClient.execute").slice(1)
      expect(waiting?.events.map(([name, , attributes]) => ({ name, attributes }))).toContainEqual({
        name: "rate limit wait",
        attributes: { "shipstation.account": "default", "shipstation.limiter.wait_ms": 3000 }
      })
    }))
})

describe("createOne", () => {
  it.effect("has a span of its own for each batch, with links to its callers", () =>
    Effect.gen(function*() {
      const { layer: recording, logs, spans, summary } = record()
      const { layer } = yield* fulfillments(mixed, options)
      const before = yield* counted
      yield* Effect.gen(function*() {
        const { createOne } = yield* Fulfillments.Fulfillments
        const call = (n: number) => Effect.exit(Effect.withSpan(createOne(input(n)), `caller ${n}`))
        yield* inTime(Effect.forEach([1, 1, 2, 3], call, { concurrency: "unbounded" }))
      }).pipe(
        Effect.provide(Layer.provideMerge(layer, recording)),
        Effect.withSpan("where the layer is built")
      )
      const [batch, ...others] = spans.flatMap(({ span }) => span.name === "Fulfillments.batch" ? [span] : [])
      expect([batch?.parent._tag, batch?.attributes.get("shipstation.batch_size"), others]).toEqual(["None", 3, []])
      const calls = spans.flatMap(({ span }) => span.name === "Fulfillments.createOne" ? [span] : [])
      expect(calls.length).toBe(4)
      expect(batch?.links.map(({ span }) => span.spanId)).toEqual(calls.map(({ spanId }) => spanId))
      expect(summary().filter(({ parent }) => parent === "Fulfillments.batch")).toMatchObject([{
        name: "Fulfillments.create",
        attributes: { "shipstation.fulfilled": 1, "shipstation.rejected": 1, "shipstation.unsettled": 1 }
      }])
      expect((yield* counted).map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 1])
      expect(logs.filter(({ level }) => level === "WARN").map(({ annotations }) => annotations)).toMatchObject([
        { "shipstation.batch_size": 3, "shipstation.unsettled": 1 }
      ])
      expect(JSON.stringify([summary(), logs])).not.toMatch(/se-[123]|1Z[123]|"test"/)
    }))
})
