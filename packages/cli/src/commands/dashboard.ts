import * as Command from "@effect/cli/Command"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ExitCode from "../ExitCode.js"
import { notListening } from "../terminal/listening.js"
import { Signals } from "../terminal/Signals.js"
import { endWith } from "../terminal/UsageError.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"

/** Nobody else reaches it there. */
const host = "127.0.0.1"

const command = Command.make(
  "dashboard",
  {
    port: CommonOptions.port,
    database: CommonOptions.database
  },
  ({ database, port }) =>
    Effect.gen(function*() {
      const { Dashboard, HttpServer, NodeHttpServer, createServer } = yield* load
      const server = createServer()
      const layer = Dashboard.layerServe().pipe(
        // a page that is open would keep it
        Layer.merge(Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections())))),
        Layer.provideMerge(NodeHttpServer.layer(() => server, { port, host })),
        Layer.provide(Dashboard.layer),
        Layer.provide(CommonOptions.layerDatabase(database, "change"))
      )
      yield* Effect.provide(Effect.flatMap(HttpServer.HttpServer, serve), layer)
    }).pipe(Effect.catchTag("ServeError", notListening({ host, port })))
).pipe(Command.withDescription(
  "Shows the outbox in a browser: what waits, what is unknown and what was refused, why, and what to do. It listens on this "
    + "machine only."
))

/** Loaded where it is needed only: it has a web server, and pages. */
const load = Effect.promise(async () => ({
  Dashboard: await import("@effect-shipstation/dashboard/Dashboard"),
  HttpServer: await import("@effect/platform/HttpServer"),
  NodeHttpServer: await import("@effect/platform-node/NodeHttpServer"),
  createServer: (await import("node:http")).createServer
}))

const serve = Effect.fnUntraced(function*({ address }: HttpServer.HttpServer) {
  yield* Console.log(`http://${host}:${address._tag === "TcpAddress" ? address.port : ""}/`)
  yield* Console.error(
    "The dashboard of the outbox: open this address in a browser. Ctrl-C ends it; nothing is sent by it."
  )
  const { first } = yield* Signals
  return yield* endWith(ExitCode.ofSignal(yield* Deferred.await(first)))
})

/** `fulfill dashboard`. */
export const help = CommandHelp.make(command, {
  summary: "shows the outbox in a browser, with why each shipment is as it is and what to do",
  examples: ["fulfill dashboard", "fulfill dashboard --port 4020"],
  environment: [CommandHelp.environment.database]
})
