import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { fork } from "node:child_process"
import { once } from "node:events"
import { axiosWithRetry, axiosWithRetryAndLimit } from "./contenders/axios.js"
import type { Contender } from "./contenders/Contender.js"
import { effectAlone } from "./contenders/effectAlone.js"
import { handWritten } from "./contenders/handWritten.js"
import { openapiFetch } from "./contenders/openapiFetch.js"
import { ours } from "./contenders/ours.js"
import type { Case, Subject } from "./runner.js"
import { makeBatch } from "./wire.js"

const written = "hand-written fetch"
const onUndici = "ours on undici"
const onFetch = "ours on fetch"

export const createFulfillments: Subject = {
  title: "Creating fulfillments",
  about: [
    "`POST /v2/fulfillments` against a plain HTTP server in another process, which answers at once. Everyone sends the key,",
    "has a time-out of 30 seconds, and looks up the result of each item. The one who writes `fetch` by hand does only that;",
    "ours also checks the input, keeps to the rate limit, traces, and knows what to do when something fails: two fibers,",
    "two spans and two metrics a call, and each item is checked twice, encoded, decoded and remembered. An account may",
    "make 200 requests in 61 seconds, so that none of this is what a program waits for."
  ].join("\n"),
  open: async (quick) => {
    const server = fork(new URL("./server.js", import.meta.url))
    const [port] = await once(server, "message")
    const url = `http://127.0.0.1:${port}`

    const undici = await ours(url, NodeHttpClient.layerUndici)
    const byHand = handWritten(url)
    const compared: Contenders = [
      [written, byHand],
      [onUndici, undici.create],
      [onFetch, (await ours(url, FetchHttpClient.layer)).create],
      ["the floor: Effect, undici and JSON alone", await effectAlone(url)]
    ]
    const others: Contenders = [
      ["openapi-fetch", openapiFetch(url)],
      ["axios, axios-retry", axiosWithRetry(url)],
      ["axios, axios-retry, axios-rate-limit", axiosWithRetryAndLimit(url)]
    ]
    const contenders = quick ? compared : [...compared, ...others]

    const makeCase = (size: number, concurrency: number, floors: Case["floors"]): Case => ({
      title: `${size === 1 ? "1 item" : `${size} items`} a call, ${
        concurrency === 1 ? "one call after the other" : `${concurrency} calls at once`
      }`,
      concurrency,
      contenders: allEndlessly(size, contenders),
      floors
    })
    /** As many items in as many requests: one by one from callers of their own, and as one list. */
    const gathered: Case = {
      title: "100 callers with 1 item each, at once",
      concurrency: 1,
      contenders: allEndlessly(100, [[`${written}, 100 items`, byHand], [`createOne, ${onUndici}`, undici.createOne]]),
      floors: new Map()
    }
    const listed: Case = {
      title: "1,000 items, in batches of 100, 4 at a time",
      concurrency: 1,
      contenders: allEndlessly(1_000, [[written, inBatches(byHand)], [`createAll, ${onUndici}`, undici.createAll]]),
      floors: new Map()
    }
    const sequential = [
      makeCase(1, 1, new Map([[onUndici, 0.4], [onFetch, 0.28]])),
      makeCase(100, 1, new Map([[onUndici, 0.3], [onFetch, 0.22]]))
    ]
    const concurrent = [makeCase(1, 16, new Map()), makeCase(100, 16, new Map())]
    return {
      cases: quick ? sequential : [...sequential, ...concurrent, gathered, listed],
      close: () => server.disconnect()
    }
  }
}

type Contenders = ReadonlyArray<readonly [name: string, contender: Contender]>

const allEndlessly = (size: number, contenders: Contenders) =>
  new Map(contenders.map(([name, call]) => [name, endlessly(size, call)]))

/** The loop that one would write for many. */
const inBatches = (call: Contender): Contender => async (items) => {
  const batches = Array.from({ length: Math.ceil(items.length / 100) }, (_, n) => items.slice(n * 100, n * 100 + 100))
  const created: Array<number> = []
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) created.push(await call(batch))
  }))
  return created.reduce((sum, count) => sum + count, 0)
}

/** Over all cases: of what it saw fulfilled before, ours answers from memory. */
let last = 0

/** The next batch at each call. A contender that loses an item is wrong, not fast. */
const endlessly = (size: number, call: Contender) => () => {
  const items = size > 100
    ? Array.from({ length: size / 100 }, () => makeBatch(100, last++)).flat()
    : makeBatch(size, last++)
  return async () => {
    const created = await call(items)
    if (created !== size) throw new Error(`${created} of ${size} were created`)
  }
}
