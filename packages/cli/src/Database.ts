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
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as ExitCode from "./ExitCode.js"
import * as Limit from "./Limit.js"
import * as Tally from "./Tally.js"
import { Ended, UsageError } from "./UsageError.js"

/** Where the outbox is. */
export interface Options {
  /** A path, or a URL that begins with `postgres://` or `postgresql://` and may hold a password. */
  readonly database: Redacted.Redacted
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
  { create, database }: Options
): Layer.Layer<SqlClient, UsageError | Ended, FileSystem.FileSystem> => {
  const text = Redacted.value(database).trim()
  if (/^postgres(ql)?:\/\//i.test(text)) return postgres(Redacted.make(text))
  // not quoted: it may hold a password
  return /^[\w+.-]+:\/\//.test(text)
    ? Layer.fail(new UsageError({ message: "The database is a URL, but not one that begins with postgres://" }))
    : sqlite(text, create)
}

/** Loaded where it is needed only: it takes a while. */
const sqlite = (filename: string, create: boolean) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (!create && !(yield* Effect.orElseSucceed(fs.exists(filename), () => true))) {
      return yield* new UsageError({
        message: `There is no ${filename}: run this where the import was run, or say with --database where its file is`
      })
    }
    const { layer } = yield* Effect.promise(() => import("@effect/sql-sqlite-node/SqliteClient"))
    // the file is opened by a constructor that throws
    return Layer.catchAllCause(layer({ filename }), (cause) =>
      Layer.fail(
        new UsageError({ message: `Can't use ${filename} as a SQLite database: ${messageOf(Cause.squash(cause))}` })
      ))
  }))

const postgres = (url: Redacted.Redacted) =>
  Layer.unwrapEffect(Effect.map(
    Effect.promise(() => import("@effect/sql-pg/PgClient")),
    ({ layer }) =>
      Layer.catchAll(layer({ url, applicationName: "fulfill" }), (error) => {
        const why = error._tag === "SqlError" ? causeOf(error) : { code: "", message: "not a URL that can be used" }
        // a wrong password or database won't get right by itself
        const code = /^(28|3D)/.test(why.code) || why.code === "" ? ExitCode.usage : ExitCode.temporary
        return Layer.fail(new Ended({ code, message: `Can't use the Postgres database: ${why.message}` }))
      })
  ))

const causeOf = ({ cause }: SqlError) => {
  const code = Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""
  return { code, message: messageOf(cause) || code }
}

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" ? error.message : "no reason given"
