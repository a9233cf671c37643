import { Emulator } from "@effect-shipstation/emulator"
import { DateTime, Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { directory } from "../outbox/databases.js"

const rows = 1_000

/** So long the new worker is watched: its predecessor's rows become free after a minute. */
const watched = 100_000

const start = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => fork(fileURLToPath(new URL("restartWorker.js", import.meta.url)), args)),
    kill
  )

const kill = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill("SIGKILL")
    await once(child, "exit")
  })

/**
 * A worker is killed when it has 400 of 1,000 rows under way, none of which ShipStation did. What the next one does, from
 * its process's start on.
 */
export const measureRestart = Effect.scoped(Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  const { url } = yield* Emulator.Server
  const file = join(yield* directory, "outbox.db")
  yield* emulator.setFaults([{ endpoint: "create", action: { _tag: "Hold" } }])
  const first = yield* start(url, file, String(rows))
  const posts = Effect.map(emulator.requests, (requests) => requests.filter(({ method }) => method === "POST"))
  yield* Effect.repeat(Effect.delay(posts, "20 millis"), { until: ({ length }) => length === 4 })
  yield* kill(first)

  yield* emulator.setFaults([])
  const before = (yield* emulator.requests).length
  const from = DateTime.toEpochMillis(yield* DateTime.now)
  yield* start(url, file)
  yield* Effect.sleep(watched)
  const requests = (yield* emulator.requests).slice(before)
  const seconds = (times: ReadonlyArray<number>) => (times[0] === undefined ? Number.NaN : (times[0] - from) / 1_000)
  const sent = requests.flatMap(({ at, method }) => method === "POST" ? [DateTime.toEpochMillis(at)] : [])
  return {
    firstPost: seconds(sent),
    lastPost: seconds(sent.slice(-1)),
    fulfilled: (yield* emulator.fulfillments).length,
    looks: requests.length - sent.length
  }
})).pipe(
  Effect.provide(
    Emulator.layerServer({ acceptAnyShipment: true, control: false, accounts: [{ name: "default", apiKey: "key" }] })
  )
)
