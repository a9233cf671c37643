/**
 * Which file each shipment was offered of, while some wait: so that rows which leave a file between two runs are known, also
 * where the first was killed and wrote no reports.
 */
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { hostname } from "node:os"
import { create, stored } from "../outbox/sql.js"

/** Remembers where shipments come from. */
export interface Origins {
  readonly add: (origin: string, shipments: ReadonlyArray<string>) => Effect.Effect<void, OutboxStoreError>
  /** Nothing waits any more. */
  readonly forget: Effect.Effect<void, OutboxStoreError>
}

/** Makes the table where there is none. */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* create(
    sql`CREATE TABLE IF NOT EXISTS fulfill_origins (shipment_id TEXT PRIMARY KEY, origin TEXT NOT NULL)`
  )
  const origins: Origins = {
    add: (origin, shipments) =>
      shipments.length === 0 ? Effect.void : Effect.asVoid(stored(sql`
        INSERT INTO fulfill_origins ${sql.insert(shipments.map((shipment_id) => ({ shipment_id, origin })))}
        ON CONFLICT (shipment_id) DO UPDATE SET origin = excluded.origin`)),
    forget: Effect.asVoid(stored(sql`DELETE FROM fulfill_origins`))
  }
  return origins
})

/** What stands for a file. Machines that share an outbox may have a file of the same path each. */
export const of = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const where = yield* Effect.orElseSucceed(fs.realPath(file), () => path.resolve(file))
  return createHash("sha256").update(`${hostname()} ${where}`).digest("hex").slice(0, 16)
})

const pageSize = 5000

/** The origins of all shipments that are remembered. There are none where nothing was imported yet. */
export const all = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const page = (after: string) =>
    sql<{ readonly shipment_id: string; readonly origin: string }>`
      SELECT shipment_id, origin FROM fulfill_origins WHERE shipment_id > ${after} ORDER BY shipment_id LIMIT ${pageSize}`
  const rows = Stream.paginateChunkEffect("", (after: string) =>
    Effect.map(page(after), (rows) => [
      Chunk.fromIterable(rows),
      Option.map(Option.filter(Array.last(rows), () => rows.length === pageSize), ({ shipment_id }) => shipment_id)
    ]))
  // one text for all that are of one file
  const texts = new Map<string, string>()
  const shared = (text: string): string => {
    const found = texts.get(text) ?? text
    texts.set(text, found)
    return found
  }
  return yield* stored(Stream.runFold(
    rows,
    new Map<string, string>(),
    (origins, { origin, shipment_id }) => origins.set(shipment_id, shared(origin))
  ))
})
