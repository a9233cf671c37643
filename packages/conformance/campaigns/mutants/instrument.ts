/** Sources with all their mutants in them, of which one at a time can be switched on. */
import type { Mutant } from "@stryker-mutator/api/core"
import type { Logger } from "@stryker-mutator/api/logging"
import { Instrumenter } from "@stryker-mutator/instrumenter"
import { readFile } from "node:fs/promises"

const ignore = () => {}
const never = () => false

const silent: Logger = {
  isTraceEnabled: never,
  isDebugEnabled: never,
  isInfoEnabled: never,
  isWarnEnabled: never,
  isErrorEnabled: never,
  isFatalEnabled: never,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore
}

/** What is tried: the sources by their paths, and their mutants. */
export interface Instrumented {
  readonly sources: ReadonlyMap<string, string>
  readonly mutants: ReadonlyArray<Mutant>
}

export const instrument = async (paths: ReadonlyArray<string>): Promise<Instrumented> => {
  const files = await Promise.all(
    paths.map(async (name) => ({ name, mutate: true, content: await readFile(name, "utf8") }))
  )
  const result = await new Instrumenter(silent).instrument(files, {
    plugins: null,
    ignorers: [],
    // a text has a test where it matters, and the compiler knows the others
    excludedMutations: ["StringLiteral", "ObjectLiteral"]
  })
  return {
    sources: new Map(result.files.map(({ content, name }) => [name, content])),
    mutants: result.mutants.filter(({ status }) => status !== "Ignored")
  }
}
