/** The dashboard's routes, by a client made from their definition, and by whoever else may ask. */
import { Dashboard, DashboardApi } from "@effect-shipstation/dashboard"
import { Outbox } from "@effect-shipstation/outbox"
import { HttpApiClient, HttpRouter, HttpServer, OpenApi } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { get } from "node:http"
import { ended, inputs, layer, unserved, url } from "./support.js"

const client = Effect.flatMap(url, (baseUrl) => HttpApiClient.make(DashboardApi.DashboardApi, { baseUrl }))

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

  it.live("give pages of rows", () =>
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

  it.live("pause and resume accounts", () =>
    Effect.gen(function*() {
      const { outbox } = yield* client
      const { accounts } = yield* Outbox.Outbox
      yield* outbox.pause({ payload: { account: "a/b c", reason: "stock is counted" } })
      expect(yield* accounts).toMatchObject([
        { account: "a/b c", paused: { by: { _tag: "Operator", reason: "stock is counted" } } }
      ])
      yield* outbox.resume({ payload: { account: "a/b c", reason: "it was counted" } })
      expect((yield* accounts)[0]?.paused).toBeUndefined()
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
        request("/api/rows", { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" } }),
        retry({ "sec-fetch-site": "same-origin" })
      ], Effect.map(({ status }) => status))
      expect(statuses).toStrictEqual([403, 403, 403, 403, 200])
      const target = yield* url
      const named = yield* Effect.forEach([
        { host: "evil.example" },
        // a link may lead here
        { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }
      ], (headers) => raw(target, headers))
      expect(named).toStrictEqual([403, 200])
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
      "/api/accounts/pause",
      "/api/accounts/resume",
      "/api/overview",
      "/api/rows",
      "/api/rows/{id}",
      "/api/rows/{id}/discard",
      "/api/rows/{id}/retry",
      "/api/samples"
    ])
  })
})
