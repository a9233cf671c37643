/**
 * A CSV file of shipments. Everything in it is checked before anything is sent.
 */
import { decodeInput, type FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import { CsvError, parse as parseCsv } from "csv-parse/sync"
import * as Array from "effect/Array"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { count } from "./internal/text.js"

/** One shipment of the file. */
export interface Row {
  /** Where it begins in the file, from 1. */
  readonly line: number
  /** Its cells as they are in the file. */
  readonly cells: ReadonlyArray<string>
  /** What is sent. Both notify flags are decided. */
  readonly input: FulfillmentInput
}

/** A file in which everything is right. */
export interface ShipmentsFile {
  /** Whether it begins with a byte order mark, without which Excel takes UTF-8 for something else. */
  readonly hasBom: boolean
  readonly columns: ReadonlyArray<string>
  readonly rows: Array.NonEmptyReadonlyArray<Row>
}

/** Something that is wrong in a file. */
export interface Problem {
  /** Left out where it isn't about one line. */
  readonly line?: number | undefined
  /** The column. Left out where it isn't about one. */
  readonly field?: string | undefined
  /** The cell. */
  readonly value?: string | undefined
  readonly reason: string
}

/** Who is notified, for rows that leave it open. */
export interface Notify {
  readonly customer: boolean
  readonly orderSource: boolean
}

type Problems = Array.NonEmptyReadonlyArray<Problem>

/** Columns that reports have behind the user's own. A report can be imported: see `readReport`. */
export const reportColumns = ["outcome", "message", "request_id", "fulfillment_id"] as const

/** Reads and checks a file. Left: everything that is wrong with it. */
export const parse = (content: Uint8Array, notify?: Notify): Either.Either<ShipmentsFile, Problems> =>
  Either.gen(function*() {
    const records = yield* Either.flatMap(decodeText(content), readRecords)
    const hasBom = content[0] === 0xEF
    const [header, ...body] = readReport(records)
    if (header === undefined) return yield* fail("The file is empty")
    const columns = header.cells.map((cell) => cell.trim())
    yield* checkColumns(columns)
    const [first, ...others] = body
    if (first === undefined) return yield* fail("The file has a header and no shipments")

    const problems: Array<Problem> = []
    const undecided: Array<number> = []
    const lineOf = new Map<string, number>()
    const check = (record: Record): Array<Row> => {
      const { cells, line } = record
      if (cells.length !== columns.length) {
        const reason = `has ${count(cells.length, "cell")} where the header has ${columns.length}`
        problems.push({ line, reason })
        return []
      }
      const cell = (name: string) => cells[columns.indexOf(name)]?.trim() ?? ""
      if (record.outcome !== undefined && !sendable.has(record.outcome)) {
        problems.push({ line, field: "outcome", value: record.outcome, reason: alreadySent })
        return []
      }
      const checked = decodeInput({
        shipment_id: cell("shipment_id"),
        tracking_number: cell("tracking_number"),
        carrier_code: cell("carrier_code"),
        ship_date: cell("ship_date") || undefined,
        notify_customer: parseFlag(cell("notify_customer")) ?? notify?.customer,
        notify_order_source: parseFlag(cell("notify_order_source")) ?? notify?.orderSource
      })
      if (Either.isLeft(checked)) {
        for (const { field, reason } of checked.left) problems.push({ line, field, value: cell(field), reason })
        return []
      }
      const input = checked.right
      if (input.notify_customer === undefined || input.notify_order_source === undefined) undecided.push(line)
      const before = lineOf.get(input.shipment_id)
      if (before !== undefined) {
        problems.push({ line, field: "shipment_id", value: input.shipment_id, reason: `is in line ${before} too` })
      }
      lineOf.set(input.shipment_id, before ?? line)
      return [{ line, cells, input }]
    }
    const rows = [first, ...others].flatMap(check)
    if (undecided.length > 0) {
      problems.push({
        reason:
          `${count(undecided.length, "row")} (the first in line ${undecided[0]}) and no --notify: who gets notified `
          + "is never guessed. Fill notify_customer and notify_order_source, or give --notify"
      })
    }
    if (Array.isNonEmptyReadonlyArray(problems)) return yield* Either.left(problems)
    return Array.isNonEmptyReadonlyArray(rows) ? { hasBom, columns, rows } : yield* fail("The file has no shipments")
  })

interface Record {
  readonly line: number
  readonly cells: ReadonlyArray<string>
  /** In a report: what became of it. */
  readonly outcome?: string | undefined
}

const required = ["shipment_id", "tracking_number", "carrier_code"]
const optional = ["ship_date", "notify_customer", "notify_order_source"]

const fail = (reason: string): Either.Either<never, Problems> => Either.left([{ reason }])

const decodeText = (content: Uint8Array): Either.Either<string, Problems> =>
  Either.try({
    // without its byte order mark
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(content),
    catch: (): Problems => [{ reason: "The file is not UTF-8: save it as \"CSV UTF-8\"" }]
  })

const readRecords = (text: string): Either.Either<ReadonlyArray<Record>, Problems> =>
  Either.try({
    try: () => {
      const records: Array<Record> = []
      parseCsv(text.replaceAll(/\r\n?/g, "\n"), {
        record_delimiter: "\n",
        relax_column_count: true,
        skip_empty_lines: true,
        on_record: (cells, { lines }) => {
          // `lines` is where it ends; within a record there are line breaks only inside cells
          const line = lines - cells.join("").split("\n").length + 1
          // a spreadsheet leaves rows of empty cells at the end
          if (cells.some((cell) => cell.trim() !== "")) records.push({ line, cells })
          return null
        }
      })
      return records
    },
    catch: (error): Problems => [describeCsvError(error)]
  })

/** Without csv-parse's own message, which quotes the file. */
const describeCsvError = (error: unknown): Problem => {
  if (error instanceof CsvError && error.code === "CSV_QUOTE_NOT_CLOSED") {
    return { reason: "A cell begins with a quote that is never closed" }
  }
  const line = Predicate.hasProperty(error, "lines") && typeof error.lines === "number" ? error.lines : undefined
  return { line, reason: "a quote inside a cell: put the whole cell in quotes, and double the quotes in it" }
}

/** A report's own columns are taken off, and its cells are as they were before they were made safe for spreadsheets. */
const readReport = (records: ReadonlyArray<Record>): ReadonlyArray<Record> => {
  const [header] = records
  const size = (header?.cells.length ?? 0) - reportColumns.length
  if (size < 0 || !reportColumns.every((name, index) => header?.cells[size + index] === name)) return records
  return records.map(({ cells, line }, index) =>
    cells.length !== size + reportColumns.length ? { line, cells } : {
      line,
      cells: cells.slice(0, size).map((cell) => cell.replace(/^'(?=[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])/, "")),
      outcome: index === 0 ? undefined : cells[size]
    }
  )
}

/** Outcomes in a report after which a shipment may be sent. */
const sendable = new Set(["not_sent", "rejected"])

const alreadySent = "it was sent, or may have been. If you know that it is not fulfilled, remove the columns "
  + reportColumns.join(", ")

const checkColumns = (columns: ReadonlyArray<string>): Either.Either<void, Problems> => {
  if (columns.length === 1 && /[;\t]/.test(columns[0] ?? "")) {
    const separator = columns[0]?.includes(";") === true ? "semicolon" : "tab"
    return fail(`There is a ${separator} between the columns: save the file with commas`)
  }
  const known = [...required, ...optional]
  const missing = required.filter((name) => !columns.includes(name))
  const problems = [
    ...missing.map((field): Problem => ({ field, reason: "is missing in the header, which is the first line" })),
    ...known.filter((name) => columns.indexOf(name) !== columns.lastIndexOf(name)).map((field): Problem => ({
      field,
      reason: "is in the header more than once"
    })),
    // a misspelt column would be passed through, and what it says about notifications ignored
    ...columns.filter((name) => !known.includes(name)).flatMap((name): Array<Problem> => {
      const plain = name.toLowerCase().replaceAll(/[^a-z]/g, "")
      const meant = known.find((column) => column.replaceAll("_", "") === plain && !columns.includes(column))
        ?? (plain.startsWith("notify") ? "notify_customer or notify_order_source" : undefined)
      return meant === undefined ? [] : [{ field: name, reason: `is no column that is known: write ${meant}` }]
    })
  ]
  return Array.isNonEmptyReadonlyArray(problems) ? Either.left(problems) : Either.void
}

/** What can't be read is left as it is, for the check of the input to complain. */
const parseFlag = (cell: string): boolean | string | undefined => {
  switch (cell.toLowerCase()) {
    case "":
      return undefined
    case "true":
    case "yes":
    case "1":
      return true
    case "false":
    case "no":
    case "0":
      return false
    default:
      return cell
  }
}
