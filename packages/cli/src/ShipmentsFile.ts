/**
 * A file of shipments: CSV, TSV, a JSON array or JSON lines. It is read row by row, and each row is checked.
 */
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Columns from "./internal/columns.js"
import * as Contents from "./internal/contents.js"
import * as Csv from "./internal/csv.js"
import * as Dates from "./internal/dates.js"
import * as Json from "./internal/json.js"
import * as Rows from "./internal/rows.js"
import type { Table } from "./internal/table.js"
import * as Problem from "./Problem.js"
import type { UsageError } from "./UsageError.js"

/** How shipments are written in a file. `csv`: commas, semicolons or tabs. `ndjson`: an object on each line. */
export type Format = "csv" | "tsv" | "ndjson" | "json"

/** Who is notified, for rows that leave it open. */
export interface Notify {
  readonly customer: boolean
  readonly orderSource: boolean
}

/** A file, and how it is to be read. */
export interface Source {
  /** Its path; `-` is stdin. */
  readonly file: string
  /** Default: told by the file's extension, and `csv` where there is none that is known. */
  readonly format?: Format | undefined
  /** The file's own names of columns, by field: `{ shipment_id: "Shipment No" }`. */
  readonly columns?: { readonly [field: string]: string } | undefined
  /** For dates that don't say their own. */
  readonly timeZone?: DateTime.TimeZone | undefined
  /** For dates such as 03/04/2026. Default: what the other dates of the column tell; else they are problems. */
  readonly dateOrder?: DateOrder | undefined
  readonly notify?: Notify | undefined
  /** Rows before this line are passed over. */
  readonly sinceLine?: number | undefined
  /** How many rows are read. Default: all. */
  readonly limit?: number | undefined
}

/** What comes first in dates such as 03/04/2026: the day or the month. */
export type DateOrder = Dates.DateOrder

/** One shipment of the file. */
export interface Row {
  /** Where it begins in the file, from 1. In a JSON array: which item it is. */
  readonly line: number
  /** Its cells as they are in the file, as many as there are columns. */
  readonly cells: ReadonlyArray<string>
  /** What is sent. Both notify flags are decided. */
  readonly input: FulfillmentInput
}

/** A file that can be read. */
export interface ShipmentsFile {
  /** Its path, or `stdin`. */
  readonly name: string
  readonly format: Format
  /** What a row's `line` counts. */
  readonly unit: "line" | "item"
  /** Whether it began with a byte order mark, without which Excel takes UTF-8 for something else. */
  readonly hasBom: boolean
  /** All of its columns, in their order, but those of a report. */
  readonly columns: ReadonlyArray<string>
  /** Which of them say what is sent. */
  readonly fields: Columns.Columns
  /**
   * Reads the file from its beginning, as often as it is run; in flat memory, but for 28 bytes a shipment, which find one
   * that comes twice. Fails if the file can't be read on, or isn't what it was when it was opened.
   */
  readonly rows: Stream.Stream<Either.Either<Row, Array.NonEmptyReadonlyArray<Problem.Problem>>, UsageError>
}

/**
 * Opens a file. Stdin and pipes are copied into a temporary file first, as they can be read once only. Fails if something
 * makes the whole file unusable, and says what to do about it.
 */
export const open: (
  source: Source
) => Effect.Effect<ShipmentsFile, UsageError, Scope.Scope | FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(
  function*(source) {
    const { dateOrder, file, limit, notify, sinceLine = 0, timeZone } = source
    const path = yield* Path.Path
    const name = file === "-" ? "stdin" : file
    const format = source.format ?? formats.get(path.extname(file).toLowerCase()) ?? "csv"
    const fail = (...problems: ReadonlyArray<Problem.Problem>) =>
      Problem.unusable(name, problems, format === "json" ? "item" : "line")
    const contents = yield* Contents.open(file)
    if (contents.start.trim() === "") return yield* fail({ reason: "is empty" })

    const table = yield* openTable(format, contents, fail)
    const { columns, isReport } = Columns.withoutReport(table.columns)
    const fields = yield* Either.mapLeft(
      Columns.resolve(columns, source.columns),
      (problems) => fail(...problems)
    )
    const open = [
      ...(fields.notify_customer === undefined ? ["notify_customer"] : []),
      ...(fields.notify_order_source === undefined ? ["notify_order_source"] : [])
    ]
    if (notify === undefined && open.length > 0) {
      return yield* fail({
        reason: `there is no column ${open.join(" and no ")}, and ${Rows.neverGuessed}`,
        remedy: "say --notify none, customer, order-source or both"
      })
    }

    const since = Stream.filter(table.records, (read) => (Either.merge(read).line ?? sinceLine) >= sinceLine)
    const wanted = limit === undefined ? since : Stream.take(since, limit)
    // asked for only once a date needs it, as it may read the whole file
    const order = yield* Effect.cached(
      dateOrder === undefined ? findDateOrder(table, fields) : Effect.succeed(dateOrder)
    )
    const rows = Stream.suspend(() => {
      const { check, setDateOrder } = Rows.makeChecker({
        unit: table.unit,
        columns,
        fields,
        isReport,
        notify,
        timeZone
      })
      let orderIsKnown = fields.ship_date === undefined
      return Stream.mapChunksEffect(wanted, (chunk) => {
        if (orderIsKnown || !Chunk.some(chunk, (read) => Dates.needsOrder(Rows.dateOf(fields, read)))) {
          return Effect.succeed(Chunk.map(chunk, check))
        }
        orderIsKnown = true
        return Effect.map(order, (order) => {
          setDateOrder(order)
          return Chunk.map(chunk, check)
        })
      })
    })
    return { name, format, unit: table.unit, hasBom: contents.hasBom, columns, fields, rows }
  }
)

const formats = new Map<string, Format>([
  [".tsv", "tsv"],
  [".tab", "tsv"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".json", "json"]
])

type Fail = (problem: Problem.Problem) => UsageError

const openTable = Effect.fnUntraced(function*(format: Format, { start, text }: Contents.Contents, fail: Fail) {
  if (format === "ndjson" || format === "json") {
    if (format === "json" && !start.trimStart().startsWith("[")) {
      return yield* fail({
        reason: "must be an array of objects",
        remedy: "for an object on each line say --format ndjson"
      })
    }
    return yield* Json.table(format, text, fail)
  }
  const delimiter = format === "tsv" ? "\t" : Csv.findDelimiter(start, Columns.isKnown)
  const records = Csv.records(text, delimiter, fail)
  const [header, first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(records, 2)))
  if (header === undefined) return yield* fail({ reason: "is empty" })
  if (first === undefined) return yield* fail({ reason: "has a header and no shipments" })
  const table: Table = {
    unit: "line",
    columns: Either.match(header, { onLeft: () => [], onRight: ({ cells }) => cells.map((cell) => cell.trim()) }),
    records: Stream.drop(records, 1)
  }
  return table
})

const findDateOrder = ({ records }: Table, fields: Columns.Columns): Effect.Effect<DateOrder | undefined, UsageError> =>
  records.pipe(
    Stream.filterMap((read) => Option.fromNullable(Dates.orderOf(Rows.dateOf(fields, read)))),
    Stream.runHead,
    Effect.map(Option.getOrUndefined)
  )

/** Columns that reports have behind the user's own. A report can be read again: see `open`. */
export const reportColumns = Columns.reportColumns
