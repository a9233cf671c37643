import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Config, ConfigProvider, Duration, Effect, Fiber, Layer, Redacted, Ref, TestClock } from "effect"
import { inspect } from "node:util"
import { client, input, postOnce } from "./support/clients.js"

/** An HttpClient that records what it is asked, and answers that all went well. */
const recording = Effect.map(
  Ref.make<ReadonlyArray<{ url: string; key: string | undefined; body: string }>>([]),
  (requests) => ({
    requests,
    layer: Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, url) =>
        Effect.as(
          Ref.update(requests, (all) => [...all, {
            url: url.href,
            key: request.headers["api-key"],
            body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
          }]),
          HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ has_errors: false, fulfillments: [] })))
        )
      )
    )
  })
)

describe("the key", () => {
  const long = "0123456789-0123456789"
  it.effect.each<readonly [name: string, key: string]>([
    ["empty", ""],
    ["a line break", `${long}\n`],
    ["a carriage return", `${long}\r\nx-evil: 1`],
    ["a space", `${long} ${long}`],
    ["a letter that no header holds", `${long}ключ`],
    ["a NUL", `${long}\0`]
  ])("that can't be used (%s) is refused unsent and unprinted", ([, key]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey: Redacted.make(key) }, layer)))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      expect(yield* requests).toEqual([])
      const printed = [
        inspect(error, { depth: 9 }),
        JSON.stringify(error),
        String(error),
        Cause.pretty(Cause.fail(error))
      ]
      expect(printed.filter((text) => text.includes(long))).toEqual([])
    }))

  it.effect("is read at each attempt, so that it may rotate", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const current = yield* Ref.make("first")
      const apiKey = Effect.map(current, (key) => Redacted.make(key))
      yield* Effect.gen(function*() {
        yield* postOnce
        yield* Ref.set(current, "second")
        yield* postOnce
        yield* Ref.set(current, "third\n")
        expect(yield* Effect.flip(postOnce)).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      }).pipe(Effect.provide(client({ apiKey }, layer)))
      expect((yield* requests).map(({ key }) => key)).toEqual(["first", "second"])
    }))

  it.effect("that can't be read is refused unsent", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ apiKey: Effect.die("vault is down") }, layer)))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      expect(yield* requests).toEqual([])
    }))
})

describe("the base URL", () => {
  it.effect.each<readonly [baseUrl: string, url: string]>([
    ["https://api.shipstation.com", "https://api.shipstation.com/v2/fulfillments"],
    ["https://proxy.example/shipstation/", "https://proxy.example/shipstation/v2/fulfillments"],
    ["http://localhost:3000", "http://localhost:3000/v2/fulfillments"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:3000/v2/fulfillments"],
    ["http://127.9.9.9", "http://127.9.9.9/v2/fulfillments"],
    ["http://[::1]:3000", "http://[::1]:3000/v2/fulfillments"],
    ["http://emulator:3000", "http://emulator:3000/v2/fulfillments"]
  ])("%s is used", ([baseUrl, url]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      yield* Effect.provide(postOnce, client({ baseUrl, allowInsecureHosts: ["emulator"] }, layer))
      expect((yield* requests).map((request) => request.url)).toEqual([url])
    }))

  it.effect.each([
    "http://api.shipstation.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://emulator.example.com",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "ftp://api.shipstation.com",
    "https://user:pa55@api.shipstation.com",
    "api.shipstation.com",
    ""
  ])("%s gets no key", (baseUrl) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* Effect.flip(
        Effect.provide(postOnce, client({ baseUrl, allowInsecureHosts: ["emulator"] }, layer))
      )
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      expect(error.message).not.toContain("pa55")
      expect(yield* requests).toEqual([])
    }))
})

describe("the mode", () => {
  const loud = { ...input, notify_customer: true, notify_order_source: true }
  const postLoud = Effect.flatMap(
    ShipStationClient.ShipStationClient,
    (client) => client.createFulfillments({ fulfillments: [loud, input] })
  )

  it.effect("live sends what it is given", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      yield* Effect.provide(postLoud, client({ mode: "live" }, layer))
      expect(JSON.parse((yield* requests)[0]?.body ?? "")).toEqual({ fulfillments: [loud, input] })
    }))

  it.effect("silent forces both notify flags to false", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const silent = { ...input, notify_customer: false, notify_order_source: false }
      yield* Effect.provide(postLoud, client({ mode: "silent" }, layer))
      expect(JSON.parse((yield* requests)[0]?.body ?? "")).toEqual({ fulfillments: [silent, silent] })
    }))

  it.effect("readOnly refuses a POST and lets a GET through", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const readOnly = client({ mode: "readOnly" }, layer)
      const error = yield* Effect.flip(Effect.provide(postLoud, readOnly))
      expect(error).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unsent" })
      yield* ShipStationClient.ShipStationClient.pipe(
        Effect.flatMap((client) => client.listFulfillments({})),
        Effect.provide(readOnly)
      )
      expect((yield* requests).map(({ url }) => url)).toEqual(["https://api.shipstation.com/v2/fulfillments"])
    }))
})

describe("the time-out", () => {
  it.effect("ends an attempt after 30 seconds, or as configured", () =>
    Effect.gen(function*() {
      const stalling = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.never))
      for (const [timeout, seconds] of [[undefined, 30], ["5 seconds", 5]] as const) {
        const fiber = yield* Effect.fork(Effect.flip(Effect.provide(postOnce, client({ timeout }, stalling))))
        yield* TestClock.adjust(Duration.seconds(seconds - 1))
        expect(fiber.unsafePoll()).toBe(null)
        yield* TestClock.adjust("1 second")
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "ShipStationConnectionLostError", reason: "timeout" })
      }
    }))
})

describe("a request that can't be written", () => {
  it.effect("is refused unsent, without quoting the value", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* ShipStationClient.ShipStationClient.pipe(
        Effect.flatMap((client) =>
          client.createFulfillments({ fulfillments: [{ ...input, shipment_id: "Jane Doe" }] })
        ),
        RetryPolicy.withRetryPolicy(RetryPolicy.none),
        Effect.provide(client({}, layer)),
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "ShipStationValidationError", delivery: "unsent" })
      expect(error.message).toContain("fulfillments.0.shipment_id")
      expect(error.message).not.toContain("Jane")
      expect(yield* requests).toEqual([])
    }))
})

describe("layerConfig", () => {
  const read = (env: Record<string, string>, layer = ShipStationConfig.layerConfig()) =>
    ShipStationConfig.ShipStationConfig.pipe(
      Effect.provide(layer),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env))))
    )

  it.effect("needs the key only", () =>
    Effect.gen(function*() {
      const config = yield* read({ SHIPSTATION_API_KEY: "abc" })
      expect(config).toMatchObject({
        account: "default",
        baseUrl: "https://api.shipstation.com",
        allowInsecureHosts: [],
        mode: "live"
      })
      expect(Duration.toSeconds(config.timeout)).toBe(30)
      expect(Redacted.value(yield* config.apiKey)).toBe("abc")
      expect(inspect(config, { depth: 9 })).not.toContain("abc")
    }))

  it.effect("reads base URL and mode where they are set", () =>
    Effect.gen(function*() {
      const config = yield* read({
        SHIPSTATION_API_KEY: "abc",
        SHIPSTATION_BASE_URL: "http://127.0.0.1:1",
        SHIPSTATION_MODE: "readOnly"
      })
      expect(config).toMatchObject({ baseUrl: "http://127.0.0.1:1", mode: "readOnly" })
    }))

  it.effect("fails without a key, and on a mode that doesn't exist", () =>
    Effect.gen(function*() {
      expect(String(yield* Effect.flip(read({})))).toContain("SHIPSTATION_API_KEY")
      const error = yield* Effect.flip(read({ SHIPSTATION_API_KEY: "abc", SHIPSTATION_MODE: "sandbox" }))
      expect(String(error)).toContain("SHIPSTATION_MODE")
      expect(String(error)).not.toContain("abc")
    }))

  it.effect("takes names of your own", () =>
    Effect.gen(function*() {
      const layer = ShipStationConfig.layerConfig({
        apiKey: Config.redacted("MY_KEY"),
        account: Config.succeed("shop-1"),
        timeout: Config.duration("MY_TIMEOUT")
      })
      const config = yield* read({ MY_KEY: "abc", MY_TIMEOUT: "5 seconds" }, layer)
      expect(config.account).toBe("shop-1")
      expect(Duration.toSeconds(config.timeout)).toBe(5)
    }))
})
