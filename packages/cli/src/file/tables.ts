/**
 * Takes a file apart into records, whatever its format is.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { UsageError } from "../terminal/UsageError.js"
import * as Columns from "./columns.js"
import type * as Contents from "./contents.js"
import * as Csv from "./csv.js"
import type { Delimiter } from "./csvText.js"
import * as Json from "./json.js"
import type { Problem } from "./Problem.js"
import type { Table } from "./table.js"
import * as Workbook from "./workbook.js"

/** How shipments are written in a file. `csv`: commas, semicolons, tabs or pipes. `ndjson`: an object on each line. */
export type Format = "csv" | "tsv" | "ndjson" | "json"

const formats = new Map<string, Format>([
  [".tsv", "tsv"],
  [".tab", "tsv"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".json", "json"]
])

/** What an extension in small letters tells. */
export const formatOf = (extension: string): Format => formats.get(extension) ?? "csv"

type Fail = (problem: Problem) => UsageError

/** A file's records, and how they are written. */
export interface Opened {
  readonly table: Table
  readonly format: Format | "xlsx"
  readonly delimiter: Delimiter
}

/** Opens a file of a format. A workbook is one whatever was said. */
export const open = Effect.fnUntraced(function*(
  format: Format,
  { isWorkbook, start, text }: Contents.Contents,
  headerLine: number | undefined,
  fail: Fail
): Effect.fn.Return<Opened, UsageError> {
  if (isWorkbook) {
    return { table: yield* Workbook.table(text, headerLine ?? 1, fail), format: "xlsx", delimiter: "," }
  }
  if (format === "ndjson" || format === "json") return yield* openJson(format, text, start, fail)
  if (/^\s*(?:\[\s*)?\{\s*"/.test(start)) {
    return yield* fail({ reason: "is JSON, and its name doesn't say so", remedy: "say --format json" })
  }
  const separator = Csv.unknownSeparator(start)
  if (separator !== undefined) {
    return yield* fail({
      reason: `says that ${separator} stands between its columns, which isn't understood`,
      remedy: "save it with commas, semicolons, tabs or pipes between them"
    })
  }
  const layout = Csv.findLayout(start, { headerLine, isTsv: format === "tsv", isKnown: Columns.isKnown })
  const records = Csv.records(text, layout, fail)
  const [header, first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(records, 2)))
  if (header === undefined) return yield* fail({ reason: "is empty" })
  if (first === undefined) return yield* fail({ reason: "has a header and no shipments" })
  const table: Table = {
    unit: "line",
    columns: Either.match(header, { onLeft: () => [], onRight: ({ cells }) => cells.map(nameOf) }),
    records: Stream.drop(records, 1)
  }
  return { table, format, delimiter: layout.delimiter }
})

/** A column's name on one line, without the quotes of another program, and a byte order mark that was read as letters. */
const nameOf = (cell: string): string =>
  cell.replace(/^(?:ï»¿|\uFEFF)+/, "").replace(/^="(.*)"$/s, "$1").replaceAll(/\s+/g, " ").trim().replace(
    /^(['"])(.*)\1$/,
    "$2"
  )

const openJson = Effect.fnUntraced(function*(
  format: "json" | "ndjson",
  text: Stream.Stream<string, UsageError>,
  start: string,
  fail: Fail
) {
  const opened = (table: Table, format: Format): Opened => ({ table, format, delimiter: "," })
  const begin = start.trimStart()
  if (format === "ndjson") return opened(yield* Json.table("ndjson", text, fail), format)
  if (begin.startsWith("[")) return opened(yield* Json.table("json", text, fail), format)
  if (!begin.startsWith("{")) return yield* fail({ reason: "must be an array of objects" })
  return isShipment(begin.split("\n", 1)[0] ?? "")
    ? opened(yield* Json.table("ndjson", text, fail), "ndjson")
    : opened(yield* Json.table("json", text, fail, depthOf(begin)), format)
})

/** How many objects are around the first array of objects. */
const depthOf = (begin: string): number => {
  let depth = 0
  for (const [token] of begin.matchAll(/"(?:[^"\\]|\\.)*"|\[\s*\{|[{}]/g)) {
    if (token === "{") depth++
    else if (token === "}") depth--
    else if (token.startsWith("[")) break
  }
  return Math.max(depth, 1)
}

/** Whether a line is an object by itself, and not one that wraps an array of them. */
const isShipment = (line: string): boolean => {
  const value = Option.liftThrowable((): unknown => JSON.parse(line))()
  return Option.exists(value, (value) => Predicate.isRecord(value) && !wraps(value))
}

const wraps = (value: { readonly [key: PropertyKey]: unknown }): boolean => {
  const inside = Object.values(value)
  return inside.some((one) => Array.isArray(one) && one.some((item) => Predicate.isRecord(item)))
    // an object of a shipment may have lists of its own
    || (!Object.keys(value).some(Columns.isKnown)
      && inside.some((one) => Predicate.isRecord(one) && !Array.isArray(one) && wraps(one)))
}

/** How many records may come before the header. */
const most = 30

/** The line of the first record that is a header. */
export const findHeader = (
  { records }: Table,
  isHeader: (cells: ReadonlyArray<string>) => boolean
): Effect.Effect<number | undefined, UsageError> =>
  Stream.take(records, most).pipe(
    Stream.filterMap((read) =>
      Either.isRight(read) && isHeader(read.right.cells.map(nameOf)) ? Option.some(read.right.line) : Option.none()
    ),
    Stream.runHead,
    Effect.map(Option.getOrUndefined)
  )
