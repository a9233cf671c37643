/**
 * Which column of a file is which field.
 */
import * as Array from "effect/Array"
import * as Either from "effect/Either"
import { nearest } from "../terminal/nearest.js"
import { number } from "../terminal/text.js"
import * as Names from "./columnNames.js"
import { type Field, fields } from "./fields.js"
import type { Problem } from "./Problem.js"

export { type Field, fields } from "./fields.js"

/** Fields that say which shipment is meant. The first that is there does. */
export const identifying = [
  "shipment_id",
  "v1_order_id",
  "external_shipment_id",
  "sales_order_id",
  "order_number"
] as const

/** Where each field is among the columns, from 0. */
export type Columns = { readonly [field in Field]?: number }

/** What was said of the columns. */
export interface Said {
  /** Their names, or `#` and their number from 1, by field. */
  readonly map?: { readonly [field: string]: string } | undefined
  /** Columns that mean nothing, whatever they are called. */
  readonly ignore?: ReadonlyArray<string> | undefined
  /** Whether the carrier is said for all rows. */
  readonly hasCarrier?: boolean | undefined
}

/** Whether a column is one of ours, by its own name or another. */
export const isKnown = (column: string): boolean => fields.some((field) => Names.rank(field, column) !== undefined)

/** Finds the fields by `map` first, then by their own names, then by their other names. Never guesses. */
export const resolve = (
  columns: ReadonlyArray<string>,
  said: Said = {}
): Either.Either<Columns, Array.NonEmptyReadonlyArray<Problem>> => {
  const { found, isIgnored, problems } = look(columns, fields, said)
  problems.push(...missing(columns, found, said))
  // one says which shipment it is, and others would only contradict it
  const [, ...needless] = identifying.filter((field) => found.has(field))
  for (const field of needless) found.delete(field)
  const taken = new Set(found.values())
  // what it says about notifications would be ignored
  columns.forEach((name, index) => {
    if (Names.isLikeNotify(name) && !taken.has(index) && !isIgnored(index) && !isKnown(name)) {
      problems.push({
        field: name,
        reason: "is no column that is known",
        remedy: `say --map notify_customer="${name}" or notify_order_source="${name}", or --ignore "${name}"`
      })
    }
  })
  return Array.isNonEmptyReadonlyArray(problems) ? Either.left(problems) : Either.right(Object.fromEntries(found))
}

/** Finds the column that says which shipment is meant, whatever else a file has or lacks. */
export const identify = (
  columns: ReadonlyArray<string>,
  said: Said
): Either.Either<
  { readonly field: typeof identifying[number]; readonly index: number },
  Array.NonEmptyReadonlyArray<Problem>
> => {
  const { found, problems } = look(columns, identifying, said)
  const field = identifying.find((field) => found.has(field))
  const index = field === undefined ? undefined : found.get(field)
  if (field === undefined || index === undefined) problems.push(...missingOf(columns, columns, ["shipment_id"]))
  else if (problems.length === 0) return Either.right({ field, index })
  return Array.isNonEmptyReadonlyArray(problems)
    ? Either.left(problems)
    : Either.left([{ reason: "has no column that says which shipment is meant" }])
}

/** Finds some fields, and what is wrong with what was said of them. */
const look = (columns: ReadonlyArray<string>, wanted: ReadonlyArray<Field>, { ignore = [], map = {} }: Said) => {
  const problems: globalThis.Array<Problem> = []
  const found = new Map<Field, number>()
  const isIgnored = ignoring(columns, ignore)
  const taken = () => new Set(found.values())

  for (const name of ignore) {
    if (indexOf(columns, name).length === 0) {
      problems.push({ field: name, reason: "there is no such column for --ignore", remedy: listedFor(columns, name) })
    }
  }
  for (const field of wanted) {
    const mapped = Object.hasOwn(map, field) ? map[field] : undefined
    const exact = indexOf(columns, mapped ?? field).filter((index) => mapped !== undefined || !isIgnored(index))
    if (exact[0] === undefined) {
      if (mapped !== undefined) {
        problems.push({
          field: mapped,
          reason: `there is no such column for --map ${field}`,
          remedy: listedFor(columns, mapped)
        })
      }
      continue
    }
    if (exact.length > 1) problems.push(moreThanOnce(field, mapped ?? field, exact))
    // of tracking numbers each row tells whether they are the same
    const others = mapped === undefined && field !== "tracking_number"
      ? columns.flatMap((name, index) => name !== field && isSpeltAs(field, name) && !isIgnored(index) ? [index] : [])
      : []
    if (others.length > 0) problems.push(ambiguous(columns, field, [exact[0], ...others]))
    if (mapped !== undefined && field === "v1_order_id" && isV1ShipmentId(columns[exact[0]])) {
      problems.push({ field: columns[exact[0]], ...v1ShipmentId(columns) })
    }
    if (taken().has(exact[0])) problems.push({ field: mapped ?? field, reason: "is mapped to two fields" })
    found.set(field, exact[0])
  }
  const isMissing = (field: Field) => !found.has(field) && !Object.hasOwn(map, field)
  for (const field of wanted) {
    // who said how shipments are found isn't asked about other columns
    if (!isMissing(field) || (isIdentifying(field) && identifying.some((other) => Object.hasOwn(map, other)))) continue
    const ranked = columns.flatMap((name, index) => {
      const rank = taken().has(index) || isIgnored(index) ? undefined : Names.rank(field, name)
      return rank === undefined ? [] : [{ index, rank }]
    })
    const best = Math.min(...ranked.map(({ rank }) => rank))
    const others = ranked.filter(({ rank }) => rank === best).map(({ index }) => index)
    const [index] = others
    if (index === undefined) continue
    if (others.length === 1) found.set(field, index)
    // a number of an order that another column makes needless
    else if (!isIdentifying(field) || !identifying.some((other) => found.has(other))) {
      problems.push(ambiguous(columns, field, others))
      found.set(field, index)
    }
  }
  return { found, isIgnored, problems }
}

/** The same name with other capitals or spaces. */
const isSpeltAs = (field: Field, name: string): boolean => Names.plain(name) === Names.plain(field)

const isV1ShipmentId = (column = ""): boolean => Names.plain(column) === "shipmentid"

/** That v1's shipmentId would mean another shipment, and which column means the right one, if there is one. */
const v1ShipmentId = (columns: ReadonlyArray<string>): { readonly reason: string; readonly remedy: string } => {
  const orderId = columns.find((name) => Names.plain(name) === "orderid")
  return {
    reason: "is no orderId of API v1: its shipmentId is the number of another shipment here",
    remedy: orderId === undefined ? "take its orderId" : `say --map v1_order_id="${orderId}"`
  }
}

/** Whether a column means nothing, whether that was said by its name or by its place. */
export const ignoring = (
  columns: ReadonlyArray<string>,
  ignore: ReadonlyArray<string>
): (index: number) => boolean => {
  const ignored = new Set(ignore.flatMap((name) => indexOf(columns, name)))
  return (index) => ignored.has(index)
}

/**
 * Columns that are called as a field is, and aren't used, though nobody said which one is meant. Of lesser names of the
 * tracking number there may be others: a parcel has several.
 */
export const rivalsOf = (
  field: "tracking_number" | "carrier_code",
  columns: ReadonlyArray<string>,
  fields: Columns,
  { ignore = [], map = {} }: Said
): ReadonlyArray<number> => {
  if (fields[field] === undefined || Object.hasOwn(map, field)) return []
  const isIgnored = ignoring(columns, ignore)
  return columns.flatMap((name, index) => {
    const rank = index === fields[field] || isIgnored(index) ? undefined : Names.rank(field, name)
    return rank === 0 || (rank !== undefined && field === "carrier_code") ? [index] : []
  })
}

/** Columns that may have the number that ShipStation knows an order by, where a file's program may use one of its own. */
export const orderRivalsOf = (
  columns: ReadonlyArray<string>,
  fields: Columns,
  { ignore = [], map = {} }: Said
): ReadonlyArray<number> => {
  const used = fields.order_number
  if (used === undefined || Object.hasOwn(map, "order_number")) return []
  const isIgnored = ignoring(columns, ignore)
  return columns.flatMap((name, index) =>
    index !== used && !isIgnored(index) && Names.mayBeOrder(name, columns[used] ?? "") ? [index] : []
  )
}

/** Columns that have the number of an order or the id of a shipment. */
export const ofOrder = (columns: ReadonlyArray<string>): ReadonlyArray<number> =>
  columns.flatMap((name, index) =>
    (Names.rank("order_number", name) ?? 2) < 2 || identifying.some((field) => Names.rank(field, name) === 0)
      ? [index]
      : []
  )

const isIdentifying = (field: Field): boolean => identifying.some((other) => other === field)

/** Where a column is: by its name, else by `#` and its number. */
export const indexOf = (columns: ReadonlyArray<string>, name: string): ReadonlyArray<number> => {
  const named = columns.flatMap((column, index) => column === name ? [index] : [])
  if (named.length > 0) return named
  const position = Number(/^#(\d{1,4})$/.exec(name)?.[1] ?? 0)
  return position >= 1 && position <= columns.length ? [position - 1] : []
}

const positions = (indices: ReadonlyArray<number>): string => indices.map((index) => `#${index + 1}`).join(" or ")

const moreThanOnce = (field: Field, name: string, indices: ReadonlyArray<number>): Problem => ({
  field: name,
  reason: "is in the header more than once",
  remedy: `say which, by its place: --map ${field}=${positions(indices)}`
})

const ambiguous = (columns: ReadonlyArray<string>, field: Field, indices: ReadonlyArray<number>): Problem => {
  const names = indices.map((index) => columns[index] ?? "")
  return new Set(names).size === 1
    ? moreThanOnce(field, names[0] ?? "", indices)
    : {
      field: names.map((name) => `"${name}"`).join(" and "),
      reason: `each may be ${field}`,
      remedy: `say --map ${field}="the right one"`
    }
}

const missing = (
  columns: ReadonlyArray<string>,
  found: ReadonlyMap<Field, number>,
  { hasCarrier = false, map = {} }: Said
): ReadonlyArray<Problem> => {
  const lacks = (field: Field) => !found.has(field) && !Object.hasOwn(map, field)
  const taken = new Set(found.values())
  return missingOf(columns, columns.filter((_, index) => !taken.has(index)), [
    ...(identifying.every(lacks) ? ["shipment_id" as const] : []),
    ...(lacks("tracking_number") ? ["tracking_number" as const] : []),
    ...(lacks("carrier_code") && !hasCarrier ? ["carrier_code" as const] : [])
  ])
}

const missingOf = (
  columns: ReadonlyArray<string>,
  left: ReadonlyArray<string>,
  all: ReadonlyArray<Field>
): ReadonlyArray<Problem> =>
  all.length === 0 ? [] : [
    ...all.map((field): Problem => ({
      field,
      reason: "is missing among the columns",
      remedy: (likely(left, field) ?? `if it has another name, say --map ${field}="its name"`)
        + (field === "carrier_code" ? ". If all are of one carrier, say --carrier and its code" : "")
        + (field === "shipment_id" ? ". Numbers of orders are order_number" : "")
    })),
    { reason: `its columns are ${listed(columns)}`, isHint: true }
  ]

/** The column that a field probably is, by its name. An order's number does for a shipment's id. */
const likely = (columns: ReadonlyArray<string>, field: Field): string | undefined => {
  const wanted = field === "shipment_id" ? "order_number" : field
  const found = columns.find((name) => Names.isLike(wanted, name))
    ?? (field === "carrier_code" ? columns.find(Names.mayBeCarrier) : undefined)
  return found === undefined ? undefined : `if it is "${found}", say --map ${wanted}="${found}"`
}

/** All of them, and the one that was probably meant, as a remedy. */
export const listedFor = (columns: ReadonlyArray<string>, wanted: string): string => {
  const meant = nearest(wanted, columns)
  return `there are ${listed(columns)}${meant === undefined ? "" : `. Did you mean "${meant.slice(0, 60)}"?`}`
}

/** How many columns are named. */
const shown = 40

/** Their names, in the order of the file. */
const listed = (columns: ReadonlyArray<string>): string => {
  const names = columns.slice(0, shown).map((column) => column.slice(0, 60)).join(", ")
  return columns.length > shown ? `${names}, and ${number(columns.length - shown)} more` : names
}

/**
 * What reports have behind the user's own columns. `fulfillment_id` came later, and may be missing; `shipment_id` is there
 * where the user has something else that it was found by.
 */
export const reportColumns = ["outcome", "message", "request_id", "fulfillment_id", "shipment_id"] as const

/** The user's own columns, and whether there are those of a report behind them. */
export const withoutReport = (
  columns: ReadonlyArray<string>
): { readonly columns: ReadonlyArray<string>; readonly isReport: boolean } => {
  const start = columns.lastIndexOf(reportColumns[0])
  const found = columns.slice(start)
  const isReport = start >= 0 && found.length >= 3 && found.every((name, index) => name === reportColumns[index])
  return isReport ? { columns: columns.slice(0, start), isReport } : { columns, isReport }
}
