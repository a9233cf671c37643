/** How much a row costs the log of Postgres, from its offer to its fulfillment: that is what is replicated and archived. */
import { OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as Postgres from "./postgres.js"
import { freshMany } from "./support.js"

const batch = 100

/** As a worker does it, with ids of requests as long as ShipStation's. */
const life = Effect.gen(function*() {
  const store = yield* OutboxStore.OutboxStore
  const lease = Duration.minutes(1)
  const account = "default"
  const inputs = freshMany(batch).map((input) => ({ ...input, tracking_number: `1Z12345E${input.tracking_number}` }))
  yield* store.offer(account, inputs.map((input, index) => ({ index, input })))
  const { rows, token } = yield* store.claim({ account, worker: "worker-1234567890", limit: batch, lease })
  const ids = rows.map(({ id }) => id)
  yield* store.intend({ token, ids }, { account, sendFor: lease, lease })
  const ended = { _tag: "Fulfilled", requestId: "aa3d8e8e-462b-4476-9618-72db7f7b7009" } as const
  yield* store.settle(token, ids.map((id) => ({ id, ended })))
  return ids.length
})

layer(Layer.provideMerge(OutboxStoreSql.layer(), Postgres.layer), { excludeTestServices: true })(
  "the log of Postgres",
  (it) => {
    it.effect("takes two thousand bytes for a row at most", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const written = Effect.map(
          sql<{ readonly bytes: number }>`SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 AS bytes`,
          ([row]) => row?.bytes ?? Number.NaN
        )
        // what a vacuum writes, and when, isn't of one row
        for (const name of ["rows", "progress", "history"]) {
          yield* sql`ALTER TABLE ${sql(`shipstation_outbox_${name}`)} SET (autovacuum_enabled = false)`
        }
        const before = yield* written
        const rows = yield* Effect.replicateEffect(life, 30)
        const perRow = ((yield* written) - before) / rows.reduce((sum, count) => sum + count)
        expect(rows).toEqual(rows.map(() => batch))
        expect(perRow).toBeLessThanOrEqual(2_000)
        // or what is measured isn't the log
        expect(perRow).toBeGreaterThan(500)
      }))
  }
)
