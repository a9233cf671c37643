// A process of its own, so that all of its time and memory is the emulator's.
import { Emulator } from "@effect-shipstation/emulator"
import { Effect } from "effect"

/** What the process tells when it is asked. */
export interface Usage {
  /** Of the processor, since the process began. */
  readonly milliseconds: number
  /** In use after a collection of garbage. */
  readonly heapMegabytes: number
}

/** What the process tells first. */
export interface Started {
  readonly url: string
  /** From when the process is up, and its modules are loaded, until it listens. */
  readonly milliseconds: number
}

const usage = (): Usage => {
  const { system, user } = process.cpuUsage()
  globalThis.gc?.()
  return { milliseconds: (system + user) / 1_000, heapMegabytes: process.memoryUsage().heapUsed / 1024 ** 2 }
}

const from = performance.now()
// a shipment that comes again is fulfilled again
const server = Emulator.layerServer({ rateLimit: "off", alreadyFulfilled: "accept" })

Effect.gen(function*() {
  const { url } = yield* Emulator.Server
  const started: Started = { url, milliseconds: performance.now() - from }
  process.send?.(started)
  process.on("message", () => process.send?.(usage()))
  process.on("disconnect", () => process.exit())
  return yield* Effect.never
}).pipe(Effect.provide(server), Effect.runFork)
