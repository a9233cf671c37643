/** The runtimes, and how a job is given to each. Their binaries come inside packages, for the machines that have them. */
import { Data, Effect } from "effect"
import { build as bundle } from "esbuild"
import { execFile, spawn } from "node:child_process"
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Job, secret, type Told } from "./job.js"

export interface Runtime {
  readonly name: string
  readonly clients: ReadonlyArray<string>
  /** A case in which its fetch alone posts more than once, and without which ours would prove nothing. */
  readonly repeats?: string
  /** A client that posts more than once whatever we do. */
  readonly unsafe?: string
  /** Its binary, if there is one for this machine. */
  readonly binary: string | undefined
  /** Its version, as it tells it. */
  readonly version: (binary: string) => Effect.Effect<string>
  readonly play: (binary: string, job: Job, folder: string) => Effect.Effect<ReadonlyArray<Told>, PlayError>
}

/** A program that didn't come to its end. */
export class PlayError extends Data.TaggedError("PlayError")<{ readonly message: string }> {}

const here = fileURLToPath(new URL(".", import.meta.url))

const authority = join(here, "tls/ca.pem")

/** A file of a package that is needed by one of ours. */
const inPackage = (file: string, neededBy?: string): string | undefined => {
  const folder = neededBy === undefined ? here : realpathSync(join(here, "node_modules", neededBy))
  if (!existsSync(folder)) return undefined
  const found = createRequire(join(folder, "x.js")).resolve.paths(file)?.map((path) => join(path, file))
  return found?.find((path) => existsSync(path))
}

const machine = `${process.platform}-${process.arch}`

const firstOf = (needed: string, files: ReadonlyArray<string>): string | undefined =>
  existsSync(join(here, "node_modules", needed))
    ? files.map((file) => inPackage(file, needed)).find((path) => path !== undefined)
    : undefined

const node = (major: number): Runtime => ({
  name: `node${major}`,
  clients: ["fetch", "undici", "node:http", "node:http, kept"],
  repeats: "421",
  binary: inPackage(`node-${major}-${machine}/bin/node`),
  version: versionOf(["--version"]),
  play: (binary, job, folder) => runProgram(binary, [], { NODE_EXTRA_CA_CERTS: authority }, job, folder)
})

const bun: Runtime = {
  name: "bun",
  clients: ["fetch", "undici", "node:http", "node:http, kept"],
  binary: firstOf("bun", [`@oven/bun-${machine.replace("arm64", "aarch64")}/bin/bun`]),
  version: versionOf(["--version"]),
  play: (binary, job, folder) => runProgram(binary, [], { NODE_EXTRA_CA_CERTS: authority }, job, folder)
}

const deno: Runtime = {
  name: "deno",
  clients: ["fetch", "undici", "node:http", "node:http, kept"],
  repeats: "closed before an answer, after 3 GETs",
  unsafe: "node:http, kept",
  binary: firstOf("deno", [`@deno/${machine}-glibc/deno`, `@deno/${machine}/deno`]),
  version: versionOf(["--version"]),
  play: (binary, job, folder) =>
    runProgram(
      binary,
      ["run", "--allow-all", "--no-prompt", `--cert=${authority}`],
      { NODE_EXTRA_CA_CERTS: authority },
      job,
      folder
    )
}

export const workerd: Runtime = {
  name: "workerd",
  clients: ["fetch"],
  binary: firstOf("workerd", [`@cloudflare/workerd-${machine.replace("x64", "64")}/bin/workerd`]),
  version: versionOf(["--version"]),
  play: (binary, job, folder) =>
    Effect.scoped(Effect.flatMap(startWorker(binary, folder, "worker.js"), (url) => askWorker(url, job)))
}

export const runtimes: ReadonlyArray<Runtime> = [node(20), node(22), node(24), bun, deno, workerd]

function versionOf(args: ReadonlyArray<string>) {
  return (binary: string): Effect.Effect<string> =>
    Effect.async((resume) => {
      execFile(binary, args, (_, stdout) =>
        resume(Effect.succeed(/\d+\.\d+\.\d+|\d{4}-\d\d-\d\d/.exec(stdout)?.[0] ?? "?")))
    })
}

/** A folder with the bundled programs. */
export const bundled = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = mkdtempSync(join(tmpdir(), "runtimes-"))
    const common = { bundle: true, format: "esm", target: "es2022", absWorkingDir: here, logLevel: "error" } as const
    await bundle({
      ...common,
      entryPoints: ["program.ts"],
      outfile: join(folder, "program.mjs"),
      platform: "node",
      // what is CommonJS among its dependencies
      banner: { js: "import { createRequire } from \"node:module\"\nconst require = createRequire(import.meta.url)" }
    })
    await bundle({
      ...common,
      entryPoints: ["worker.ts", "shop.ts"],
      outdir: folder,
      platform: "browser",
      conditions: ["workerd", "worker"]
    })
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const longest = 5 * 60_000

/** The last line of what it prints is what it tells. */
const runProgram = (
  binary: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  job: Job,
  folder: string
): Effect.Effect<ReadonlyArray<Told>, PlayError> =>
  Effect.async((resume) => {
    const file = join(folder, `${job[0]?.tasks[0]?.id}.json`)
    writeFileSync(file, JSON.stringify(job))
    const child = spawn(binary, [...args, join(folder, "program.mjs"), file], {
      env: { PATH: process.env["PATH"], HOME: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const timer = setTimeout(() => child.kill("SIGKILL"), longest)
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (data) => stdout += String(data))
    child.stderr.on("data", (data) => stderr += String(data))
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      const lines = stdout.trimEnd().split("\n")
      const last = lines.pop() ?? ""
      if (code !== 0) {
        const message = `ended with ${code ?? signal}: ${stderr.slice(-2000)}`
        return resume(Effect.fail(new PlayError({ message })))
      }
      const leaks = [...lines, stderr].filter((text) => text.includes(secret))
      const told: ReadonlyArray<Told> = JSON.parse(last)
      resume(Effect.succeed(leaks.length === 0 ? told : [...told, { id: "", ends: [], leaks }]))
    })
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

/** A Worker of the folder, on a port of its own. `more` is what its configuration has beside the usual. */
export const startWorker = (binary: string, folder: string, script: string, more = "") =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly port: number; readonly kill: () => void }, PlayError>((resume) => {
        const config = join(folder, `${script}.capnp`)
        writeFileSync(config, workerConfig(script, more))
        const child = spawn(binary, ["serve", "--control-fd=3", config], {
          stdio: ["ignore", "pipe", "pipe", "pipe"],
          cwd: dirname(config)
        })
        let [said, stderr] = ["", ""]
        child.stderr?.on("data", (data) => stderr += String(data))
        child.stdio[3]?.on("data", (data) => {
          said += String(data)
          const port = /"socket":"http","port":(\d+)/.exec(said)?.[1]
          if (port !== undefined) resume(Effect.succeed({ port: Number(port), kill: () => void child.kill("SIGKILL") }))
        })
        child.on(
          "close",
          (code) => resume(Effect.fail(new PlayError({ message: `workerd ended with ${code}: ${stderr}` })))
        )
      }),
      ({ kill }) => Effect.sync(kill)
    ),
    ({ port }) => `http://127.0.0.1:${port}`
  )

const askWorker = (url: string, job: Job) =>
  Effect.tryPromise({
    try: async (signal): Promise<ReadonlyArray<Told>> => {
      const response = await fetch(url, { method: "POST", body: JSON.stringify(job), signal })
      if (!response.ok) throw new Error(await response.text())
      const told: ReadonlyArray<Told> = JSON.parse(await response.text())
      return told
    },
    catch: (error) => new PlayError({ message: String(error) })
  })

/** As Cap'n Proto has it. It may reach this machine, and trusts our authority. */
const workerConfig = (script: string, more: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "${script}")],
      ${more}
      compatibilityDate = "2025-09-01"
    )),
    (name = "internet", network = (
      allow = ["public", "private"],
      tlsOptions = (trustedCertificates = [embed "ca.pem"])
    ))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`
