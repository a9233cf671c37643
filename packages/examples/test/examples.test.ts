/** Runs each program of the documentation as its own process, against an emulator on a real socket. */
import { Emulator } from "@effect-shipstation/emulator"
import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import * as Postgres from "../../outbox/test/postgres.js"
import { environment, expected, program, shipments } from "./expected.js"
import { proxy } from "./proxy.js"

const folder = fileURLToPath(new URL("../src", import.meta.url))

const run = (file: string, env: Record<string, string>) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* Command.make("node", program(file)).pipe(
      Command.env(env),
      Command.start
    )
    return yield* Effect.all({
      stdout: Stream.mkString(Stream.decodeText(process.stdout)),
      stderr: Stream.mkString(Stream.decodeText(process.stderr)),
      exitCode: process.exitCode
    }, { concurrency: "unbounded" })
  }))

describe("the programs of the documentation", () => {
  it("are all run here", () => {
    expect(Fs.readdirSync(folder).toSorted()).toEqual(Object.keys(expected).toSorted())
  })

  it.live.each(Object.entries(expected))("%s", ([file, lines]) =>
    Effect.gen(function*() {
      const database = file === "outboxPostgres.ts" ? Postgres.url((yield* Postgres.server).port) : ""
      const { url } = yield* Emulator.Server
      const { tunnels, url: proxyUrl } = yield* proxy
      const { exitCode, stderr, stdout } = yield* run(file, {
        ...environment(url, database),
        ...file === "proxy.ts" ? { HTTPS_PROXY: proxyUrl } : {}
      })
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
      expect(tunnels).toEqual(file === "proxy.ts" ? [new URL(url).host] : [])
      for (const line of lines) expect(stdout).toContain(line)
      expect(stdout).not.toBe("")
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(Emulator.layerServer({ acceptAnyShipment: true, shipments }), NodeContext.layer))
    ))
})
