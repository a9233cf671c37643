import { Emulator } from "@effect-shipstation/emulator"
import { fork } from "node:child_process"
import { once } from "node:events"
import { Agent, request } from "node:http"
import type { Started, Usage } from "./emulatorServer.js"
import type { Case, Subject } from "./runner.js"
import { makeBatch } from "./wire.js"

export const emulator: Subject = {
  title: "The emulator",
  about: [
    "A process of its own over a real socket, with its journal on, and without a rate limit. It checks each request, creates",
    "fulfillments and notifications, and remembers all of it. The client is `node:http` on connections that are kept alive.",
    "Creates a second are of its processor's time, so that it is one core, whatever else the machine does."
  ].join("\n"),
  open: async (quick) => {
    const plain = fork(new URL("./server.js", import.meta.url))
    const [port] = await once(plain, "message")
    const emulated = await start()

    const makeCase = (size: number, floor: number): Case => ({
      title: `${size === 1 ? "1 item" : `${size} items`} a call, 16 calls at once`,
      concurrency: 16,
      contenders: new Map([
        ["a server that only answers", repeatedly(poster(`http://127.0.0.1:${port}`, batchesOf(size)))],
        ["the emulator", repeatedly(poster(emulated.url, batchesOf(size)))]
      ]),
      floors: new Map([["the emulator", floor]])
    })

    return {
      cases: quick ? [] : [makeCase(1, 0.05), makeCase(100, 0.02)],
      limits: [
        {
          title: "Milliseconds until it listens, once its modules are loaded",
          atMost: 300,
          measure: async () => emulated.milliseconds
        },
        // what else a machine does makes these smaller, so they are not for every run
        ...quick ? [] : [{
          title: "Creates of one item in a second of one core",
          atLeast: 3_000,
          measure: async () => {
            const fresh = await start()
            // until it is compiled
            await create(fresh.url, 10_000)
            const before = await fresh.usage()
            await create(fresh.url, 10_000)
            const after = await fresh.usage()
            fresh.close()
            return 10_000 / (after.milliseconds - before.milliseconds) * 1_000
          }
        }, {
          title: "Megabytes in use after 100,000 creates of one item",
          atMost: 200,
          measure: async () => {
            const fresh = await start()
            await create(fresh.url, 100_000)
            const { heapMegabytes } = await fresh.usage()
            fresh.close()
            return heapMegabytes
          }
        }]
      ],
      close: () => {
        plain.disconnect()
        emulated.close()
      }
    }
  }
}

const start = async () => {
  const child = fork(new URL("./emulatorServer.js", import.meta.url), {
    execArgv: [...process.execArgv, "--expose-gc"]
  })
  const [message] = await once(child, "message")
  const started: Started = message
  return {
    ...started,
    usage: async (): Promise<Usage> => {
      child.send("usage")
      const [usage] = await once(child, "message")
      return usage
    },
    close: () => child.disconnect()
  }
}

/** Creates of one item, 16 at once, each of another shipment. */
const create = async (url: string, requests: number) => {
  const post = poster(url, (call) => [{ ...item, shipment_id: `se-${call}` }])
  let left = requests
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (left-- > 0) await post()
  }))
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

const item = {
  tracking_number: "1Z12345E6605272234",
  carrier_code: "ups",
  notify_customer: true,
  notify_order_source: true
}

const batchesOf = (size: number) => (call: number) => makeBatch(size, call)

const repeatedly = (call: () => Promise<void>) => () => call

/** Posts the items of the next call at each call. */
const poster = (url: string, itemsOf: (call: number) => ReadonlyArray<object>) => {
  let calls = 0
  return () =>
    new Promise<void>((resolve, reject) => {
      const body = Buffer.from(JSON.stringify({ fulfillments: itemsOf(calls++) }))
      const headers = {
        "api-key": Emulator.defaultApiKey,
        "content-type": "application/json",
        "content-length": body.length
      }
      request(`${url}/v2/fulfillments`, { method: "POST", agent, headers }, (response) => {
        response.resume().once("end", () => {
          if (response.statusCode === 200) resolve()
          else reject(new Error(`Status ${response.statusCode}`))
        })
      }).once("error", reject).end(body)
    })
}
