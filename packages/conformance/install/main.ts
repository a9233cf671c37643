/**
 * Installs what each README says, literally, from a registry on loopback into an empty folder; type-checks the program that
 * the README shows below it, and runs it.
 *
 *     pnpm install:check [--with npm,pnpm,yarn] [--only outbox]
 */
import { Emulator } from "@effect-shipstation/emulator"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Data, Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { isPublished, packAll } from "../../../scripts/pack.js"
import { environment, expected, shipments } from "../../examples/test/expected.js"
import * as Postgres from "../../outbox/test/postgres.js"
import * as Registry from "./registry.js"

/** How each of them is called, where nothing but Node is installed. */
const managers: Readonly<Record<string, ReadonlyArray<string>>> = {
  npm: ["npm"],
  pnpm: ["npx", "-y", "pnpm@10"],
  // two at once would spoil each other's cache
  yarn: ["npx", "-y", "yarn@1.22.22", "--mutex", "network"]
}

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

/** A program of a README, and how to install what it needs. */
interface Shown {
  readonly lines: ReadonlyArray<string>
  readonly file: string
  readonly program: string
}

const shown =
  /^<!-- install.*-->((?:\n+With \w+:\n+```sh\n.*\n```)+)\n[^]*?^<!-- packages\/examples\/src\/([\w.]+) -->\n+```ts\n([^]*?)\n```$/gm

const programsOf = (readme: string): ReadonlyArray<Shown> =>
  Array.from(
    readFileSync(readme, "utf8").matchAll(shown),
    ([, lines = "", file = "", program = ""]) => ({ lines: lines.split("\n"), file, program })
  )

/** What a terminal has, without what pnpm sets for its scripts. */
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry$)/i.test(name))
)

/** What it wrote. Fails where it ends badly. */
const run = (folder: string, [command = "", ...args]: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.async<string, Failed>((resume) => {
    const child = spawn(command, args, { cwd: folder, env: { ...surroundings, ...env } })
    let output = ""
    const add = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on("data", add)
    child.stderr.on("data", add)
    child.on("error", (error) => resume(new Failed({ message: error.message })))
    child.on("close", (code) =>
      resume(
        code === 0
          ? Effect.succeed(output)
          : new Failed({ message: `${command} ${args.join(" ")}: ${code}\n${output}` })
      ))
  })

const emptyFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "install-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** The settings that the guide shows. */
const [, settings = ""] = /```json\n([^]*?)```/.exec(readFileSync("docs/guide/start.md", "utf8")) ?? []

const checkTypes = (folder: string) => {
  writeFileSync(join(folder, "tsconfig.json"), settings)
  return run(folder, [
    process.execPath,
    resolve("node_modules/typescript/bin/tsc"),
    "--typeRoots",
    resolve("node_modules/@types")
  ])
}

/** Tells how it went, and gives what went wrong. */
const judged = (what: string) => <E extends { readonly message: string }, R>(self: Effect.Effect<void, E, R>) =>
  Effect.match(self, {
    onFailure: ({ message }) => [`${what}: ${message}`],
    onSuccess: (): ReadonlyArray<string> => []
  }).pipe(Effect.tap((wrong) => Console.log(`${what}: ${wrong.length === 0 ? "ok" : "fails"}`)))

const play = (manager: string, { file, lines, program }: Shown, registry: string, postgres: string) =>
  Effect.gen(function*() {
    const folder = yield* emptyFolder
    const line = lines.find((one) => one.startsWith(`${manager} `)) ?? ""
    writeFileSync(join(folder, ".npmrc"), `@effect-shipstation:registry=${registry}/\n`)
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }))
    writeFileSync(join(folder, "program.ts"), program)
    const [, ...args] = line.split(" ")
    yield* run(folder, [...managers[manager] ?? [], ...args])
    yield* checkTypes(folder)
    const { url } = yield* Emulator.Server
    const output = yield* run(folder, [process.execPath, "out/program.js"], environment(url, postgres))
    const missing = (expected[file] ?? []).filter((text) => !output.includes(text))
    if (missing.length > 0) {
      return yield* new Failed({ message: `${file} doesn't write ${missing.join(", ")}:\n${output}` })
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.fresh(Emulator.layerServer({ acceptAnyShipment: true, shipments }))),
    judged(`${manager} ${file}`)
  )

/** The command, for a whole machine. */
const playCommand = (registry: string) =>
  Effect.gen(function*() {
    const folder = yield* emptyFolder
    const [line = ""] = /^npm install --global .*$/m.exec(readFileSync("packages/cli/README.md", "utf8")) ?? []
    yield* run(folder, line.split(" "), {
      npm_config_prefix: folder,
      "npm_config_@effect-shipstation:registry": registry
    })
    const output = yield* run(folder, [join(folder, "bin/fulfill"), "--help"])
    if (!output.includes("COMMANDS")) return yield* new Failed({ message: output })
  }).pipe(
    Effect.scoped,
    judged("npm fulfill")
  )

const program = Effect.gen(function*() {
  const { values } = parseArgs({
    options: { with: { type: "string", default: "npm,pnpm,yarn" }, only: { type: "string" } }
  })
  const tarballs = yield* emptyFolder
  const published = packAll(tarballs).filter(isPublished)
  const registry = yield* Registry.serve(published)
  const { port } = yield* Postgres.server
  const readmes = ["README.md", ...published.map(({ manifest }) => `packages/${manifest.name.split("/")[1]}/README.md`)]
    .filter((readme) => readme.includes(values.only ?? ""))
  const plays = values.with.split(",").flatMap((manager) =>
    readmes.flatMap(programsOf).map((one) => ({ manager, one }))
  )
  const wrong = yield* Effect.forEach(
    plays,
    ({ manager, one }) => play(manager, one, registry, Postgres.url(port)),
    { concurrency: 2 }
  )
  if (readmes.includes("packages/cli/README.md")) wrong.push(yield* playCommand(registry))
  for (const one of wrong.flat()) yield* Console.error(one)
  if (wrong.length === 0 || wrong.flat().length > 0) process.exitCode = 1
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
