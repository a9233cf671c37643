/** The command `fulfill`, as it is published: one program, in a process of its own. */
import { Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** Builds what there is no newer build of, and one program of it. */
export const build = Effect.sync(() => {
  for (const script of [["scripts/tsc.ts", "--build", "packages/cli"], ["scripts/bundle.ts"]]) {
    execFileSync(process.execPath, ["--import", "tsx", ...script], { cwd: root, stdio: "inherit" })
  }
})

export interface Ended {
  /** `null`: it was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Run {
  readonly pid: number | undefined
  readonly kill: () => void
  readonly ended: Promise<Ended>
  readonly hasEnded: () => boolean
  /** The lines that it has said so far. */
  readonly said: ReadonlyArray<string>
}

export interface Place {
  /** Where it runs. */
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
}

/** It is killed with the scope at the latest. */
export const start = (place: Place, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Run => {
      const child = spawn(process.execPath, [`${root}packages/cli/dist/bundle/bin.js`, ...args], {
        cwd: place.directory,
        env: { PATH: process.env["PATH"], ...place.env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      const said: Array<string> = []
      let stdout = ""
      let hasEnded = false
      child.stdout.on("data", (data) => stdout += String(data))
      createInterface({ input: child.stderr }).on("line", (line) => said.push(line))
      const ended = new Promise<Ended>((resolve) => {
        child.on("close", (code) => {
          hasEnded = true
          resolve({ code, stdout, stderr: said.join("\n") })
        })
      })
      return { pid: child.pid, kill: () => void child.kill("SIGKILL"), ended, hasEnded: () => hasEnded, said }
    }),
    ({ ended, kill }) =>
      Effect.promise(() => {
        kill()
        return ended
      })
  )

/** Runs it to its end. */
export const run = (place: Place, args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(start(place, args), ({ ended }) => Effect.promise(() => ended)))
