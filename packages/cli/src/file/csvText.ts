/**
 * CSV that a spreadsheet can open: no cell of it becomes a formula, but for what somebody typed.
 */
import { stringify } from "csv-stringify/sync"
import { guard } from "./formulas.js"

/** What stands between cells. */
export type Delimiter = "," | ";" | "\t" | "|"

/** Without it Excel takes UTF-8 for something else. */
export const bom = "\uFEFF"

/** Lines of CSV. `isCommand`: its cells are to be pasted into a shell, as they were typed into one. */
export const csvText = (
  rows: ReadonlyArray<ReadonlyArray<string | number | undefined>>,
  delimiter: Delimiter = ",",
  isCommand = false
): string =>
  stringify(rows.map((row) => row.map((cell) => typeof cell === "string" && !isCommand ? guard(cell) : cell)), {
    delimiter
  })
