/** The dashboard's page, with far more changes than it ever gets. */
import { Dashboard, DashboardApi } from "@effect-shipstation/dashboard"
import { type Browser, held, howToInstall, launch, maySkip, open } from "@effect-shipstation/test-kit/chromium"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { DateTime, Effect, Queue, Schema, Stream } from "effect"
import { afterAll, assert, beforeAll } from "vitest"
import { unserved, url } from "./support.js"

if (maySkip) console.warn(`The tests of the dashboard are skipped: this ${howToInstall}`)

let browser: Browser

const encode = Schema.encodeSync(Schema.parseJson(DashboardApi.Overview))

const now = DateTime.unsafeMake("2026-03-01T12:00:00Z")

/** As it might be after so many changes: counts, accounts that come and go, and what they are paused for. */
const overview = (n: number): string =>
  encode({
    at: now,
    counts: [
      { account: "default", state: "pending", count: n, oldest: now },
      { account: `account-${n % 50}`, state: "unknown", count: 1 + n % 7, oldest: now },
      ...n % 3 === 0 ? [{ account: "default", state: "rejected" as const, count: n, oldest: now }] : []
    ],
    accounts: Array.from({ length: 5 }, (_, index) => ({
      account: `account-${(n + index) % 50}`,
      ...n % 2 === 0 ? { paused: { at: now, by: { _tag: "Operator" as const, reason: `reason ${n}` } } } : {}
    })),
    limits: [{ account: "default", used: n % 200, limit: 200 }],
    idle: n % 2 === 0 ? [{ account: `account-${n % 50}`, since: now }] : [],
    notNotified: n % 100,
    sample: { at: DateTime.add(now, { seconds: n }), counts: { pending: n } }
  })

/** The dashboard, whose changes are the test's. */
const flooded = Effect.gen(function*() {
  const { httpApp } = yield* Dashboard.Dashboard
  const changes = yield* Queue.unbounded<number>()
  const events = Stream.fromQueue(changes).pipe(
    Stream.map((n) => `event: overview\ndata: ${overview(n)}\n\nevent: tick\ndata: ${DateTime.toEpochMillis(now)}\n\n`),
    Stream.encodeText
  )
  yield* HttpServer.serveEffect(Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request) =>
      request.url === "/api/events"
        ? Effect.succeed(HttpServerResponse.stream(events, { contentType: "text/event-stream" }))
        : httpApp
  ))
  const change = (from: number, to: number) =>
    changes.offerAll(Array.from({ length: to - from }, (_, index) => from + 1 + index))
  return { change, url: yield* url }
})

describe.skipIf(maySkip)("the dashboard's page under a flood", () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.live("holds no more after ten times as many changes", () =>
    Effect.gen(function*() {
      const { change, url } = yield* flooded
      yield* change(0, 1)
      const { complaints, page } = yield* open(browser, url)
      const seen = (n: number) =>
        Effect.promise(() => page.locator(".tile.pending").getByText(n.toLocaleString("en"), { exact: true }).waitFor())
      // a day of samples, which the charts show, is what it may hold
      yield* change(1, 600)
      yield* seen(600)
      const before = yield* Effect.promise(() => held(page))
      yield* change(600, 6_000)
      yield* seen(6_000)
      const after = yield* Effect.promise(() => held(page))
      assert.isBelow(after.nodes, 1.2 * before.nodes)
      assert.isBelow(after.listeners, 1.2 * before.listeners)
      // a change that is kept is half a kilobyte at least
      assert.isBelow(after.heap - before.heap, 5_400 * 250)
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(unserved)))
})
