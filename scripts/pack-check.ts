// Packs what gets published and uses it like a stranger: in an empty project, type-checked and run with plain Node.
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { isPublished, packAll, type Packed, read, run } from "./pack.js"

const checkContents = ({ json, manifest, tarball }: Packed): void => {
  const files = read(".", "tar", "-tzf", tarball).trim().split("\n").map((file) => file.replace("package/", ""))
  const missing = ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "src/index.ts"]
    .concat(manifest.name === "@effect-shipstation/dashboard" ? ["dist/page/index.html", "dist/page/main.js"] : [])
    .filter((file) => !files.includes(file))
  const unwanted = files.filter((file) =>
    !/^(assets|dist|src|inspector|page)\/|^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(file) ||
    /\.tsbuildinfo$|\.test\./.test(file)
  )
  const unresolved = json.match(/"(workspace|catalog):[^"]*"/g) ?? []
  if (missing.length + unwanted.length + unresolved.length > 0) {
    throw new Error(`${tarball}: missing [${missing}], unwanted [${unwanted}], unresolved [${unresolved}]`)
  }
}

/** Loads the emulator's page and all that it refers to, as a browser does. */
const inspector = `
import { Emulator } from "@effect-shipstation/emulator"
import { Effect } from "effect"
await Effect.runPromise(Effect.provide(Effect.gen(function*() {
  const { url } = yield* Emulator.Server
  const loaded = new Set()
  const load = async (address) => {
    if (loaded.has(address)) return
    loaded.add(address)
    const response = await fetch(address, { headers: { accept: "text/html" } })
    if (!response.ok) throw new Error(address + " has status " + response.status)
    const text = await response.text()
    for (const [, path] of text.matchAll(/(?:href=|src=|from ?)"([.\\/][^"]*)"/g)) await load(new URL(path, address).href)
  }
  yield* Effect.promise(() => load(url + "/"))
  if (loaded.size < 10) throw new Error("The inspector refers to less than it should: " + [...loaded])
}), Emulator.layerServer()))
`

/** Seconds of processor time, the least of three runs. */
const processorTime = (...args: ReadonlyArray<string>): number => {
  const measure =
    "data:text/javascript,process.on('exit',()=>process._rawDebug(process.cpuUsage().user+process.cpuUsage().system))"
  const runs = [1, 2, 3].map(() => {
    const { stderr } = spawnSync("node", ["--import", measure, ...args], { cwd: project, encoding: "utf8" })
    return Number(stderr.trim().split("\n").at(-1)) / 1e6
  })
  return Math.min(...runs)
}

/** `fulfill` starts in a moment, however fast the machine is: compared with Node doing nothing. */
const checkStart = (): void => {
  const rows = Array.from({ length: 10 }, (_, n) => `se-${n},TBA50288727400${n},amazon`)
  writeFileSync(join(project, "ten.csv"), ["shipment_id,tracking_number,carrier_code", ...rows, ""].join("\n"))
  const bin = "node_modules/@effect-shipstation/cli/dist/bundle/bin.js"
  const nothing = processorTime("-e", "0")
  for (
    const [times, ...args] of [
      [9, "--version"],
      [9, "--help"],
      [13, "plan", "ten.csv", "--notify", "none", "--problems", "/dev/null"]
    ] as const
  ) {
    const took = processorTime(bin, ...args)
    console.log(
      `fulfill ${args.join(" ")}: ${took.toFixed(2)} s, ${(took / nothing).toFixed(1)} times as much as node -e 0`
    )
    if (took > times * nothing) {
      throw new Error(`fulfill ${args[0]} takes more than ${times} times as much as node -e 0`)
    }
  }
}

const project = mkdtempSync(join(tmpdir(), "effect-shipstation-"))
try {
  const packed = packAll(project)
  const published = packed.filter(isPublished)
  for (const one of published) {
    checkContents(one)
    run(".", "publint", one.tarball, "--strict")
    run(".", "attw", one.tarball, "--profile", "esm-only", "--no-summary", "--format", "table-flipped")
  }

  // The examples, their dependencies from the registry, ours from the tarballs.
  const examples = packed.find(({ manifest }) => manifest.name === "@effect-shipstation/examples")?.manifest
  const ours = Object.fromEntries(published.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: { ...examples?.dependencies, ...ours },
      // @effect/platform-node-shared declares types of ws, and @effect/sql-pg of pg, without depending on them.
      devDependencies: {
        "@types/node": examples?.devDependencies?.["@types/node"],
        "@types/pg": "^8.15.5",
        "@types/ws": "^8.18.1"
      }
    })
  )
  cpSync("packages/examples/src", join(project, "src"), { recursive: true })
  run(project, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")

  const options = [
    "--strict",
    "--exactOptionalPropertyTypes",
    "--target",
    "ES2022",
    "--outDir",
    "out",
    "--rootDir",
    "src"
  ]
  const sources = readdirSync("packages/examples/src").map((file) => join("src", file))
  for (const typescript of ["typescript-5.9", "typescript"]) {
    const tsc = resolve("node_modules", typescript, "bin/tsc")
    for (const [module, resolution] of [["ESNext", "Bundler"], ["NodeNext", "NodeNext"]] as const) {
      run(project, "node", tsc, ...options, "--module", module, "--moduleResolution", resolution, ...sources)
    }
  }
  // those that need no server
  for (const program of ["schema", "offline", "emulator", "webhooks"]) run(project, "node", `out/${program}.js`)
  writeFileSync(join(project, "inspector.mjs"), inspector)
  run(project, "node", "inspector.mjs")
  for (const command of published.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}))) {
    run(project, join("node_modules", ".bin", command), "--version")
  }
  checkStart()
} finally {
  rmSync(project, { force: true, recursive: true })
}
