/** The emulator, driven by a tool that shares no code with it. */
import { Emulator } from "@effect-shipstation/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, spawnSync } from "node:child_process"
import { readFile } from "node:fs/promises"
import { promisify } from "node:util"

const run = promisify(execFile)

const isMissing = spawnSync("curl", ["--version"]).error !== undefined

const curl = (path: string, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { url } = yield* Emulator.Server
    const { stdout } = yield* Effect.promise(() =>
      run("curl", [
        "--silent",
        "--show-error",
        "--max-time",
        "10",
        "--write-out",
        "\n%{http_code}",
        url + path,
        ...args
      ])
    )
    const [, body = "", status] = /^(.*)\n(\d+)$/s.exec(stdout) ?? []
    return { status: Number(status), body: body === "" ? undefined : JSON.parse(body) }
  })

const key = ["-H", `api-key: ${Emulator.defaultApiKey}`]

const json = (body: unknown) => ["-H", "content-type: application/json", "-d", JSON.stringify(body)]

const create = (...shipmentIds: ReadonlyArray<string>) =>
  curl(
    "/v2/fulfillments",
    ...key,
    ...json({
      fulfillments: shipmentIds.map((shipment_id) => ({ shipment_id, tracking_number: "1Z", carrier_code: "ups" }))
    })
  )

describe.skipIf(isMissing)("curl (skipped where it isn't installed)", () => {
  it.live("seeds, creates, lists, sees what would have been mailed, and resets", () =>
    Effect.gen(function*() {
      yield* curl("/__emulator/seed", ...json({ shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }] }))
      assert.deepStrictEqual(yield* create("se-1", "se-2"), {
        status: 200,
        body: {
          has_errors: true,
          fulfillments: [
            { shipment_id: "se-1", shipment_number: "A-1", error_message: null },
            { shipment_id: "se-2", error_message: "Shipment se-2 was not found." }
          ]
        }
      })
      const list = yield* curl("/v2/fulfillments?shipment_id=se-1", ...key)
      assert.deepInclude(list.body, { total: 1, page: 1, pages: 1 })
      const { body: mails } = yield* curl("/__emulator/notifications")
      assert.deepStrictEqual(mails.map(({ kind }: { readonly kind: string }) => kind), ["customer", "order_source"])
      assert.strictEqual((yield* curl("/__emulator/reset", "-X", "POST")).status, 200)
      assert.deepStrictEqual((yield* curl("/__emulator/notifications")).body, [])
      assert.strictEqual((yield* curl("/v2/fulfillments")).status, 401)
    }).pipe(Effect.provide(Emulator.layerServer())))

  it.live("loses an answer where a fault says so, and what it asked for is done", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* curl("/__emulator/faults", ...json({ endpoint: "create", times: 1, action: { _tag: "Reset" } }))
      const failure = yield* Effect.flip(Effect.sandbox(create("se-1")))
      // "Connection reset by peer", or "Empty reply from server"
      assert.match(String(failure), /curl: \((56|52)\)/)
      assert.strictEqual((yield* emulator.committed("se-1")).length, 1)
      assert.include((yield* create("se-1")).body.fulfillments[0].error_message, "already")
    }).pipe(Effect.provide(Emulator.layerServer())))

  it.live("does what the README says", () =>
    Effect.gen(function*() {
      const readme = yield* Effect.promise(() => readFile(new URL("../README.md", import.meta.url), "utf8"))
      const [, command = ""] = /```sh\n(curl .*?)```/s.exec(readme) ?? []
      const { url } = yield* Emulator.Server
      const { stdout } = yield* Effect.promise(() => run("sh", ["-c", command.replace("http://127.0.0.1:4010", url)]))
      assert.deepInclude(JSON.parse(stdout), { has_errors: false })
    }).pipe(Effect.provide(Emulator.layerServer())))
})
