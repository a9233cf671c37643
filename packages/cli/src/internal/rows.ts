/**
 * Checks the rows of a file.
 */
import { type FulfillmentInput, validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { Problem } from "../Problem.js"
import type { Columns, Field } from "./columns.js"
import * as Dates from "./dates.js"
import * as ShipmentIds from "./shipmentIds.js"
import type { Read } from "./table.js"
import { count } from "./text.js"
import * as TrackingNumbers from "./trackingNumbers.js"

export interface Options {
  readonly unit: string
  /** The user's own. */
  readonly columns: ReadonlyArray<string>
  readonly fields: Columns
  /** Whether the columns of a report come behind them. */
  readonly isReport: boolean
  readonly notify: { readonly customer: boolean; readonly orderSource: boolean } | undefined
  readonly timeZone: DateTime.TimeZone | undefined
}

interface Row {
  readonly line: number
  readonly cells: ReadonlyArray<string>
  readonly input: FulfillmentInput
}

type Checked = Either.Either<Row, Array.NonEmptyReadonlyArray<Problem>>

/** Checks one row after another. It remembers the shipments: each pass over a file needs a checker of its own. */
export const makeChecker = (options: Options) => {
  const { columns, fields, isReport, notify, timeZone, unit } = options
  const lineBefore = ShipmentIds.make()
  let readDate = Dates.makeReader({ order: undefined, timeZone })

  const check = (read: Read): Checked => {
    if (Either.isLeft(read)) return Either.left([read.left])
    const { line, numbers } = read.right
    const all = read.right.cells
    // a delimiter at the end of the line
    const width = columns.length + (isReport ? outcomeWidth(all.length - columns.length) : 0)
    if (all.length < width || all.slice(width).some((cell) => cell.trim() !== "")) {
      return problem({ line, reason: `has ${count(all.length, "cell")} where the header has ${width}` })
    }
    const cells = isReport ? all.slice(0, columns.length).map(withoutReportGuard) : all.slice(0, columns.length)
    const outcome = isReport ? all[columns.length] : undefined
    if (outcome !== undefined && !sendable.has(outcome)) {
      return problem({ line, field: "outcome", value: outcome, ...(outcome === "discarded" ? givenUp : alreadySent) })
    }

    const problems: globalThis.Array<Problem> = []
    const nameOf = (field: Field) => columns[fields[field] ?? -1] ?? field
    const valueOf = (field: Field) => withoutGuard(cells[fields[field] ?? -1]?.trim() ?? "")
    const complain = (field: Field, reason: string, remedy?: string) =>
      problems.push({ line, field: nameOf(field), value: valueOf(field), reason, remedy })
    const has = (field: Field) => problems.some((problem) => problem.field === nameOf(field))

    for (const field of ["shipment_id", "tracking_number"] as const) {
      if (numbers?.includes(nameOf(field)) === true) complain(field, "must be text", "put it in quotes")
    }
    const trackingNumber = valueOf("tracking_number")
    const flaw = TrackingNumbers.flawOf(trackingNumber)
    if (flaw !== undefined && !has("tracking_number")) complain("tracking_number", flaw.reason, flaw.remedy)

    const date = valueOf("ship_date")
    const shipDate = date === "" ? undefined : readDate(date)
    if (shipDate !== undefined && Either.isLeft(shipDate)) {
      complain("ship_date", shipDate.left.reason, shipDate.left.remedy)
    }
    const flag = (field: "notify_customer" | "notify_order_source", otherwise: boolean | undefined) => {
      const value = valueOf(field)
      const parsed = flags.get(value.toLowerCase()) ?? (value === "" ? otherwise : undefined)
      if (parsed === undefined) {
        if (value === "") complain(field, neverGuessed, "fill it, or say --notify")
        else complain(field, "must be true or false", "write yes or no")
      }
      return parsed
    }
    const input: FulfillmentInput = {
      shipment_id: valueOf("shipment_id"),
      tracking_number: trackingNumber,
      carrier_code: valueOf("carrier_code"),
      // left out, not undefined: the outbox must find it equal to what it stored
      ...(shipDate !== undefined && Either.isRight(shipDate) ? { ship_date: shipDate.right } : {}),
      notify_customer: flag("notify_customer", notify?.customer),
      notify_order_source: flag("notify_order_source", notify?.orderSource)
    }
    const valid = validateInput(input)
    if (Either.isLeft(valid)) {
      for (const { field, reason } of valid.left) {
        if (isField(field) && !has(field)) {
          complain(field, reason, field === "carrier_code" ? carrierRemedy(input) : undefined)
        }
      }
    }
    if (problems.length === 0) {
      const before = lineBefore(input.shipment_id, line)
      if (before === undefined) return Either.right({ line, cells, input })
      complain("shipment_id", `is in ${unit} ${before} too`, "keep one of the two")
    }
    return Array.isNonEmptyReadonlyArray(problems) ? Either.left(problems) : problem({ line, reason: "can't be sent" })
  }

  return {
    check,
    /** From now on dates are read in this order. */
    setDateOrder: (order: Dates.DateOrder | undefined) => {
      readDate = Dates.makeReader({ order, timeZone })
    }
  }
}

/** What is written as the date. */
export const dateOf = (fields: Columns, read: Read): string =>
  Either.isLeft(read) ? "" : withoutGuard(read.right.cells[fields.ship_date ?? -1]?.trim() ?? "")

/** Said once where it would be said of each row. */
export const neverGuessed = "who gets notified is never guessed"

/** What keeps a spreadsheet from taking a text for a number: `'00123` and `="00123"`. */
export const withoutGuard = (cell: string): string =>
  cell.startsWith("'") ? cell.slice(1) : /^="(.*)"$/s.exec(cell)?.[1] ?? cell

/** What our reports put before what a spreadsheet would take for a formula. */
const withoutReportGuard = (cell: string): string => cell.replace(/^'(?=[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])/, "")

const outcomeWidth = (found: number): number => Math.min(Math.max(found, 3), 4)

/** Outcomes in a report after which a shipment may be sent, if its outbox takes it. */
const sendable = new Set(["not_sent", "rejected", "refused", "conflict"])

const givenUp = { reason: "an operator gave it up", remedy: "delete this row" }

const alreadySent = {
  reason: "it was sent, or may have been",
  remedy: "if you know that it is not fulfilled, remove the columns outcome and those behind it"
}

const flags = new Map([
  ...["true", "yes", "1"].map((text) => [text, true] as const),
  ...["false", "no", "0"].map((text) => [text, false] as const)
])

const problem = (problem: Problem): Checked => Either.left([problem])

const isField = (name: string): name is Field => name in fieldNames

const fieldNames: { readonly [field in Field]: true } = {
  shipment_id: true,
  tracking_number: true,
  carrier_code: true,
  ship_date: true,
  notify_customer: true,
  notify_order_source: true
}

const carrierRemedy = ({ carrier_code }: FulfillmentInput): string | undefined => {
  const code = carrier_code.toLowerCase().replaceAll(/[\s-]+/g, "_")
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(code) ? `write ${code}, if that is its code in ShipStation` : undefined
}
