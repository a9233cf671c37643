/**
 * What should be looked at before a file is sent, not of one row.
 */
import * as Names from "./columnNames.js"
import { type Columns, type Field, fields as fieldNames, ignoring } from "./columns.js"
import type { Problem } from "./Problem.js"

/** What of a file is odd. */
export const of = (
  { carrier, columns, dated, fields, hasEnd, hiddenColumns, ignore, isPage, orders, otherSheets }: {
    readonly columns: ReadonlyArray<string>
    readonly fields: Columns
    readonly hasEnd: boolean
    readonly ignore: ReadonlyArray<string>
    /** Of all rows that don't say theirs. */
    readonly carrier: string | undefined
    /** Columns that aren't used, and have dates only. */
    readonly dated: ReadonlyArray<string>
    /** Of a workbook that doesn't show them. */
    readonly hiddenColumns: ReadonlyArray<readonly [first: number, last: number]>
    /** Columns that aren't used, and have other numbers of orders than the one that is. */
    readonly orders: ReadonlyArray<string>
    /** Whether it is one page of an answer, of which there are more. */
    readonly isPage: boolean
    /** If nobody said which sheet is meant. */
    readonly otherSheets: ReadonlyArray<string>
  }
): ReadonlyArray<Problem> => [
  ...ofOtherSheets(otherSheets),
  ...(hasEnd ? [] : [{
    reason: "the last line has no end",
    remedy: "if the file may have been cut off, for instance while it was copied, look at its last row"
  }]),
  ...(isPage
    ? [{
      reason: "is one page of an answer, which says that there are more",
      remedy: "get the others too, and send each"
    }]
    : []),
  ...fieldNames.flatMap((field) => {
    const index = fields[field]
    return index !== undefined && hiddenColumns.some(([first, last]) => first <= index && index <= last)
      ? [{
        field: columns[index],
        reason: `is hidden in the workbook, and is used as ${field}`,
        remedy: `if it isn't meant, say --ignore "${columns[index]}"`
      }]
      : []
  }),
  ...passedOver({ columns, fields, ignore, carrier }),
  ...orders.map((name) =>
    notUsed(name, "order_number", `and the order number is what "${columns[fields.order_number ?? -1]}" has`)
  ),
  ...dated.filter((name) => !Names.isLike("ship_date", name)).map((name) => notUsed(name, "ship_date", allToday))
]

/** Names sheets that aren't read. */
export const ofOtherSheets = (names: ReadonlyArray<string>): ReadonlyArray<Problem> =>
  names.length === 0 ? [] : [{
    reason: `has sheets that aren't read: ${names.join(", ")}`,
    remedy: "say --sheet and the name of the one that is meant"
  }]

const allToday = "so all are shipped today"

/** Columns that aren't used, and whose names are like those of a field that would make a difference. */
const passedOver = (
  { carrier, columns, fields, ignore }: {
    readonly columns: ReadonlyArray<string>
    readonly fields: Columns
    readonly ignore: ReadonlyArray<string>
    readonly carrier: string | undefined
  }
): ReadonlyArray<Problem> => {
  const used = new Set<number | undefined>(Object.values(fields))
  const isIgnored = ignoring(columns, ignore)
  const left = columns.filter((_, index) => !used.has(index) && !isIgnored(index))
  const without: ReadonlyArray<readonly [Field, string]> = [
    ["ship_date", allToday],
    ["carrier_code", `so all are by ${carrier}`],
    ["notify_customer", "so --notify decides for all rows"],
    ["notify_order_source", "so --notify decides for all rows"]
  ]
  return [
    ...without.flatMap(([field, consequence]) => fields[field] === undefined ? alike(left, field, consequence) : []),
    // a file with two of them may say it in the other one
    ...alike(left, "tracking_number", `and the tracking number is what "${columns[fields.tracking_number ?? -1]}" has`)
  ]
}

const alike = (columns: ReadonlyArray<string>, field: Field, consequence: string): ReadonlyArray<Problem> =>
  columns.filter((name) => Names.isLike(field, name)).map((name) => notUsed(name, field, consequence))

const notUsed = (name: string, field: Field, consequence: string): Problem => ({
  field: name,
  reason: `isn't used, ${consequence}`,
  remedy: `say --map ${field}="${name}", or --ignore "${name}"`
})

/** Columns that say nothing about what is sent. They are passed on to the reports. */
export const unused = (columns: ReadonlyArray<string>, fields: Columns): ReadonlyArray<string> => {
  const used = new Set<number | undefined>(Object.values(fields))
  return columns.filter((name, index) => !used.has(index) && name !== "")
}
