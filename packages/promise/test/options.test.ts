import { createClient } from "@effect-shipstation/promise"
import { describe, expect, it } from "@effect/vitest"
import { rejection } from "./support.js"

const good = { apiKey: "SECRETsecret-0123456789", notify: { customer: true, orderSource: true } }

const noKey = "apiKey is missing: give a key of API v2, from process.env.SHIPSTATION_API_KEY say"
const key = "apiKey must be a text, a key of API v2, or a function that gives one"
const notify =
  "notify must say who is told: { customer: true, orderSource: true }, either of them false, or \"account-default\""
const account = "account must be a name, such as \"my-shop\", or left out"
const baseUrl = "baseUrl must be a text such as \"https://api.shipstation.com\", or left out"
const timeout = "timeout must be a number of milliseconds above 0, such as 30_000 for half a minute"
const hosts = "allowInsecureHosts must be an array of hosts, such as [\"emulator:3000\"]"
const mode = "mode must be \"live\", \"silent\" or \"readOnly\""
const limit = "limit must be a number of requests a minute, 1 or more, such as 200"
const maxBatchSize = "maxBatchSize must be a whole number of inputs, 1 or more, such as 500"
const readBack = "readBack must be \"none\", \"unknown\", \"all\" or \"before\""
const fetch = "fetch must be a function such as the global fetch"
const onLog = "onLog must be a function that takes an entry, such as (entry) => …"

/** The values of each option that can't be, and what is said of them. */
const wrong: { readonly [option: string]: ReadonlyArray<readonly [given: unknown, message: string]> } = {
  apiKey: [[undefined, noKey], ["", noKey], [null, key], [7, key], [{ key: "k" }, key]],
  notify: [
    [undefined, notify],
    [null, notify],
    [true, notify],
    ["none", notify],
    [{ customer: true }, notify],
    [{ customer: "no", orderSource: false }, notify]
  ],
  account: [["", account], ["  ", account], [null, account], [7, account]],
  baseUrl: [
    [null, baseUrl],
    [new URL("https://api.shipstation.com"), baseUrl],
    ["", "baseUrl is not a URL; give one like https://api.shipstation.com"],
    ["https://api.shipstation.com/v2", "baseUrl stands without /v2, which is added to it"],
    [
      "http://api.example.com",
      "baseUrl is plain HTTP, over which the API key goes to this machine only; use https://, or list api.example.com in allowInsecureHosts"
    ]
  ],
  timeout: [[0, timeout], [-1, timeout], [NaN, timeout], [Infinity, timeout], [null, timeout], ["30 seconds", timeout]],
  allowInsecureHosts: [
    ["emulator:3000", hosts],
    [null, hosts],
    [7, hosts],
    [[7], hosts],
    [
      ["http://emulator:3000"],
      "allowInsecureHosts must be hosts, with or without a port, such as \"emulator:3000\": no URL, no pattern"
    ]
  ],
  mode: [["readonly", mode], [null, mode], [true, mode]],
  limit: [[0, limit], [0.5, limit], [-1, limit], [NaN, limit], [null, limit], ["200", limit]],
  maxBatchSize: [
    [0, maxBatchSize],
    [1.5, maxBatchSize],
    [NaN, maxBatchSize],
    [Infinity, maxBatchSize],
    [null, maxBatchSize],
    ["500", maxBatchSize]
  ],
  readBack: [["never", readBack], [null, readBack], [false, readBack]],
  fetch: [[null, fetch], ["fetch", fetch], [{}, fetch]],
  onLog: [[null, onLog], [true, onLog], [console, onLog]]
}

/** As from JavaScript, where no type is checked. */
const create = (...options: ReadonlyArray<unknown>): unknown => Reflect.apply(createClient, undefined, options)

const errorOf = (...options: ReadonlyArray<unknown>) =>
  rejection((async () => {
    create(...options)
  })())

describe("options that can't be throw a TypeError at once, which says what to give", () => {
  it.each(
    Object.entries(wrong).flatMap(([option, values]) => values.map(([given, message]) => ({ option, given, message })))
  )("$option: $given", async ({ given, message, option }) => {
    const error = await errorOf({ ...good, [option]: given })
    expect(error).toEqual(new TypeError(`createClient: ${message}`))
    expect(error).toMatchObject({ name: "TypeError" })
    expect(message.startsWith(`${option} `)).toBe(true)
  })

  it("also those that are left out", async () => {
    expect(await errorOf({ notify: good.notify })).toEqual(new TypeError(`createClient: ${noKey}`))
    expect(await errorOf({ apiKey: good.apiKey })).toEqual(new TypeError(`createClient: ${notify}`))
    expect(await errorOf({})).toEqual(new TypeError(`createClient: ${noKey}`))
  })

  it.each([[], [null], ["key"], [7]])("also all of them: %j", async (...options) => {
    expect(await errorOf(...options)).toEqual(
      new TypeError("createClient: the options must be an object, such as { apiKey, notify }")
    )
  })

  it("and the key is in no message", async () => {
    const values = Object.entries(wrong).flatMap(([option, values]) => values.map(([given]) => ({ [option]: given })))
    for (const given of [...values, { apiKey: [good.apiKey] }]) {
      expect(String(await errorOf({ ...good, ...given }))).not.toContain("SECRET")
    }
  })
})

it.each([
  { notify: "account-default" as const },
  { apiKey: () => "k" },
  { limit: Infinity, timeout: 0.5, maxBatchSize: 1 },
  { baseUrl: "http://emulator:3000", allowInsecureHosts: ["emulator:3000"] },
  { baseUrl: undefined, account: undefined, timeout: undefined, limit: undefined, fetch: undefined, onLog: undefined }
])("options that can be are taken: %j", async (options) => {
  await createClient({ ...good, ...options }).close()
})

it("options count too where they are inherited: a mode that is dropped would mail customers", async () => {
  class Settings {
    apiKey = good.apiKey
    notify = good.notify
    get mode() {
      return "loud"
    }
  }
  expect(await errorOf(new Settings())).toEqual(new TypeError(`createClient: ${mode}`))
})

it.each<readonly [string, unknown]>([["Mode", "silent"], ["api_key", "k"], ["notifyCustomer", false]])(
  "an option that there isn't is a TypeError: misspelt, it would do nothing: %s",
  async (name, given) => {
    for (const options of [{ ...good, [name]: given }, Object.create({ ...good, [name]: given })]) {
      expect(String(await errorOf(options))).toContain(`createClient: ${name} is no option: there are apiKey, notify,`)
    }
    await createClient({ ...good, [name]: undefined }).close()
  }
)

describe("options of a call that can't be are a TypeError of that call", () => {
  const input = { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" }

  const signal = "signal must be an AbortSignal, such as AbortSignal.timeout(60_000)"
  const stranger = "read_back is no option: there are readBack, signal"

  it.each<readonly [string, unknown, string]>([
    ["readBack", "never", readBack],
    ["readBack", null, readBack],
    ["signal", new AbortController(), signal],
    ["signal", { aborted: false }, signal],
    ["signal", { aborted: false, addEventListener: () => {} }, signal],
    ["read_back", "none", stranger]
  ])(
    "create, %s: %s",
    async (name, given, message) => {
      const client = createClient(good)
      const call: unknown = Reflect.apply(client.create, undefined, [[input], { [name]: given }])
      expect(await rejection(Promise.resolve(call))).toEqual(new TypeError(`create: ${message}`))
      await client.close()
    }
  )

  it.each<readonly [string, unknown, string]>([
    ["readBack", "never", readBack],
    ["signal", 60_000, signal],
    ["read_back", "none", `${stranger}, batchSize, concurrency, unordered, onLeftover`],
    ["batchSize", 0, "batchSize must be a whole number of inputs, 1 or more, such as 100"],
    ["batchSize", 1.5, "batchSize must be a whole number of inputs, 1 or more, such as 100"],
    ["concurrency", 0, "concurrency must be a whole number of requests, 1 or more, such as 4"],
    ["concurrency", "4", "concurrency must be a whole number of requests, 1 or more, such as 4"],
    ["unordered", "yes", "unordered must be true or false"],
    ["onLeftover", {}, "onLeftover must be a function that takes outcomes, such as (outcomes) => …"]
  ])("createAll, %s: %s", async (name, given, message) => {
    const client = createClient(good)
    expect(() => Reflect.apply(client.createAll, undefined, [[input], { [name]: given }])).toThrow(
      new TypeError(`createAll: ${message}`)
    )
    await client.close()
  })
})
