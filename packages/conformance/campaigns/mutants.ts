/**
 * Small changes in the sources of the client and of the gate, by Stryker's instrumenter: each must be noticed by a test of
 * the package where it stands.
 *
 *     pnpm campaign mutants [--only gate.ts,ledger.ts]
 */
import type { Mutant } from "@stryker-mutator/api/core"
import { Array, Console, Effect, Schema } from "effect"
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { failedTests, Job, Results } from "./mutants/exchange.js"
import { instrument } from "./mutants/instrument.js"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const filesOf = (folder: string) =>
  readdirSync(join(root, folder)).filter((file) => file.endsWith(".ts")).map((file) => join(root, folder, file))

const sources = {
  "http-client": [
    ...filesOf("packages/http-client/src/internal"),
    join(root, "packages/http-client/src/RateLimiter.ts")
  ],
  fulfillments: filesOf("packages/fulfillments/src/internal")
}

/** In percent. Some mutants can't be noticed, as they change nothing. */
const leastNoticed = 90

const decodeResults = Schema.decodeSync(Schema.parseJson(Results))

const encodeJob = Schema.encodeSync(Schema.parseJson(Job))

/** A run of which nothing is heard for so long never ends: in a test with a mutant, and where it tells nothing. */
const silentMillis = { trying: 45_000, other: 15 * 60_000 }

/** It may be written right now. */
const isTrying = (results: string): boolean => readFileSync(results, "utf8").includes("\"trying\":")

/** Runs tests, which may write what they found meanwhile. The result: 0, `failedTests`, or else it didn't come to its end. */
const run = (job: typeof Job.Type, results?: string): Promise<number | null> =>
  new Promise((resolve) => {
    const script = fileURLToPath(new URL("mutants/run.ts", import.meta.url))
    // with a group of its own, which has the processes that it starts
    const child = spawn(process.execPath, ["--import", "tsx", script, encodeJob(job)], {
      detached: true,
      stdio: "ignore"
    })
    const end = () => process.kill(-(child.pid ?? 0), "SIGKILL")
    // Ctrl-C doesn't reach a group of its own
    process.once("exit", end)
    const started = Date.now()
    const timer = setInterval(() => {
      const lastHeard = results !== undefined && existsSync(results) ? statSync(results).mtimeMs : started
      const isInMutant = results !== undefined && lastHeard > started && isTrying(results)
      const most = isInMutant ? silentMillis.trying : silentMillis.other
      if (Date.now() - Math.max(started, lastHeard) > most) end()
    }, 10_000)
    child.once("exit", (code) => {
      clearInterval(timer)
      process.off("exit", end)
      resolve(code)
    })
  })

/**
 * Most mutants are noticed by tests that are quick, so the others needn't try them. What takes still longer is there for
 * what nobody thought of.
 */
const patience = [50, 500, 5_000]

/**
 * Tries each mutant in each test that takes no longer, but for those that have tried them. One that ends the process is
 * noticed, and the others go on.
 */
const tryEach = async (
  job: Omit<typeof Job.Type, "what">,
  mutants: ReadonlyArray<string>,
  longMillis: number,
  tests: ReadonlyArray<string>
) => {
  const directory = await mkdtemp(join(tmpdir(), "mutants-"))
  const results = join(directory, "results.json")
  const found: Array<typeof Results.Type> = []
  const left = new Set(mutants)
  const done = [...tests]
  let hasEnded = false
  while (!hasEnded) {
    await rm(results, { force: true })
    const code = await run(
      { ...job, what: { _tag: "Each", task: { mutants: [...left], done, longMillis, results } } },
      results
    )
    if (!existsSync(results)) throw new Error("Tests don't end without a mutant")
    const latest = decodeResults(await readFile(results, "utf8"))
    found.push(latest)
    hasEnded = code === 0 || code === failedTests
    done.push(...latest.done)
    for (const mutant of Object.keys(latest.noticed)) left.delete(mutant)
    if (!hasEnded && latest.trying !== undefined) left.delete(latest.trying)
  }
  await rm(directory, { recursive: true })
  const leftOut = new Set(found.flatMap(({ leftOut }) => leftOut))
  return { found, left: [...left], tests: done.filter((test) => !leftOut.has(test)) }
}

/** Stryker counts lines and columns from 0. */
const placeOf = ({ fileName, location: { start }, mutatorName, replacement }: Mutant): string =>
  `${relative(root, fileName)}:${start.line + 1}:${start.column + 1}: ${mutatorName} ${
    replacement.replaceAll(/\s+/g, " ").slice(0, 200)
  }`

/** At once, so that whoever ends the campaign early has it too. */
const tell = (how: string, mutant: Mutant) => console.log(`${how}: ${placeOf(mutant)}`)

/** Those of some mutants that no run of their own notices: in it all is loaded anew. */
const tryAlone = async (
  job: Omit<typeof Job.Type, "what">,
  mutants: ReadonlyArray<Mutant>,
  first: (mutant: Mutant) => ReadonlyArray<string>
) => {
  if (mutants.length === 0) return []
  if (await run({ ...job, what: { _tag: "Alone", mutant: "none", first: [] } }) !== 0) {
    throw new Error("Tests fail without a mutant")
  }
  const left: Array<string> = []
  for (const mutant of mutants) {
    const code = await run({ ...job, what: { _tag: "Alone", mutant: mutant.id, first: first(mutant) } })
    if (code !== 0) continue
    left.push(mutant.id)
    tell("is loaded", mutant)
  }
  return left
}

const tryMutants = async (ofPackage: string, files: ReadonlyArray<string>) => {
  const { mutants } = await instrument(files)
  const job = { ofPackage, files }
  const all: Array<typeof Results.Type> = []
  let left: ReadonlyArray<string> = mutants.map(({ id }) => id)
  let tests: ReadonlyArray<string> = []
  const tellLeft = () => console.log(`${ofPackage}: ${left.length} of ${mutants.length} are left`)
  for (const longMillis of patience) {
    const tried = await tryEach(job, left, longMillis, tests)
    all.push(...tried.found)
    left = tried.left
    tests = tried.tests
    tellLeft()
  }
  const whenLoaded = new Set(all.flatMap((found) => found.whenLoaded))
  const [loaded, run] = Array.partition(left, (mutant) => !whenLoaded.has(mutant))
  const noticed = new Map(all.flatMap((found) => Object.entries(found.noticed)))
  /** The files of tests that noticed others of the same source. */
  const tellMost = ({ fileName }: Mutant) =>
    Array.dedupe(
      mutants.filter((other) => other.fileName === fileName).flatMap(({ id }) => noticed.get(id)?.split(": ")[0] ?? [])
    )
  const ofLoaded = mutants.filter(({ id }) => loaded.includes(id))
  const tried = new Set(all.flatMap((found) => found.tried))
  for (const mutant of mutants.filter(({ id }) => run.includes(id))) {
    tell(tried.has(mutant.id) ? "survived" : "is run by no test", mutant)
  }
  left = [...run, ...await tryAlone(job, ofLoaded, tellMost)]
  tellLeft()
  return { leftOut: all.at(-1)?.leftOut ?? [], left, mutants }
}

export const mutants = Effect.gen(function*() {
  const { values: { only } } = parseArgs({ args: process.argv.slice(3), options: { only: { type: "string" } } })
  const chosen = only?.split(",")
  const results = yield* Effect.forEach(Object.entries(sources), ([ofPackage, all]) => {
    const files = all.filter((file) => chosen === undefined || chosen.includes(basename(file)))
    return files.length === 0 ? Effect.succeedNone : Effect.asSome(Effect.promise(() => tryMutants(ofPackage, files)))
  })
  const all = Array.getSomes(results)
  for (const { left, leftOut, mutants } of all) {
    for (const [file, ofFile] of Object.entries(Array.groupBy(mutants, ({ fileName }) => relative(root, fileName)))) {
      yield* Console.log(`${file}: ${ofFile.filter(({ id }) => !left.includes(id)).length} of ${ofFile.length}`)
    }
    yield* Console.log(`Left out: ${leftOut.join("; ")}`)
  }
  const [tested, left] = [all.flatMap(({ mutants }) => mutants).length, all.flatMap(({ left }) => left).length]
  const share = 100 * (tested - left) / tested
  yield* Console.log(`${share.toFixed(1)} % of ${tested} were noticed`)
  if (!(share >= leastNoticed)) process.exitCode = 1
})
