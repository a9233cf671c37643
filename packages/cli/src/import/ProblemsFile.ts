/**
 * The list of all that is wrong in a file, as CSV beside it.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { bom, csvText, type Delimiter } from "../file/csvText.js"
import type * as Problem from "../file/Problem.js"
import type { UsageError } from "../terminal/UsageError.js"
import * as OwnFile from "./OwnFile.js"

/** Where it is written. */
export interface Options {
  readonly path: string
  /** What stands between its cells: the same as in the input. */
  readonly delimiter: Delimiter
  /** Of the input. */
  readonly inputMode: number | undefined
}

const header = ["severity", "line", "column", "value", "problem", "remedy"]

/** Whether a file begins as we begin it. */
const isOurs = (start: string): boolean =>
  /^\uFEFF?severity([,;|\t])line\1column\1value\1problem\1remedy\r?\n/.test(start)

/** Written to nobody, on purpose. */
const isNowhere = (path: string): boolean => path === "/dev/null" || path.toUpperCase() === "NUL"

/** A list of problems, and how it ends: without any there is no file, and one of an earlier plan is removed. */
export interface ProblemsFile {
  readonly add: (severity: string, found: ReadonlyArray<Problem.Problem>) => Effect.Effect<void, UsageError>
  readonly close: Effect.Effect<void, UsageError>
}

/** Checks at once that the file may be written, and writes it from the first problem on. */
export const open = Effect.fnUntraced(function*({ delimiter, inputMode, path: file }: Options) {
  if (isNowhere(file)) {
    const nowhere: ProblemsFile = { add: () => Effect.void, close: Effect.void }
    return nowhere
  }
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const scope = yield* Effect.scope
  const directory = path.dirname(file)
  const start = yield* Effect.gen(function*() {
    // before the first is written, so that nobody waits for a whole file in vain
    yield* OwnFile.check(file, isOurs)
    const unfinished = yield* OwnFile.unfinished(directory)
    const own = yield* OwnFile.create({
      unfinished,
      directory,
      name: path.basename(file),
      mode: OwnFile.modeFor(inputMode)
    })
    yield* own.append(bom + csvText([header], delimiter))
    return own
  }).pipe(Effect.provideService(Scope.Scope, scope), Effect.cached)
  let isStarted = false
  const run = (
    self: Effect.Effect<void, UsageError | PlatformError, FileSystem.FileSystem | Path.Path>
  ): Effect.Effect<void, UsageError> =>
    self.pipe(
      Effect.catchTags({
        SystemError: (error) => OwnFile.cannotWrite(file, error),
        BadArgument: (error) => OwnFile.cannotWrite(file, error)
      }),
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.provideService(Path.Path, path)
    )
  const problems: ProblemsFile = {
    add: (severity, found) => {
      if (found.length === 0) return Effect.void
      isStarted = true
      const text = csvText(found.map((problem) => toCells(severity, problem)), delimiter)
      return run(Effect.flatMap(start, ({ append }) => append(text)))
    },
    close: Effect.suspend(() =>
      isStarted
        ? run(Effect.flatMap(start, ({ commit }) => commit))
        // of an earlier plan
        : run(
          Effect.ignore(Effect.flatMap(OwnFile.check(file, isOurs), (exists) => exists ? fs.remove(file) : Effect.void))
        )
    )
  }
  return problems
})

const toCells = (severity: string, { field = "", line, reason, remedy = "", value = "" }: Problem.Problem) => [
  severity,
  line === undefined ? "" : String(line),
  field,
  value.slice(0, 1000),
  reason,
  remedy
]
