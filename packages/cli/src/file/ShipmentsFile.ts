/**
 * A file of shipments: CSV, TSV, a workbook, a JSON array or JSON lines. It is read row by row, and each row is checked.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ResolveError, Resolver } from "../resolve/Resolver.js"
import * as Resolved from "../resolve/Rows.js"
import type { Progress } from "../terminal/Progress.js"
import type { UsageError } from "../terminal/UsageError.js"
import * as CarrierCode from "./carrierCode.js"
import * as Columns from "./columns.js"
import * as Contents from "./contents.js"
import type { Delimiter } from "./csvText.js"
import * as Dates from "./dates.js"
import * as Problem from "./Problem.js"
import * as Remarks from "./remarks.js"
import * as Rows from "./rows.js"
import type { Read, Table } from "./table.js"
import * as Tables from "./tables.js"
import * as Where from "./where.js"

/** How shipments are written in a file. `csv`: commas, semicolons, tabs or pipes. `ndjson`: an object on each line. */
export type Format = Tables.Format

/** Who is notified, for rows that leave it open. */
export interface Notify {
  readonly customer: boolean
  readonly orderSource: boolean
}

/** A file, and how it is to be read. */
export interface Source {
  /** Its path; `-` is stdin. */
  readonly file: string
  /** Default: told by the file's extension, and `csv` where there is none that is known. A workbook is known by itself. */
  readonly format?: Format | undefined
  /** A label of the Encoding Standard. Default: UTF-8, or what a byte order mark says. */
  readonly encoding?: string | undefined
  /** Of a workbook. Default: the first. */
  readonly sheet?: string | undefined
  /** The line of the header. Default: the first that isn't empty. */
  readonly headerLine?: number | undefined
  /** The file's own names of columns, by field: `{ shipment_id: "Shipment No" }`. `#2` is the second column. */
  readonly columns?: { readonly [field: string]: string } | undefined
  /** Columns that mean nothing. */
  readonly ignore?: ReadonlyArray<string> | undefined
  /** Only rows of which all of this holds. */
  readonly where?: ReadonlyArray<Where.Condition> | undefined
  /** For rows that don't say theirs. */
  readonly carrier?: string | undefined
  /** Codes of carriers, by what the file calls them. */
  readonly carriers?: { readonly [name: string]: string } | undefined
  /** For dates that don't say their own. */
  readonly timeZone?: DateTime.TimeZone | undefined
  /** For dates such as 03/04/2026. Default: what the other dates of the column tell; else they are problems. */
  readonly dateOrder?: DateOrder | undefined
  /** Whether dates far from today are right. */
  readonly anyShipDate?: boolean | undefined
  /** What dates are near to, or far from. Default: the time when it is opened. */
  readonly now?: DateTime.Utc | undefined
  readonly notify?: Notify | undefined
  /** Rows before this line are passed over. */
  readonly sinceLine?: number | undefined
  /** How many rows are read. Default: all. */
  readonly limit?: number | undefined
}

/** What comes first in dates such as 03/04/2026: the day or the month. */
export type DateOrder = Dates.DateOrder

/** One shipment of the file. */
export type Row = Rows.Row

/** A row, or what is wrong with it. */
export type Checked = Resolved.Checked

/** A file that can be read. */
export interface ShipmentsFile {
  /** Its path, or `stdin`. */
  readonly name: string
  readonly format: Format | "xlsx"
  /** What a row's `line` counts. */
  readonly unit: Table["unit"]
  /** What stands between its cells, and so between those of its reports. */
  readonly delimiter: Delimiter
  /** The permissions of the file, if it is one. */
  readonly mode: number | undefined
  /** All of its columns, in their order, but those of a report. */
  readonly columns: ReadonlyArray<string>
  /** Which of them say what is sent. */
  readonly fields: Columns.Columns
  /** What should be looked at before the file is sent, not of a row. */
  readonly remarks: ReadonlyArray<Problem.Problem>
  /**
   * Reads the file from its beginning, as often as it is run; in flat memory, but for 36 bytes a shipment, which find one
   * that comes twice. Fails if the file can't be read on, or isn't what it was when it was opened.
   */
  readonly rows: Stream.Stream<Checked, ReadError>
  /** How much of the file is read, from 0 to 1, by who began last. */
  readonly share: () => number
  /** How many rows the last reading left out, as they aren't of those that were asked for. */
  readonly passedOver: () => number
}

/** The file can't be read, or what it says can't be looked up. */
export type ReadError = ResolveError

/**
 * Opens a file. Stdin and pipes are copied into a temporary file first, as they can be read once only. Fails if something
 * makes the whole file unusable, and says what to do about it.
 */
export const open: (
  source: Source
) => Effect.Effect<ShipmentsFile, UsageError, Scope.Scope | FileSystem.FileSystem | Path.Path | Progress | Resolver> =
  Effect
    .fnUntraced(
      function*(source) {
        const { file, headerLine, limit, notify, sinceLine = 0 } = source
        const path = yield* Path.Path
        const name = file === "-" ? "stdin" : file
        const given = source.format ?? Tables.formatOf(path.extname(file).toLowerCase())
        const contents = yield* Contents.open(file, { encoding: source.encoding, sheet: source.sheet })
        const unit = contents.isWorkbook ? "row" : given === "json" ? "item" : "line"
        const fail = (...problems: ReadonlyArray<Problem.Problem>) => Problem.unusable(name, problems, unit)
        if (contents.start.trim() === "") return yield* fail({ reason: "is empty" })

        const { delimiter, format, table } = yield* Tables.open(given, contents, headerLine, fail)
        const { columns, isReport } = Columns.withoutReport(table.columns)
        const fields = yield* resolveColumns(columns, source, table, fail)
        const where = yield* Either.mapLeft(Where.make(source.where ?? [], columns), fail)
        if (notify === undefined) yield* checkNotify(fields, fail)

        let passedOver = 0
        const isWanted = (read: Read): boolean =>
          (Either.merge(read).line ?? sinceLine) >= sinceLine && (Either.isLeft(read) || where(read.right.cells))
        const since = Stream.suspend(() => {
          passedOver = 0
          return Stream.filter(table.records, (read) => {
            const isTaken = isWanted(read)
            if (!isTaken) passedOver++
            return isTaken
          })
        })
        const wanted = limit === undefined ? since : Stream.take(since, limit)
        const rows = yield* rowsOf(source, {
          table: { ...table, records: wanted },
          columns,
          fields,
          isReport
        })
        return {
          name,
          format,
          unit: table.unit,
          delimiter,
          mode: contents.mode,
          columns,
          fields,
          remarks: Remarks.of({
            columns,
            fields,
            ignore: source.ignore ?? [],
            hasEnd: contents.hasEnd || format === "json",
            otherSheets: source.sheet === undefined ? contents.otherSheets : []
          }),
          rows,
          share: contents.share,
          passedOver: () => passedOver
        }
      }
    )

const resolveColumns = Effect.fnUntraced(function*(
  columns: ReadonlyArray<string>,
  source: Source,
  table: Table,
  fail: (...problems: ReadonlyArray<Problem.Problem>) => UsageError
) {
  const said = { map: source.columns, ignore: source.ignore, hasCarrier: source.carrier !== undefined }
  const found = Columns.resolve(columns, said)
  if (Either.isRight(found)) return found.right
  const better = source.headerLine === undefined && table.unit !== "item"
    ? yield* Tables.findHeader(table, (cells) => Either.isRight(Columns.resolve(cells, said)))
    : undefined
  return yield* fail(
    ...found.left,
    ...(columns.some((name) => /^se-\d+$/.test(name))
      ? [{
        reason: "the first line has a shipment, and no names of columns",
        remedy: "put a line with their names above it"
      }]
      : []),
    ...(better === undefined ? [] : [{
      line: better,
      reason: "has the names of the columns",
      remedy: `say --header-line ${better}`
    }])
  )
})

const checkNotify = (fields: Columns.Columns, fail: (problem: Problem.Problem) => UsageError) => {
  const open = [
    ...(fields.notify_customer === undefined ? ["notify_customer"] : []),
    ...(fields.notify_order_source === undefined ? ["notify_order_source"] : [])
  ]
  return open.length === 0 ? Effect.void : Effect.fail(fail({
    reason: `there is no column ${open.join(" and no ")}, and ${Rows.neverGuessed}`,
    remedy: "say --notify none, customer, order-source or both"
  }))
}

/** The rows, checked, and looked up where they have to be. */
const rowsOf = Effect.fnUntraced(function*(
  source: Source,
  { columns, fields, isReport, table }: {
    readonly table: Table
    readonly columns: ReadonlyArray<string>
    readonly fields: Columns.Columns
    readonly isReport: boolean
  }
) {
  const resolver = yield* Resolver
  const now = source.anyShipDate === true ? undefined : source.now ?? (yield* DateTime.now)
  // asked for only once a date needs it, as it may read the whole file
  const facts = yield* Effect.cached(findFacts(table, fields, source.dateOrder))
  const options: Rows.Options = {
    unit: table.unit,
    columns,
    fields,
    isReport,
    notify: source.notify,
    timeZone: source.timeZone,
    now,
    carrier: source.carrier,
    carriers: new Map(Object.entries(source.carriers ?? {}).map(([name, code]) => [CarrierCode.plain(name), code])),
    ignore: source.ignore ?? []
  }
  const identity = Columns.identifying.find((field) => fields[field] !== undefined) ?? "shipment_id"
  const names: Resolved.Names = {
    shipment: columns[fields[identity] ?? -1] ?? identity,
    carrier: columns[fields.carrier_code ?? -1] ?? "carrier_code"
  }
  /** A pass over the file, with a checker of its own. */
  const pass = <A, E>(
    then: (
      chunk: Chunk.Chunk<Resolved.Checked<Rows.Row | Rows.PendingRow>>,
      accept: (row: Rows.Row) => Checked
    ) => Effect.Effect<Chunk.Chunk<A>, E>
  ): Stream.Stream<A, E | UsageError> =>
    Stream.suspend(() => {
      const { accept, check, setFacts } = Rows.makeChecker(options)
      let isKnown = fields.ship_date === undefined
      return Stream.mapChunksEffect(table.records, (chunk): Effect.Effect<Chunk.Chunk<A>, E | UsageError> => {
        const needs = !isKnown && Chunk.some(chunk, (read) => Dates.needsFacts(Rows.dateOf(fields, read)))
        const learn = needs ? Effect.map(facts, setFacts) : Effect.void
        isKnown ||= needs
        return Effect.flatMap(learn, () => then(Chunk.map(chunk, check), accept))
      })
    })

  // all of them together, however often the file is read
  const answers = yield* Effect.cached(Effect.suspend(() => {
    const gathering = Resolved.makeGathering()
    const see = pass((chunk) =>
      Effect.sync(() => {
        gathering.see(chunk)
        return Chunk.empty<never>()
      })
    )
    return Effect.zipRight(Stream.runDrain(see), Effect.provideService(gathering.resolve, Resolver, resolver))
  }))
  return pass((chunk, accept): Effect.Effect<Chunk.Chunk<Checked>, ReadError> =>
    isWhole(chunk) ?
      Effect.succeed(chunk) :
      Effect.map(answers, (answers) =>
        Chunk.map(chunk, (checked): Checked =>
          Either.flatMap(checked, (row) =>
            Rows.isPending(row) ? Either.flatMap(Resolved.whole(row, names, answers), accept) : Either.right(row))))
  )
})

const isWhole = (
  chunk: Chunk.Chunk<Resolved.Checked<Rows.Row | Rows.PendingRow>>
): chunk is Chunk.Chunk<Checked> => !Chunk.some(chunk, (row) => Either.isRight(row) && Rows.isPending(row.right))

const findFacts = Effect.fnUntraced(function*(
  { records }: Table,
  fields: Columns.Columns,
  order: DateOrder | undefined
) {
  const { facts, isKnown, see } = Dates.makeFacts()
  yield* records.pipe(
    Stream.takeUntil((read) => {
      see(Rows.dateOf(fields, read))
      return isKnown()
    }),
    Stream.runDrain
  )
  const found = facts()
  return { ...found, order: order ?? found.order }
})

/** Columns that reports have behind the user's own. A report can be read again: see `open`. */
export const reportColumns = Columns.reportColumns
