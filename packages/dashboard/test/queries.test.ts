/** How the dashboard's requests are answered by a database, however many rows have ended: by indexes. */
import { DashboardApi } from "@effect-shipstation/dashboard"
import { Outbox } from "@effect-shipstation/outbox"
import { HttpApiClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Tracer } from "effect"
import { ended, inputs, onSqlite, url } from "./support.js"

/** Notes the statements of whatever is built with it. */
const noting = (statements: Set<string>) =>
  Layer.setTracer(Tracer.make({
    span: (name, parent, context, links, startTime, kind) => ({
      _tag: "Span",
      name,
      parent,
      context,
      links,
      kind,
      spanId: "",
      traceId: "",
      sampled: true,
      status: { _tag: "Started", startTime },
      attributes: new Map(),
      attribute: (key, value) => {
        if (key === "db.query.text") statements.add(String(value))
      },
      end: () => {},
      event: () => {},
      addLinks: () => {}
    }),
    context: (f) => f()
  }))

/** What is asked for, and whether it is a page of many rows, which is read in the order of their ids. */
const asked: ReadonlyArray<readonly [what: string, filter: DashboardApi.Filter, isPage?: true]> = [
  ["all", {}, true],
  ["all, the newest first", { newestFirst: true }, true],
  ["what waits", { state: "pending" }],
  ["what waits, the newest first", { state: "pending", newestFirst: true }],
  ["what was refused", { state: "rejected" }],
  ["what was refused, of an account", { state: "rejected", account: "default" }],
  ["a shipment", { shipmentId: "se-1" }],
  ["a shipment of an account", { shipmentId: "se-1", account: "default" }],
  ["a tracking number", { trackingNumber: "1Z1" }],
  ["a shipment and a tracking number, as people write them", { search: "SE-1, 1z2" }],
  ["what went wrong", { message: "no store" }],
  ["shops that weren't told", { orderSource: "notNotified" }]
]

const statements = new Set<string>()

/** The steps of what was asked since, for each statement that only reads. */
const plans = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // as the tables are made, they are moved from what older versions had
  const reading = Array.from(statements).filter((text) => /^\s*(SELECT|WITH)(?![^]*\bdata\b)/.test(text))
  statements.clear()
  return yield* Effect.forEach(reading, (text) =>
    Effect.map(
      sql.unsafe<{ readonly detail: string }>(
        `EXPLAIN QUERY PLAN ${text}`,
        Array.from(text.matchAll(/\?/g), () => null)
      ),
      (steps) => steps.map(({ detail }) => detail)
    ))
})

/** The steps that find what ShipStation had instead. */
const readsFound = (step: string) => step.includes("progress_found")

/** A step that reads all of a large table, whatever is asked for. */
const readsAll = (step: string) =>
  /^SCAN (shipstation_outbox_)?(rows|offered|progress|history|evidence|kept)\b(?!.*USING)/.test(step)

const readsById = (step: string) => /INTEGER PRIMARY KEY \(rowid[<>]\?\)/.test(step)

it.live("the dashboard asks for nothing that an index doesn't lead to", () =>
  Effect.gen(function*() {
    yield* ended({ _tag: "Fulfilled" }, 20)
    yield* ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "No store." } }, 2, 101)
    yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1, 201), { account: "another" }))
    const { outbox } = yield* Effect.flatMap(
      url,
      (baseUrl) => HttpApiClient.make(DashboardApi.DashboardApi, { baseUrl })
    )
    yield* outbox.overview()
    const begun = (yield* plans).flat()
    expect(begun.filter((step) => step.includes("COVERING INDEX")).length).toBeGreaterThan(1)
    expect(begun.filter(readsAll)).toStrictEqual([])
    yield* outbox.ended({ urlParams: { span: "day" } })
    expect((yield* plans).flat().filter((step) => readsAll(step) || readsById(step))).toStrictEqual([])
    for (const [what, filter, isPage] of asked) {
      const { rows } = yield* outbox.rows({ urlParams: filter })
      const steps = (yield* plans).flat()
      expect(steps.length).toBeGreaterThan(0)
      const bad = steps.filter((step) => readsAll(step) || (isPage !== true && readsById(step)))
      expect({ what, bad }).toStrictEqual({ what, bad: [] })
      yield* outbox.row({ path: { id: rows[0]?.id ?? 1 } })
      expect((yield* plans).flat().filter((step) => readsAll(step) || readsById(step))).toStrictEqual([])
    }
    yield* outbox.rows({ urlParams: { search: "JD0146" } })
    expect((yield* plans).flat().filter(readsFound).length).toBeGreaterThan(0)
    const found = yield* outbox.rows({ urlParams: { shipmentId: "se-201" } })
    expect(found.rows.map(({ account }) => account)).toStrictEqual(["another"])
    const many = yield* outbox.matching({ urlParams: { message: "no store" } })
    expect(many.rows.length).toBe(2)
    expect((yield* plans).flat().filter((step) => readsAll(step) || readsById(step))).toStrictEqual([])
  }).pipe(Effect.provide(
    onSqlite(":memory:").pipe(
      Layer.merge(NodeHttpClient.layerUndici),
      Layer.provide(noting(statements))
    )
  )))
