/**
 * Which reports were written, and what was in them: so that one that somebody edited isn't replaced.
 */
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { create, stored } from "../outbox/sql.js"
import { printable } from "../terminal/text.js"

type Changed<E = never> = Effect.Effect<void, OutboxStoreError | PlatformError | E>

/** What is done with reports. One that isn't as it was written gets another name, and that is said. */
export interface Written {
  /** Whether a run wrote a file there, and none removed it. */
  readonly isKnown: (file: string) => Effect.Effect<boolean, OutboxStoreError>
  /** Puts what has this hash in a file's place, by `commit`. Killed in the midst of it, it knows either as its own. */
  readonly replace: (file: string, hash: string, commit: Effect.Effect<void, PlatformError>) => Changed
  readonly rename: (file: string, to: string) => Changed
  readonly remove: (file: string) => Changed
}

/** Makes the table where there is none. */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* create(sql`CREATE TABLE IF NOT EXISTS fulfill_written (
    path TEXT NOT NULL, sha256 TEXT NOT NULL, written_at BIGINT NOT NULL, PRIMARY KEY (sha256, path)
  )`)
  yield* create(sql`CREATE INDEX IF NOT EXISTS fulfill_written_path ON fulfill_written (path)`)

  const hashOf = (file: string) =>
    fs.stream(file, { chunkSize: FileSystem.MiB(1) }).pipe(
      Stream.runFold(createHash("sha256"), (hash, bytes) => hash.update(bytes)),
      Effect.map((hash) => hash.digest("hex"))
    )
  const add = Effect.fnUntraced(function*(file: string, hash: string) {
    const now = yield* Clock.currentTimeMillis
    yield* stored(sql`INSERT INTO fulfill_written (path, sha256, written_at)
      VALUES (${path.resolve(file)}, ${hash}, ${now})
      ON CONFLICT (sha256, path) DO UPDATE SET written_at = excluded.written_at`)
  })
  // machines that share an outbox may have a file of the same path each
  const forgetOld = (file: string) =>
    stored(sql`DELETE FROM fulfill_written WHERE path = ${path.resolve(file)} AND written_at < (
      SELECT min(written_at) FROM (
        SELECT written_at FROM fulfill_written WHERE path = ${path.resolve(file)} ORDER BY written_at DESC LIMIT 50
      ) AS newest
    )`)
  const isAsWritten = (file: string) =>
    Effect.flatMap(hashOf(file), (hash) =>
      Effect.map(
        stored(sql`SELECT 1 FROM fulfill_written WHERE sha256 = ${hash} LIMIT 1`),
        ({ length }) => length > 0
      ))

  const isKnown = (file: string) =>
    Effect.map(
      stored(sql`SELECT 1 FROM fulfill_written WHERE path = ${path.resolve(file)} LIMIT 1`),
      ({ length }) => length > 0
    )

  const keepEdited = Effect.fnUntraced(function*(file: string) {
    if (!(yield* fs.exists(file)) || (yield* isAsWritten(file))) return
    const { dir, ext, name } = path.parse(file)
    const nameOf = (n: number) => path.join(dir, `${name}-edited${n === 1 ? "" : `-${n}`}${ext}`)
    let n = 1
    while (yield* fs.exists(nameOf(n))) n++
    const why = (yield* isKnown(file)) ? "was changed since it was written" : "was written with another --database"
    yield* fs.rename(file, nameOf(n))
    yield* Console.error(`${printable(file)} ${why}: what it held is now in ${printable(nameOf(n))}`)
  })

  const written: Written = {
    isKnown,
    replace: (file, hash, commit) =>
      Effect.all([keepEdited(file), add(file, hash), commit, forgetOld(file)], { discard: true }),
    rename: Effect.fnUntraced(function*(file, to) {
      yield* keepEdited(to)
      if (yield* isAsWritten(file)) yield* add(to, yield* hashOf(file))
      yield* fs.rename(file, to)
    }),
    remove: Effect.fnUntraced(function*(file) {
      yield* keepEdited(file)
      yield* fs.remove(file, { force: true })
      yield* stored(sql`DELETE FROM fulfill_written WHERE path = ${path.resolve(file)}`)
    })
  }
  return written
})
