/**
 * Which rows of a file are meant.
 */
import * as Either from "effect/Either"
import { listedFor } from "./columns.js"
import type { Problem } from "./Problem.js"

/** `Status=Shipped`, or `Status!=Voided`. */
export interface Condition {
  readonly column: string
  readonly value: string
  readonly isNot: boolean
}

/** Reads a condition. Undefined: it is none. */
export const parse = (text: string): Condition | undefined => {
  const [, column, not, value] = /^(.*?)\s*(!?)=\s*(.*)$/s.exec(text) ?? []
  return column === undefined || column.trim() === "" || value === undefined
    ? undefined
    : { column: column.trim(), value: value.trim(), isNot: not === "!" }
}

const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim().toLowerCase()

/** Whether all conditions hold of a row, without regard to case and spaces. Left: a column that there isn't. */
export const make = (
  conditions: ReadonlyArray<Condition>,
  columns: ReadonlyArray<string>
): Either.Either<(cells: ReadonlyArray<string>) => boolean, Problem> => {
  const found = conditions.map(({ column, isNot, value }) => ({
    column,
    index: columns.findIndex((name) => name === column),
    isNot,
    value: plain(value)
  }))
  const missing = found.find(({ index }) => index < 0)
  return missing === undefined
    ? Either.right((cells) => found.every(({ index, isNot, value }) => (plain(cells[index] ?? "") === value) !== isNot))
    : Either.left({
      field: missing.column,
      reason: "there is no such column for --where",
      remedy: listedFor(columns, missing.column)
    })
}
