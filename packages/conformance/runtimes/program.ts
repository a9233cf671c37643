/** The program of Node, Bun and Deno: reads its job from a file, and prints what it tells. */
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Layer } from "effect"
import { readFileSync } from "node:fs"
import { argv, exit } from "node:process"
import { inspect } from "node:util"
import { play } from "./play.js"

const job = JSON.parse(readFileSync(argv[2] ?? "", "utf8"))

const httpClients = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer,
  "node:http, kept": Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))
}

const told = await play(job, httpClients, (value) => inspect(value, { depth: 12, showHidden: true }))
console.log(`\n${JSON.stringify(told)}`)
// connections that are kept would keep the process
exit(0)
