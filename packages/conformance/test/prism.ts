import { Emulator, ShipStationApi } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { freePort } from "@effect-shipstation/test-kit/freePort"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"

const command = createRequire(import.meta.url).resolve("@stoplight/prism-cli/dist/index.js")

/** A file, as Prism's own way to load an address gives up after five seconds. */
const openApiFile = Effect.gen(function*() {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "openapi-"))),
    (directory) => Effect.promise(() => rm(directory, { recursive: true }))
  )
  const file = join(directory, "openapi.json")
  yield* Effect.promise(() => writeFile(file, JSON.stringify(ShipStationApi.openApi)))
  return file
})

/** Runs Prism, which knows of ours only the OpenAPI document. Gives its URL. */
export const prism = Effect.fnUntraced(function*(mode: "mock" | "proxy", ...args: ReadonlyArray<string>) {
  const file = yield* openApiFile
  const port = yield* freePort
  const { url } = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [command, mode, file, ...args, "--port", String(port)], {
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
  )
  return url
})

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
