/**
 * Where the outbox is: a SQLite file, or a Postgres.
 */
import type { RateLimiterStore } from "@effect-shipstation/http-client/RateLimiter"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { OutboxStore } from "@effect-shipstation/outbox/OutboxStore"
import * as OutboxStoreSql from "@effect-shipstation/outbox/OutboxStoreSql"
import * as RateLimiterStoreSql from "@effect-shipstation/outbox/RateLimiterStoreSql"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import * as ExitCode from "../ExitCode.js"
import { describePlatformError } from "../terminal/platformError.js"
import { printable } from "../terminal/text.js"
import { isTls, tlsHint } from "../terminal/tls.js"
import { Ended, UsageError } from "../terminal/UsageError.js"
import * as Limit from "./Limit.js"
import type * as Location from "./Location.js"
import * as Tally from "./Tally.js"

/** Where the outbox is. */
export interface Options {
  readonly location: Location.Location
  /** What is done with it. */
  readonly access: Access
}

/** `create`: a SQLite file is made where there is none. `read`: one is read that nobody may write to, and nothing is left. */
export type Access = "create" | "change" | "read"

/** The outbox, and the rate limiter's log beside it. */
export const layer = (
  options: Options
): Layer.Layer<
  Outbox.Outbox | OutboxStore | Tally.Tally | RateLimiterStore | Limit.Limit | SqlClient,
  UsageError | Ended | OutboxStoreError,
  FileSystem.FileSystem | Path.Path
> => {
  return Outbox.layer.pipe(
    Layer.provideMerge(OutboxStoreSql.layer()),
    Layer.merge(Tally.layer),
    Layer.merge(Layer.provideMerge(Limit.layer, RateLimiterStoreSql.layer())),
    Layer.provideMerge(client(options))
  )
}

const client = (
  { access, location }: Options
): Layer.Layer<SqlClient, UsageError | Ended, FileSystem.FileSystem | Path.Path> =>
  location._tag === "Postgres" ? postgres(location.url) : sqlite(location, access)

/** Loaded where it is needed only: it takes a while. */
const sqlite = (
  { isDefault, path: filename }: Extract<Location.Location, { readonly _tag: "Sqlite" }>,
  access: Access
) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const name = printable(filename)
    const cannot = (reason: string) => new UsageError({ message: `Can't use ${name} as a SQLite database: ${reason}` })
    const found = yield* Effect.option(fs.stat(filename))
    if (Option.isSome(found) && found.value.type !== "File") {
      return yield* cannot("it is no file, so it would forget what was sent")
    }
    if (Option.isNone(found)) {
      if (access !== "create") {
        return yield* new UsageError({
          message:
            `There is no ${name}: nothing was imported with it. Say with --database where the import kept its memory`
        })
      }
      // it holds what customers ordered: nobody else may read it, nor what SQLite writes beside it
      yield* Effect.mapError(makeOwn(filename, isDefault), (error) => cannot(describePlatformError(error)))
    }
    const isLocked = !(yield* mayWrite(filename))
    if (isLocked && access !== "read") return yield* cannot("it, or its folder, may only be read")
    const { layer } = yield* Effect.promise(() => import("@effect/sql-sqlite-node/SqliteClient"))
    const how = isLocked
      ? yield* Effect.mapError(onlyRead(filename), (error) => cannot(describePlatformError(error)))
      : { filename }
    // the file is opened by a constructor that throws
    return Layer.catchAllCause(layer(how), (cause) => Layer.fail(cannot(messageOf(Cause.squash(cause)))))
  }))

/** Whether a file may be written to, and its log, which is made in its folder where the file isn't in use. */
const mayWrite = (filename: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.access(filename, { readable: true, writable: true })
    yield* Effect.orElse(
      fs.access(path.dirname(filename), { writable: true }),
      () => fs.access(`${filename}-shm`, { readable: true, writable: true })
    )
    return true
  }).pipe(Effect.orElseSucceed(() => false))

/**
 * How a file is opened that may only be read. SQLite can't do it by itself where a file with a write-ahead log isn't in use,
 * as it would have to make files beside it: there a copy is read, with what a process that was killed left in the log.
 */
const onlyRead = Effect.fnUntraced(function*(filename: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (yield* fs.exists(`${filename}-shm`)) return { filename, readonly: true, disableWAL: true }
  const copy = path.join(yield* fs.makeTempDirectoryScoped({ prefix: "fulfill-" }), "outbox.sqlite")
  for (const end of ["", "-wal"]) {
    if (!(yield* fs.exists(filename + end))) continue
    yield* fs.copyFile(filename + end, copy + end)
    yield* fs.chmod(copy + end, 0o600)
  }
  return { filename: copy }
})

/** Makes an empty file, which is a database without tables. */
const makeOwn = Effect.fnUntraced(function*(filename: string, withFolder: boolean) {
  const fs = yield* FileSystem.FileSystem
  if (withFolder) {
    yield* fs.makeDirectory(filename.slice(0, Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\"))), {
      recursive: true,
      mode: 0o700
    })
  }
  // not "wx": two commands may begin at once
  yield* Effect.scoped(fs.open(filename, { flag: "a", mode: 0o600 }))
})

const postgres = (url: Redacted.Redacted) =>
  Layer.unwrapEffect(Effect.map(
    Effect.promise(() => import("@effect/sql-pg/PgClient")),
    ({ layer }) =>
      Layer.catchAll(layer({ url, applicationName: "fulfill" }), (error) => {
        const why = error._tag === "SqlError" ? causeOf(error) : { code: "", message: "not a URL that can be used" }
        // a wrong password or database won't get right by itself
        const code = /^(28|3D)/.test(why.code) || why.code === "" || isTls(why.code + why.message)
          ? ExitCode.usage
          : ExitCode.temporary
        return Layer.fail(
          new Ended({
            code,
            message: `Can't use the Postgres database: ${printable(why.message)}` + tlsHint(why.code + why.message)
          })
        )
      })
  ))

const causeOf = ({ cause }: SqlError) => {
  const code = Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""
  return { code, message: messageOf(cause) || code }
}

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" ? error.message : "no reason given"
