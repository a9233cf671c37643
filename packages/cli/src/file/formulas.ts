/**
 * Cells that a spreadsheet would take for formulas, and how they are kept from it: with an apostrophe.
 */

/**
 * Where a formula may begin: at the start of a cell, and behind what another spreadsheet takes for the end of a cell, which
 * is any separator and any line break.
 */
const begins = /(^|[,;|\t\r\n])('*(?:"|[^\S\t\r\n])*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g

const guarded = /(^|[,;|\t\r\n])'('*(?:"|[^\S\t\r\n])*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g

/** Keeps a spreadsheet from taking a cell, or a part of it, for a formula. `withoutGuards` is its reverse. */
export const guard = (cell: string): string =>
  /[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(cell) ? cell.replace(begins, "$1'$2") : cell

/** Takes off what `guard` put there. */
export const withoutGuards = (cell: string): string => cell.includes("'") ? cell.replace(guarded, "$1$2") : cell
