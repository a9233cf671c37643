/**
 * Listening on Postgres, on a connection of its own. `PgClient.listen` isn't used, since it has moments in which nobody
 * hears of its connection's errors: one that the server ends while it is opened or closed would end the process.
 */
import type { PgClientConfig } from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Client, type ClientConfig, escapeIdentifier } from "pg"

/**
 * Emits after each notification, and when it begins to listen, as what was told before wasn't heard. Never fails: a
 * connection that is lost, or is silent for too long, is followed by another.
 */
export const listen = (config: PgClientConfig, channel: string): Stream.Stream<string | undefined> => {
  let isSilent = false
  /** Of a server that is away for long, it is said once. */
  const lost = (error: unknown) =>
    Effect.suspend(() => {
      if (isSilent) return Effect.void
      isSilent = true
      return Effect.logWarning("Postgres can't be listened to: until it can, workers just look often", error)
    })
  const heard = Effect.sync(() => {
    isSilent = false
  })
  return Stream.tap(connection(config, channel), () => heard).pipe(
    Stream.catchAllCause((cause) => Stream.drain(Stream.fromEffect(lost(cause)))),
    Stream.repeat(Schedule.jittered(Schedule.spaced("500 millis")))
  )
}

const connection = (config: PgClientConfig, channel: string) =>
  Stream.asyncPush<string | undefined, unknown>(
    (emit) =>
      Effect.gen(function*() {
        const client = new Client(clientConfig(config))
        // first of all, and for ever: an error that nobody listens to ends the process
        client.on("error", emit.fail)
        client.on("end", emit.end)
        client.on("notification", ({ payload }) => emit.single(payload))
        yield* Effect.addFinalizer(() =>
          Effect.ignore(Effect.timeout(Effect.interruptible(Effect.tryPromise(() => client.end())), "1 second"))
        )
        const query = (text: string) => Effect.timeout(Effect.tryPromise(() => client.query(text)), "10 seconds")
        yield* Effect.tryPromise(() => client.connect())
        yield* query(`LISTEN ${escapeIdentifier(channel)}`)
        emit.single(undefined)
        // a connection whose other end has vanished says nothing
        yield* Effect.forkScoped(
          Effect.catchAll(
            Effect.forever(Effect.delay(query("SELECT 1"), "30 seconds")),
            (error) => Effect.sync(() => emit.fail(error))
          )
        )
      }),
    { bufferSize: 1_000, strategy: "sliding" }
  )

/** As the client itself connects. */
const clientConfig = ({ url, password, username, stream, ...config }: PgClientConfig): ClientConfig => ({
  connectionString: url === undefined ? undefined : Redacted.value(url),
  user: username,
  host: config.host,
  port: config.port,
  database: config.database,
  password: password === undefined ? undefined : Redacted.value(password),
  ssl: config.ssl,
  ...(stream === undefined ? {} : { stream }),
  application_name: config.applicationName ?? "@effect/sql-pg",
  connectionTimeoutMillis: 10_000
})
