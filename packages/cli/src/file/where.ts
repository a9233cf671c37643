/**
 * Which rows of a file are meant.
 */
import * as Either from "effect/Either"
import { indexOf, listedFor } from "./columns.js"
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

/** How many values of a column are named. */
const most = 10

/** Which rows are meant, and what those have that aren't. */
export interface Where {
  /** Whether all conditions hold of a row, without regard to case and spaces. */
  readonly holds: (cells: ReadonlyArray<string>) => boolean
  /** What the columns of the conditions had that didn't hold, as far as the first few values. */
  readonly others: () => ReadonlyArray<{ readonly column: string; readonly values: ReadonlyArray<string> }>
}

/** Left: a column that there isn't, or that there is twice. */
export const make = (
  conditions: ReadonlyArray<Condition>,
  columns: ReadonlyArray<string>
): Either.Either<Where, Problem> =>
  Either.map(
    Either.all(conditions.map((condition) => {
      const [index, ...more] = indexOf(columns, condition.column)
      return index === undefined || more.length > 0
        ? Either.left(unclear(columns, condition))
        : Either.right({ ...condition, index, value: plain(condition.value), values: new Set<string>() })
    })),
    (all) => ({
      holds: (cells) => {
        const failed = all.find(({ index, isNot, value }) => (plain(cells[index] ?? "") === value) === isNot)
        if (failed !== undefined && failed.values.size < most) failed.values.add((cells[failed.index] ?? "").trim())
        return failed === undefined
      },
      others: () =>
        all.flatMap(({ column, values }) => values.size === 0 ? [] : [{ column, values: [...values].filter(isFull) }])
    })
  )

const isFull = (text: string): boolean => text !== ""

const unclear = (columns: ReadonlyArray<string>, { column, isNot, value }: Condition): Problem => {
  const places = indexOf(columns, column)
  const conditions = places.map((index) => `"#${index + 1}${isNot ? "!" : ""}=${value}"`).join(" or ")
  return {
    field: column,
    ...(places.length === 0
      ? { reason: "there is no such column for --where", remedy: listedFor(columns, column) }
      : { reason: "is in the header more than once", remedy: `say which, by its place: --where ${conditions}` })
  }
}

/** That no row is meant, and what the rows have instead. */
export const none = ({ others }: Where): Problem => ({
  reason: "has no row that is as --where says",
  remedy: others().map(({ column, values }) =>
    values.length === 0 ? `${column} is empty in all rows` : `${column} is ${values.join(", ")}`
  ).join("; ")
})
