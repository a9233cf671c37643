import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { createServer } from "node:net"

const command = createRequire(import.meta.url).resolve("@stoplight/prism-cli/dist/index.js")

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Runs Prism, which knows of ours only the OpenAPI document. Gives its URL. */
export const prism = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const port = await freePort()
        const child = spawn(process.execPath, [command, ...args, "--port", String(port)], {
          env: { PATH: process.env["PATH"], NO_COLOR: "1" },
          stdio: ["ignore", "pipe", "inherit"]
        })
        const exit = once(child, "exit")
        await new Promise<void>((resolve, reject) => {
          let output = ""
          child.stdout.on("data", (data) => {
            output += String(data)
            if (output.includes("is listening")) resolve()
          })
          child.once("exit", () => reject(new Error(`Prism ended: ${output}`)))
        })
        return { child, exit, url: `http://127.0.0.1:${port}` }
      }),
      ({ child, exit }) =>
        Effect.promise(() => {
          child.kill()
          return exit
        })
    ),
    ({ url }) => url
  )

/** Our client, at a URL. */
export const clientAt = (
  baseUrl: string,
  { apiKey = Emulator.defaultApiKey, via = (client: HttpClient.HttpClient) => client } = {}
) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: false }, readBackSchedule: Schedule.once }).pipe(
    Layer.provideMerge(ShipStationClient.layer),
    Layer.provide(Layer.mergeAll(
      ShipStationConfig.layer({ apiKey: Redacted.make(apiKey), baseUrl }),
      RetryPolicy.layer(RetryPolicy.none),
      Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, via)).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
    ))
  )
