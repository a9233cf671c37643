/**
 * What a file would do, were it sent: `fulfill plan`, and the first step of `fulfill import`.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { stringify } from "csv-stringify/sync"
import type * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { describePlatformError } from "./internal/platformError.js"
import { withoutGuard } from "./internal/rows.js"
import { count } from "./internal/text.js"
import * as TrackingNumbers from "./internal/trackingNumbers.js"
import * as Problem from "./Problem.js"
import type { Row, ShipmentsFile } from "./ShipmentsFile.js"
import { UsageError } from "./UsageError.js"

/** How many there are, and the first 20. */
export interface Findings {
  readonly count: number
  readonly first: ReadonlyArray<Problem.Problem>
}

/** What a file would do. */
export interface Plan {
  readonly rows: number
  /** Rows that can be sent. */
  readonly valid: number
  /** A row may have several. With any, nothing is sent. */
  readonly problems: Findings
  /** What should be looked at. They stop nothing. */
  readonly warnings: Findings
  readonly requests: number
  /** How long the rate limit makes it take, at least. */
  readonly atLimit: Duration.Duration
  /** Customers that would be mailed. */
  readonly customers: number
  /** Shipments whose order source would be told. */
  readonly orderSources: number
  /** Shipments by carrier code. From the hundredth code on they count as `other`. */
  readonly carriers: { readonly [code: string]: number }
}

export interface Options {
  /** Shipments per request. */
  readonly batchSize: number
  /** What the account is allowed. Default 200. */
  readonly requestsPerMinute?: number | undefined
  /** A file for all problems and warnings. It is written only if there are any. */
  readonly problemsFile?: string | undefined
}

/** Reads the whole file once, in flat memory. */
export const make = Effect.fnUntraced(
  function*(file: ShipmentsFile, { batchSize, problemsFile, requestsPerMinute = 200 }: Options) {
    const write = problemsFile === undefined ? () => Effect.void : yield* openProblemsFile(problemsFile)
    const problems = makeFindings()
    const warnings = makeFindings()
    const carriers = new Map<string, number>()
    let rows = 0
    let valid = 0
    let customers = 0
    let orderSources = 0

    const look = (row: Row): ReadonlyArray<Problem.Problem> => {
      const { carrier_code, notify_customer, notify_order_source } = row.input
      const carrier = carriers.has(carrier_code) || carriers.size < 99 ? carrier_code : "other"
      carriers.set(carrier, (carriers.get(carrier) ?? 0) + 1)
      valid++
      if (notify_customer === true) customers++
      if (notify_order_source === true) orderSources++
      return doubts(file, row)
    }
    const lookAtAll = (chunk: Chunk.Chunk<Either.Either<Row, ReadonlyArray<Problem.Problem>>>) => {
      rows += chunk.length
      const lines: Array<ReadonlyArray<string>> = []
      for (const row of chunk) {
        const found = Either.match(row, { onLeft: (found) => found, onRight: look })
        const [severity, findings] = Either.isLeft(row)
          ? ["problem", problems] as const
          : ["warning", warnings] as const
        for (const problem of found) {
          findings.add(problem)
          lines.push(toCells(severity, problem))
        }
      }
      return write(lines)
    }
    yield* file.rows.pipe(Stream.chunks, Stream.runForEach(lookAtAll))

    if (problemsFile !== undefined && problems.all().count + warnings.all().count === 0) {
      yield* removeProblemsFile(problemsFile)
    }

    const requests = Math.ceil(valid / batchSize)
    const plan: Plan = {
      rows,
      valid,
      problems: problems.all(),
      warnings: warnings.all(),
      requests,
      atLimit: Duration.times(limitWindow, Math.floor(Math.max(requests - 1, 0) / requestsPerMinute)),
      customers,
      orderSources,
      carriers: Object.fromEntries(carriers)
    }
    return plan
  },
  Effect.scoped
)

/** Problems and warnings, for a screen. */
export const findings = (
  file: ShipmentsFile,
  { problems, warnings }: Plan,
  problemsFile: string
): ReadonlyArray<string> => {
  const list = (title: string, { count: total, first }: Findings): ReadonlyArray<string> =>
    total === 0 ? [] : [`${count(total, title)}:`, ...Problem.list(first, file.unit, total)]
  const found = [...list("problem", problems), ...list("warning", warnings)]
  return found.length === 0 ? found : [...found, `All of them: ${problemsFile}`]
}

/** What the client's limiter lets through, see `RateLimiter`. */
const limitWindow = Duration.seconds(61)

const makeFindings = () => {
  let count = 0
  const first: Array<Problem.Problem> = []
  return {
    add: (problem: Problem.Problem) => {
      count++
      if (first.length < 20) first.push(problem)
    },
    all: (): Findings => ({ count, first })
  }
}

const doubts = (file: ShipmentsFile, { cells, input, line }: Row): ReadonlyArray<Problem.Problem> => {
  const at = file.fields.tracking_number
  const cell = at === undefined ? "" : cells[at] ?? ""
  const about = { line, field: at === undefined ? undefined : file.columns[at], value: cell }
  const doubt = TrackingNumbers.doubtOf(input.tracking_number, input.carrier_code)
  return [
    ...(withoutGuard(cell.trim()) === cell.trim() ? [] : [{
      ...about,
      reason: `is read as ${input.tracking_number}, without what a spreadsheet puts around a text`
    }]),
    ...(doubt === undefined ? [] : [{ ...about, reason: doubt, remedy: "compare it with the label" }])
  ]
}

const header = ["severity", "line", "column", "value", "problem", "remedy"]

const toCells = (severity: string, { field = "", line, reason, remedy = "", value = "" }: Problem.Problem) => [
  severity,
  line === undefined ? "" : String(line),
  field,
  value.slice(0, 1000),
  reason,
  remedy
]

/** Gives what writes lines to a file, which is there from the first of them on. */
const openProblemsFile = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const cannot = (error: Parameters<typeof describePlatformError>[0]) =>
    new UsageError({ message: `Can't write ${path}: ${describePlatformError(error)}` })
  const scope = yield* Effect.scope
  const open = yield* fs.open(path, { flag: "w" }).pipe(
    Effect.tap((file) => file.writeAll(encode([header], "\uFEFF"))),
    Effect.provideService(Scope.Scope, scope),
    Effect.cached
  )
  return (lines: ReadonlyArray<ReadonlyArray<string>>) =>
    lines.length === 0 ? Effect.void : Effect.mapError(
      Effect.flatMap(open, (file) => file.writeAll(encode(lines))),
      cannot
    )
})

/** Of an earlier plan. Another file, that somebody named by mistake, is left alone. */
const removeProblemsFile = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const start = Buffer.from(encode([header], "\uFEFF"))
  const found = yield* fs.stream(path, { bytesToRead: start.length }).pipe(
    Stream.runFold("", (all, part) => all + Buffer.from(part).toString())
  )
  if (found === start.toString()) yield* fs.remove(path)
}, Effect.ignore)

const encode = (lines: ReadonlyArray<ReadonlyArray<string>>, before = ""): Uint8Array =>
  new TextEncoder().encode(before + stringify([...lines], { escape_formulas: true }))
