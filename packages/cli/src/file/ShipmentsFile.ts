/**
 * A file of shipments: CSV, TSV, a workbook, a JSON array or JSON lines. It is read row by row, and each row is checked.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ResolveError, Resolver } from "../resolve/Resolver.js"
import type { Progress } from "../terminal/Progress.js"
import type { UsageError } from "../terminal/UsageError.js"
import * as CarrierCode from "./carrierCode.js"
import * as Names from "./columnNames.js"
import * as Columns from "./columns.js"
import * as Contents from "./contents.js"
import type { Delimiter } from "./csvText.js"
import * as Dates from "./dates.js"
import * as LeftOut from "./LeftOut.js"
import * as Resolved from "./lookedUp.js"
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
  /**
   * Whether rows that can't be sent are left out, and the others sent: then none is sent of two that contradict each other.
   * It reads the file once more.
   */
  readonly skipsBad?: boolean | undefined
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
  /** What the last reading left out, as it isn't of what was asked for. What comes behind the limit isn't read. */
  readonly passedOver: () => { readonly sinceLine: LeftOut.LeftOut; readonly where: LeftOut.LeftOut }
  /** Where the last reading found none that was asked for: what the rows are instead. */
  readonly noneMeant: () => Problem.Problem
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
        const otherSheets = source.sheet === undefined ? contents.otherSheets : []
        const fail = (...problems: ReadonlyArray<Problem.Problem>) =>
          Problem.unusable(name, [...problems, ...Remarks.ofOtherSheets(otherSheets).map(asHint)], unit)
        if (contents.start.trim() === "") return yield* fail({ reason: "is empty" })

        const { delimiter, format, table } = yield* Tables.open(given, contents, headerLine, fail)
        const { columns, isReport } = Columns.withoutReport(table.columns)
        const fields = yield* resolveColumns(columns, source, table, fail)
        const said = { map: source.columns, ignore: source.ignore }
        const where = yield* Either.mapLeft(Where.make(source.where ?? [], columns), fail)
        if (notify === undefined) yield* checkNotify(fields, fail)

        let passedOver = { sinceLine: LeftOut.make(), where: LeftOut.make() }
        const isWanted = (read: Read): boolean => {
          const { line } = Either.merge(read)
          if ((line ?? sinceLine) < sinceLine) passedOver.sinceLine.add({ line })
          else if (Either.isLeft(read) || where.holds(read.right.cells)) return true
          else passedOver.where.add({ line })
          return false
        }
        const since = Stream.suspend(() => {
          passedOver = { sinceLine: LeftOut.make(), where: LeftOut.make() }
          return Stream.filter(table.records, isWanted)
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
            carrier: source.carrier,
            dated: yield* findDated(table, columns, fields, source.ignore ?? []),
            orders: yield* findOrders(table, columns, fields, Columns.orderRivalsOf(columns, fields, said)),
            hiddenColumns: contents.hiddenColumns,
            isPage: table.isPage === true,
            // what is cut off in the middle is no JSON
            hasEnd: contents.hasEnd || format === "json" || format === "ndjson",
            otherSheets
          }),
          rows,
          share: contents.share,
          passedOver: () => ({ sinceLine: passedOver.sinceLine.all(), where: passedOver.where.all() }),
          noneMeant: () => Where.none(where)
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
  if (better === undefined && table.unit === "line" && hasAllInOne(columns)) {
    return yield* fail({
      reason: "has one column only, so what stands between its columns isn't understood",
      remedy: "save it with commas, semicolons, tabs or pipes between them"
    })
  }
  return yield* fail(
    ...found.left,
    ...(columns.some((name) => /^se-\d+$/.test(name))
      ? [{
        reason: "the first line has a shipment, and no names of columns",
        remedy: "put a line with their names above it",
        isHint: true
      }]
      : []),
    ...(better === undefined ? [] : [{
      line: better,
      reason: "has the names of the columns",
      remedy: `say --header-line ${better}`,
      isHint: true
    }])
  )
})

const asHint = (problem: Problem.Problem): Problem.Problem => ({ ...problem, isHint: true })

/** Whether one column has the names of several. */
const hasAllInOne = ([name = "", ...others]: ReadonlyArray<string>): boolean =>
  others.length === 0 && /track/i.test(name) && /carrier|courier/i.test(name)

/** Of how many rows dates are looked for. */
const sampleSize = 100

/** Columns that may be the day of shipping, and have dates only, where no column is used as it. */
const findDated = Effect.fnUntraced(function*(
  { records }: Table,
  columns: ReadonlyArray<string>,
  fields: Columns.Columns,
  ignore: ReadonlyArray<string>
) {
  const used = new Set<number>(Object.values(fields))
  const isIgnored = Columns.ignoring(columns, ignore)
  const found = columns.flatMap((name, index) =>
    Names.mayBeShipDate(name) && !used.has(index) && !isIgnored(index) ? [{ name, index }] : []
  )
  if (fields.ship_date !== undefined || found.length === 0) return []
  const rows = Array.getRights(yield* Stream.runCollect(Stream.take(records, sampleSize)))
  return found.flatMap(({ index, name }) => {
    const cells = rows.flatMap(({ cells }) => cells[index]?.trim() || [])
    return cells.length > 0 && cells.every(Dates.isDate) ? [name] : []
  })
})

/** Of columns that may have the order's number, those with another one than the column that is used. */
const findOrders = Effect.fnUntraced(function*(
  { records }: Table,
  columns: ReadonlyArray<string>,
  { order_number }: Columns.Columns,
  rivals: ReadonlyArray<number>
) {
  if (order_number === undefined || rivals.length === 0) return []
  const rows = Array.getRights(yield* Stream.runCollect(Stream.take(records, sampleSize)))
  return rivals.flatMap((index) => {
    const isOther = rows.some(({ cells }) => {
      const other = cells[index]?.trim() ?? ""
      return other !== "" && other !== cells[order_number]?.trim()
    })
    return isOther ? [columns[index] ?? ""] : []
  })
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
  const said = { map: source.columns, ignore: source.ignore }
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
    ignore: source.ignore ?? [],
    rivals: Columns.rivalsOf("tracking_number", columns, fields, said),
    carrierRivals: Columns.rivalsOf("carrier_code", columns, fields, said),
    contradictions: new Map(),
    skipsBad: source.skipsBad === true
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
      checker: ReturnType<typeof Rows.makeChecker>
    ) => Effect.Effect<Chunk.Chunk<A>, E>
  ): Stream.Stream<A, E | UsageError> =>
    Stream.suspend(() => {
      const checker = Rows.makeChecker(options)
      const { check, setFacts } = checker
      let isKnown = fields.ship_date === undefined
      return Stream.mapChunksEffect(table.records, (chunk): Effect.Effect<Chunk.Chunk<A>, E | UsageError> => {
        const needs = !isKnown && Chunk.some(chunk, (read) => Dates.needsFacts(Rows.dateOf(fields, read)))
        const learn = needs ? Effect.map(facts, setFacts) : Effect.void
        isKnown ||= needs
        return Effect.flatMap(learn, () => then(Chunk.map(chunk, check), checker))
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
  const rows = pass((chunk, { accept, setWords }): Effect.Effect<Chunk.Chunk<Checked>, ReadError> =>
    isWhole(chunk) ?
      Effect.succeed(chunk) :
      Effect.map(
        Effect.all([
          some(chunk, Resolved.isLookedUp) ? answers : Effect.succeed(Resolved.noAnswers),
          some(chunk, Resolved.hasWord)
            ? Effect.tap(resolver.words, (meaningOf) => Effect.sync(() => setWords(meaningOf)))
            : Effect.succeed(() => undefined)
        ]),
        ([answers, meaningOf]) =>
          Chunk.map(chunk, (checked): Checked =>
            Either.flatMap(checked, (row) =>
              Rows.isPending(row)
                ? Either.flatMap(Resolved.whole(row, names, answers, meaningOf), accept)
                : Either.right(row)))
      )
  )
  if (!options.skipsBad) return rows
  // the first of two rows is known to be wrong only when the second was read
  const findContradictions = yield* Effect.cached(Stream.runDrain(rows))
  return Stream.unwrap(Effect.as(findContradictions, rows))
})

const some = (
  chunk: Chunk.Chunk<Resolved.Checked<Rows.Row | Rows.PendingRow>>,
  is: (row: Rows.PendingRow) => boolean
): boolean => Chunk.some(chunk, (row) => Either.isRight(row) && Rows.isPending(row.right) && is(row.right))

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
  return order === undefined ? found : { ...found, order, areMixed: false }
})

/** Columns that reports have behind the user's own. A report can be read again: see `open`. */
export const reportColumns = Columns.reportColumns
