#!/usr/bin/env node
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { setFlagsFromString } from "node:v8"
import { run } from "./Fulfill.js"
import { layerConsole } from "./terminal/colour.js"
import * as Progress from "./terminal/Progress.js"
import * as Screen from "./terminal/Screen.js"
import * as Signals from "./terminal/Signals.js"

// V8 lets garbage grow to four times what is alive before it looks for it in earnest, which a file of a million rows
// doesn't make faster
setFlagsFromString("--heap-growing-percent=30")

const layer = Layer.mergeAll(
  NodeContext.layer,
  NodeHttpClient.layerUndici,
  Progress.layer,
  Screen.layer,
  Signals.layer,
  layerConsole
)

// who reads may go before the end, as `head` does: what is being done goes on
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error
  })
}

// not `process.exit`, which would drop what is still on its way to a pipe
process.exitCode = await run(process.argv.slice(2)).pipe(Effect.provide(layer), Effect.runPromise)
