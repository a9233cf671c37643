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
import { Ended, UsageError } from "../terminal/UsageError.js"
import * as Limit from "./Limit.js"
import type * as Location from "./Location.js"
import * as Tally from "./Tally.js"
import { isTls, tlsHint } from "./tls.js"

/** Where the outbox is. */
export interface Options {
  readonly location: Location.Location
  /** Whether a SQLite file is made where there is none. */
  readonly create: boolean
}

/** The outbox, and the rate limiter's log beside it. */
export const layer = (
  options: Options
): Layer.Layer<
  Outbox.Outbox | OutboxStore | Tally.Tally | RateLimiterStore | Limit.Limit | SqlClient,
  UsageError | Ended | OutboxStoreError,
  FileSystem.FileSystem
> => {
  return Outbox.layer.pipe(
    Layer.provideMerge(OutboxStoreSql.layer()),
    Layer.merge(Tally.layer),
    Layer.merge(Layer.provideMerge(Limit.layer, RateLimiterStoreSql.layer())),
    Layer.provideMerge(client(options))
  )
}

const client = (
  { create, location }: Options
): Layer.Layer<SqlClient, UsageError | Ended, FileSystem.FileSystem> =>
  location._tag === "Postgres" ? postgres(location.url) : sqlite(location, create)

/** Loaded where it is needed only: it takes a while. */
const sqlite = (
  { isDefault, path: filename }: Extract<Location.Location, { readonly _tag: "Sqlite" }>,
  create: boolean
) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const name = printable(filename)
    const cannot = (reason: string) => new UsageError({ message: `Can't use ${name} as a SQLite database: ${reason}` })
    const found = yield* Effect.option(fs.stat(filename))
    if (Option.isSome(found) && found.value.type !== "File") {
      return yield* cannot("it is no file, so it would forget what was sent")
    }
    if (Option.isNone(found)) {
      if (!create) {
        return yield* new UsageError({
          message:
            `There is no ${name}: nothing was imported with it. Say with --database where the import kept its memory`
        })
      }
      // it holds what customers ordered: nobody else may read it, nor what SQLite writes beside it
      yield* Effect.mapError(makeOwn(filename, isDefault), (error) => cannot(describePlatformError(error)))
    }
    const { layer } = yield* Effect.promise(() => import("@effect/sql-sqlite-node/SqliteClient"))
    // the file is opened by a constructor that throws
    return Layer.catchAllCause(layer({ filename }), (cause) => Layer.fail(cannot(messageOf(Cause.squash(cause)))))
  }))

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
