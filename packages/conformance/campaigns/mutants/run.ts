/**
 * One run of a package's tests on sources with mutants, in a process of its own: a mutant may end it.
 */
import { Schema } from "effect"
import { statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { BaseSequencer, startVitest, type TestSpecification } from "vitest/node"
import { failedTests, Job, type Task } from "./exchange.js"
import { instrument } from "./instrument.js"

declare module "vitest" {
  interface ProvidedContext {
    readonly mutants: typeof Task.Type
    readonly mutant: string
  }
}

const root = fileURLToPath(new URL("../../../../", import.meta.url))

const { files, ofPackage, what } = Schema.decodeUnknownSync(Schema.parseJson(Job))(process.argv[2])

const first = what._tag === "Alone" ? what.first : []

/** What is small notices most of them sooner than what has many parts. */
class SmallestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    const rank = ({ moduleId }: TestSpecification) =>
      first.some((file) => moduleId.endsWith(`/${file}`)) ? 0 : statSync(moduleId).size
    return files.toSorted((one, other) => rank(one) - rank(other))
  }
}

const { sources } = await instrument(files)

const setup = join(root, "vitest.setup.ts")

const options: Parameters<typeof startVitest>[2] = what._tag === "Alone"
  ? {
    setupFiles: [fileURLToPath(new URL("alone.ts", import.meta.url)), setup],
    testTimeout: 60_000,
    provide: { mutant: what.mutant },
    bail: 1
  }
  : {
    setupFiles: [setup],
    runner: fileURLToPath(new URL("runner.ts", import.meta.url)),
    testTimeout: 3_600_000,
    provide: { mutants: what.task }
  }

const vitest = await startVitest("test", [], {
  config: false,
  root: join(root, "packages", ofPackage),
  watch: false,
  include: ["test/**/*.test.ts"],
  // what is about types, or docs; and many histories: what they find has a test of its own
  exclude: ["**/types.test.ts", "**/reference.test.ts", "**/createOneHistories.test.ts"],
  // each step of an instrumented source is counted: these take minutes
  testNamePattern: /^(?!.*goes from 4 MB)/,
  pool: "forks",
  poolOptions: { forks: { singleFork: true } },
  isolate: false,
  sequence: { sequencer: SmallestFirst },
  // what a mutant makes go wrong at any time is none of vitest's business
  dangerouslyIgnoreUnhandledErrors: true,
  reporters: [{}],
  ...options
}, {
  plugins: [{ name: "mutants", enforce: "pre", load: (id) => sources.get(id) }]
})
await vitest.close()
const { state } = vitest
const ends = state.getFiles().map(({ result }) => result?.state)
// a mutant may also end a process as if all were done
const isWhole = ends.length === state.getPaths().length && ends.every((end) => end !== undefined && end !== "run")
// what ends by itself may do so with 1
process.exitCode = !isWhole ? 1 : ends.includes("fail") ? failedTests : 0
