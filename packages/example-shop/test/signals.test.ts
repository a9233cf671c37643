/**
 * The rules and the panels of `docs/grafana`, asked about a shop whose metrics went over OTLP, while it has the trouble that
 * each of them is for.
 */
import type { Emulator } from "@effect-shipstation/emulator"
import { Outbox, RateLimiterStoreSql } from "@effect-shipstation/outbox"
import type { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Layer, Schema, TestClock } from "effect"
import { readFileSync } from "node:fs"
import { setImmediate, setTimeout } from "node:timers/promises"
import { parse as parseYaml } from "yaml"
import * as Telemetry from "../src/Telemetry.js"
import { collector, type Sample, samplesOf } from "./otlp.js"
import { isTrue, parse, type Query } from "./promql.js"
import { client, inMemory, quietly, settings, shop } from "./support.js"

const docs = new URL("../../../docs/", import.meta.url)
const read = (file: string) => readFileSync(new URL(file, docs), "utf8")

const Rules = Schema.Struct({
  groups: Schema.Array(Schema.Struct({
    rules: Schema.Array(Schema.Struct({
      alert: Schema.String,
      expr: Schema.String,
      annotations: Schema.Struct({ summary: Schema.String, runbook: Schema.String })
    }))
  }))
})

const Dashboard = Schema.parseJson(Schema.Struct({
  panels: Schema.Array(Schema.Struct({
    id: Schema.Number,
    title: Schema.String,
    targets: Schema.Array(Schema.Struct({ expr: Schema.String }))
  }))
}))

const alerts = Schema.decodeUnknownSync(Rules)(parseYaml(read("grafana/alerts.yaml")))
  .groups.flatMap(({ rules }) => rules)
  .map((rule) => ({ ...rule, query: parse(rule.expr) }))

const { panels } = Schema.decodeSync(Dashboard)(read("grafana/outbox.json"))

/** As Grafana fills them in when all accounts are chosen, with an interval of a quarter of an hour. */
const targets = panels.flatMap(({ targets, title }) =>
  targets.map(({ expr }) => ({
    title,
    query: parse(expr.replaceAll("$account", ".*").replaceAll("$__rate_interval", "15m"))
  }))
)

/** So often at most is looked for metrics. */
const mostLooks = 20_000

/** Of the shop's account: other tests have measured others. */
const isOwn = ({ labels }: Sample) => (labels["account"] ?? "default") === "default"

/** A shop whose metrics are collected. Its time is the test's. */
const observed = Effect.gen(function*() {
  const { bodies, url } = yield* collector
  const metrics = () => bodies.flatMap(([path, body]) => path === "/v1/metrics" ? [body] : [])
  let samples: ReadonlyArray<Sample> = []
  const receive = (at: number) => {
    const received = metrics().flatMap(samplesOf).filter(isOwn)
    bodies.length = 0
    // what is older than any rule asks for only costs time
    samples = [...samples, ...received].filter((sample) => sample.at > at - 70 * 60_000)
    return (query: Query) => isTrue(query.evaluate(samples, at))
  }
  const look = Effect.map(Clock.currentTimeMillis, (at) => {
    const holds = receive(at)
    return {
      samples,
      raised: alerts.filter(({ query }) => holds(query)).map(({ alert }) => alert),
      shown: targets.filter(({ query }) => holds(query)).map(({ title }) => title)
    }
  })
  /** What is measured each minute has arrived, over a socket, and who sent it knows. */
  const arrives = Effect.promise(async () => {
    for (let looks = 0; looks < mostLooks && metrics().length === 0; looks++) await setTimeout(1)
    for (let turn = 0; turn < 20; turn++) await setImmediate()
  })
  const pass = (minutes: number) =>
    Effect.zipRight(TestClock.adjust("1 minute"), arrives).pipe(
      Effect.zipRight(Effect.map(Clock.currentTimeMillis, receive)),
      Effect.repeatN(minutes - 1)
    )
  /** Lets time pass until an alert is raised, for four hours at most. */
  const until = Effect.fnUntraced(function*(name: string) {
    const own = alerts.filter(({ alert }) => alert === name)
    for (let minute = 0; minute < 240; minute++) {
      yield* pass(1)
      const holds = receive(yield* Clock.currentTimeMillis)
      if (own.some(({ query }) => holds(query))) return yield* look
    }
    return yield* Effect.dieMessage(`${name} isn't raised within four hours`)
  })
  return { url, look, pass, until }
})

/** The test's time, whose timers are late: a worker asks its database twenty times a second, and here hours pass. */
const lateTimers = Layer.unwrapEffect(
  Effect.clockWith((clock) =>
    Effect.succeed(Layer.setClock({
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      currentTimeMillis: clock.currentTimeMillis,
      currentTimeNanos: clock.currentTimeNanos,
      unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      sleep: (duration) => clock.sleep(Duration.max(duration, "1 minute"))
    }))
  )
)

const parcel = { tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

const pack = (id: string, carrier_code = parcel.carrier_code) =>
  Effect.gen(function*() {
    const { orders } = yield* client
    yield* orders.add({ path: { id }, payload: { shipment_id: `se-${id}` } })
    yield* orders.pack({ path: { id }, payload: { ...parcel, carrier_code } })
  })

/** What goes wrong, and which alerts say so. Each is raised only where its own trouble is. */
const troubles: ReadonlyArray<{
  readonly what: string
  readonly options?: Emulator.Options & { readonly values?: Record<string, string> }
  readonly happen: Effect.Effect<
    void,
    unknown,
    Effect.Effect.Context<typeof client> | Outbox.Outbox | SqlClient.SqlClient
  >
  readonly raises: ReadonlyArray<string>
}> = [
  {
    what: "a key that is refused",
    options: { values: { SHIPSTATION_API_KEY: "revoked" } },
    happen: pack("1"),
    raises: ["ShipStationOutboxPaused", "ShipStationOutboxWaits"]
  },
  {
    what: "an answer that got lost, and a list that fails",
    options: {
      faults: [
        { endpoint: "create", times: 1, action: { _tag: "Reset" } },
        { endpoint: "list", action: { _tag: "ErrorBody", status: 500 } }
      ]
    },
    happen: pack("1"),
    raises: ["ShipStationRequestsFail", "ShipStationOutboxUnknown"]
  },
  { what: "a carrier that nobody has", happen: pack("1", "nobody"), raises: ["ShipStationRefusesShipments"] },
  {
    what: "a shop that isn't told",
    options: { shipments: [{ shipment_id: "se-1", notification_error_message: "Token has expired" }] },
    happen: Effect.gen(function*() {
      yield* pack("1")
      yield* TestClock.adjust("1 minute")
      yield* Effect.flatMap(Outbox.Outbox, ({ verify }) => verify())
    }),
    raises: ["ShipStationOrderSourceNotNotified"]
  },
  {
    what: "another program that was told to wait",
    happen: Effect.forEach(["1", "2"], (id) =>
      Effect.gen(function*() {
        const limiter = yield* RateLimiterStoreSql.make()
        yield* limiter.pause({ account: "default", duration: Duration.minutes(3) })
        yield* pack(id)
        yield* TestClock.adjust("5 minutes")
      }), { discard: true }),
    raises: ["ShipStationLimitWaits"]
  }
]

/** What was seen of each. */
class Observed
  extends Context.Tag("Observed")<Observed, ReadonlyArray<Effect.Effect.Success<ReturnType<typeof observe>>>>()
{}

const observe = ({ happen, options = {}, raises }: typeof troubles[number]) =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const { look, pass, until, url } = yield* observed
    return yield* Effect.gen(function*() {
      const first = yield* look
      // what other tests have counted was there an hour ago
      yield* pass(62)
      const idle = yield* look
      yield* happen
      const looks = yield* Effect.forEach(raises, until)
      return { first, idle, looks, raises }
    }).pipe(
      Effect.withClock(clock),
      Effect.provide(
        quietly(shop({ database: inMemory, ...options })).pipe(
          Layer.provide(Telemetry.layer.pipe(Layer.provide(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: url })))),
          Layer.provide(lateTimers)
        )
      )
    )
  }).pipe(Effect.scoped)

const everything = Layer.effect(Observed, Effect.forEach(troubles, observe))

it.layer(everything)("the rules for Prometheus", (it) => {
  it.effect("are silent until something is measured, and where nothing is wrong", () =>
    Effect.map(Observed, (all) => {
      expect(all.map(({ first }) => first.raised)).toEqual(all.map(() => ["ShipStationOutboxSilent"]))
      expect(all.map(({ idle }) => idle.raised)).toEqual(all.map(() => []))
    }))

  it.effect("raise an alert for each kind of trouble", () =>
    Effect.map(Observed, (all) => {
      for (const { looks, raises } of all) {
        expect(Array.from(new Set(looks.flatMap(({ raised }) => raised))).toSorted()).toEqual(raises.toSorted())
      }
    }))

  it.effect("and the panels name metrics and labels that there are, and show something", () =>
    Effect.map(Observed, (all) => {
      const looks = all.flatMap(({ looks }) => looks)
      const labels = new Map<string, Set<string>>()
      for (const { labels: own, name } of looks.flatMap(({ samples }) => samples)) {
        labels.set(name, new Set([...labels.get(name) ?? [], ...Object.keys(own)]))
      }
      const unknown = [...alerts, ...targets].flatMap(({ query }) =>
        query.selected.flatMap(({ labels: asked, name }) => [
          ...labels.has(name) ? [] : [name],
          ...asked.filter((label) => labels.get(name)?.has(label) !== true).map((label) => `${name}{${label}}`)
        ])
      )
      expect(unknown).toEqual([])
      const shown = new Set(looks.flatMap(({ shown }) => shown))
      expect(targets.map(({ title }) => title).filter((title) => !shown.has(title))).toEqual([])
    }))

  it("say something of each that is raised here, and nothing else", () => {
    const known = ["ShipStationOutboxSilent", ...troubles.flatMap(({ raises }) => raises)]
    expect(alerts.map(({ alert }) => alert).toSorted()).toEqual(known.toSorted())
  })

  it("have a section each in the guide that says what to do", () => {
    const guide = read("operating.md")
    const sections = Array.from(guide.matchAll(/^### (ShipStation\w+)\n\n(.+)$/gm), ([, name]) => name)
    expect(sections.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted())
    expect(alerts.map(({ annotations }) => annotations.runbook)).toEqual(
      alerts.map(({ alert }) => `docs/operating.md#${alert.toLowerCase()}`)
    )
  })
})

it("the panels for Grafana are told apart", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
})
