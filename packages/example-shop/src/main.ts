/** Runs the shop until it is told to stop. */
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { createServer } from "node:http"
import * as Database from "./Database.js"
import * as Shop from "./Shop.js"
import * as Telemetry from "./Telemetry.js"

const server = createServer()

/** It ends when all of its requests have; those that take too long are cut off. */
const Server = Layer.scopedDiscard(
  Effect.addFinalizer(() =>
    Effect.forkDaemon(Effect.delay(Effect.sync(() => server.closeAllConnections()), "5 seconds"))
  )
).pipe(
  Layer.provideMerge(
    NodeHttpServer.layerConfig(() => server, { port: Config.withDefault(Config.integer("PORT"), 3000) })
  )
)

// It stops from the top: the server takes nothing more, then the worker finishes what is under way, …
Shop.http.pipe(
  Layer.provide(Server),
  Layer.provide(Shop.fulfilling),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provide(Database.layer),
  Layer.provide(Telemetry.layer),
  Layer.launch,
  NodeRuntime.runMain
)
