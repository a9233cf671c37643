/**
 * Small changes in the sources of the client and of the gate, by Stryker, in a copy of the repository: each must be noticed
 * by a test of the package where it stands.
 *
 *     pnpm campaign mutants [--only gate.ts] [--sample 25] [--seed 1] [--jobs 2]
 *
 * `--sample`: so many of each file. All of them takes hours.
 */
import { Stryker } from "@stryker-mutator/core"
import { Array, Console, Effect } from "effect"
import { tmpdir } from "node:os"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const sources = [
  "packages/http-client/src/internal/*.ts",
  "packages/http-client/src/RateLimiter.ts",
  "packages/fulfillments/src/internal/*.ts"
]

/** In percent. Some mutants can't be noticed, as they change nothing. */
const leastKilled = 85

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export const mutants = Effect.gen(function*() {
  const { values: { jobs, only, sample, seed } } = parseArgs({
    args: process.argv.slice(3),
    options: {
      only: { type: "string" },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "2" }
    }
  })
  const underTsx = ["--import", import.meta.resolve("tsx")]
  const results = yield* Effect.promise(() =>
    new Stryker({
      mutate: only === undefined ? sources : [`packages/{http-client,fulfillments}/src/**/${only}`],
      // a text has a test where it matters, and the compiler knows the others
      mutator: { excludedMutations: ["StringLiteral", "ObjectLiteral"] },
      ignorePatterns: ["docs", "packages/{benchmarks,cli,emulator,example-shop,examples,outbox}"],
      tempDirName: `${tmpdir()}/mutants`,
      // it would rewrite the one at the root, by TypeScript's API, which TypeScript 7 doesn't have
      tsconfigFile: "none",
      testRunner: "vitest",
      vitest: { configFile: relative(process.cwd(), pathOf("mutants/vitest.config.ts")) },
      plugins: [
        import.meta.resolve("@stryker-mutator/vitest-runner"),
        pathOf("mutants/sample.ts"),
        pathOf("mutants/survivors.ts")
      ],
      // a process for these is one less for the tests
      checkers: sample === undefined ? [] : ["sample"],
      sample: sample === undefined ? { seed } : { size: Number(sample), seed },
      checkerNodeArgs: underTsx,
      testRunnerNodeArgs: underTsx,
      concurrency: Number(jobs),
      dryRunTimeoutMinutes: 30,
      timeoutMS: 20_000,
      timeoutFactor: 3,
      reporters: ["progress-append-only", "survivors"],
      // it doesn't know `sample`
      warnings: false
    }).runMutationTest()
  )
  const tested = results.filter(({ status }) => status !== "CompileError" && status !== "Ignored")
  const isKilled = ({ status }: typeof tested[number]) => status === "Killed" || status === "Timeout"
  const byFile = Array.groupBy(tested, ({ fileName }) => relative(process.cwd(), fileName))
  for (const [file, ofFile] of Object.entries(byFile)) {
    yield* Console.log(`${file}: ${ofFile.filter(isKilled).length} of ${ofFile.length}`)
  }
  const share = 100 * tested.filter(isKilled).length / tested.length
  yield* Console.log(`${share.toFixed(1)} % of ${tested.length} were noticed`)
  if (!(share >= leastKilled)) process.exitCode = 1
})
