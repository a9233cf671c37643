/** The dashboard's routes, by a client made from their definition, and by whoever else may ask. */
import { Dashboard, DashboardApi } from "@effect-shipstation/dashboard"
import { RateLimiter } from "@effect-shipstation/http-client"
import { Outbox } from "@effect-shipstation/outbox"
import { HttpApiClient, HttpRouter, HttpServer, OpenApi } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Exit, Layer, Schedule, Scope, Stream } from "effect"
import { get } from "node:http"
import { begunAfter, ended, inputs, layer, outboxInMemory, server, unserved, url } from "./support.js"

const client = Effect.flatMap(url, (baseUrl) => HttpApiClient.make(DashboardApi.DashboardApi, { baseUrl }))

/** It is looked at every two seconds. */
const overviewWith = (holds: (overview: DashboardApi.Overview) => boolean) =>
  Effect.flatMap(
    client,
    ({ outbox }) => Effect.repeat(outbox.overview(), { until: holds, schedule: Schedule.spaced("50 millis") })
  ).pipe(
    Effect.flatMap(() => Effect.flatMap(client, ({ outbox }) => outbox.overview()))
  )

const request = (path: string, init?: RequestInit) =>
  Effect.flatMap(url, (url) => Effect.promise(() => fetch(url + path, init)))

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  request(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers }
  })

/** As `fetch` sends no such headers. */
const raw = (url: string, headers: Record<string, string>) =>
  Effect.async<number | undefined>((resume) => {
    get(url, { headers }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode))
    })
  })

const refused = { _tag: "Rejected", error: { _tag: "Rejected", message: "No such order source." } } as const

describe("the dashboard's routes", () => {
  it.live("tell what there is", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const { counts } = yield* outbox.overview()
      expect(counts).toStrictEqual([])
      yield* ended(refused, 2)
      const { rows } = yield* outbox.rows({ urlParams: { state: "rejected" } })
      expect(rows.map(({ input, state }) => [input.shipment_id, state])).toStrictEqual([
        ["se-1", "rejected"],
        ["se-2", "rejected"]
      ])
      expect((yield* outbox.rows({ urlParams: { shipmentId: "se-2" } })).rows.length).toBe(1)
      expect((yield* outbox.rows({ urlParams: { message: "order SOURCE" } })).rows.length).toBe(2)
      const detail = yield* outbox.row({ path: { id: rows[0]?.id ?? 0 } })
      expect(detail.explanation.why).toContain("No such order source.")
      expect(detail.explanation.actions).toStrictEqual(["retry", "discard"])
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("find shipments and tracking numbers as people write them", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      yield* ended(refused, 2)
      const { offer } = yield* Outbox.Outbox
      yield* offer(inputs(2, 1), { account: "another" })
      yield* offer(inputs(8, 3))
      const found = (filter: DashboardApi.Filter) =>
        Effect.map(
          outbox.rows({ urlParams: filter }),
          ({ rows }) => rows.map(({ account, input }) => `${account} ${input.shipment_id}`)
        )
      const both = ["default se-1", "another se-1"]
      for (const search of ["se-1", "1", " SE-1 ", "1z1", "1Z1", "1 Z 1", "se-1 1Z1"]) {
        expect({ search, found: yield* found({ search }) }).toStrictEqual({ search, found: both })
      }
      for (const search of ["7, se-5", "1Z5\nse-7", "5;7 se-99"]) {
        expect(yield* found({ search })).toStrictEqual(["default se-5", "default se-7"])
      }
      expect(yield* found({ search: "se-99" })).toStrictEqual([])
      expect(yield* found({ search: " , " })).toStrictEqual([])
      expect(yield* found({ search: "1", account: "another" })).toStrictEqual(["another se-1"])
      expect(yield* found({ search: "1 5", state: "rejected" })).toStrictEqual(["default se-1"])
      const many = yield* outbox.matching({ urlParams: { search: "1, 5", account: "default" } })
      expect(many.rows.map(({ state }) => state)).toStrictEqual(["rejected", "pending"])
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("find a shipment by the tracking number that ShipStation has instead, also when it was given up", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const conflict = (tracking_number: string) => ({ _tag: "Conflict", found: { tracking_number } }) as const
      yield* ended(conflict("JD0146A"), 1, 1)
      const [second = 0] = yield* ended(conflict("JD0147B"), 1, 2)
      yield* outbox.discard({ path: { id: second }, payload: { reason: "r", ifState: "conflict" } })
      for (const search of ["JD0147B", "jd0147b", "JD 0147 B"]) {
        const { rows, searched } = yield* outbox.rows({ urlParams: { search } })
        expect(rows.map(({ input }) => input.shipment_id)).toStrictEqual(["se-2"])
        expect(searched).toStrictEqual({ notFound: [], leftOut: [] })
      }
      const { rows } = yield* outbox.rows({ urlParams: { search: "JD0146A, JD0147B", newestFirst: true } })
      expect(rows.map(({ input }) => input.shipment_id)).toStrictEqual(["se-2", "se-1"])
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("tell which of several weren't found, and which weren't looked for", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      yield* ended(refused, 2)
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1, 5)))
      const searched = (filter: DashboardApi.Filter) =>
        Effect.map(outbox.rows({ urlParams: filter }), ({ searched }) => searched)
      expect(yield* searched({ search: "1, 1z5 99;1Z98" })).toStrictEqual({ notFound: ["99", "1Z98"], leftOut: [] })
      expect(yield* searched({ search: "1, 1z5 99", state: "rejected" })).toStrictEqual({
        notFound: ["1z5", "99"],
        leftOut: []
      })
      const many = Array.from({ length: 52 }, (_, index) => String(100 + index))
      expect((yield* searched({ search: many.join(" ") }))?.leftOut).toStrictEqual(["150", "151"])
      expect(yield* searched({ state: "rejected" })).toBeUndefined()
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("tell what ended in the last hour and day, of all accounts", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      yield* ended(refused, 2)
      // which is no end
      yield* ended({ _tag: "Unknown", error: { _tag: "E", message: "no answer" } }, 1, 11)
      for (const span of ["hour", "day"] as const) {
        const all = yield* outbox.ended({ urlParams: { span } })
        // another minute may begin meanwhile
        expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(2)
        expect(all.every(({ state }) => state === "rejected")).toBe(true)
      }
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("give pages of rows, the oldest or the newest first", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(120)))
      const seen: Array<string> = []
      let after: number | undefined
      do {
        const page = yield* outbox.rows({ urlParams: { account: "default", after } })
        seen.push(...page.rows.map(({ input }) => input.shipment_id))
        after = page.next
      } while (after !== undefined)
      expect(seen).toStrictEqual(inputs(120).map(({ shipment_id }) => shipment_id))
      const newest: Array<string> = []
      do {
        const page: typeof DashboardApi.Page.Type = yield* outbox.rows({ urlParams: { newestFirst: true, after } })
        newest.push(...page.rows.map(({ input }) => input.shipment_id))
        after = page.next
      } while (after !== undefined)
      expect(newest).toStrictEqual(seen.toReversed())
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("retry and discard with a reason, which is kept", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const [first = 0, second = 0] = yield* ended(refused, 2)
      const row = yield* outbox.retry({ path: { id: first }, payload: { reason: "was mended", ifState: "rejected" } })
      expect(row.state).toBe("pending")
      yield* outbox.discard({ path: { id: second }, payload: { reason: "customer cancelled", ifState: "rejected" } })
      const reasons = yield* Effect.forEach([first, second], (id) =>
        Effect.map(outbox.row({ path: { id } }), ({ history }) => history.at(-1)?.by))
      expect(reasons).toStrictEqual([
        { _tag: "Operator", reason: "was mended" },
        { _tag: "Operator", reason: "customer cancelled" }
      ])
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("tell how much of its limit an account uses, and until when ShipStation holds it back", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const store = yield* RateLimiter.RateLimiterStore
      const window = RateLimiter.defaultWindow
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1)))
      for (let n = 0; n < 3; n++) yield* store.take({ account: "default", limit: 20, window })
      yield* store.pause({ account: "default", duration: Duration.minutes(2) })
      const [row] = (yield* outbox.rows({ urlParams: {} })).rows
      const { explanation } = yield* outbox.row({ path: { id: row?.id ?? 0 } })
      expect(explanation.why).toMatch(/the limit of requests was used up \(429\), so .* wait until/)
      expect(explanation.actions).toStrictEqual(["resume", "discard"])
      const { limits } = yield* overviewWith(({ limits }) => limits.length > 0)
      expect(limits).toMatchObject([{ account: "default", used: 3, limit: 20 }])
      const left = DateTime.distance(yield* DateTime.now, limits[0]?.pausedUntil ?? DateTime.unsafeMake(0))
      expect(left).toBeGreaterThan(60_000)
      expect(left).toBeLessThanOrEqual(121_000)
    }).pipe(Effect.provide(
      Layer.merge(layer, NodeHttpClient.layerUndici).pipe(
        Layer.provideMerge(RateLimiter.layerStoreMemory)
      )
    )))

  it.live("tell of each sample how old the oldest is that waits, and what share of a limit is used", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const [sample] = yield* outbox.samples()
      expect(sample).toMatchObject({ counts: { pending: 2 }, limitUsed: 0.15 })
      const age = DateTime.distance(sample?.oldest ?? DateTime.unsafeMake(0), sample?.at ?? DateTime.unsafeMake(0))
      expect(Math.round(age / 60_000)).toBe(30)
    }).pipe(Effect.provide(
      Layer.merge(
        begunAfter(Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(2))), "30 minutes"),
        NodeHttpClient.layerUndici
      ).pipe(Layer.provideMerge(Layer.tap(RateLimiter.layerStoreMemory, (context) => {
        const { take } = Context.get(context, RateLimiter.RateLimiterStore)
        return Effect.replicateEffect(
          take({ account: "default", limit: 20, window: RateLimiter.defaultWindow }),
          3
        )
      })))
    )))

  it.live("retry and discard many, and nothing that may have been sent", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const unknown = { _tag: "Unknown", error: { _tag: "E", message: "no answer" } } as const
      const states = { rejected: refused, fulfilled: { _tag: "Fulfilled" }, unknown } as const
      const ids = {
        rejected: yield* ended(states.rejected, 3, 1),
        fulfilled: yield* ended(states.fulfilled, 2, 11),
        unknown: yield* ended(states.unknown, 2, 21)
      }
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1, 31)))
      const all = yield* outbox.matching({ urlParams: {} })
      expect(all.isWhole).toBe(true)
      expect(all.rows.map(({ state }) => state)).toStrictEqual(["rejected", "rejected", "rejected", "pending"])
      expect(all.rows.map(({ isDue }) => isDue)).toStrictEqual([false, false, false, true])
      expect((yield* outbox.matching({ urlParams: { state: "unknown" } })).rows).toStrictEqual([])
      const { rows } = yield* outbox.matching({ urlParams: { state: "rejected", message: "order source" } })
      expect(rows.map(({ id }) => id)).toStrictEqual(ids.rejected)
      // one changes meanwhile
      yield* Effect.flatMap(Outbox.Outbox, ({ discard }) => discard(rows[0]?.id ?? 0))
      const payload = { reason: "was mended", rows: rows.map(({ id, state }) => ({ id, ifState: state })) }
      expect(yield* outbox.retryMany({ payload })).toStrictEqual({ done: 2, left: 1 })
      expect(yield* outbox.retryMany({ payload })).toStrictEqual({ done: 0, left: 3 })
      const { get } = yield* Outbox.Outbox
      expect((yield* get(ids.rejected[1] ?? 0)).history.at(-1)?.by).toStrictEqual({
        _tag: "Operator",
        reason: "was mended"
      })
      const pending = yield* outbox.matching({ urlParams: { state: "pending" } })
      expect(
        yield* outbox.discardMany({
          payload: { reason: "r", rows: pending.rows.map(({ id, state }) => ({ id, ifState: state })) }
        })
      ).toStrictEqual({ done: 3, left: 0 })
      // whoever asks for it by hand isn't let either
      const statuses = yield* Effect.forEach(["unknown", "fulfilled"], (ifState) =>
        Effect.map(
          post("/api/matching/retry", { reason: "r", rows: [{ id: ids.unknown[0], ifState }] }),
          ({ status }) => status
        ))
      expect(statuses).toStrictEqual([400, 400])
      const after = yield* Effect.forEach([...ids.fulfilled, ...ids.unknown], get)
      expect(after.map(({ row }) => row.state)).toStrictEqual(["fulfilled", "fulfilled", "unknown", "unknown"])
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("pause and resume accounts", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const { accounts } = yield* Outbox.Outbox
      yield* outbox.pause({ payload: { account: "a/b c", reason: "stock is counted" } })
      expect(yield* accounts).toMatchObject([
        { account: "a/b c", paused: { by: { _tag: "Operator", reason: "stock is counted" } } }
      ])
      yield* outbox.resume({ payload: { account: "a/b c", reason: "it was counted" } })
      const [resumed] = yield* accounts
      expect(resumed?.paused).toBeUndefined()
      expect(resumed?.resumed?.by).toStrictEqual({ _tag: "Operator", reason: "it was counted" })
      const history = yield* outbox.accountHistory({ urlParams: { account: "a/b c" } })
      expect(history).toMatchObject([
        { account: "a/b c", isPaused: false, by: { _tag: "Operator", reason: "it was counted" } },
        { account: "a/b c", isPaused: true, by: { _tag: "Operator", reason: "stock is counted" } }
      ])
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("don't pause or resume an account that was since somebody saw it, and tell what changed", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const { accounts } = yield* Outbox.Outbox
      const seen = Effect.map(accounts, ([state]) => ({ pausedAt: state?.paused?.at, resumedAt: state?.resumed?.at }))
      yield* outbox.pause({ payload: { account: "a", reason: "stock is counted", ifSeen: {} } })
      const paused = yield* seen
      yield* outbox.resume({ payload: { account: "a", reason: "first tab", ifSeen: paused } })
      const second = yield* Effect.flip(
        outbox.resume({ payload: { account: "a", reason: "second tab", ifSeen: paused } })
      )
      expect(second).toMatchObject({
        _tag: "OutboxAccountChanged",
        account: "a",
        isPaused: false,
        by: { reason: "first tab" }
      })
      expect((yield* accounts)[0]?.resumed?.by).toStrictEqual({ _tag: "Operator", reason: "first tab" })
      const third = yield* Effect.flip(outbox.pause({ payload: { account: "a", reason: "third", ifSeen: {} } }))
      expect(third._tag).toBe("OutboxAccountChanged")
      expect((yield* accounts)[0]?.paused).toBeUndefined()
      const { status } = yield* post("/api/accounts/pause", { account: "a", reason: "r", ifSeen: { pausedAt: 1 } })
      expect(status).toBe(409)
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.live("change nothing without a reason, in another state, or of no row", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* ended(refused)
      const statuses = yield* Effect.forEach([
        post(`/api/rows/${id}/retry`, { reason: " ", ifState: "rejected" }),
        post(`/api/rows/${id}/retry`, { ifState: "rejected" }),
        post(`/api/rows/${id}/retry`, { reason: "r".repeat(501), ifState: "rejected" }),
        post(`/api/rows/${id}/retry`, { reason: "r", ifState: "pending" }),
        post("/api/rows/99/retry", { reason: "r", ifState: "pending" }),
        post("/api/rows/x/retry", { reason: "r", ifState: "pending" }),
        post("/api/accounts/pause", { account: "a" })
      ], Effect.map(({ status }) => status))
      expect(statuses).toStrictEqual([400, 400, 400, 409, 404, 400, 400])
      const { get } = yield* Outbox.Outbox
      expect((yield* get(id)).row.state).toBe("rejected")
    }).pipe(Effect.provide(layer)))

  it.live("are for the page's own origin, and for this machine", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* ended(refused)
      const retry = (headers: Record<string, string>) =>
        post(`/api/rows/${id}/retry`, { reason: "r", ifState: "rejected" }, headers)
      const statuses = yield* Effect.forEach([
        retry({ "sec-fetch-site": "cross-site" }),
        retry({ "sec-fetch-site": "same-site" }),
        retry({ "content-type": "text/plain" }),
        retry({ "content-type": "application/jsonp" }),
        request("/api/rows", { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" } }),
        retry({ "sec-fetch-site": "same-origin", "content-type": "Application/JSON; charset=utf-8" })
      ], Effect.map(({ status }) => status))
      expect(statuses).toStrictEqual([403, 403, 403, 403, 403, 200])
      const target = yield* url
      const named = yield* Effect.forEach([
        { host: "evil.example" },
        // a link may lead here, and no frame
        { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
        { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }
      ], (headers) => raw(target, headers))
      expect(named).toStrictEqual([403, 200, 403])
      const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
      // nor may one use up the connections that are told of changes
      expect(yield* Effect.forEach(["api/events", "api/rows"], (path) => raw(`${target}/${path}`, link))).toStrictEqual(
        [
          403,
          403
        ]
      )
    }).pipe(Effect.provide(layer)))

  it.live("emit what there is when it has changed, and that it was looked at", () =>
    Effect.gen(function*() {
      const { offer } = yield* Outbox.Outbox
      const response = yield* request("/api/events")
      const events = Stream.fromReadableStream(() => response.body ?? new ReadableStream(), (error) => error).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.filter((line) => line.startsWith("event: ")),
        Stream.map((line) => line.slice("event: ".length)),
        // the second time it is there
        Stream.tap((name) => name === "tick" ? Effect.ignore(offer(inputs(1))) : Effect.void),
        Stream.take(5),
        Stream.runCollect
      )
      expect([...yield* events]).toStrictEqual(["overview", "tick", "overview", "tick", "tick"])
      const { outbox } = yield* client
      expect((yield* outbox.samples()).length).toBe(1)
    }).pipe(Effect.provide(Layer.merge(layer, NodeHttpClient.layerUndici))))

  it.scopedLive("lead to the page where its slash is left out", () =>
    Effect.gen(function*() {
      const { httpApp } = yield* Dashboard.Dashboard
      yield* HttpServer.serveEffect(HttpRouter.mountApp(HttpRouter.empty, "/outbox", httpApp))
      const at = yield* url
      const answers = yield* Effect.forEach(
        ["/outbox", "/outbox?a", "/outbox/", "/outbox/style.css", "/outbox/none"],
        (path) => Effect.promise(() => fetch(at + path, { redirect: "manual" }))
      )
      expect(answers.map(({ headers, status }) => `${status} ${headers.get("location") ?? ""}`)).toStrictEqual([
        "302 /outbox/",
        "302 /outbox/",
        "200 ",
        "200 ",
        "404 "
      ])
    }).pipe(Effect.provide(unserved)))

  it("have an OpenAPI document", () => {
    const { paths } = OpenApi.fromApi(DashboardApi.DashboardApi)
    expect(Object.keys(paths).toSorted()).toStrictEqual([
      "/api/accounts/history",
      "/api/accounts/pause",
      "/api/accounts/resume",
      "/api/ended",
      "/api/matching",
      "/api/matching/discard",
      "/api/matching/retry",
      "/api/overview",
      "/api/rows",
      "/api/rows/{id}",
      "/api/rows/{id}/discard",
      "/api/rows/{id}/retry",
      "/api/samples"
    ])
  })
})

describe("a program that stops", () => {
  const layers = {
    "the dashboard first": Layer.provide(Dashboard.layerServe(), Dashboard.layer).pipe(Layer.provideMerge(server)),
    "the server first": Dashboard.layerServe().pipe(Layer.provideMerge(server), Layer.provide(Dashboard.layer)),
    "the dashboard first, which an application serves": Layer.scopedDiscard(
      Effect.flatMap(Dashboard.Dashboard, ({ httpApp }) => HttpServer.serveEffect(httpApp))
    ).pipe(Layer.provide(Dashboard.layer), Layer.provideMerge(server))
  }

  it.live.each(
    ["the dashboard first", "the server first", "the dashboard first, which an application serves"] as const
  )(
    "and with it %s, waits for no page that is open",
    (name) =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(Layer.provide(layers[name], outboxInMemory), scope)
        const { body } = yield* Effect.provide(request("/api/events"), context)
        const reader = body?.getReader()
        const first = yield* Effect.promise(async () => reader?.read())
        expect(first?.done).toBe(false)
        yield* Scope.close(scope, Exit.void)
        // all that was sent before, and then its end
        const rest = Effect.promise(async () => reader?.read())
        expect((yield* Effect.repeat(rest, { until: (one) => one?.done === true }))?.done).toBe(true)
      })
  )
})
