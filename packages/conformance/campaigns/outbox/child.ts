/** Processes of built JavaScript, which can be killed and stopped. */
import { Effect, Schema } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Job, Told } from "../worker/Job.js"

const here = fileURLToPath(new URL(".", import.meta.url))

/** A directory within the package, so that what isn't bundled is found. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(here, "../../node_modules/.campaign-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** All in one file: it starts four times as fast as a thousand modules. */
export const built = Effect.tap(
  Effect.map(directory, (path) => join(path, "worker.mjs")),
  (outfile) =>
    Effect.promise(() =>
      build({
        entryPoints: [join(here, "../worker/main.ts")],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        external: ["better-sqlite3", "pg-native"],
        banner: {
          js: "import { createRequire as requireOf } from \"node:module\"; const require = requireOf(import.meta.url);"
        },
        logLevel: "error"
      })
    )
)

const decodeTold = Schema.decodeUnknownSync(Schema.parseJson(Told))
const encodeJob = Schema.encodeSync(Schema.parseJson(Job))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Child {
  readonly signal: (signal: NodeJS.Signals) => void
  readonly isReady: Promise<void>
  /** It has stopped itself. */
  readonly hasStopped: Promise<void>
  readonly ended: Promise<Ended>
  /** Shipments whose orders were committed, as far as it came to tell. */
  readonly packed: ReadonlyArray<string>
  /** What it logged. */
  readonly errors: ReadonlyArray<string>
}

/** It is killed with the scope at the latest. */
export const start = (file: string, job: Job) =>
  Effect.acquireRelease(
    Effect.sync((): Child => {
      const process_ = spawn(process.execPath, [file, encodeJob(job)], { stdio: ["ignore", "pipe", "pipe"] })
      const packed: Array<string> = []
      const errors: Array<string> = []
      let ready = () => {}
      let stopped = () => {}
      const isReady = new Promise<void>((resolve) => {
        ready = resolve
      })
      const hasStopped = new Promise<void>((resolve) => {
        stopped = resolve
      })
      createInterface({ input: process_.stdout }).on("line", (line) => {
        // the last words of a process that fails
        if (!line.startsWith("{\"_tag\"")) return void errors.push(line)
        const told = decodeTold(line)
        if (told._tag === "Ready") ready()
        else if (told._tag === "Stopping") stopped()
        else packed.push(...told.shipmentIds)
      })
      createInterface({ input: process_.stderr }).on("line", (line) => errors.push(line))
      const ended = new Promise<Ended>((resolve) => {
        process_.on("close", (code, signal) => resolve({ code, signal }))
      })
      return { signal: (signal) => void process_.kill(signal), isReady, hasStopped, ended, packed, errors }
    }),
    ({ ended, signal }) =>
      Effect.promise(() => {
        signal("SIGKILL")
        return ended
      })
  )

/** How it ended, or undefined if it didn't within so many milliseconds. */
export const within = (child: Child, millis: number): Effect.Effect<Ended | undefined> =>
  Effect.promise(() => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), millis)
    })
    return Promise.race([child.ended, late]).finally(() => clearTimeout(timer))
  })
