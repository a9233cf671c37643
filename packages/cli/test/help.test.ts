import { ExitCode } from "@effect-shipstation/cli"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { stripVTControlCharacters } from "node:util"
import { layer, run } from "./support.js"

const commands = [
  "plan",
  "import",
  "work",
  "status",
  "list",
  "show",
  "retry",
  "discard",
  "pause",
  "resume",
  "reconcile",
  "verify",
  "prune",
  "profiles",
  "check",
  "dashboard",
  "emulator",
  "openapi",
  "completions"
]

describe("help", () => {
  it.scoped("tells all commands, and the exit codes", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["--help"], {})
      expect(code).toBe(ExitCode.ok)
      for (const meaning of ExitCode.meanings) expect(stdout).toContain(meaning)
      for (const command of commands) expect(stdout).toContain(`- ${command} `)
      expect((yield* run([], {})).stdout).toBe(stdout)
    }).pipe(Effect.provide(layer())))

  it.scoped.each(commands)("of %s has its usage and examples", (command) =>
    Effect.gen(function*() {
      const { code, stdout } = yield* run([command, "--help"], {})
      expect(code).toBe(ExitCode.ok)
      const plain = stripVTControlCharacters(stdout)
      expect(plain).toContain(`fulfill ${command}`)
      expect(plain).toContain("EXAMPLES")
      expect(plain.includes("SHIPSTATION_API_KEY")).toBe(["plan", "import", "work", "check"].includes(command))
    }).pipe(Effect.provide(layer())))

  it.scoped.each(["bash", "zsh", "fish"])("completions for %s", (shell) =>
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["completions", shell], {})
      expect(code).toBe(ExitCode.ok)
      expect(stdout).toContain("reconcile")
    }).pipe(Effect.provide(layer())))

  it.scoped("an unknown command is wrong usage", () =>
    Effect.gen(function*() {
      expect((yield* run(["imports"], {})).code).toBe(ExitCode.usage)
    }).pipe(Effect.provide(layer())))

  it.scoped.each<readonly [string, ReadonlyArray<string>]>([
    ["Did you mean import?", ["improt", "shipments.csv"]],
    ["Did you mean status?", ["stat"]],
    ["Did you mean reconcile?", ["Reconcile"]],
    ["Did you mean --notify? All options: fulfill plan --help", ["plan", "shipments.csv", "--notfy", "none"]],
    ["Did you mean --carrier?", ["import", "shipments.csv", "--carier=ups", "--notify", "none"]],
    ["Did you mean --skip-bad-rows?", ["import", "shipments.csv", "--skip-bad-row"]],
    ["Did you mean --state?", ["list", "--sate", "unknown"]],
    ["--notify custmer: write none, customer, order-source, both. Did you mean customer?", [
      "plan",
      "a.csv",
      "--notify",
      "custmer"
    ]],
    ["--mode slient: write live, silent, readOnly. Did you mean silent?", ["import", "a.csv", "--mode=slient"]],
    ["--format xml: write csv, tsv, ndjson, json", ["plan", "a.csv", "--format", "xml"]],
    ["--report-format xls: write csv, xlsx. Did you mean xlsx?", ["import", "a.csv", "--report-format", "xls"]],
    ["--date-order ymd: write dmy, mdy", ["plan", "a.csv", "--date-order", "ymd"]],
    ["--state unkown: write pending, ", ["list", "--state", "unkown"]],
    ["Did you mean unknown?", ["list", "--state", "unkown"]],
    ["--limit abc: write a whole number", ["list", "--limit", "abc"]],
    ["--header-line x: write a whole number", ["plan", "a.csv", "--header-line", "x"]],
    ["--batch-size 1.5: write a whole number", ["work", "--batch-size", "1.5"]],
    ["--timezone needs a value behind it", ["plan", "a.csv", "--timezone"]],
    ["--timezone needs a value behind it", ["plan", "a.csv", "--timezone", "--notify", "none"]],
    ["--sheet needs a value behind it", ["plan", "a.csv", "--sheet"]]
  ])("asks what is probably right: %s", ([question, args]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(args, {})
      expect({ code, stdout }).toStrictEqual({ code: ExitCode.usage, stdout: "" })
      expect(stderr).toContain(question)
    }).pipe(Effect.provide(layer())))

  it.scoped.each([["buy"], ["plan", "x.csv", "--quick"], ["plan", "--notify", "--map", "none"]])(
    "doesn't where nothing is near: %s %s %s",
    (args) =>
      Effect.gen(function*() {
        const { code, stderr } = yield* run(args, {})
        expect(code).toBe(ExitCode.usage)
        expect(stderr).not.toContain("Did you mean")
      }).pipe(Effect.provide(layer()))
  )
})
