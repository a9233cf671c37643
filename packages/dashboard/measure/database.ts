/** How long the dashboard's questions take, with many rows behind them and with few. */
import { DashboardApi } from "@effect-shipstation/dashboard"
import { Outbox, OutboxStore } from "@effect-shipstation/outbox"
import { HttpApiClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Duration, Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inputs, onSqlite, url } from "../test/support.js"
import type { Measured } from "./page.js"

const minute = Duration.minutes(1)

const few = 10_000

/** Fulfilled rows, of which so many are refused in both cases. */
const fill = Effect.fnUntraced(function*(count: number) {
  const store = yield* OutboxStore.OutboxStore
  const { offer } = yield* Outbox.Outbox
  const each = 500
  for (let from = 1; from <= count; from += each) {
    yield* offer(inputs(each, from))
    const { rows, token } = yield* store.claim({ account: "default", worker: "w", limit: each, lease: minute })
    const ids = rows.map(({ id }) => id)
    yield* store.intend({ token, ids }, { account: "default", sendFor: minute, lease: minute })
    yield* store.settle(
      token,
      ids.map((id) => ({
        id,
        ended: id > count - 100
          ? { _tag: "Rejected", error: { _tag: "Rejected", message: "No such store." } }
          : { _tag: "Fulfilled" }
      }))
    )
  }
})

/** The best of some, in milliseconds. */
const best = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.map(
    Effect.replicateEffect(Effect.timed(self), 7),
    (all) => Math.min(...all.map(([took]) => Duration.toMillis(took)))
  )

/** What is asked, and whether it may take no longer with many rows. */
const asked: ReadonlyArray<readonly [what: string, filter: DashboardApi.Filter, isBounded: boolean]> = [
  ["a page of all rows", {}, true],
  ["a page of all rows, the newest first", { newestFirst: true }, true],
  ["a page of what was refused", { state: "rejected" }, true],
  ["a search for a shipment", { shipmentId: "se-77" }, true],
  ["a search for a tracking number", { trackingNumber: "1Z77" }, true],
  ["a search for a number that ShipStation had instead", { search: "JD77" }, true],
  ["a search for what went wrong", { message: "such store" }, true],
  ["a page of what is fulfilled", { state: "fulfilled" }, false]
]

const timesWith = (count: number) =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "dashboard-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    )
    return yield* Effect.gen(function*() {
      yield* fill(count)
      const { counts, openCounts } = yield* Outbox.Outbox
      const { outbox } = yield* Effect.flatMap(
        url,
        (baseUrl) => HttpApiClient.make(DashboardApi.DashboardApi, { baseUrl })
      )
      return [
        yield* best(openCounts),
        yield* best(counts),
        ...yield* Effect.forEach(asked, ([, urlParams]) => best(outbox.rows({ urlParams })))
      ]
    }).pipe(Effect.provide(Layer.merge(onSqlite(join(folder, "rows.db")), NodeHttpClient.layerUndici)))
  }))

const names: ReadonlyArray<readonly [what: string, isBounded: boolean]> = [
  ["counts of what isn't done", true],
  // they read an index of all, and are asked for a fiftieth of the time
  ["counts of all", false],
  ...asked.map(([what, , isBounded]) => [what, isBounded] as const)
]

/** All of it, for so many rows beside 10,000. */
export const measureDatabase = (many: number): Effect.Effect<ReadonlyArray<Measured>, unknown> =>
  Effect.gen(function*() {
    const small = yield* timesWith(few)
    const large = yield* timesWith(many)
    return names.map(([what, isBounded], index) => {
      const [before = 0, after = 0] = [small[index], large[index]]
      return {
        what: `${what}, ${many.toLocaleString("en")} rows`,
        value: `${after.toFixed(1)} ms, with ${few.toLocaleString("en")}: ${before.toFixed(1)} ms`,
        // what is as quick as that is mostly the way there
        isGood: !isBounded || after < Math.max(5 * before, 5)
      }
    })
  })
