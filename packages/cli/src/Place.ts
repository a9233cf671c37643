/**
 * Which ShipStation an outbox is of. One that was tried on an emulator would take real shipments for done, and never send
 * them.
 */
import { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { UsageError } from "./UsageError.js"

/** From the first time on an outbox is of one host. Fails for another. */
export const claim = Effect.fnUntraced(
  function*(host: string) {
    const sql = yield* SqlClient.SqlClient
    // of two processes that make it at once, one may fail on Postgres
    yield* Effect.retry(
      sql`CREATE TABLE IF NOT EXISTS fulfill_place (id INTEGER PRIMARY KEY, host TEXT NOT NULL)`,
      { times: 3 }
    )
    yield* sql`INSERT INTO fulfill_place (id, host) VALUES (1, ${host}) ON CONFLICT (id) DO NOTHING`
    const [place] = yield* sql<{ readonly host: string }>`SELECT host FROM fulfill_place`
    if (place !== undefined && place.host !== host) {
      return yield* new UsageError({
        message: `The outbox holds what was sent to ${place.host}, and SHIPSTATION_BASE_URL says ${host}. `
          + "Use another folder, or another --database. Nothing was sent"
      })
    }
  },
  Effect.catchTag("SqlError", ({ cause, message }) =>
    new OutboxStoreError({
      message: cause instanceof Error ? `${message}: ${cause.message}` : message,
      uncertain: false
    }))
)
