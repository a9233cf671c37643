/**
 * The records of a CSV or TSV file.
 */
import { CsvError, parse } from "csv-parse"
import { parse as parseSync } from "csv-parse/sync"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constVoid } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { UsageError } from "../terminal/UsageError.js"
import type { Delimiter } from "./csvText.js"
import type { Problem } from "./Problem.js"
import type { Read } from "./table.js"

const options = {
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  skip_empty_lines: true,
  // what a quote that is never closed may swallow
  max_record_size: 1_048_576
}

/** How a file is taken apart. */
export interface Layout {
  readonly delimiter: Delimiter
  /** The line of the header. */
  readonly headerLine: number
  /** Whether cells such as `="00123"` are in it, without quotes around them. */
  readonly hasGuards: boolean
}

const delimiters: ReadonlyArray<Delimiter> = [",", ";", "\t", "|"]

/**
 * Finds what stands between the columns: what a line `sep=` says, else what gives the most of them that `isKnown`, else the
 * most of all.
 */
export const findLayout = (
  start: string,
  { headerLine, isKnown, isTsv }: {
    /** Default: the first line, or the one behind `sep=`. */
    readonly headerLine: number | undefined
    readonly isTsv: boolean
    readonly isKnown: (column: string) => boolean
  }
): Layout => {
  const said = saidSeparator(start)
  const separator = delimiters.find((one) => one === said)
  const header = headerLine ?? (separator === undefined ? 1 : 2)
  const hasGuards = inQuotes(start) !== start
  if (separator !== undefined || isTsv) return { delimiter: separator ?? "\t", headerLine: header, hasGuards }
  const score = (delimiter: string): number => {
    const columns = Either.getOrElse(
      Either.try((): ReadonlyArray<string> =>
        parseSync(inQuotes(start), { ...options, delimiter, from_line: header, to: 1 })[0] ?? []
      ),
      () => []
    )
    return columns.filter(isKnown).length * 10_000 + columns.length
  }
  const scores = delimiters.map((delimiter) => ({ delimiter, score: score(delimiter) }))
  const { delimiter } = scores.reduce((best, next) => next.score > best.score ? next : best)
  return { delimiter, headerLine: header, hasGuards }
}

/** What the first line says, for Excel, that stands between the columns. */
const saidSeparator = (start: string): string | undefined =>
  /^(?:sep=([^\r\n])|"sep=([^\r\n])")[,;\t|]*(?:\r\n|\n|\r)/i.exec(start)?.slice(1).find((one) => one !== undefined)

/** The separator that a file names, if it is none that is understood. */
export const unknownSeparator = (start: string): string | undefined => {
  const said = saidSeparator(start)
  return delimiters.some((one) => one === said) ? undefined : said
}

const guarded = /(^|[,;\t|\r\n])(="[^"\r\n]+")(?=[,;\t|\r\n]|$)/g

/** `="00123"`, which a spreadsheet takes for a text, as a cell in quotes. */
const inQuotes = (text: string): string =>
  text.includes("=\"") ?
    text.replaceAll(guarded, (_, before: string, cell: string) => `${before}"${cell.replaceAll("\"", "\"\"")}"`) :
    text

/** The same of a text that comes in pieces: a line that isn't complete waits for its end. */
const quoting = (text: Stream.Stream<string, UsageError>): Stream.Stream<string, UsageError> =>
  Stream.suspend(() => {
    let rest = ""
    const whole = Stream.map(text, (chunk) => {
      const end = Math.max(chunk.lastIndexOf("\n"), chunk.lastIndexOf("\r")) + 1
      const lines = end === 0 ? "" : rest + chunk.slice(0, end)
      rest = end === 0 ? rest + chunk : chunk.slice(end)
      return inQuotes(lines)
    })
    return Stream.concat(whole, Stream.sync(() => inQuotes(rest)))
  })

/** Records of which not all cells are empty, the header too. */
export const records = (
  text: Stream.Stream<string, UsageError>,
  { delimiter, hasGuards, headerLine }: Layout,
  fail: (problem: Problem) => UsageError
): Stream.Stream<Read, UsageError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    let found: Array<Read> = []
    let lastLine = 0
    let countedTwice = 0
    let width: number | undefined
    const parser = yield* Effect.acquireRelease(
      Effect.sync(() =>
        parse({
          ...options,
          delimiter,
          from_line: headerLine,
          on_record: (cells: ReadonlyArray<string>, { lines }: { readonly lines: number }) => {
            const inside = lines === lastLine + 1 ? [] : cells.join("").match(/\r\n|\n|\r/g) ?? []
            // csv-parse takes \r\n for one line break, but inside quotes for two
            countedTwice += inside.filter((lineBreak) => lineBreak === "\r\n").length
            const line = lines - countedTwice - inside.length
            lastLine = lines
            width ??= cells.length
            const swallowed = inside.length === 0 ? undefined : rowsInside(cells, { delimiter, width, line })
            if (swallowed !== undefined) found.push(Either.left(swallowed))
            // a spreadsheet leaves rows of empty cells at the end
            else if (cells.some((cell) => cell.trim() !== "")) found.push(Either.right({ line, cells }))
            return null
          }
        })
      ),
      (parser) => Effect.sync(() => parser.destroy())
    )
    // the callbacks get it too
    parser.on("error", constVoid)
    const step = (feed: (callback: (error?: Error | null) => void) => void) =>
      Effect.async<Chunk.Chunk<Read>, UsageError>((resume) =>
        feed((error) => {
          const chunk = Chunk.unsafeFromArray(found)
          found = []
          resume(
            error === undefined || error === null
              ? Effect.succeed(chunk)
              : Effect.fail(fail(describe(error, lastLine + 1 - countedTwice)))
          )
        })
      )
    return Stream.concat(
      Stream.mapEffect(hasGuards ? quoting(text) : text, (chunk) => step((callback) => parser.write(chunk, callback))),
      Stream.fromEffect(step((callback) => parser.end(callback)))
    ).pipe(Stream.flattenChunks)
  }))

/** Rows that got into a cell, as a quote before them is closed only behind them. */
const rowsInside = (
  cells: ReadonlyArray<string>,
  { delimiter, line, width }: { readonly delimiter: string; readonly width: number; readonly line: number }
): Problem | undefined => {
  const hasWidth = (text: string) => width > 1 && text.split(delimiter).length >= width
  const isRow = (text: string) => /^\s*["']?se-\d/i.test(text) || hasWidth(text)
  let at = line
  const lines = cells.flatMap((cell) => {
    const [first = "", ...more] = cell.split(/\r\n|\n|\r/)
    const begin = at
    at += more.length
    const found = more.flatMap((text, index) => isRow(text) ? [begin + index + 1] : [])
    return more.length > 0 && hasWidth(first) ? [begin, ...found] : found
  })
  const [first, last] = [lines[0], lines.at(-1)]
  return first === undefined ? undefined : {
    line,
    reason: `has a cell in quotes that goes on into ${first === last ? `line ${first}` : `lines ${first} to ${last}`}`
      + ", where other rows are",
    kind: "has a cell in quotes that goes on into other rows",
    remedy: "remove the quote that is too much, or close the cell where it ends"
  }
}

/** Without csv-parse's own message, which quotes the file. */
const describe = (error: Error, next: number): Problem => {
  const code = error instanceof CsvError ? error.code : undefined
  if (code === "CSV_QUOTE_NOT_CLOSED") {
    return { line: next, reason: "a cell of this row begins with a quote that is never closed", remedy: "close it" }
  }
  if (code === "CSV_MAX_RECORD_SIZE") {
    return {
      line: next,
      reason: "this row is longer than 1 MiB",
      remedy: "look for a quote that is never closed, and for line breaks that are missing"
    }
  }
  const line = Predicate.hasProperty(error, "lines") && typeof error.lines === "number" ? error.lines : undefined
  return {
    line,
    reason: "a quote inside a cell",
    remedy: "put the whole cell in quotes, and double the quotes in it"
  }
}
