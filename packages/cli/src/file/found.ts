/**
 * What is found in one row.
 */
import type * as Cells from "./cells.js"
import type { Columns, Field } from "./columns.js"
import type { Problem } from "./Problem.js"

/** A row's cells by field, and what is found to say of them. */
export const makeFound = (
  { columns, fields }: { readonly columns: ReadonlyArray<string>; readonly fields: Columns },
  line: number,
  own: ReadonlyArray<string>
) => {
  const problems: Array<Problem> = []
  const notes: Array<Problem> = []
  const nameOf = (field: Field) => columns[fields[field] ?? -1] ?? field
  const cellOf = (field: Field) => own[fields[field] ?? -1] ?? ""
  return {
    line,
    own,
    problems,
    notes,
    nameOf,
    cellOf,
    has: (field: Field) => problems.some((problem) => problem.field === nameOf(field)),
    complain: (field: Field, reason: string, remedy?: string, kind?: string) => {
      problems.push({ line, field: nameOf(field), value: cellOf(field).trim(), reason, remedy, kind, cells: own })
    },
    /** Notes what of a cell isn't read as it is written. */
    told: (field: Field, as: string, removed: Cells.Removed) => {
      if (removed.length === 0) return
      const without = `without ${removed.join(" and ")}`
      const reason = `is read as ${as}, ${without}`
      notes.push({ line, field: nameOf(field), value: cellOf(field), reason, kind: `is read ${without}` })
    }
  }
}

export type Found = ReturnType<typeof makeFound>
