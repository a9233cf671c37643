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

const onUndici = "ours on undici"
const onFetch = "ours on fetch"

export const createFulfillments: Subject = {
  title: "Creating fulfillments",
  about: [
    "`POST /v2/fulfillments` against a plain HTTP server in another process, which answers at once. Everyone sends the key,",
    "has a time-out of 30 seconds, and looks up the result of each item. The one who writes `fetch` by hand does only that;",
    "ours also checks the input, keeps to the rate limit, traces, and knows what to do when something fails: two fibers, a",
    "timer, two spans and two metrics a call, and each item is checked twice, encoded, decoded and remembered. An account may",
    "make 200 requests in 61 seconds, so that none of this is what a program waits for."
  ].join("\n"),
  open: async (quick) => {
    const server = fork(new URL("./server.js", import.meta.url))
    const [port] = await once(server, "message")
    const url = `http://127.0.0.1:${port}`

    const compared: ReadonlyArray<readonly [name: string, contender: Contender]> = [
      ["hand-written fetch", handWritten(url)],
      [onUndici, await ours(url, NodeHttpClient.layerUndici)],
      [onFetch, await ours(url, FetchHttpClient.layer)],
      ["the floor: Effect, undici and JSON alone", await effectAlone(url)]
    ]
    const others: typeof compared = [
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
      contenders: new Map(contenders.map(([name, call]) => [name, endlessly(size, call)])),
      floors
    })
    const sequential = [
      makeCase(1, 1, new Map([[onUndici, 0.3], [onFetch, 0.2]])),
      makeCase(100, 1, new Map([[onUndici, 0.25], [onFetch, 0.2]]))
    ]
    const concurrent = [makeCase(1, 16, new Map()), makeCase(100, 16, new Map())]
    return {
      cases: quick ? sequential : [...sequential, ...concurrent],
      close: () => server.disconnect()
    }
  }
}

/** Over all cases: of what it saw fulfilled before, ours answers from memory. */
let last = 0

/** The next batch at each call. A contender that loses an item is wrong, not fast. */
const endlessly = (size: number, call: Contender) => () => {
  const items = makeBatch(size, last++)
  return async () => {
    const created = await call(items)
    if (created !== size) throw new Error(`${created} of ${size} were created`)
  }
}
