/**
 * The release, to its last step, in a clone: versions and changelogs are made, everything is built, and published to a
 * registry on loopback. What was published is checked.
 *
 *     pnpm release:check
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Data, Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Registry from "./registry.js"

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

const clone = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "release-"))
    execFileSync("git", ["clone", "--quiet", ".", folder])
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** The pnpm that runs this, as the registry on loopback has none. */
const pnpm = process.env.npm_execpath ?? ""

/** What a terminal has, without what pnpm sets for its scripts. */
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry$)/i.test(name))
)

/** Fails where it ends badly. */
const run = (cwd: string, command: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.zipRight(
    Console.log(`> ${command} ${args.join(" ")}`),
    Effect.async<void, Failed>((resume) => {
      const child = spawn(command, args, { cwd, env: { ...surroundings, ...env }, stdio: "inherit" })
      child.on("error", ({ message }) => resume(new Failed({ message })))
      child.on(
        "close",
        (code) => resume(code === 0 ? Effect.void : new Failed({ message: `${command} ${args.join(" ")}: ${code}` }))
      )
    })
  )

/** As the workflow of the release is told it. */
const repository = "shipping/on-loopback"

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
}

const manifestsOf = (folder: string): ReadonlyArray<Manifest> =>
  readdirSync(join(folder, "packages"))
    .map((name): Manifest => JSON.parse(readFileSync(join(folder, "packages", name, "package.json"), "utf8")))
    .filter((manifest) => manifest.private !== true)

/** What is wrong with what was published of a package. */
const problemsOf = ({ name, version }: Manifest, { packages }: Registry.Registry, folder: string) => {
  const published = packages.get(name)
  if (published === undefined) return [`${name} wasn't published`]
  const { document: { "dist-tags": { latest } }, tarball } = published
  const file = join(folder, "published.tgz")
  writeFileSync(file, tarball)
  const files = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).trim().split("\n")
  const missing = ["README.md", "LICENSE", "CHANGELOG.md", "dist/index.d.ts.map"].filter((wanted) =>
    !files.includes(`package/${wanted}`)
  )
  const manifest = execFileSync("tar", ["-xzOf", file, "package/package.json"], { encoding: "utf8" })
  return [
    ...latest === version ? [] : [`${name} is published as ${latest}, not ${version}`],
    ...missing.map((wanted) => `${name} has no ${wanted}`),
    ...["\"homepage\": \"https://", `/${repository}.git"`, `/${repository}/issues"`].flatMap((text) =>
      manifest.includes(text) ? [] : [`${name} doesn't tell where it comes from: ${text}`]
    ),
    ...(manifest.match(/"(workspace|catalog):[^"]*"/g) ?? []).map((range) => `${name} depends on ${range}`)
  ]
}

const program = Effect.gen(function*() {
  const registry = yield* Registry.serve
  const folder = yield* clone
  yield* run(folder, process.execPath, [pnpm, "install", "--frozen-lockfile", "--prefer-offline"])
  const before = manifestsOf(folder)
  yield* run(folder, process.execPath, [pnpm, "changeset", "version"])
  const manifests = manifestsOf(folder)
  // as the release's commit would have it
  yield* run(folder, "git", ["add", "--all"])
  yield* run(folder, "git", [
    "-c",
    "user.name=release",
    "-c",
    "user.email=release@localhost",
    "commit",
    "-qm",
    "release"
  ])
  writeFileSync(join(folder, ".npmrc"), `//${new URL(registry.url).host}/:_authToken=nobody\n`, { flag: "a" })
  yield* run(folder, process.execPath, [pnpm, "release"], {
    npm_config_registry: registry.url,
    CI: "true",
    GITHUB_REPOSITORY: repository
  })

  const problems = manifests.flatMap((manifest) => problemsOf(manifest, registry, folder))
  if (manifests.every(({ version }, n) => version === before[n]?.version)) problems.push("no version was raised")
  for (const problem of problems) yield* Console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  yield* Console.log(`${registry.packages.size} packages were published, ${manifests[0]?.version} of each`)
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
