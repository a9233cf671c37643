/**
 * Which imports were confirmed and have not ended, and of which the outbox has all rows as the file has them: so that a run
 * that goes on asks nothing again, and needn't read the file before it sends.
 */
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqlClient from "@effect/sql/SqlClient"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { create, stored } from "../outbox/sql.js"
import { whileReading } from "../terminal/Progress.js"
import { printable } from "../terminal/text.js"

/** An import that was confirmed. */
export interface Import {
  readonly rows: number
  /** See `Plan.meant`. */
  readonly meant: string
  /** Against when its dates were checked. */
  readonly checkedAt: DateTime.Utc
  /** Whether all of its rows were offered, and no other import has offered any since. */
  readonly offered: boolean
}

/** What the imports of a database are kept in. */
export interface Imports {
  readonly find: (fingerprint: string) => Effect.Effect<Import | undefined, OutboxStoreError>
  readonly confirm: (fingerprint: string, one: Omit<Import, "offered">) => Effect.Effect<void, OutboxStoreError>
  /** Others may have rows that are replaced from now on. */
  readonly offering: Effect.Effect<void, OutboxStoreError>
  readonly offered: (fingerprint: string) => Effect.Effect<void, OutboxStoreError>
  /** Remembers a file's name until its import has ended; without a fingerprint, until nothing waits any more. */
  readonly begin: (fingerprint: string | undefined, file: string) => Effect.Effect<void, OutboxStoreError>
  /** The names of the files whose imports have begun and not ended, but for one. */
  readonly others: (fingerprint: string | undefined) => Effect.Effect<ReadonlyArray<string>, OutboxStoreError>
  /** An import has sent all that waited. */
  readonly end: (fingerprint: string | undefined) => Effect.Effect<void, OutboxStoreError>
}

/** Makes the table where there is none. One that earlier versions made, `fulfill_imports`, is left alone: it is asked again. */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* create(sql`CREATE TABLE IF NOT EXISTS fulfill_confirmed (
    fingerprint TEXT PRIMARY KEY, row_count INTEGER NOT NULL, meant TEXT NOT NULL, offered INTEGER NOT NULL,
    checked_at TEXT NOT NULL
  )`)
  yield* create(sql`CREATE TABLE IF NOT EXISTS fulfill_begun (fingerprint TEXT PRIMARY KEY, file TEXT NOT NULL)`)
  const imports: Imports = {
    find: (fingerprint) =>
      Effect.map(
        stored(sql<{ row_count: number; meant: string; offered: number; checked_at: string }>`
          SELECT row_count, meant, offered, checked_at FROM fulfill_confirmed WHERE fingerprint = ${fingerprint}`),
        ([row]) =>
          row === undefined ? undefined : {
            rows: row.row_count,
            meant: row.meant,
            checkedAt: DateTime.unsafeMake(row.checked_at),
            offered: row.offered === 1
          }
      ),
    confirm: (fingerprint, { checkedAt, meant, rows }) =>
      Effect.asVoid(stored(sql`
        INSERT INTO fulfill_confirmed (fingerprint, row_count, meant, offered, checked_at)
        VALUES (${fingerprint}, ${rows}, ${meant}, 0, ${DateTime.formatIso(checkedAt)})
        ON CONFLICT (fingerprint) DO NOTHING`)),
    offering: Effect.asVoid(stored(sql`UPDATE fulfill_confirmed SET offered = 0 WHERE offered <> 0`)),
    offered: (fingerprint) =>
      Effect.asVoid(stored(sql`UPDATE fulfill_confirmed SET offered = 1 WHERE fingerprint = ${fingerprint}`)),
    begin: (fingerprint, file) =>
      Effect.asVoid(stored(sql`
        INSERT INTO fulfill_begun (fingerprint, file) VALUES (${fingerprint ?? offeredOnly + file}, ${file})
        ON CONFLICT (fingerprint) DO NOTHING`)),
    others: (fingerprint) =>
      Effect.map(
        stored(sql<{ file: string }>`
          SELECT DISTINCT file FROM fulfill_begun WHERE fingerprint <> ${fingerprint ?? ""} ORDER BY file`),
        (rows) => rows.map(({ file }) => file)
      ),
    end: (fingerprint) =>
      Effect.all([
        stored(sql`DELETE FROM fulfill_confirmed WHERE fingerprint = ${fingerprint ?? ""}`),
        // nothing waits, so what was offered only was sent too
        stored(
          sql`DELETE FROM fulfill_begun WHERE fingerprint = ${
            fingerprint ?? ""
          } OR fingerprint LIKE ${`${offeredOnly}%`}`
        )
      ], { discard: true })
  }
  return imports
})

/** What stands for a fingerprint where an import has none, before the file's name. */
const offeredOnly = "offered:"

/** Equal for the same content read in the same way. */
export const fingerprintOf = Effect.fnUntraced(function*(file: string, options: unknown) {
  const fs = yield* FileSystem.FileSystem
  const hash = createHash("sha256").update(JSON.stringify(options))
  const { size } = yield* fs.stat(file)
  let done = 0
  yield* Stream.runForEach(
    fs.stream(file, { chunkSize: FileSystem.MiB(1) }),
    (bytes) =>
      Effect.sync(() => {
        hash.update(bytes)
        done += bytes.length
      })
  ).pipe(whileReading(`Reading ${printable(file)}`, () => done / Number(size)))
  return hash.digest("hex")
})
