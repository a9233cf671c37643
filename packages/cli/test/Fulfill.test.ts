import { ExitCode, Fulfill, Progress, Reports, Signals } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { RetryPolicy } from "@effect-shipstation/http-client"
import {
  FileSystem,
  HttpClient,
  HttpClientError,
  type HttpClientRequest,
  HttpClientResponse,
  Path
} from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Array, ConfigProvider, Effect, Fiber, Layer, Option, TestClock } from "effect"

const key = "emulator-secret"

const environment = { SHIPSTATION_API_KEY: key, SHIPSTATION_BASE_URL: "http://127.0.0.1:1" }

const layer = (options?: Emulator.Options) =>
  Layer.mergeAll(
    NodeContext.layer,
    Emulator.layerHttpClient({ accounts: [{ name: "default", apiKey: key }], ...options }),
    Signals.layer,
    RetryPolicy.layer(RetryPolicy.none),
    Layer.succeed(Progress.Progress, { start: () => Effect.succeed(() => Effect.void) })
  )

/** Runs the command, and gives what it says. No output may hold the key. */
const run = Effect.fnUntraced(
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
    expect(output.stdout + output.stderr).not.toMatch(/^\s+at /m)
    return { code, ...output }
  }
)

type Answer = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const client = (answer: Answer) => Layer.succeed(HttpClient.HttpClient, HttpClient.make(answer))

const noAnswer = (request: HttpClientRequest.HttpClientRequest, cause: { readonly syscall: string }) =>
  Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))

/** A directory with a file of shipments. */
const given = Effect.fnUntraced(function*(...lines: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  const file = path.join(directory, "shipments.csv")
  yield* fs.writeFileString(file, lines.join("\n"))
  const out = path.join(directory, "shipments-outcomes")
  const report = (name: string) =>
    Effect.map(fs.readFileString(path.join(out, name)), (text) => parse(text, { bom: true }))
  const reports = Effect.all(Array.map(Reports.files, ([name]) => report(name)))
  return { directory, file, out, report, reports }
})

const header = "order,shipment_id,tracking_number,carrier_code,note"
const ours = ["outcome", "message", "request_id"]

describe("import", () => {
  it.scoped("sends a file, and reports each row once, its own columns first", () =>
    Effect.gen(function*() {
      const { file, report, reports } = yield* given(
        header,
        "001,se-1,1Z999,ups,\"a, \"\"b\"\"\"",
        "002,se-2,0012,fedex,=1+1",
        "003,se-3,77,nobody,",
        "004,se-4,78,ups,-5"
      )
      const { code, stderr, stdout } = yield* run(["import", file, "--notify", "customer", "--batch-size", "2"])
      expect(code).toBe(ExitCode.rejected)
      expect(stderr).toContain("4 shipments in 2 requests to 127.0.0.1:1")
      expect(stderr).toContain("4 customers, and the order source of 0 shipments")
      expect(stdout).toContain("3 of 4 shipments fulfilled")
      expect(stdout).toMatch(/line 4, se-3: .*nobody/)

      expect(yield* report("fulfilled.csv")).toStrictEqual([
        [...header.split(","), ...ours],
        ["001", "se-1", "1Z999", "ups", "a, \"b\"", "created", "", expect.any(String)],
        ["002", "se-2", "0012", "fedex", "'=1+1", "created", "", expect.any(String)],
        ["004", "se-4", "78", "ups", "'-5", "created", "", expect.any(String)]
      ])
      expect(yield* report("rejected.csv")).toStrictEqual([
        [...header.split(","), ...ours],
        ["003", "se-3", "77", "nobody", "", "rejected", expect.stringContaining("nobody"), expect.any(String)]
      ])
      expect((yield* reports).map((rows) => rows.length - 1)).toStrictEqual([3, 1, 0, 0])

      const emulator = yield* Emulator.Emulator
      expect((yield* emulator.notifications).map(({ kind }) => kind)).toStrictEqual([
        "customer",
        "customer",
        "customer"
      ])
    }).pipe(Effect.provide(layer())))

  it.scoped("ends with 0 when all are fulfilled", () =>
    Effect.gen(function*() {
      const { file, out } = yield* given(`\uFEFF${header}`, "1,se-1,1,ups,")
      const { code, stderr, stdout } = yield* run(["import", file, "--notify", "none"])
      expect(code).toBe(ExitCode.ok)
      expect(stdout).toContain(`Reports: ${out}`)
      expect(stderr).toContain("0 customers")
      const fs = yield* FileSystem.FileSystem
      expect(Uint8Array.from(yield* fs.readFile(`${out}/fulfilled.csv`)).slice(0, 3)).toStrictEqual(
        Uint8Array.of(0xEF, 0xBB, 0xBF)
      )
    }).pipe(Effect.provide(layer())))

  it.scoped("doesn't send a file a second time", () =>
    Effect.gen(function*() {
      const { directory, file } = yield* given(header, "1,se-1,1,ups,")
      const emulator = yield* Emulator.Emulator
      expect((yield* run(["import", file, "--notify", "both"])).code).toBe(ExitCode.ok)
      const again = yield* run(["import", file, "--notify", "both"])
      expect(again.code).toBe(ExitCode.usage)
      expect(again.stderr).toContain("choose another --out")
      expect((yield* emulator.fulfillments).length).toBe(1)
      expect((yield* run(["import", file, "--notify", "both", "--out", `${directory}/b`])).code).toBe(ExitCode.ok)
      expect((yield* emulator.fulfillments).length).toBe(2)
    }).pipe(Effect.provide(layer({ alreadyFulfilled: "accept" }))))

  it.scoped("of two runs at the same time sends once", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, "1,se-1,1,ups,")
      const both = yield* Effect.all(Array.replicate(run(["import", file, "--notify", "none"]), 2), {
        concurrency: "unbounded"
      })
      expect(both.map(({ code }) => code).toSorted()).toStrictEqual([ExitCode.ok, ExitCode.usage])
      expect((yield* (yield* Emulator.Emulator).fulfillments).length).toBe(1)
    }).pipe(Effect.provide(layer({ alreadyFulfilled: "accept" }))))

  it.scoped("stops when the key is refused, and what was not sent can be imported", () =>
    Effect.gen(function*() {
      const { file, out, reports } = yield* given(header, "001,se-1,1,ups,=x", "002,se-2,2,ups,")
      const env = { ...environment, SHIPSTATION_API_KEY: "another" }
      const { code, stderr } = yield* run(["import", file, "--notify", "none", "--batch-size", "1"], env)
      expect(code).toBe(ExitCode.refused)
      expect(stderr).toContain("Stopped: Status 401")
      expect(stderr).toContain(`${out}/not-sent.csv`)
      expect((yield* reports).map((rows) => rows.length - 1)).toStrictEqual([0, 0, 2, 0])

      expect((yield* run(["import", `${out}/not-sent.csv`, "--notify", "none"])).code).toBe(ExitCode.ok)
      const fs = yield* FileSystem.FileSystem
      expect(parse(yield* fs.readFileString(`${out}/not-sent-outcomes/fulfilled.csv`)).slice(0, 2)).toStrictEqual([
        [...header.split(","), ...ours],
        ["001", "se-1", "1", "ups", "'=x", "created", "", expect.any(String)]
      ])
    }).pipe(Effect.provide(layer())))

  it.scoped("stops when there is no connection", () =>
    Effect.gen(function*() {
      const { file, reports } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      const { code, stdout } = yield* run(["import", file, "--notify", "none", "--batch-size", "1"])
      expect(code).toBe(ExitCode.temporary)
      expect(stdout).toContain("1 shipment: Could not connect")
      expect((yield* reports).map((rows) => rows.length - 1)).toStrictEqual([0, 0, 2, 0])
    }).pipe(Effect.provide(Layer.merge(layer(), client((request) => noAnswer(request, { syscall: "connect" }))))))

  it.scoped("lists what is unknown", () =>
    Effect.gen(function*() {
      const { file, report, reports } = yield* given(header, "1,se-1,1,ups,")
      const running = yield* Effect.fork(run(["import", file, "--notify", "none"]))
      // it is read back for some seconds
      while (Option.isNone(yield* Fiber.poll(running))) yield* TestClock.adjust("1 second")
      const { code, stderr } = yield* Fiber.join(running)
      expect(code).toBe(ExitCode.unknown)
      expect(stderr).toContain("look these shipments up in ShipStation")
      expect((yield* reports).map((rows) => rows.length - 1)).toStrictEqual([0, 0, 0, 1])
      expect((yield* report("unknown.csv"))[1]?.slice(5, 6)).toStrictEqual(["unknown"])
    }).pipe(Effect.provide(Layer.merge(layer(), client((request) => noAnswer(request, { syscall: "read" }))))))

  it.scoped("until the reports are written all shipments are in unknown.csv", () =>
    Effect.gen(function*() {
      const { file, report, reports } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      let during: ReadonlyArray<ReadonlyArray<string>> = []
      const spy = client((request) =>
        Effect.flatMap(Effect.orDie(report("unknown.csv")), (rows) => {
          during = rows.slice(1)
          return noAnswer(request, { syscall: "connect" })
        })
      )
      yield* Effect.provide(run(["import", file, "--notify", "none"]), spy)
      expect(during.map((row) => row[1])).toStrictEqual(["se-1", "se-2"])
      expect((yield* reports).map((rows) => rows.length - 1)).toStrictEqual([0, 0, 2, 0])
    }).pipe(Effect.provide(layer())))

  it.scoped.each<readonly [string, ReadonlyArray<string>, Readonly<Record<string, string>>, string]>([
    ["who is notified is left open", [], environment, "never guessed"],
    ["no key", ["--notify", "none"], {}, "SHIPSTATION_API_KEY is not set"],
    ["an empty key", ["--notify", "none"], { SHIPSTATION_API_KEY: "" }, "SHIPSTATION_API_KEY is not set"],
    ["readOnly", ["--notify", "none"], { ...environment, SHIPSTATION_MODE: "readOnly" }, "readOnly"],
    ["a mode that is none", ["--notify", "none"], { ...environment, SHIPSTATION_MODE: "off" }, "SHIPSTATION_MODE"],
    ["a wrong --notify", ["--notify", "all"], environment, "none, customer, order-source, both"],
    ["a batch of 0", ["--notify", "none", "--batch-size", "0"], environment, "1 to 500"],
    ["a batch of 501", ["--notify", "none", "--batch-size", "501"], environment, "1 to 500"],
    ["an unknown option", ["--notify", "none", "--key", "x"], environment, "--key"]
  ])("sends nothing and ends with 2: %s", ([, args, env, message]) =>
    Effect.gen(function*() {
      const { file, out } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr, stdout } = yield* run(["import", file, ...args], env)
      expect({ code, stdout }).toStrictEqual({ code: ExitCode.usage, stdout: "" })
      expect(stderr).toContain(message)
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.exists(out)).toBe(false)
      expect(yield* (yield* Emulator.Emulator).requests).toStrictEqual([])
    }).pipe(Effect.provide(layer())))

  it.scoped("shows the first 20 problems of a file, and how many more there are", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, ...Array.makeBy(30, (index) => `${index},se-${index},,ups,Jane Doe`))
      const { code, stderr } = yield* run(["import", file, "--notify", "none"])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("30 problems. Nothing was sent")
      expect(stderr).toContain("line 2, tracking_number \"\": must not be blank")
      expect(stderr.match(/^ {2}line /gm)?.length).toBe(20)
      expect(stderr).toContain("and 10 more")
      expect(stderr).not.toContain("Jane")
    }).pipe(Effect.provide(layer())))

  it.scoped("says why a file can't be read", () =>
    Effect.gen(function*() {
      const { directory, file } = yield* given()
      const { code, stderr } = yield* run(["import", `${directory}/no.csv`, "--notify", "none"])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("no such file")
      expect((yield* run(["import", directory, "--notify", "none"])).stderr).toContain(`Can't read ${directory}`)
      expect((yield* run(["import", `${file}/x`, "--notify", "none"])).stderr).toContain(`Can't read ${file}/x`)
    }).pipe(Effect.provide(layer())))

  it.scoped("says why the reports can't be written, before anything is sent", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* run(["import", file, "--notify", "none", "--out", `${file}/x`])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain(`Can't write to ${file}/x`)
      expect(yield* (yield* Emulator.Emulator).requests).toStrictEqual([])
    }).pipe(Effect.provide(layer())))

  it.scoped("notifies nobody in silent mode, and says so", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, "1,se-1,1,ups,")
      const { stderr } = yield* run(["import", file, "--notify", "both"], {
        ...environment,
        SHIPSTATION_MODE: "silent"
      })
      expect(stderr).toContain("Nobody is notified")
      expect(yield* (yield* Emulator.Emulator).notifications).toStrictEqual([])
    }).pipe(Effect.provide(layer())))

  it.scoped("keeps control characters of the API off the terminal", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, "1,se-1,1,ups,")
      const { stdout } = yield* run(["import", file, "--notify", "none"])
      expect(stdout).toContain("se-1: [2J bad news")
    }).pipe(Effect.provide(Layer.merge(
      layer(),
      client((request) => {
        const item = { shipment_id: "se-1", error_message: "\u001b[2J\nbad\u202Enews" }
        const fulfillments = request.method === "POST" ? [item] : []
        return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json({ fulfillments })))
      })
    ))))
})

describe("help", () => {
  it.scoped("tells the exit codes", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["--help"], {})
      expect(code).toBe(ExitCode.ok)
      for (const meaning of ExitCode.meanings) expect(stdout).toContain(meaning)
    }).pipe(Effect.provide(layer())))

  it.scoped("an unknown command is wrong usage", () =>
    Effect.gen(function*() {
      expect((yield* run(["imports"], {})).code).toBe(ExitCode.usage)
    }).pipe(Effect.provide(layer())))
})
