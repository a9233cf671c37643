import { type ExitCode, Fulfill } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import {
  FileSystem,
  HttpClient,
  HttpClientError,
  type HttpClientRequest,
  HttpClientResponse,
  Path
} from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { parse } from "csv-parse/sync"
import { Array, ConfigProvider, Deferred, Effect, Layer } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "vitest"
import * as Reports from "../src/import/Reports.js"
import * as Progress from "../src/terminal/Progress.js"
import * as Screen from "../src/terminal/Screen.js"
import * as Signals from "../src/terminal/Signals.js"

export const key = "emulator-secret"

const environment = {
  SHIPSTATION_API_KEY: key,
  SHIPSTATION_BASE_URL: "http://127.0.0.1:1",
  // leaves nothing where the tests are run
  FULFILL_DATABASE: join(mkdtempSync(join(tmpdir(), "fulfill-")), "outbox.sqlite")
}

/** How far it is isn't shown. */
export const layerNoProgress = Layer.succeed(Progress.Progress, {
  start: Effect.succeed(() => Effect.void),
  startReading: undefined
})

/** The command in this process, on an emulator without sockets. Nobody can be asked, unless `ask` says. */
export const layer = (options?: Emulator.Options, screen: Partial<Screen.Screen["Type"]> = {}) =>
  Layer.mergeAll(
    NodeContext.layer,
    Emulator.layerHttpClient({ accounts: [{ name: "default", apiKey: key }], alreadyFulfilled: "accept", ...options }),
    Layer.effect(
      Signals.Signals,
      Effect.all({ first: Deferred.make<ExitCode.Signal>(), second: Deferred.make<ExitCode.Signal>() })
    ),
    Layer.succeed(Screen.Screen, { stdoutIsTerminal: false, ask: undefined, ...screen }),
    layerNoProgress
  )

/** Runs the command, and gives what it says. No output may hold the key, or a stack. */
export const run = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = environment) {
    const output = { stdout: "", stderr: "" }
    const console = yield* Effect.console
    const code = yield* Fulfill.run(args).pipe(
      Effect.withConsole({
        ...console,
        log: (text) => Effect.sync(() => output.stdout += `${text}\n`),
        error: (text) => Effect.sync(() => output.stderr += `${text}\n`)
      }),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env))))
    )
    expect(output.stdout + output.stderr).not.toContain(key)
    expect(output.stdout + output.stderr).not.toMatch(/^ {4}at /m)
    return { code, ...output }
  }
)

/** A directory with a file of shipments, and a database for it. */
export const given = Effect.fnUntraced(function*(...lines: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  const file = path.join(directory, "shipments.csv")
  const write = (...lines: ReadonlyArray<string>) => fs.writeFileString(file, lines.map((line) => `${line}\n`).join(""))
  yield* write(...lines)
  const out = path.join(directory, "shipments-outcomes")
  const report = (name: string) =>
    Effect.map(
      fs.readFileString(path.join(out, name)),
      (text): ReadonlyArray<ReadonlyArray<string>> => parse(text, { bom: true })
    )
  const env = { ...environment, FULFILL_DATABASE: path.join(directory, "outbox.sqlite") }
  return {
    directory,
    file,
    write,
    out,
    env,
    report,
    /** How many rows are fulfilled, rejected, unknown, and not sent. */
    sums: Effect.all(
      Array.map(Reports.files, ([name]) => Effect.map(report(`${name}.csv`), (rows) => rows.length - 1))
    ),
    run: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) => run(args, { ...env, ...more }),
    /** Imports the file, notifying nobody. */
    importIt: (...args: ReadonlyArray<string>) => run(["import", file, "--notify", "none", "--yes", ...args], env)
  }
})

export const header = "order,shipment_id,tracking_number,carrier_code,note"

type Answer = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

export const client = (answer: Answer) => Layer.succeed(HttpClient.HttpClient, HttpClient.make(answer))

export const noAnswer = (request: HttpClientRequest.HttpClientRequest, syscall: string) =>
  Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: { syscall } }))

export const json = (request: HttpClientRequest.HttpClientRequest, body: unknown, status = 200) =>
  Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(body, { status })))

/** The key is refused. */
export const denied = { errors: [{ error_source: "shipstation", error_type: "security", message: "no" }] }

/** The list is empty; what is created is answered by `answer`. */
export const posts = (answer: Answer) =>
  client((request) => request.method === "POST" ? answer(request) : json(request, { fulfillments: [] }))

export const customers = Effect.flatMap(
  Emulator.Emulator,
  ({ notifications }) => Effect.map(notifications, (all) => all.filter(({ kind }) => kind === "customer").length)
)

export const created = Effect.flatMap(
  Emulator.Emulator,
  ({ fulfillments }) => Effect.map(fulfillments, (all) => all.length)
)
