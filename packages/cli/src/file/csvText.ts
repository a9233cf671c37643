/**
 * CSV that a spreadsheet can open: no cell of it becomes a formula.
 */
import { stringify } from "csv-stringify/sync"
import { guard } from "./formulas.js"

/** What stands between cells. */
export type Delimiter = "," | ";" | "\t" | "|"

/** Without it Excel takes UTF-8 for something else. */
export const bom = "\uFEFF"

/** Lines of CSV. */
export const csvText = (
  rows: ReadonlyArray<ReadonlyArray<string | number | undefined>>,
  delimiter: Delimiter = ","
): string =>
  stringify(rows.map((row) => row.map((cell) => typeof cell === "string" ? guard(cell) : cell)), { delimiter })
