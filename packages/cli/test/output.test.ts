import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import * as Output from "../src/Output.js"
import { script } from "./processes.js"
import { given, header, layer } from "./support.js"

/** The names of an object's fields, and of those inside them. */
const namesOf = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.flatMap(namesOf)
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, one]) => [name, ...namesOf(one)])
    : []

/** Fails for what the schema doesn't have. */
const roundTrip = (schema: Schema.Schema.AnyNoContext, value: unknown): unknown =>
  Schema.encodeSync(schema)(Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })(value))

describe("what --json prints", () => {
  it.scopedLive("is as its schema says, ours in camelCase and the API's as it is there", () =>
    Effect.gen(function*() {
      const { file, importIt, run } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,nobody,", "3,se-3,3,ups,")
      yield* (yield* Emulator.Emulator).seed({ carriers: { ups: "UPS" } })
      const all: ReadonlyArray<readonly [Schema.Schema.AnyNoContext, string]> = [
        [Output.Planned, (yield* run(["plan", file, "--notify", "none", "--json"])).stdout],
        [Output.Offered, (yield* importIt("--offer-only", "--json")).stdout],
        [Output.Imported, (yield* importIt("--json")).stdout],
        [Output.Planned, (yield* run(["plan", file, "--notify", "none", "--json"])).stdout],
        [Output.Status, (yield* run(["status", "--json"])).stdout],
        [Output.Row, (yield* run(["list", "--limit", "1", "--json"])).stdout],
        [Output.Shown, (yield* run(["show", "se-2", "--json"])).stdout],
        [Output.Carrier, (yield* run(["check", "--json"])).stdout],
        [Output.Profile, JSON.stringify({ name: "a", options: "--map a=b" })]
      ]
      for (const [schema, text] of all) {
        const value: unknown = JSON.parse(text.split("\n{")[0] ?? "")
        expect(roundTrip(schema, value)).toStrictEqual(value)
        const api = /^(?:shipment_id|tracking_number|carrier_code|request_id|fulfillment_id|ship_date|notify_\w+)$/
        expect(namesOf(value).filter((name) => !/^[a-z][A-Za-z]*$/.test(name) && !api.test(name))).toStrictEqual([])
      }
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [string, string, ReadonlyArray<string>, string]>([
    ["has no columns", "a,b\n1,2\n", [], "shipment_id: is missing"],
    ["is bad JSON", "[{", ["--format", "json"], "is no JSON"],
    ["is empty", "", [], "is empty"],
    ["has other columns than --where says", "shipment_id,tracking_number,carrier_code\nse-1,1,ups\n", [
      "--where",
      "x=1"
    ], "no such column for --where"],
    [
      "is read with a wrong --where",
      "shipment_id,tracking_number,carrier_code\nse-1,1,ups\n",
      ["--where", "x"],
      "--where"
    ]
  ])("is JSON too where a file %s", ([, content, args, why]) =>
    Effect.gen(function*() {
      const { file, run } = yield* given()
      yield* (yield* FileSystem.FileSystem).writeFileString(file, content)
      for (const command of [["plan"], ["import", "--yes"], ["import", "--yes", "--offer-only"]]) {
        const { code, stderr, stdout } = yield* run([...command, file, "--notify", "none", "--json", ...args])
        expect(code).toBe(ExitCode.usage)
        expect(roundTrip(Output.Failed, JSON.parse(stdout))).toStrictEqual({
          file,
          exitCode: ExitCode.usage,
          error: expect.stringContaining(why)
        })
        expect(stderr).toContain(why)
      }
    }).pipe(Effect.provide(layer())))

  it.scopedLive("is JSON too where there is no file, and where nobody was asked", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      for (const args of [["plan", `${file}x`], ["import", `${file}x`, "--yes"], ["import", file]]) {
        const { code, stdout } = yield* run([...args, "--notify", "none", "--json"])
        expect(code).toBe(ExitCode.usage)
        expect(JSON.parse(stdout)).toMatchObject({ exitCode: ExitCode.usage, error: expect.any(String) })
      }
    }).pipe(Effect.provide(layer())))

  it("is all in the guide", () => {
    const page = readFileSync(script("../../../docs/fulfill.md"), "utf8")
    const commands: ReadonlyArray<readonly [string, { readonly fields: object }]> = [
      ["plan", Output.Planned],
      ["import", Output.Imported],
      ["plan or import that failed", Output.Failed],
      ["import --offer-only", Output.Offered],
      ["status", Output.Status],
      ["list", Output.Row],
      ["show", Output.Shown],
      ["verify", Output.NotTold],
      ["check", Output.Carrier],
      ["profiles", Output.Profile]
    ]
    for (const [command, { fields }] of commands) {
      const [, row = ""] = new RegExp(`^\\| \`${command}\` +\\| (.*) \\|$`, "m").exec(page) ?? []
      const told = [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
      const inherited = command === "show" ? Object.keys(Output.Row.fields) : []
      expect([command, [...inherited, ...told]]).toStrictEqual([command, Object.keys(fields)])
    }
  })
})
