/**
 * Small changes in the sources of the client and of the gate, by Stryker's instrumenter: each must be noticed by a test of
 * the package where it stands.
 *
 *     pnpm campaign mutants [--only gate.ts,ledger.ts]
 */
import type { Mutant } from "@stryker-mutator/api/core"
import { Array, Console, Effect, Schema } from "effect"
import { readdirSync, statSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { BaseSequencer, startVitest, type TestSpecification } from "vitest/node"
import { Results, type Task } from "./mutants/exchange.js"
import { instrument, type Instrumented } from "./mutants/instrument.js"

declare module "vitest" {
  interface ProvidedContext {
    readonly mutants: typeof Task.Type
    readonly mutant: string
  }
}

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

/** What is small notices most of them sooner than what has many parts. */
class SmallestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    return files.toSorted((one, other) => statSync(one.moduleId).size - statSync(other.moduleId).size)
  }
}

/** Runs the tests of a package on these sources. */
const runTests = (
  ofPackage: string,
  { sources }: Instrumented,
  test: NonNullable<Parameters<typeof startVitest>[2]>
) =>
  startVitest("test", [], {
    config: false,
    root: join(root, "packages", ofPackage),
    watch: false,
    include: ["test/**/*.test.ts"],
    // what is about types, or docs; and many histories: what they find has a test of its own
    exclude: ["**/types.test.ts", "**/reference.test.ts", "**/createOneHistories.test.ts"],
    setupFiles: [join(root, "vitest.setup.ts")],
    pool: "forks",
    poolOptions: { forks: { singleFork: true } },
    isolate: false,
    sequence: { sequencer: SmallestFirst },
    // what a mutant makes go wrong at any time is none of vitest's business
    dangerouslyIgnoreUnhandledErrors: true,
    reporters: [{}],
    ...test
  }, {
    plugins: [{ name: "mutants", enforce: "pre", load: (id) => sources.get(id) }]
  })

/**
 * Most mutants are noticed by tests that are quick, so the others needn't try them. What takes still longer is there for
 * what nobody thought of.
 */
const patience = [50, 500]

const tryMutants = async (ofPackage: string, files: ReadonlyArray<string>) => {
  const instrumented = await instrument(files)
  const directory = await mkdtemp(join(tmpdir(), "mutants-"))
  const results = join(directory, "results.json")
  const found: Array<typeof Results.Type> = []
  let left = instrumented.mutants.map(({ id }) => id)
  for (const longMillis of patience) {
    const vitest = await runTests(ofPackage, instrumented, {
      runner: fileURLToPath(new URL("mutants/runner.ts", import.meta.url)),
      testTimeout: 3_600_000,
      provide: { mutants: { mutants: left, longMillis, results } }
    })
    await vitest.close()
    const { noticed, ...others } = decodeResults(await readFile(results, "utf8"))
    found.push({ noticed, ...others })
    left = left.filter((mutant) => noticed[mutant] === undefined)
    console.log(`${ofPackage}: ${left.length} of ${instrumented.mutants.length} are left`)
  }
  await rm(directory, { recursive: true })
  left = await tryAlone(ofPackage, instrumented, left)
  return { found, left, mutants: instrumented.mutants }
}

/** In a process of its own all is loaded anew: what is decided then, and what a test before it spoiled, shows only so. */
const isNoticedAlone = async (ofPackage: string, instrumented: Instrumented, mutant: string): Promise<boolean> => {
  const vitest = await runTests(ofPackage, instrumented, {
    setupFiles: [fileURLToPath(new URL("mutants/alone.ts", import.meta.url)), join(root, "vitest.setup.ts")],
    provide: { mutant },
    bail: 1
  })
  await vitest.close()
  return vitest.state.getFiles().some(({ result }) => result?.state === "fail")
}

/** Those of some mutants that no run of their own notices. */
const tryAlone = async (ofPackage: string, instrumented: Instrumented, mutants: ReadonlyArray<string>) => {
  if (mutants.length === 0) return []
  if (await isNoticedAlone(ofPackage, instrumented, "none")) throw new Error("Tests fail without a mutant")
  const left: Array<string> = []
  for (const mutant of mutants) {
    if (!await isNoticedAlone(ofPackage, instrumented, mutant)) left.push(mutant)
  }
  console.log(`${ofPackage}: ${left.length} of ${instrumented.mutants.length} are left by runs of their own`)
  return left
}

const placeOf = ({ fileName, location: { start }, mutatorName, replacement }: Mutant): string =>
  `${relative(root, fileName)}:${start.line}:${start.column}: ${mutatorName} ${
    replacement.replaceAll(/\s+/g, " ").slice(0, 200)
  }`

export const mutants = Effect.gen(function*() {
  const { values: { only } } = parseArgs({ args: process.argv.slice(3), options: { only: { type: "string" } } })
  const chosen = only?.split(",")
  const results = yield* Effect.forEach(Object.entries(sources), ([ofPackage, all]) => {
    const files = all.filter((file) => chosen === undefined || chosen.includes(basename(file)))
    return files.length === 0 ? Effect.succeedNone : Effect.asSome(Effect.promise(() => tryMutants(ofPackage, files)))
  })
  const all = Array.getSomes(results)
  for (const { found, left, mutants } of all) {
    const [tried, whenLoaded] = [found.flatMap(({ tried }) => tried), found.flatMap(({ whenLoaded }) => whenLoaded)]
    for (const mutant of mutants.filter(({ id }) => left.includes(id))) {
      const isTried = tried.includes(mutant.id)
      const how = isTried ? "survived" : whenLoaded.includes(mutant.id) ? "is loaded" : "is run by no test"
      yield* Console.log(`${how}: ${placeOf(mutant)}`)
    }
    for (const [file, ofFile] of Object.entries(Array.groupBy(mutants, ({ fileName }) => relative(root, fileName)))) {
      yield* Console.log(`${file}: ${ofFile.filter(({ id }) => !left.includes(id)).length} of ${ofFile.length}`)
    }
    yield* Console.log(`Left out: ${found.at(-1)?.leftOut.join("; ")}`)
  }
  const [tested, left] = [all.flatMap(({ mutants }) => mutants).length, all.flatMap(({ left }) => left).length]
  const share = 100 * (tested - left) / tested
  yield* Console.log(`${share.toFixed(1)} % of ${tested} were noticed`)
  if (!(share >= leastNoticed)) process.exitCode = 1
})
