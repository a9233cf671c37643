/**
 * Checks the rows of a file.
 */
import { type FulfillmentInput, validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { Reference } from "../resolve/Reference.js"
import type { Account } from "../resolve/Resolver.js"
import { count } from "../terminal/text.js"
import * as CarrierCode from "./carrierCode.js"
import * as Cells from "./cells.js"
import { optOutOf, plain } from "./columnNames.js"
import {
  type Columns,
  type Field,
  fields as fieldNames,
  identifying,
  ignoring,
  ofOrder,
  reportColumns
} from "./columns.js"
import * as Dates from "./dates.js"
import { withoutGuards } from "./formulas.js"
import { type Found, makeFound } from "./found.js"
import type { Problem } from "./Problem.js"
import * as Rivals from "./rivals.js"
import * as ShipmentId from "./shipmentId.js"
import * as ShipmentIds from "./shipmentIds.js"
import * as Statuses from "./statuses.js"
import type { CellFlaw, Read } from "./table.js"
import * as TrackingNumbers from "./trackingNumbers.js"
import * as YesNo from "./yesNo.js"

export interface Options {
  readonly unit: string
  /** The user's own. */
  readonly columns: ReadonlyArray<string>
  readonly fields: Columns
  /** Whether the columns of a report come behind them. */
  readonly isReport: boolean
  readonly notify: { readonly customer: boolean; readonly orderSource: boolean } | undefined
  readonly timeZone: DateTime.TimeZone | undefined
  /** When dates that are far off are refused: what they are far from. */
  readonly now: DateTime.Utc | undefined
  /** For rows that don't say theirs. */
  readonly carrier: string | undefined
  /** Codes of carriers, by `CarrierCode.plain` of what the file calls them. */
  readonly carriers: ReadonlyMap<string, string>
  /** Columns that mean nothing. */
  readonly ignore: ReadonlyArray<string>
  /** Columns that may be the tracking number as well. */
  readonly rivals: ReadonlyArray<number>
  /** Columns that may be the carrier as well. */
  readonly carrierRivals: ReadonlyArray<number>
  /** Shipments of which two rows say different things, and their lines. It is filled while rows are checked. */
  readonly contradictions: Map<string, readonly [first: number, second: number]>
  /** Whether none of such rows is sent: they were found by an earlier pass. */
  readonly skipsBad: boolean
}

/** What a row says of a shipment, but for which it is. */
export type Details = Omit<FulfillmentInput, "shipment_id" | "carrier_code">

interface Common {
  /** Where it begins in the file, from 1. In a JSON array: which item it is. */
  readonly line: number
  /** Its cells as they are in the file, as many as there are columns. */
  readonly cells: ReadonlyArray<string>
  /** What of it isn't read as it is written, and what should be looked at. */
  readonly notes: ReadonlyArray<Problem>
}

/** One shipment of the file. */
export interface Row extends Common {
  /** What is sent. Both notify flags are decided. */
  readonly input: FulfillmentInput
  /** The line of a row that says the same. It is sent once. */
  readonly sameAs?: number | undefined
}

/** A row that has yet to be looked up. */
export interface PendingRow extends Common {
  /** An id, or what it is to be found by. */
  readonly shipment: string | Reference
  /** Its code, or its name. */
  readonly carrier: CarrierCode.Reading
  readonly details: Details
  /** The id that a report has for it. */
  readonly chosen?: string | undefined
}

/** What is wrong with a row. */
export type Problems = Array.NonEmptyReadonlyArray<Problem>

type Checked = Either.Either<Row | PendingRow, Problems>

const hidden = {
  reason: "is hidden in the workbook, and is sent all the same",
  remedy: "if it isn't meant, show it there and delete it: a filter only hides"
}

const struckThrough = {
  reason: "is struck through in the workbook, and is sent all the same",
  remedy: "if it isn't meant, delete it there"
}

/** Whether a row has yet to be looked up. */
export const isPending = (row: Row | PendingRow): row is PendingRow => "details" in row

const references: { readonly [field in Field]?: Reference["_tag"] } = {
  order_number: "ShipmentNumber",
  external_shipment_id: "ExternalShipmentId",
  sales_order_id: "SalesOrderId",
  v1_order_id: "V1OrderId"
}

/** Checks one row after another. It remembers the shipments: each pass over a file needs a checker of its own. */
export const makeChecker = (options: Options) => {
  const { carrier, carriers, columns, fields, isReport, notify, now, timeZone } = options
  const accept = makeAccept(options)
  const leastCells = isReport ? columns.length : columns.findLastIndex((name) => name.trim() !== "") + 1
  const isIgnored = ignoring(columns, options.ignore)
  const statusColumns = Statuses.columnsOf(columns, isIgnored)
  const optOuts = columns.flatMap((name, index) => {
    const field = isIgnored(index) ? undefined : optOutOf(name)
    return field === undefined ? [] : [{ field, index, name }]
  })
  const others: Rivals.OtherColumns = { rivals: options.rivals, own: ofOrder(columns) }
  const names = new Set(columns.filter((name) => name !== ""))
  const orderId = columns.find((name) => plain(name) === "orderid")
  const otherCarrier = columns.findIndex((name) => plain(name) === "carriername")
  let meaningOf: Account["meaningOf"] | undefined
  let readDate = Dates.makeReader({ ...Dates.noFacts, timeZone, now })

  const check = (read: Read): Checked => {
    if (Either.isLeft(read)) return Either.left([read.left])
    const { cells: all, isHidden, isStruck, flaws = [], line } = read.right
    const own = ownOf(options, all)
    const unfit = misfit(options, all, leastCells)
    if (unfit !== undefined) return Either.left([{ ...unfit, line, cells: own }])
    const strange = noShipment(options, names, own)
    if (strange !== undefined) return Either.left([{ ...strange, line, cells: own }])
    const found = makeFound(options, line, own)
    const { cellOf, notes, problems } = found
    if (isHidden === true) notes.push({ line, ...hidden })
    if (isStruck === true) notes.push({ line, ...struckThrough })
    lookAtFlaws(found, fields, flaws)

    for (const column of statusColumns) lookAtStatus(found, column)
    const shipment = readShipment(found, fields, orderId)
    const carrierText = cellOf("carrier_code")
    const carrierCell = CarrierCode.withMeaning(
      CarrierCode.read(
        // Amazon's files name others in a column of their own
        (/^\s*other\s*$/i.test(carrierText) ? own[otherCarrier]?.trim() : carrierText) || carrier || carrierText,
        carriers
      ),
      meaningOf
    )
    Rivals.compareCarrier(found, carrierCell, options)
    const trackingNumber = readTrackingNumber(found, carrierCell)
    Rivals.compareNumber(found, trackingNumber, others, columns)
    const shipDate = readShipDate(found, readDate)
    const details: Details = {
      tracking_number: trackingNumber,
      // left out, not undefined: the outbox must find it equal to what it stored
      ...(shipDate === undefined ? {} : { ship_date: shipDate }),
      notify_customer: readFlag(found, "notify_customer", notify?.customer),
      notify_order_source: readFlag(found, "notify_order_source", notify?.orderSource)
    }
    for (const optOut of optOuts) if (details[optOut.field] === true) lookAtOptOut(found, optOut)
    const isComplete = typeof shipment.shipment === "string" && carrierCell._tag === "Code"
    const input: FulfillmentInput = {
      ...details,
      // what is looked up later can't be wrong yet
      shipment_id: typeof shipment.shipment === "string" ? shipment.shipment : "se-0",
      carrier_code: carrierCell._tag === "Name" ? "x" : carrierCell.code
    }
    checkInput(found, shipment, input)
    if (Array.isNonEmptyReadonlyArray(problems)) return Either.left(problems)
    return isComplete
      ? accept({ line, cells: own, input, notes })
      : Either.right({
        line,
        cells: own,
        notes,
        shipment: shipment.shipment,
        carrier: carrierCell,
        details,
        chosen: isReport ? textOf(all[columns.length + foundAt] ?? "") || undefined : undefined
      })
  }

  return {
    check,
    accept,
    /** From now on words that mean their own code needn't be looked up. */
    setWords: (meaning: Account["meaningOf"]) => {
      meaningOf = meaning
    },
    /** From now on dates are read as these tell. */
    setFacts: (facts: Dates.Facts) => {
      readDate = Dates.makeReader({ ...facts, timeZone, now })
    }
  }
}

/** Without what may stand around a text in a cell. */
const textOf = (cell: string): string =>
  /^[\w:/.+-]*$/.test(cell) ? cell : Cells.clean(cell, Cells.withoutInvisible, Cells.withoutGuard).text.trim()

/** Takes a row that is right, unless its shipment came before. */
const makeAccept = (options: Options) => {
  const { contradictions, skipsBad } = options
  const before = ShipmentIds.make()
  return (row: Row): Either.Either<Row, Problems> => {
    const { carrier_code, notify_customer, notify_order_source, ship_date, shipment_id, tracking_number } = row.input
    // equal as ShipStation has it
    const content = `${tracking_number.toUpperCase()}\n${carrier_code}\n${notify_customer}\n${notify_order_source}`
      + (ship_date === undefined ? "" : `\n${DateTime.toEpochMillis(ship_date)}`)
    const found = before(shipment_id, row.line, content)
    const known = skipsBad ? contradictions.get(shipment_id) : undefined
    if (known !== undefined) {
      return Either.left([contradiction(options, row, known[found === undefined || found.isSame ? 1 : 0])])
    }
    if (found === undefined) return Either.right(row)
    const other = found.isSame ? found.other : found.line
    if (other === undefined) return Either.right({ ...row, sameAs: found.line })
    if (skipsBad) contradictions.set(shipment_id, [found.line, row.line])
    return Either.left([{ ...contradiction(options, row, other), contradicts: found.line }])
  }
}

/** That a row says something else of its shipment than another. */
const contradiction = ({ columns, fields, unit }: Options, { cells, line }: Row, other: number): Problem => {
  const field = identifying.find((field) => fields[field] !== undefined)
  return {
    line,
    field: field === undefined ? "shipment_id" : columns[fields[field] ?? -1],
    value: cells[fields[field ?? "shipment_id"] ?? -1],
    reason: `is in ${unit} ${other} too, with something else`,
    kind: "is in another row too, with something else",
    remedy: "keep one of the two: a shipment has one tracking number",
    cells
  }
}

/** The cells of the user's own columns. */
const ownOf = ({ columns, isReport }: Options, all: ReadonlyArray<string>): ReadonlyArray<string> => {
  const own = all.slice(0, columns.length)
  const cells = own.length === columns.length ? own : Array.makeBy(columns.length, (index) => own[index] ?? "")
  return isReport ? cells.map(withoutGuards) : cells
}

/** Why a row can't be read at all: how many cells it has, or what a report says of it. */
const misfit = (
  { columns, isReport, unit }: Options,
  all: ReadonlyArray<string>,
  /** Columns without a name at the end of the header may be left out. */
  least: number
): Omit<Problem, "line" | "cells"> | undefined => {
  const width = columns.length + (isReport ? outcomeWidth(all.length - columns.length) : 0)
  // a delimiter at the end of the line
  if (all.length < (isReport ? width : least) || all.slice(width).some((cell) => cell.trim() !== "")) {
    return {
      reason: `has ${count(all.length, "cell")} where the header has ${width}`,
      ...(all.length > width && unit === "line"
        ? { remedy: "put a cell that has the separator in it into quotes, and give each column a name" }
        : {})
    }
  }
  const outcome = isReport ? all[columns.length] : undefined
  return outcome === undefined || sendable.has(outcome)
    ? undefined
    : { field: "outcome", value: outcome, ...(outcome === "discarded" ? givenUp : alreadySent) }
}

/** Why a row is none of a shipment: it has the names of the columns, or their sums. */
const noShipment = (
  { fields }: Options,
  names: ReadonlySet<string>,
  own: ReadonlyArray<string>
): Omit<Problem, "line" | "cells"> | undefined => {
  const identity = fields[identifying.find((field) => fields[field] !== undefined) ?? "shipment_id"] ?? -1
  const cell = own[identity]?.trim() ?? ""
  const remedy = "delete it, or say --skip-bad-rows"
  if (cell === "" || totals.test(cell)) {
    const first = own.find((cell) => cell.trim() !== "") ?? ""
    return totals.test(first) ? { reason: "is a row of totals", remedy } : undefined
  }
  // its columns may come in another order, where files were put one behind the other
  return names.has(cell) && names.has(own[fields.tracking_number ?? -1]?.trim() ?? "")
    ? { reason: "is the header again", remedy }
    : undefined
}

const totals = /^\s*(?:grand[ -]?|sub[ -]?)?(?:totals?|sum|summe|gesamt|totaal|totale|suma|somme)\s*(?:[:(=]|$)/i

/** Complains of cells that are used, and aren't what a person sees or meant. */
const lookAtFlaws = ({ complain }: Found, fields: Columns, flaws: ReadonlyArray<CellFlaw>): void => {
  for (const { column, reason, remedy } of flaws) {
    for (const field of fieldNames) if (fields[field] === column) complain(field, reason, remedy)
  }
}

/** Looks at a column that says what became of a parcel, its label or its order. */
const lookAtStatus = ({ line, notes, own, problems }: Found, { index, name, read }: Statuses.Column): void => {
  const value = own[index]?.trim() ?? ""
  const found = value === "" ? undefined : read(value)
  if (found === undefined) return
  if (!found.isCertain) {
    notes.push({
      line,
      field: name,
      value,
      reason: "is sent all the same",
      kind: `${value} is sent all the same`,
      remedy: `to leave such rows out say --where "${name}!=${value}"`
    })
    return
  }
  const condition = found.isDate ? `${name}=` : `${name}!=${value}`
  problems.push({
    line,
    field: name,
    value,
    reason: found.reason,
    remedy: `leave such rows out with --where "${condition}"; if it means nothing, say --ignore "${name}"`,
    cells: own
  })
}

/** Complains of who isn't to be told, and would be. */
const lookAtOptOut = (
  { line, own, problems }: Found,
  { field, index, name }: { readonly field: Field; readonly index: number; readonly name: string }
): void => {
  const value = textOf(own[index] ?? "")
  if (!/[\p{L}\p{N}✓✔☑]/u.test(value) || YesNo.read(value) === false) return
  const who = field === "notify_customer" ? "its customer isn't to be mailed" : "its order source isn't to be told"
  problems.push({
    line,
    field: name,
    value,
    reason: `says that ${who}`,
    remedy: `add a column ${field} with no for such rows; if it means nothing, say --ignore "${name}"`,
    cells: own
  })
}

const readTrackingNumber = ({ cellOf, complain, has, told }: Found, carrier: CarrierCode.Reading): string => {
  const { flaw, number, removed } = TrackingNumbers.read(
    cellOf("tracking_number"),
    // what it probably is, until it is looked up
    CarrierCode.likely(carrier)
  )
  if (flaw === undefined) told("tracking_number", number, removed)
  else if (!has("tracking_number")) complain("tracking_number", flaw.reason, flaw.remedy)
  return number
}

const readShipDate = (
  { cellOf, complain }: Found,
  readDate: ReturnType<typeof Dates.makeReader>
): DateTime.DateTime | undefined => {
  const text = textOf(cellOf("ship_date"))
  if (text === "") return undefined
  const date = readDate(text)
  if (Either.isRight(date)) return date.right
  const { reason, remedy } = date.left
  complain("ship_date", reason, remedy, reason.replace(/\d+/, "some"))
  return undefined
}

const readFlag = (
  { cellOf, complain }: Found,
  field: "notify_customer" | "notify_order_source",
  otherwise: boolean | undefined
): boolean | undefined => {
  const value = textOf(cellOf(field))
  const parsed = YesNo.read(value) ?? (value === "" ? otherwise : undefined)
  if (parsed === undefined) {
    if (value === "") complain(field, neverGuessed, "fill it, or say --notify")
    else complain(field, "must be true or false", "write yes or no")
  }
  return parsed
}

/** What the schema says of all of it, where nothing is said yet. */
const checkInput = ({ complain, has }: Found, shipment: ShipmentReading, input: FulfillmentInput): void => {
  const valid = validateInput(input)
  if (Either.isRight(valid)) return
  for (const { field, reason } of valid.left) {
    const about = field === "shipment_id" ? shipment.field : field
    if (!isField(about) || has(about)) continue
    const remedy = about === shipment.field ? shipment.remedy : undefined
    complain(about, reason, remedy, remedy?.startsWith("write") === true ? `${reason}, with a hyphen` : undefined)
  }
}

interface ShipmentReading {
  readonly field: Field
  readonly shipment: string | Reference
  readonly remedy?: string | undefined
}

/** The shipment that a row means. */
const readShipment = (
  { cellOf, complain, told }: Found,
  fields: Columns,
  orderId: string | undefined
): ShipmentReading => {
  const field = identifying.find((field) => fields[field] !== undefined) ?? "shipment_id"
  const reference = references[field]
  const { id, remedy, removed } = ShipmentId.read(cellOf(field), orderId)
  if (reference !== undefined && id === "") {
    complain(field, "is blank", "fill it, or leave the row out")
    return { field, shipment: id }
  }
  if (reference === undefined || id.startsWith("se-") || id === "") {
    told(field, id, removed)
    return { field, shipment: id, remedy }
  }
  if (reference === "V1OrderId" && /^\d+$/.test(id)) return { field, shipment: `se-${id}` }
  const found = ShipmentId.readReference(reference, cellOf(field))
  const lost = ShipmentId.lostBy(found.reference.value)
  if (lost !== undefined) complain(field, lost.reason, lost.remedy)
  else if (ShipmentId.areSeveral(found.reference.value)) {
    complain(field, "has more than one number", "write a row for each of them")
  }
  told(field, found.reference.value, found.removed)
  return { field, shipment: found.reference }
}

/** What is written as the date. */
export const dateOf = (fields: Columns, read: Read): string =>
  Either.isLeft(read) || fields.ship_date === undefined ? "" : textOf(read.right.cells[fields.ship_date] ?? "")

/** Said once where it would be said of each row. */
export const neverGuessed = "who gets notified is never guessed"

const outcomeWidth = (found: number): number => Math.min(Math.max(found, 3), reportColumns.length)

/** Where a report has the id that was found. */
const foundAt = reportColumns.indexOf("shipment_id")

/** Outcomes in a report after which a shipment may be sent, if its outbox takes it. */
const sendable = new Set(["not_sent", "rejected", "refused", "conflict"])

const givenUp = { reason: "an operator gave it up", remedy: "delete this row" }

const alreadySent = {
  reason: "it was sent, or may have been",
  remedy: "if you know that it is not fulfilled, remove the columns outcome and those behind it"
}

const isField = (name: string): name is Field => fieldNames.some((field) => field === name)
