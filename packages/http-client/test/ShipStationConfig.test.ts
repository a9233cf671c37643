import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import {
  Cause,
  Config,
  ConfigProvider,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Redacted,
  TestClock
} from "effect"
import { inspect } from "node:util"
import { client, input, postOnce } from "./support/clients.js"
import { recording } from "./support/recording.js"

describe("the base URL", () => {
  it.effect.each<readonly [baseUrl: string, url: string]>([
    ["https://api.shipstation.com", "https://api.shipstation.com/v2/fulfillments"],
    ["https://proxy.example/shipstation/", "https://proxy.example/shipstation/v2/fulfillments"],
    ["http://localhost:3000", "http://localhost:3000/v2/fulfillments"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:3000/v2/fulfillments"],
    ["http://127.9.9.9", "http://127.9.9.9/v2/fulfillments"],
    ["http://127.10.20.255", "http://127.10.20.255/v2/fulfillments"],
    ["https://proxy.example/v2/shipstation", "https://proxy.example/v2/shipstation/v2/fulfillments"],
    ["http://[::1]:3000", "http://[::1]:3000/v2/fulfillments"],
    ["http://emulator:3000", "http://emulator:3000/v2/fulfillments"],
    ["http://Emulator", "http://emulator/v2/fulfillments"],
    ["http://only-there:3000", "http://only-there:3000/v2/fulfillments"],
    ["http://port-80", "http://port-80/v2/fulfillments"],
    ["http://upper", "http://upper/v2/fulfillments"]
  ])("%s is used", ([baseUrl, url]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const allowInsecureHosts = ["emulator", "only-there:3000", "port-80:80", "UPPER"]
      yield* Effect.provide(postOnce, client({ baseUrl, allowInsecureHosts }, layer))
      expect((yield* requests).map((request) => request.url)).toEqual([url])
    }))

  it.effect.each<readonly [baseUrl: string, told: string]>([
    ["http://api.shipstation.com", "use https://"],
    ["http://127.0.0.1.example.com", "plain HTTP"],
    ["http://127.0.0.1.a", "plain HTTP"],
    ["http://a.127-0-0-1.example.com", "plain HTTP"],
    ["http://localhost.example.com", "plain HTTP"],
    ["http://evil-localhost", "list evil-localhost in allowInsecureHosts"],
    ["http://evil.localhost", "plain HTTP"],
    ["http://x[::1]", "not a URL"],
    ["http://emulator.example.com", "plain HTTP"],
    ["http://my.emulator", "plain HTTP"],
    ["http://emulator2", "plain HTTP"],
    ["http://only-there:3001", "plain HTTP"],
    ["http://there.only-there:3000", "plain HTTP"],
    ["http://10.0.0.1", "plain HTTP"],
    ["http://0.0.0.0", "plain HTTP"],
    ["ftp://api.shipstation.com", "must begin with https://"],
    ["https://user:pa55@api.shipstation.com", "a user or a password"],
    ["https://:pa55@api.shipstation.com", "a user or a password"],
    ["https://pa55@api.shipstation.com", "a user or a password"],
    ["http://pa55@localhost", "a user or a password"],
    ["https://api.shipstation.com/v2", "without /v2"],
    ["https://api.shipstation.com/?key=pa55", "a query"],
    ["https://api.shipstation.com/#pa55", "a fragment"],
    ["api.shipstation.com", "not a URL"],
    ["", "not a URL"]
  ])("%s gets no key, and it says what to do", ([baseUrl, told]) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const error = yield* Effect.flip(
        Effect.provide(postOnce, client({ baseUrl, allowInsecureHosts: ["emulator", "only-there:3000"] }, layer))
      )
      expect(error._tag).toBe("ShipStationConfigError")
      expect(error.delivery).toBe("unsent")
      expect(error.concerns).toBe("account")
      expect(error.message).toContain("baseUrl")
      expect(error.message).toContain(told)
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

  it.effect("silent keeps what an input inherits", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      class Inherited {
        readonly shipment_id = "se-1"
        readonly tracking_number = "1Z"
        readonly carrier_code = "ups"
        readonly notify_customer = true
        get ship_date() {
          return DateTime.unsafeMake(0)
        }
      }
      const create = Effect.flatMap(
        ShipStationClient.ShipStationClient,
        ({ createFulfillments }) => createFulfillments({ fulfillments: [new Inherited()] })
      )
      yield* Effect.provide(create, client({ mode: "silent" }, layer))
      expect(JSON.parse((yield* requests)[0]?.body ?? "")).toMatchObject({
        fulfillments: [{ ship_date: "1970-01-01T00:00:00.000Z", notify_customer: false, notify_order_source: false }]
      })
    }))

  it.effect("a query keeps what it inherits", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      class Own {
        get shipment_id() {
          return "se-1"
        }
      }
      const list = Effect.flatMap(ShipStationClient.ShipStationClient, (_) => _.listFulfillments(new Own()))
      yield* Effect.provide(list, client({}, layer))
      expect((yield* requests)[0]?.url).toContain("?shipment_id=se-1")
    }))

  it.effect("readOnly refuses a POST and lets a GET through", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* recording
      const readOnly = client({ mode: "readOnly" }, layer)
      const error = yield* Effect.flip(Effect.provide(postLoud, readOnly))
      expect(error._tag).toBe("ShipStationConfigError")
      expect(error.delivery).toBe("unsent")
      expect(error.message).toContain("readOnly")
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

describe("options that can't be", () => {
  const apiKey = Redacted.make("abcdefgh")

  it.effect.each<readonly [name: string, options: object, told: string]>([
    ["a time-out of 0", { apiKey, timeout: 0 }, "timeout must be longer than 0, such as \"30 seconds\""],
    ["a time-out that is no number", { apiKey, timeout: Number.NaN }, "timeout must be longer than 0"],
    ["a negative time-out", { apiKey, timeout: -1 }, "timeout must be longer than 0"],
    ["a negative time-out in words", { apiKey, timeout: "-5 seconds" }, "timeout must be longer than 0"],
    ["a time-out in no words", { apiKey, timeout: "soon" }, "timeout must be longer than 0"],
    [
      "a time-out without an end",
      { apiKey, timeout: Duration.infinity },
      "timeout must be longer than 0, such as \"30 seconds\", and finite"
    ],
    ["a time-out of Infinity", { apiKey, timeout: Number.POSITIVE_INFINITY }, "timeout must be longer than 0"],
    ["a time-out of null", { apiKey, timeout: null }, "timeout must be longer than 0"],
    ["an empty account", { apiKey, account: "" }, "account must be a name"],
    ["an account of spaces", { apiKey, account: "  " }, "account must be a name"],
    ["an account of another type", { apiKey, account: 7 }, "account must be a name"],
    ["an unknown mode", { apiKey, mode: "sandbox" }, "mode must be \"live\", \"silent\" or \"readOnly\""],
    ["a base URL of another type", { apiKey, baseUrl: 7 }, "baseUrl must be a text"],
    ["a URL for a host", { apiKey, allowInsecureHosts: ["http://emulator"] }, "allowInsecureHosts must be hosts"],
    ["a path for a host", { apiKey, allowInsecureHosts: ["emulator/"] }, "allowInsecureHosts must be hosts"],
    ["a pattern for a host", { apiKey, allowInsecureHosts: ["*.example.com"] }, "allowInsecureHosts must be hosts"],
    ["no host at all", { apiKey, allowInsecureHosts: ["emulator", ""] }, "allowInsecureHosts must be hosts"],
    ["a text of hosts", { apiKey, allowInsecureHosts: "emulator" }, "allowInsecureHosts must be hosts"],
    ["no key", {}, "apiKey is missing"],
    ["a key that isn't hidden", { apiKey: "abcdefgh" }, "apiKey must be a Redacted"]
  ])("%s is a defect when the layer is built, which names the option", ([, options, told]) =>
    Effect.gen(function*() {
      // @ts-expect-error as in a program without types
      const layer = ShipStationConfig.layer(options)
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
      const text = Exit.match(exit, { onSuccess: () => "built", onFailure: Cause.pretty })
      expect(text).toContain(`ShipStationConfig: ${told}`)
      expect(text).not.toContain("abcdefgh")
    }))

  class Inherited {
    readonly apiKey = apiKey
    get mode() {
      return "readOnly" as const
    }
  }

  it.effect("count too that are inherited", () =>
    Effect.gen(function*() {
      const ofAll = [
        ShipStationConfig.layer(new Inherited()),
        ShipStationConfig.layer(Object.create(new Inherited()))
      ]
      for (const layer of ofAll) {
        expect((yield* Effect.provide(ShipStationConfig.ShipStationConfig, layer)).mode).toBe("readOnly")
      }
    }))

  it.effect.each<readonly [name: string, options: Partial<ShipStationConfig.Options>]>([
    ["what is undefined", {
      account: undefined,
      baseUrl: undefined,
      timeout: undefined,
      allowInsecureHosts: undefined,
      mode: undefined
    }],
    ["hosts of all kinds", { allowInsecureHosts: ["emulator", "10.0.0.1", "[::2]:3000", "a_b.c-d.example:80"] }],
    ["a long time-out", { timeout: Duration.weeks(1000) }],
    ["a short time-out", { timeout: Duration.nanos(1n) }]
  ])("%s is not one of them", ([, options]) =>
    Effect.gen(function*() {
      const config = yield* Effect.provide(
        ShipStationConfig.ShipStationConfig,
        ShipStationConfig.layer({ apiKey, ...options })
      )
      expect(config.account).toBe("default")
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

  it.effect("reads account and time-out where they are set", () =>
    Effect.gen(function*() {
      const config = yield* read({
        SHIPSTATION_API_KEY: "abc",
        SHIPSTATION_ACCOUNT: "shop-1",
        SHIPSTATION_TIMEOUT: "5 seconds"
      })
      expect(config.account).toBe("shop-1")
      expect(Duration.toSeconds(config.timeout)).toBe(5)
    }))

  it.effect.each<readonly [variable: string, value: string, told: string]>([
    ["SHIPSTATION_BASE_URL", "api.shipstation.com", "is not a URL"],
    ["SHIPSTATION_BASE_URL", "http://api.shipstation.com", "plain HTTP"],
    ["SHIPSTATION_TIMEOUT", "0 seconds", "longer than 0"],
    ["SHIPSTATION_TIMEOUT", "30", "duration"],
    ["SHIPSTATION_ACCOUNT", " ", "a name"]
  ])("fails when it is built, at %s=%s", ([variable, value, told]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read({ SHIPSTATION_API_KEY: "abcdefgh", [variable]: value }))
      expect(String(error)).toContain(variable)
      expect(String(error)).toContain(told)
      expect(String(error)).not.toContain("abcdefgh")
    }))

  it.effect("fails with the option's name at what a configuration of your own says", () =>
    Effect.gen(function*() {
      const layer = ShipStationConfig.layerConfig({
        apiKey: Config.redacted("MY_KEY"),
        baseUrl: Config.succeed("http://10.0.0.1"),
        allowInsecureHosts: Config.array(Config.string(), "MY_HOSTS")
      })
      const error = yield* Effect.flip(read({ MY_KEY: "abc", MY_HOSTS: "10.0.0.2, 10.0.0.3" }, layer))
      expect(String(error)).toContain("baseUrl")
      const config = yield* read({ MY_KEY: "abc", MY_HOSTS: "10.0.0.2, 10.0.0.1" }, layer)
      expect(config.allowInsecureHosts).toEqual(["10.0.0.2", "10.0.0.1"])
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
