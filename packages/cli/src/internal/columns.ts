/**
 * Which column of a file is which field.
 */
import * as Array from "effect/Array"
import * as Either from "effect/Either"
import type { Problem } from "../Problem.js"

/** What a row can say. */
export const fields = [
  "shipment_id",
  "tracking_number",
  "carrier_code",
  "ship_date",
  "notify_customer",
  "notify_order_source"
] as const

/** What a row can say. */
export type Field = typeof fields[number]

/** Where each field is among the columns, from 0. */
export type Columns = { readonly [field in Field]?: number }

const required: ReadonlyArray<Field> = ["shipment_id", "tracking_number", "carrier_code"]

/** Other names for them, without case, spaces and marks. */
const aliases: { readonly [field in Field]: ReadonlyArray<string> } = {
  shipment_id: ["shipmentid", "shipment"],
  tracking_number: ["trackingnumber", "tracking", "trackingno", "trackingnr", "trackingid", "trackingcode"],
  carrier_code: ["carriercode", "carrier"],
  ship_date: ["shipdate", "shippeddate", "shippingdate", "dateshipped", "shippedat", "shippedon"],
  notify_customer: ["notifycustomer"],
  notify_order_source: ["notifyordersource", "notifymarketplace"]
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** Whether a column is one of ours, by its own name or another. */
export const isKnown = (column: string): boolean => fields.some((field) => aliases[field].includes(plain(column)))

/** Finds the fields by `map` first, then by their own names, then by their other names. Never guesses. */
export const resolve = (
  columns: ReadonlyArray<string>,
  map: { readonly [field: string]: string } = {}
): Either.Either<Columns, Array.NonEmptyReadonlyArray<Problem>> => {
  const problems: globalThis.Array<Problem> = []
  const found = new Map<Field, number>()
  const indices = (matches: (name: string) => boolean) => columns.flatMap((name, index) => matches(name) ? [index] : [])
  const taken = () => new Set(found.values())

  for (const field of fields) {
    const mapped = map[field]
    const exact = indices((name) => name === (mapped ?? field))
    if (exact[0] === undefined) {
      if (mapped !== undefined) {
        problems.push({ field: mapped, reason: `there is no such column for --map ${field}`, remedy: listed(columns) })
      }
      continue
    }
    if (exact.length > 1) problems.push({ field: mapped ?? field, reason: "is in the header more than once" })
    if (taken().has(exact[0])) problems.push({ field: mapped ?? field, reason: "is mapped to two fields" })
    found.set(field, exact[0])
  }
  for (const field of fields) {
    if (found.has(field) || map[field] !== undefined) continue
    const others = indices((name) => aliases[field].includes(plain(name))).filter((index) => !taken().has(index))
    const [index] = others
    if (index === undefined) {
      if (required.includes(field)) {
        problems.push({
          field,
          reason: "is missing among the columns",
          remedy: `if it has another name, say --map ${field}="its name". ${listed(columns)}`
        })
      }
    } else if (others.length > 1) {
      problems.push({
        field: others.map((index) => columns[index]).join("\", \""),
        reason: `each may be ${field}`,
        remedy: `say --map ${field}="the right one"`
      })
    } else found.set(field, index)
  }
  // what it says about notifications would be ignored
  columns.forEach((name, index) => {
    if (plain(name).startsWith("notif") && !taken().has(index) && !isKnown(name)) {
      problems.push({
        field: name,
        reason: "is no column that is known",
        remedy: "write notify_customer or notify_order_source"
      })
    }
  })
  return Array.isNonEmptyReadonlyArray(problems) ? Either.left(problems) : Either.right(Object.fromEntries(found))
}

const listed = (columns: ReadonlyArray<string>): string =>
  `there are ${columns.slice(0, 20).map((name) => name.slice(0, 40)).join(", ")}`

/** What reports have behind the user's own columns. The last came later, and may be missing. */
export const reportColumns = ["outcome", "message", "request_id", "fulfillment_id"] as const

/** The user's own columns, and whether there are those of a report behind them. */
export const withoutReport = (
  columns: ReadonlyArray<string>
): { readonly columns: ReadonlyArray<string>; readonly isReport: boolean } => {
  const start = columns.lastIndexOf(reportColumns[0])
  const found = columns.slice(start)
  const isReport = start >= 0 && found.length >= 3 && found.every((name, index) => name === reportColumns[index])
  return isReport ? { columns: columns.slice(0, start), isReport } : { columns, isReport }
}
