/** Runs the shop until it is told to stop. */
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Layer } from "effect"
import { createServer } from "node:http"
import * as Database from "./Database.js"
import * as Shop from "./Shop.js"
import * as Telemetry from "./Telemetry.js"

Shop.layer.pipe(
  Layer.provide(NodeHttpServer.layerConfig(createServer, { port: Config.withDefault(Config.port("PORT"), 3000) })),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.provide(Database.layer),
  // the last to stop, so that it hears of the others' ends
  Layer.provide(Telemetry.layer),
  Layer.launch,
  NodeRuntime.runMain
)
