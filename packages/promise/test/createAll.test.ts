import {
  AbortedError,
  ClosedError,
  createClient,
  type FulfillmentInput,
  type Outcome
} from "@effect-shipstation/promise"
import { describe, expect, it } from "@effect/vitest"
import { all, gate, input, inputs, rejection, withShop } from "./support.js"

const tags = (outcomes: ReadonlyArray<Outcome>) => outcomes.map(({ _tag }) => _tag)

/** Sources that count what was read of them. */
const counting = (count: number) => {
  const read = { count: 0, isEnded: false }
  async function* source() {
    yield* sync()
  }
  function* sync() {
    try {
      for (const each of inputs(count)) {
        read.count++
        yield each
      }
    } finally {
      read.isEnded = true
    }
  }
  return { read, source, sync }
}

describe("createAll", () => {
  it.each([["to its end", 0], ["in part", 1], ["until it threw", 0]] as const)(
    "tells a source to end as `for await` does: one that was read %s %i times",
    async (how, times) => {
      await withShop(async ({ client }) => {
        let next = 0
        let returned = 0
        const source: AsyncIterator<FulfillmentInput> = {
          next: () => {
            if (how === "until it threw" && next === 3) throw new Error("broken")
            next++
            return Promise.resolve(
              how === "to its end" && next > 3 ? { done: true, value: undefined } : { value: input(next) }
            )
          },
          return: () => {
            returned++
            return Promise.resolve({ done: true, value: undefined })
          }
        }
        const outcomes = client().createAll({ [Symbol.asyncIterator]: () => source }, { batchSize: 1 })
        const read = (async () => {
          for await (const _ of outcomes) if (how === "in part") break
        })()
        await (how === "until it threw" ? rejection(read) : read)
        expect(returned).toBe(times)
      })()
    }
  )

  it(
    "gives one outcome for each, in their order, of any kind of source",
    withShop(async ({ ask, client }) => {
      const shop = client()
      const fromArray = await all(shop.createAll(inputs(250)))
      expect(fromArray.map(({ index }) => index)).toEqual(Array.from({ length: 250 }, (_, index) => index))
      expect(new Set(tags(fromArray))).toEqual(new Set(["Created"]))
      expect((await ask(({ requests }) => requests)).length).toBe(3)
      const { source } = counting(3)
      expect(tags(await all(shop.createAll(source())))).toEqual([
        "AlreadyFulfilled",
        "AlreadyFulfilled",
        "AlreadyFulfilled"
      ])
      expect(await all(shop.createAll([]))).toEqual([])
      expect(await all(shop.createAll(new Set([input(900)])))).toMatchObject([{ _tag: "Created", index: 0 }])
    })
  )

  it(
    "sends and tells what a source said, though it says all by one object",
    withShop(async ({ ask, client }) => {
      const one = { ...input(0) }
      const sync = function*() {
        for (const n of [1, 2, 3]) yield Object.assign(one, input(n))
      }
      const source = async function*() {
        for (const n of [4, 5, 6]) yield Object.assign(one, input(n))
      }
      const shop = client()
      for (const [from, rows] of [[1, sync()], [4, source()]] as const) {
        const outcomes = await all(shop.createAll(rows))
        expect(outcomes.map(({ _tag, input }) => [_tag, input.shipment_id])).toEqual(
          [from, from + 1, from + 2].map((n) => ["Created", `se-${n}`])
        )
      }
      expect((await ask(({ fulfillments }) => fulfillments)).map(({ tracking_number }) => tracking_number)).toEqual(
        [1, 2, 3, 4, 5, 6].map((n) => `1Z${n}`)
      )
    })
  )

  it(
    "tells of what is wrong in its place, and harms no other",
    withShop(async ({ client }) => {
      const outcomes = await all(
        client().createAll([
          input(1),
          { ...input(2), ship_date: "yesterday" },
          { ...input(3), shipment_id: "3" },
          input(4)
        ])
      )
      expect(outcomes).toMatchObject([
        { _tag: "Created" },
        {
          _tag: "NotSent",
          input: { ship_date: "yesterday" },
          error: { name: "InvalidFulfillmentError", delivery: "unsent" }
        },
        { _tag: "NotSent", error: { name: "InvalidFulfillmentError" } },
        { _tag: "Created" }
      ])
    })
  )

  it(
    "gives them in their order, whichever is there first",
    withShop(async ({ client }) => {
      const { fetch, open, seen } = gate()
      const loop = client({ fetch }).createAll(inputs(2), { batchSize: 1, concurrency: 2 })
      const first = loop.next()
      while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve))
      open()
      expect((await first).value).toMatchObject({ index: 0 })
      expect(await all(loop)).toMatchObject([{ index: 1 }])
    })
  )

  it(
    "gives them unordered, as they come",
    withShop(async ({ client }) => {
      const { fetch, open } = gate()
      const loop = client({ fetch }).createAll(inputs(2), { batchSize: 1, concurrency: 2, unordered: true })
      expect((await loop.next()).value).toMatchObject({ index: 1 })
      open()
      expect(await all(loop)).toMatchObject([{ index: 0 }])
    })
  )

  it(
    "looks up what its option says",
    withShop(async ({ client }) => {
      expect(await all(client().createAll([input(1)], { readBack: "none" }))).toMatchObject([{ _tag: "Unknown" }])
    }, { faults: [{ endpoint: "create", action: { _tag: "Reset" } }] })
  )

  it(
    "reads no more than it needs while nobody asks",
    withShop(async ({ ask, client }) => {
      const { read, source } = counting(10_000)
      const loop = client().createAll(source(), { batchSize: 10, concurrency: 2 })
      expect(read.count).toBe(0)
      await loop.next()
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect(read.count).toBeLessThanOrEqual(40)
      expect((await ask(({ fulfillments }) => fulfillments)).length).toBeLessThanOrEqual(30)
      await loop.return?.()
      expect(read.isEnded).toBe(true)
    })
  )

  it(
    "that is left early awaits what was sent, and tells what nobody took",
    withShop(async ({ ask, client }) => {
      const left: Array<Outcome> = []
      const taken: Array<Outcome> = []
      const { read, sync } = counting(1000)
      const loop = client().createAll(sync(), {
        batchSize: 10,
        concurrency: 2,
        onLeftover: (outcomes) => void left.push(...outcomes)
      })
      for await (const outcome of loop) {
        taken.push(outcome)
        if (taken.length === 3) break
      }
      const ids = [...taken, ...left].map(({ input }) => input.shipment_id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBe(read.count)
      const created = [...taken, ...left].filter(({ _tag }) => _tag === "Created").length
      expect((await ask(({ fulfillments }) => fulfillments)).length).toBe(created)
      expect(await loop.next()).toEqual({ done: true, value: undefined })
      const sent = (await ask(({ requests }) => requests)).length
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect((await ask(({ requests }) => requests)).length).toBe(sent)
    })
  )

  it(
    "loses nothing that it read of a source that isn't async, whenever it is left",
    withShop(async ({ client }) => {
      const shop = client()
      for (let ticks = 0; ticks < 60; ticks++) {
        const told: Array<Outcome> = []
        const { read, sync } = counting(20)
        const leave = async () => {
          for (let tick = 0; tick < ticks; tick++) await undefined
          await loop.return?.()
        }
        let left: Promise<unknown> = Promise.resolve()
        const source = function*() {
          for (const each of sync()) {
            if (read.count === 5) left = leave()
            yield each
          }
        }
        const loop = shop.createAll(source(), { batchSize: 10, onLeftover: (outcomes) => void told.push(...outcomes) })
        const first = await loop.next()
        if (first.done !== true) told.push(first.value)
        await left
        expect([ticks, told.length]).toEqual([ticks, read.count])
      }
    })
  )

  it(
    "throws what its source throws, after all outcomes",
    withShop(async ({ client }) => {
      const failure = new Error("the file ends here")
      const taken: Array<Outcome> = []
      const sources: ReadonlyArray<() => Iterable<FulfillmentInput> | AsyncIterable<FulfillmentInput>> = [
        async function*() {
          yield* inputs(3)
          throw failure
        },
        function*() {
          yield* inputs(3)
          throw failure
        }
      ]
      const shop = client()
      for (const source of sources) {
        const error = await rejection((async () => {
          for await (const outcome of shop.createAll(source())) taken.push(outcome)
        })())
        expect(error).toBe(failure)
      }
      expect(taken.length).toBe(6)
    })
  )

  it(
    "that is left ends although its source waits for what never comes",
    withShop(async ({ client }) => {
      const loop = client().createAll(
        (async function*() {
          yield* inputs(1)
          await new Promise(() => {})
        })(),
        { batchSize: 1 }
      )
      expect((await loop.next()).value).toMatchObject({ _tag: "Created" })
      expect(await loop.return?.()).toEqual({ done: true, value: undefined })
    })
  )

  it(
    "doesn't let wait who asked before it was left, aborted or closed",
    withShop(async ({ client }) => {
      const silent = async function*(): AsyncIterable<FulfillmentInput> {
        await new Promise(() => {})
      }
      const [shop, controller] = [client(), new AbortController()]
      const left = shop.createAll(silent())
      const asked = left.next()
      expect(await left.return?.()).toEqual({ done: true, value: undefined })
      expect(await asked).toEqual({ done: true, value: undefined })
      const aborted = rejection(shop.createAll(silent(), { signal: controller.signal }).next())
      controller.abort()
      expect(await aborted).toBeInstanceOf(AbortedError)
      const closed = rejection(shop.createAll(silent()).next())
      await shop.close()
      expect(await closed).toBeInstanceOf(ClosedError)
    })
  )

  it(
    "answers who asks twice at once in turn",
    withShop(async ({ client }) => {
      const loop = client().createAll(inputs(3))
      const asked = await Promise.all([loop.next(), loop.next(), loop.next(), loop.next()])
      expect(asked.map(({ done, value }) => done === true ? "done" : value.index)).toEqual([0, 1, 2, "done"])
    })
  )

  it(
    "sends nothing when its signal was aborted before",
    withShop(async ({ ask, client }) => {
      const loop = client().createAll(inputs(3), { signal: AbortSignal.abort() })
      const error = await rejection(loop.next())
      expect(error).toBeInstanceOf(AbortedError)
      expect(error).toMatchObject({ name: "AbortError", delivery: "unsent" })
      expect(await loop.next()).toEqual({ done: true, value: undefined })
      expect(await ask(({ requests }) => requests)).toEqual([])
    })
  )

  it(
    "ends when its signal is aborted, after what was sent",
    withShop(async ({ ask, client }) => {
      const controller = new AbortController()
      const left: Array<Outcome> = []
      const taken: Array<Outcome> = []
      const error = await rejection((async () => {
        const loop = client().createAll(inputs(100), {
          batchSize: 5,
          signal: controller.signal,
          onLeftover: (outcomes) => void left.push(...outcomes)
        })
        for await (const outcome of loop) {
          taken.push(outcome)
          if (taken.length === 2) controller.abort("enough")
        }
      })())
      expect(error).toMatchObject({ name: "AbortError", delivery: "unknown", cause: "enough" })
      const created = [...taken, ...left].filter(({ _tag }) => _tag === "Created").length
      expect((await ask(({ fulfillments }) => fulfillments)).length).toBe(created)
      expect(taken.length).toBe(2)
    })
  )

  it(
    "ends when the client is closed, and so does one that begins after",
    withShop(async ({ ask, client }) => {
      const shop = client({ onLog: () => {} })
      const loop = shop.createAll(inputs(100), { batchSize: 5 })
      await loop.next()
      const idle = shop.createAll(inputs(1))
      await shop.close()
      for (const each of [loop, idle, shop.createAll(inputs(1))]) {
        expect(await rejection(each.next())).toBeInstanceOf(ClosedError)
        expect(await each.next()).toEqual({ done: true, value: undefined })
      }
      const sent = (await ask(({ requests }) => requests)).length
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect((await ask(({ requests }) => requests)).length).toBe(sent)
    })
  )

  it(
    "logs how many outcomes nobody took, where nobody wants them",
    withShop(async ({ client }) => {
      const logs: Array<string> = []
      const loop = client({ onLog: ({ message }) => void logs.push(message) }).createAll(inputs(3))
      await loop.next()
      await loop.return?.()
      expect(logs).toEqual(["A loop over createAll ended before it took all outcomes"])
    })
  )

  it(
    "waits for onLeftover, and throws what it rejects with",
    withShop(async ({ client }) => {
      const saved: Array<Outcome> = []
      const loop = client().createAll(inputs(3), {
        onLeftover: async (outcomes) => {
          await new Promise((resolve) => setImmediate(resolve))
          saved.push(...outcomes)
          throw new Error("no room")
        }
      })
      await loop.next()
      expect(await rejection(Promise.resolve(loop.return?.()))).toMatchObject({ message: "no room" })
      expect(saved.length).toBe(2)
    })
  )

  it(
    "lets onLeftover close the client, and wait for that",
    withShop(async ({ client }) => {
      const shop = client()
      let isClosed = false
      const loop = shop.createAll(inputs(3), {
        onLeftover: async () => {
          await shop.close()
          isClosed = true
        }
      })
      await loop.next()
      await loop.return?.()
      expect(isClosed).toBe(true)
    })
  )

  it("gives onLeftover all, however many they are", async () => {
    const count = 130_000
    let left = 0
    const shop = createClient({
      apiKey: "a-key-of-nobody",
      notify: { customer: false, orderSource: false },
      maxBatchSize: count,
      fetch: async (_, init) => {
        const { fulfillments }: { fulfillments: ReadonlyArray<FulfillmentInput> } = await new Response(init?.body)
          .json()
        const results = fulfillments.map(({ shipment_id }) => ({
          shipment_id,
          shipment_number: "1",
          error_message: null
        }))
        return Response.json({ has_errors: false, fulfillments: results })
      }
    })
    const loop = shop.createAll(inputs(count), {
      batchSize: count,
      onLeftover: (outcomes) => {
        left = outcomes.length
      }
    })
    expect((await loop.next()).value).toMatchObject({ _tag: "Created" })
    await loop.return?.()
    expect(left).toBe(count - 1)
  })

  it(
    "throws what onLeftover throws",
    withShop(async ({ client }) => {
      const loop = client().createAll(inputs(3), {
        onLeftover: () => {
          throw new Error("no room")
        }
      })
      await loop.next()
      expect(await rejection(Promise.resolve(loop.return?.()))).toMatchObject({ message: "no room" })
    })
  )
})
