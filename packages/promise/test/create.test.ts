import {
  AbortedError,
  ClosedError,
  createClient,
  InvalidFulfillmentError,
  type LogEntry,
  ShipStationConfigError,
  ShipStationError,
  ShipStationRateLimitError,
  ShipStationSecurityError
} from "@effect-shipstation/promise"
import { describe, expect, it } from "@effect/vitest"
import { inspect } from "node:util"
import { gate, input, inputs, notify, rejection, withShop } from "./support.js"

describe("create", () => {
  it(
    "gives one outcome for each input, in their order, as plain objects",
    withShop(async ({ client }) => {
      const outcomes = await client().create([input(3), input(1), { ...input(2), carrier_code: "nobody" }])
      expect(outcomes).toEqual([
        { _tag: "Created", index: 0, input: input(3), requestId: expect.any(String), shipment_number: "ORDER-3" },
        { _tag: "Created", index: 1, input: input(1), requestId: expect.any(String), shipment_number: "ORDER-1" },
        {
          _tag: "Rejected",
          index: 2,
          input: { ...input(2), carrier_code: "nobody" },
          requestId: expect.any(String),
          message: "Carrier nobody is not set up on this account."
        }
      ])
      for (const outcome of outcomes) expect(Object.getPrototypeOf(outcome)).toBe(Object.prototype)
    }, { resultOrder: "reverse" })
  )

  it(
    "of what is fulfilled already tells with which number",
    withShop(async ({ client }) => {
      const [same, other] = await client().create([input(1), { ...input(2), tracking_number: "1Z-other" }])
      expect(same).toMatchObject({ _tag: "AlreadyFulfilled", fulfillment: { tracking_number: "1Z1" } })
      expect(other).toMatchObject({ _tag: "Conflict", fulfillment: { tracking_number: "1Z2", voided: false } })
      expect(typeof (same?._tag === "AlreadyFulfilled" ? same.fulfillment.created_at : undefined)).toBe("string")
    }, {
      fulfillments: [{ shipment_id: "se-1", tracking_number: "1Z1" }, { shipment_id: "se-2", tracking_number: "1Z2" }]
    })
  )

  it(
    "sends what it was given, though that is changed right after the call",
    withShop(async ({ ask, client }) => {
      const given = { ...input(1), ship_date: new Date(Date.UTC(2024, 0, 15)) }
      const rows = [given]
      const call = client().create(rows)
      given.tracking_number = "other"
      given.ship_date.setUTCFullYear(2025)
      rows.push({ ...given, ...input(2) })
      expect(await call).toMatchObject([{
        _tag: "Created",
        input: { ...input(1), ship_date: "2024-01-15T00:00:00.000Z" }
      }])
      expect((await ask(({ fulfillments }) => fulfillments)).map(({ tracking_number }) => tracking_number)).toEqual([
        "1Z1"
      ])
    })
  )

  it(
    "takes a Date, and a text, whose offset stays",
    withShop(async ({ ask, client }) => {
      const [date, text] = await client().create([
        { ...input(1), ship_date: new Date(Date.UTC(2024, 0, 15, 10)) },
        { ...input(2), ship_date: "2024-01-15T23:30:00-06:00" }
      ])
      expect(date?.input.ship_date).toBe("2024-01-15T10:00:00.000Z")
      expect(text?.input.ship_date).toBe("2024-01-15T23:30:00.000-06:00")
      const [request] = await ask(({ requests }) => requests)
      expect(request?.requestBody).toContain("2024-01-15T23:30:00.000-06:00")
    })
  )

  it(
    "counts what an input inherits, also beside a date",
    withShop(async ({ ask, client }) => {
      class Quiet {
        readonly tracking_number = "1Z"
        readonly carrier_code = "ups"
        readonly shipment_id: string
        readonly ship_date: Date | string | undefined
        constructor(n: number, ship_date?: Date | string) {
          this.shipment_id = `se-${n}`
          this.ship_date = ship_date
        }
        get notify_customer() {
          return false
        }
      }
      await client().create([
        new Quiet(1),
        new Quiet(2, new Date(0)),
        new Quiet(3, "2024-01-15T10:00:00Z")
      ])
      const [request] = await ask(({ requests }) => requests)
      expect(request?.requestBody?.match(/"notify_customer":false/g)).toHaveLength(3)
    })
  )

  it(
    "of nothing asks nobody",
    withShop(async ({ ask, client }) => {
      expect(await client().create([])).toEqual([])
      expect(await ask(({ requests }) => requests)).toEqual([])
    })
  )

  it.each([
    [{ shipment_id: "1", tracking_number: " ", carrier_code: "ups" }, ["shipment_id", "tracking_number"]],
    [{ ...input(1), ship_date: "yesterday" }, ["ship_date"]],
    [{ ...input(1), ship_date: new Date(NaN) }, ["ship_date"]]
  ])("sends nothing of what can't be: %j", async (wrong, fields) => {
    await withShop(async ({ ask, client }) => {
      const error = await rejection(client().create([input(9), wrong]))
      expect(error).toBeInstanceOf(InvalidFulfillmentError)
      if (!(error instanceof InvalidFulfillmentError)) return
      expect(error.issues.map(({ field, index }) => [index, field])).toEqual(fields.map((field) => [1, field]))
      expect([error.delivery, error.concerns, error.name]).toEqual(["unsent", "content", "InvalidFulfillmentError"])
      expect(await ask(({ requests }) => requests)).toEqual([])
    })()
  })

  it.each(["notifyCustomer", "notify_costumer", "Notify_customer", "notify", "notifyOrderSource"])(
    "sends nothing with %s, which no compiler told of and which would be left out",
    (name) =>
      withShop(async ({ ask, client }) => {
        const error = await rejection(client().create([input(9), Object.assign(input(1), { [name]: false })]))
        expect(error).toMatchObject({
          name: "InvalidFulfillmentError",
          issues: [{ index: 1, field: "notify_customer", value: name, reason: "must be true or false" }]
        })
        expect(await ask(({ requests }) => requests)).toEqual([])
      })()
  )

  it(
    "of what can't be known says so, and finds it when it is asked again",
    withShop(async ({ ask, client }) => {
      const shop = client({ readBack: "none" })
      const [outcome] = await shop.create([input(1)])
      expect(outcome).toMatchObject({ _tag: "Unknown", error: { delivery: "unknown", concerns: "transport" } })
      expect(outcome?._tag === "Unknown" ? outcome.error : undefined).toBeInstanceOf(ShipStationError)
      expect(await shop.create([input(1)])).toMatchObject([{ _tag: "AlreadyFulfilled" }])
      expect(await ask(({ notifiedAgain }) => notifiedAgain)).toEqual([])
    }, { alreadyFulfilled: "accept", faults: [{ endpoint: "create", times: 1, action: { _tag: "Reset" } }] })
  )
})

describe("errors", () => {
  it(
    "are of the class that they are, with all that is known, and without the key",
    withShop(async ({ client }) => {
      const error = await rejection(client({ apiKey: "SECRETsecret-0123456789" }).create([input(1)]))
      expect(error).toBeInstanceOf(Error)
      expect(error).toBeInstanceOf(ShipStationError)
      expect(error).toBeInstanceOf(ShipStationSecurityError)
      expect(error).not.toBeInstanceOf(ShipStationRateLimitError)
      expect(error).toMatchObject({
        _tag: "ShipStationSecurityError",
        name: "ShipStationSecurityError",
        delivery: "rejected",
        concerns: "account",
        isTransient: false,
        status: 401
      })
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("SECRET")
      expect(String(error instanceof Error ? error.stack : "")).toContain("ShipStationSecurityError")
    })
  )

  it(
    "tell in milliseconds how long to wait",
    withShop(async ({ client }) => {
      const error = await rejection(client().create([input(1)]))
      expect(error).toBeInstanceOf(ShipStationRateLimitError)
      expect(error).toMatchObject({ retryAfter: 3_600_000, delivery: "rejected", concerns: "account" })
    }, { faults: [{ action: { _tag: "ErrorBody", status: 429, retryAfter: 3600 } }] })
  )

  it(
    "of a key that can't be read say so",
    withShop(async ({ client }) => {
      const asked = { count: 0 }
      const apiKey = async () => {
        asked.count++
        throw new Error("the vault is sealed")
      }
      const controller = new AbortController()
      const call = rejection(client({ apiKey, onLog: () => {} }).create([input(1)], { signal: controller.signal }))
      while (asked.count === 0) await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      expect(await call).toMatchObject({ name: "AbortError", delivery: "unsent" })
    })
  )

  it("of a configuration say what to do", async () => {
    const client = createClient({ apiKey: "k", notify, mode: "readOnly" })
    expect(await rejection(client.create([input(1)]))).toBeInstanceOf(ShipStationConfigError)
    await client.close()
  })
})

describe("options", () => {
  it(
    "of two clients with two keys are each its own",
    withShop(async ({ ask, client }) => {
      const [one, other] = [client({ apiKey: "key-a" }), client({ apiKey: () => "key-b" })]
      const outcomes = await Promise.all([one.create([input(1)]), other.create([input(2)]), one.create([input(3)])])
      expect(outcomes.flat().map(({ _tag }) => _tag)).toEqual(["Created", "Created", "Created"])
      const fulfillments = await ask(({ fulfillments }) => fulfillments)
      expect(new Map(fulfillments.map(({ account, shipment_id }) => [shipment_id, account]))).toEqual(
        new Map([["se-1", "a"], ["se-2", "b"], ["se-3", "a"]])
      )
    }, { accounts: [{ name: "a", apiKey: "key-a" }, { name: "b", apiKey: "key-b" }] })
  )

  it(
    "say who is notified",
    withShop(async ({ ask, client }) => {
      await client({ notify: { customer: false, orderSource: true } }).create([input(1)])
      await client({ mode: "silent" }).create([input(2)])
      expect((await ask(({ notifications }) => notifications)).map(({ kind, shipment_id }) => [kind, shipment_id]))
        .toEqual([["order_source", "se-1"]])
    })
  )

  it(
    "say where logs go, and the key is in none, nor in the client",
    withShop(async ({ client }) => {
      const logs: Array<LogEntry> = []
      const shop = client({
        apiKey: "SECRETsecret-0123456789",
        onLog: (entry) => void logs.push(entry),
        readBack: "none"
      })
      await shop.create([input(1)])
      expect(logs.map(({ level }) => level)).toContain("WARN")
      expect(inspect([logs, shop], { depth: null, showHidden: true })).not.toContain("SECRET")
    }, {
      accounts: [{ name: "a", apiKey: "SECRETsecret-0123456789" }],
      faults: [{ endpoint: "create", action: { _tag: "Reset" } }]
    })
  )

  it(
    "fail unsent where a key never comes",
    withShop(async ({ ask, client }) => {
      const shop = client({ apiKey: () => new Promise<never>(() => {}), timeout: 50 })
      expect(await rejection(shop.create([input(1)]))).toMatchObject({ delivery: "unsent" })
      await shop.close()
      expect(await ask(({ requests }) => requests)).toEqual([])
    })
  )

  it(
    "may throw where logs go, at once or later",
    withShop(async ({ client }) => {
      const full = new Error("the disk is full")
      const fails = () => {
        throw full
      }
      const rejections: Array<unknown> = []
      const keep = (reason: unknown) => void rejections.push(reason)
      process.on("unhandledRejection", keep)
      for (const onLog of [fails, () => Promise.reject(full)]) {
        const outcomes = await client({ onLog, readBack: "none" }).create([input(1)])
        expect(outcomes).toMatchObject([{ _tag: "Unknown" }])
      }
      await new Promise((resolve) => setImmediate(resolve))
      process.off("unhandledRejection", keep)
      expect(rejections).toEqual([])
    }, { faults: [{ endpoint: "create", action: { _tag: "Reset" } }] })
  )

  it(
    "say with what requests are sent, and where they may go over plain HTTP",
    withShop(async ({ client, url }) => {
      const emulated: typeof fetch = (input, init) => fetch(String(input).replace("http://shop.example.com", url), init)
      const options = { baseUrl: "http://shop.example.com", fetch: emulated }
      expect(() => client(options)).toThrow("list shop.example.com in allowInsecureHosts")
      const shop = client({ ...options, allowInsecureHosts: ["shop.example.com"] })
      expect(await shop.create([input(1)])).toMatchObject([{ _tag: "Created" }])
    })
  )

  it(
    "of a call win over the client's",
    withShop(async ({ client }) => {
      const shop = client({ readBack: "all" })
      expect(await shop.create([input(1)], { readBack: "none" })).toMatchObject([{ _tag: "Unknown" }])
    }, { faults: [{ endpoint: "create", action: { _tag: "Reset" } }] })
  )

  it(
    "limit the requests of a minute",
    withShop(async ({ ask, client }) => {
      const shop = client({ limit: 2 })
      await shop.create([input(1)])
      await shop.create([input(2)])
      const controller = new AbortController()
      const third = rejection(shop.create([input(3)], { signal: controller.signal }))
      await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      expect(await third).toMatchObject({ delivery: "unsent" })
      expect((await ask(({ requests }) => requests)).length).toBe(2)
    })
  )
})

describe("a signal", () => {
  it(
    "that is aborted before keeps all of it from being sent",
    withShop(async ({ ask, client }) => {
      const error = await rejection(client().create([input(1)], { signal: AbortSignal.abort("changed my mind") }))
      expect(error).toBeInstanceOf(AbortedError)
      expect(error).toMatchObject({ name: "AbortError", delivery: "unsent", cause: "changed my mind" })
      expect(await ask(({ requests }) => requests)).toEqual([])
    })
  )

  it(
    "that is aborted after the send says that it may have been done, and asked again it is found",
    withShop(async ({ ask, client }) => {
      const shop = client()
      const controller = new AbortController()
      const call = rejection(shop.create([input(1)], { signal: controller.signal }))
      while ((await ask(({ committed }) => committed("se-1"))).length === 0) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      controller.abort()
      expect(await call).toMatchObject({ name: "AbortError", delivery: "unknown" })
      expect(await shop.create([input(1)])).toMatchObject([{ _tag: "AlreadyFulfilled" }])
      expect(await ask(({ notifiedAgain }) => notifiedAgain)).toEqual([])
    }, { alreadyFulfilled: "accept", faults: [{ endpoint: "create", times: 1, action: { _tag: "Stall" } }] })
  )

  it(
    "that is aborted when all is done changes nothing",
    withShop(async ({ client }) => {
      const controller = new AbortController()
      const outcomes = await client().create([input(1)], { signal: controller.signal })
      controller.abort()
      expect(outcomes).toMatchObject([{ _tag: "Created" }])
    })
  )
})

describe("close", () => {
  it(
    "waits for what is under way, comes twice, and then nothing more is sent",
    withShop(async ({ ask, client }) => {
      const shop = client()
      const call = shop.create(inputs(3))
      const [first, second] = [shop.close(), shop.close()]
      expect((await call).map(({ _tag }) => _tag)).toEqual(["Created", "Created", "Created"])
      await Promise.all([first, second, shop.close()])
      const error = await rejection(shop.create([input(9)]))
      expect(error).toBeInstanceOf(ClosedError)
      expect(error).toMatchObject({ delivery: "unsent" })
      expect((await ask(({ requests }) => requests)).length).toBe(1)
    })
  )

  it(
    "doesn't end before what is under way",
    withShop(async ({ client }) => {
      const { fetch, open, seen } = gate()
      const ended: Array<string> = []
      const shop = client({ fetch })
      const call = shop.create([input(1)]).then(([outcome]) => ended.push(outcome?._tag ?? "none"))
      const closed = shop.close().then(() => ended.push("closed"))
      while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect(ended).toEqual([])
      open()
      await Promise.all([call, closed])
      expect(ended).toEqual(["Created", "closed"])
    })
  )

  it(
    "is what `await using` does",
    withShop(async ({ client }) => {
      const shop = client()
      await shop[Symbol.asyncDispose]()
      expect(await rejection(shop.create([input(1)]))).toBeInstanceOf(ClosedError)
    })
  )

  it("of a client that was never used is fine", () => createClient({ apiKey: "k", notify }).close())
})
