/**
 * Which ShipStation an outbox is of. One that was tried on an emulator would take real shipments for done, and never send
 * them.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { UsageError } from "../terminal/UsageError.js"
import { create, stored } from "./sql.js"

/** From the first time on an outbox is of one host. Fails for another. */
export const keepTo = Effect.fnUntraced(function*(host: string) {
  const sql = yield* SqlClient.SqlClient
  yield* create(sql`CREATE TABLE IF NOT EXISTS fulfill_place (id INTEGER PRIMARY KEY, host TEXT NOT NULL)`)
  yield* stored(sql`INSERT INTO fulfill_place (id, host) VALUES (1, ${host}) ON CONFLICT (id) DO NOTHING`)
  const [found] = yield* stored(sql<{ readonly host: string }>`SELECT host FROM fulfill_place`)
  if (found !== undefined && found.host !== host) {
    return yield* new UsageError({
      message: `The outbox holds what was sent to ${found.host}, and SHIPSTATION_BASE_URL says ${host}. `
        + "Use another folder, or another --database. Nothing was sent"
    })
  }
})
