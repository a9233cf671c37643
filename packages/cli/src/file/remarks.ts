/**
 * What should be looked at before a file is sent, not of one row.
 */
import * as Names from "./columnNames.js"
import type { Columns } from "./columns.js"
import type { Problem } from "./Problem.js"

/** What of a file is odd. */
export const of = (
  { columns, fields, hasEnd, ignore, otherSheets }: {
    readonly columns: ReadonlyArray<string>
    readonly fields: Columns
    readonly hasEnd: boolean
    readonly ignore: ReadonlyArray<string>
    /** If nobody said which sheet is meant. */
    readonly otherSheets: ReadonlyArray<string>
  }
): ReadonlyArray<Problem> => [
  ...(otherSheets.length === 0 ? [] : [{
    reason: `has sheets that aren't read: ${otherSheets.join(", ")}`,
    remedy: "say --sheet and the name of the one that is meant"
  }]),
  ...(hasEnd ? [] : [{
    reason: "the last line has no end",
    remedy: "if the file may have been cut off, for instance while it was copied, look at its last row"
  }]),
  ...(fields.ship_date === undefined
    ? columns.filter((name) => Names.isLikeShipDate(name) && !ignore.includes(name)).map((field): Problem => ({
      field,
      reason: "isn't used, so all are shipped today",
      remedy: `say --map ship_date="${field}", or --ignore "${field}"`
    }))
    : [])
]

/** Columns that say nothing about what is sent. They are passed on to the reports. */
export const unused = (columns: ReadonlyArray<string>, fields: Columns): ReadonlyArray<string> => {
  const used = new Set<number | undefined>(Object.values(fields))
  return columns.filter((name, index) => !used.has(index) && name !== "")
}
