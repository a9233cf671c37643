// pnpm peers   tests what gets published on the lowest versions of its peers, and on the newest where the lockfile hasn't
//              got them, and looks whether the outbox can be installed beside what else there is for @effect/sql
// pnpm peers --quick        … by the tests that tell most
// pnpm peers --only core    … one of core, database, cluster, companions and newest
//
// The ranges are in the catalog `peers` of pnpm-workspace.yaml. Their lower ends are what this was seen to pass with.
import { execFileSync } from "node:child_process"
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"

const { values: { only, quick = false } } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean" } }
})

type Versions = Readonly<Record<string, string>>

interface Trial {
  readonly name: string
  readonly packages: ReadonlyArray<string>
  readonly versions: Versions
  /** The packages whose sources are type-checked too. */
  readonly types: ReadonlyArray<string>
  readonly tests: ReadonlyArray<string>
}

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): void => {
  console.log(`> ${command} ${args.join(" ")}`)
  execFileSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] })
}

const read = (command: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 26 })

const workspace = readFileSync("pnpm-workspace.yaml", "utf8")

/** The ranges of the catalog `peers`. */
const ranges: Versions = Object.fromEntries(
  [...(/\n  peers:\n((?: {4}.*\n)*)/.exec(workspace)?.[1] ?? "").matchAll(/^ {4}"?([^":]+)"?: "?([^"\n]+)"?$/gm)]
    .map(([, name = "", range = ""]) => [name, range])
)

const lowest = (name: string): string => {
  const version = /\d+\.\d+\.\d+/.exec(ranges[name] ?? "")?.[0]
  if (version === undefined) throw new Error(`no range of ${name} in the catalog`)
  return version
}

const inOrder = (versions: ReadonlyArray<string>): ReadonlyArray<string> =>
  versions.toSorted((one, other) => one.localeCompare(other, "en", { numeric: true }))

const newest = (name: string): string => {
  const found: unknown = JSON.parse(read("npm", "view", `${name}@${ranges[name]}`, "version", "--json"))
  return inOrder([found].flat().map(String)).at(-1) ?? "none"
}

const installed = (name: string): string => {
  const owner = /\/(?:cluster|rpc|workflow)$/.test(name)
    ? "cluster"
    : name === "@effect/platform-node"
    ? "emulator"
    : "outbox"
  const file = join("packages", owner, "node_modules", name)
  return JSON.parse(readFileSync(join(file, "package.json"), "utf8")).version
}

// Versions that come together, as each of these names the others as its peers: the platform and what its tests run on, …
const core: Trial = {
  name: "the lowest effect and @effect/platform",
  packages: [
    "schema",
    "http-client",
    "fulfillments",
    "shipments",
    "webhooks",
    "promise",
    "page",
    "emulator",
    "test-kit"
  ],
  versions: {
    effect: lowest("effect"),
    "@effect/platform": lowest("@effect/platform"),
    "@effect/platform-node": "0.94.0",
    "@effect/vitest": "0.27.0"
  },
  types: ["fulfillments", "shipments", "webhooks", "promise", "page"],
  tests: quick
    ? [
      "packages/schema/",
      ...["transport", "wire", "request", "telemetry", "apiKey", "RateLimiterPauses"].map((name) =>
        `packages/http-client/test/${name}.test.ts`
      ),
      ...["createAll", "createAllStops", "createOne", "Fulfillments", "readBack", "unsettled"].map((name) =>
        `packages/fulfillments/test/${name}.test.ts`
      )
    ]
    : ["packages/schema/", "packages/http-client/", "packages/fulfillments/"]
}

/** Is taken as it is, since to compile it takes minutes. */
const sqlite = "packages/benchmarks/node_modules/better-sqlite3"

// … and @effect/sql, which needs a newer platform than the client does.
const database: Trial = {
  name: "the lowest @effect/sql",
  packages: [...core.packages, "outbox", "dashboard"],
  versions: {
    effect: lowest("effect"),
    "@effect/experimental": "0.58.0",
    "@effect/platform": "0.94.0",
    "@effect/platform-node": lowest("@effect/platform-node"),
    "@effect/sql": lowest("@effect/sql"),
    "@effect/sql-pg": lowest("@effect/sql-pg"),
    "@effect/sql-sqlite-node": lowest("@effect/sql-sqlite-node"),
    "@effect/vitest": "0.27.0",
    // no peer of anything
    "better-sqlite3": JSON.parse(readFileSync(join(sqlite, "package.json"), "utf8")).version
  },
  // `stream` of PgClient's options is newer, and is left alone where there is none
  types: [],
  tests: [
    "packages/outbox/test/Outbox",
    "packages/outbox/test/RateLimiterStoreSqlite",
    "packages/outbox/test/postgres",
    // the emulator, which is there for their tests, needs a newer platform than they do
    ...quick ? [] : ["packages/shipments/", "packages/webhooks/", "packages/promise/", "packages/dashboard/test/api"]
  ]
}

/** Cluster and what comes with it. */
const cluster: Trial = {
  name: "the lowest @effect/cluster",
  packages: [...database.packages, "cluster"],
  versions: {
    ...database.versions,
    "@effect/cluster": lowest("@effect/cluster"),
    "@effect/rpc": lowest("@effect/rpc"),
    "@effect/workflow": lowest("@effect/workflow")
  },
  types: [],
  tests: ["packages/cluster/"]
}

const latest = Object.fromEntries(Object.keys(ranges).map((name) => [name, newest(name)]))
const isLocked = Object.entries(latest).every(([name, version]) => installed(name) === version)

const newestOfAll: Trial = {
  name: "the newest of all",
  packages: cluster.packages,
  versions: latest,
  types: [],
  tests: [...core.tests, ...database.tests, ...cluster.tests]
}

/** The workspace, with these versions and packages only. */
const workspaceOf = ({ packages, versions }: Trial): string => {
  const quoted = Object.entries(versions).map(([name, version]) => `  "${name}": ${version}`).join("\n")
  const withVersions = Object.entries(versions).reduce(
    (text, [name, version]) => text.replace(new RegExp(`^  "?${name}"?: .*$`, "m"), `  "${name}": ${version}`),
    workspace
  )
  return withVersions
    .replace(/^packages:\n(?: {2}.*\n)+/, `packages:\n${packages.map((name) => `  - packages/${name}\n`).join("")}`)
    .replace("\n  - better-sqlite3\n", "\n")
    .replace(/^overrides:\n(?: {2}.*\n)+/m, `overrides:\n${quoted}\n`)
}

/** Copies what git knows or would add. */
const copy = (folder: string): void => {
  for (const file of read("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")) {
    // the lockfile holds the newest of what these versions bring along
    if (file === "" || file === "pnpm-lock.yaml" || !existsSync(file)) continue
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    cpSync(file, join(folder, file), { verbatimSymlinks: true })
  }
}

const play = (trial: Trial): void => {
  console.log(`\n${trial.name}: ${Object.entries(trial.versions).map((one) => one.join(" ")).join(", ")}`)
  const folder = mkdtempSync(join(tmpdir(), "peers-"))
  try {
    // Postgres doesn't run as root, and its own user has to get there
    chmodSync(folder, 0o755)
    copy(folder)
    writeFileSync(join(folder, "pnpm-workspace.yaml"), workspaceOf(trial))
    run(folder, "npx", "-y", "pnpm@10", "install", "--no-frozen-lockfile", "--prefer-offline", "--reporter=silent")
    const inside = `node_modules/.pnpm/better-sqlite3@${trial.versions["better-sqlite3"]}/node_modules/better-sqlite3`
    if (existsSync(join(folder, inside))) {
      cpSync(join(sqlite, "build"), join(folder, inside, "build"), { recursive: true })
    }
    if (trial.types.length > 0) run(folder, "npx", "tsc", "--build", ...trial.types.map((name) => `packages/${name}`))
    run(folder, "npx", "vitest", "run", "--allowOnly=false", "--reporter=dot", ...trial.tests)
  } finally {
    rmSync(folder, { force: true, recursive: true })
  }
}

/** What there is for @effect/sql, each with the line of versions that it belongs to. */
const companions: ReadonlyArray<Versions> = [
  {
    "@effect/sql-drizzle": "^0.50.0",
    "drizzle-orm": "^0.45.0",
    "@effect/sql": "^0.51.0",
    "@effect/platform": "^0.96.0"
  },
  { "@effect/sql-kysely": "^0.47.0", kysely: "^0.28.2", "@effect/sql": "^0.51.0", "@effect/platform": "^0.96.0" },
  { "@effect/sql-d1": "^0.47.0", "@effect/sql": "^0.49.0", "@effect/platform": "^0.94.0" },
  { "@effect/sql-sqlite-bun": "^0.50.2", "@effect/sql": "^0.49.0", "@effect/platform": "^0.94.0" }
]

/** npm refuses where the peers of two packages contradict each other. */
const installBeside = (companion: Versions): void => {
  const folder = mkdtempSync(join(tmpdir(), "peers-"))
  try {
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync("packages/outbox/package.json", "utf8"))
    const peers = Object.fromEntries(Object.keys(peerDependencies).map((name) => [name, ranges[name]]))
    const outbox = { name: "outbox", version: "0.0.0", peerDependencies: peers, peerDependenciesMeta }
    mkdirSync(join(folder, "outbox"))
    writeFileSync(join(folder, "outbox/package.json"), JSON.stringify(outbox))
    run(join(folder, "outbox"), "npm", "pack", "--silent")
    const dependencies = { outbox: "file:outbox/outbox-0.0.0.tgz", effect: "^3.22.0", ...companion }
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }))
    console.log(`\nthe outbox beside ${Object.keys(companion)[0]}`)
    run(folder, "npm", "install", "--package-lock-only", "--no-audit", "--no-fund", "--loglevel=error")
  } finally {
    rmSync(folder, { force: true, recursive: true })
  }
}

const isChosen = (name: string): boolean => only === undefined || only === name

if (isChosen("companions")) companions.forEach(installBeside)
if (isChosen("core")) play(core)
if (isChosen("database")) play(database)
if (isChosen("cluster") && !quick) play(cluster)
if (isChosen("newest")) {
  if (isLocked) console.log("\nThe newest of all is what the lockfile has: `pnpm test` runs on it.")
  else play(newestOfAll)
}
