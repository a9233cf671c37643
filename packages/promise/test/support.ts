/** A client, and an emulator on a socket. */
import { Emulator } from "@effect-shipstation/emulator"
import { type Client, type ClientOptions, createClient } from "@effect-shipstation/promise"
import { Effect, ManagedRuntime } from "effect"

// each takes less than one second, and what a fault lets wait for ever should be seen soon

export interface Shop {
  readonly url: string
  /** Asks the emulator. */
  readonly ask: <A>(question: (emulator: Emulator.Service) => Effect.Effect<A>) => Promise<A>
  /** A client of its default account, closed in the end. */
  readonly client: (options?: Partial<ClientOptions>) => Client
}

export const notify = { customer: true, orderSource: true }

/** Runs a test with an emulator, and fails if a rejection went unhandled meanwhile. */
export const withShop = (test: (shop: Shop) => Promise<unknown>, options: Emulator.Options = {}) => async () => {
  const unhandled: Array<unknown> = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on("unhandledRejection", note)
  const clients: Array<Client> = []
  const runtime = ManagedRuntime.make(Emulator.layerServer(options))
  const { url } = await runtime.runPromise(Emulator.Server)
  try {
    await test({
      url,
      ask: (question) => runtime.runPromise(Effect.flatMap(Emulator.Emulator, question)),
      client: (options) => {
        const client = createClient({ apiKey: Emulator.defaultApiKey, notify, baseUrl: url, ...options })
        clients.push(client)
        return client
      }
    })
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    await runtime.dispose()
  }
  // a rejection is told of after the tick that it came in
  await new Promise((resolve) => setImmediate(resolve))
  process.off("unhandledRejection", note)
  if (unhandled.length > 0) throw new Error("a rejection went unhandled", { cause: unhandled[0] })
}

export const input = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })

export const inputs = (count: number) => Array.from({ length: count }, (_, index) => input(index + 1))

/** What a promise is rejected with. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then((value) => {
    throw new Error(`not rejected, but ${JSON.stringify(value)}`)
  }, (error: unknown) => error)

export const all = async <A>(iterable: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const each of iterable) found.push(each)
  return found
}

/** A `fetch` whose first request waits until `open` is called. */
export const gate = () => {
  let open = () => {}
  const isOpen = new Promise<void>((resolve) => open = resolve)
  const seen: Array<string> = []
  const gated: typeof fetch = async (input, init) => {
    seen.push(String(input))
    if (seen.length === 1) await isOpen
    return fetch(input, init)
  }
  return { fetch: gated, open, seen }
}
