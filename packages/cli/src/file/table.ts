import type * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import type { UsageError } from "../terminal/UsageError.js"
import type { Problem } from "./Problem.js"

/** What is wrong with a cell, whatever it means. It is a problem where the cell is used. */
export interface CellFlaw {
  /** From 0. */
  readonly column: number
  readonly reason: string
  readonly remedy: string
}

/** A row as it was read. */
export interface Record {
  readonly line: number
  readonly cells: ReadonlyArray<string>
  /** Whether a workbook doesn't show it. */
  readonly isHidden?: true | undefined
  /** Whether each of its cells is struck through. */
  readonly isStruck?: true | undefined
  readonly flaws?: ReadonlyArray<CellFlaw> | undefined
}

export type Read = Either.Either<Record, Problem>

/** What is read of a file, whatever its format is. */
export interface Table {
  readonly unit: "line" | "item" | "row"
  readonly columns: ReadonlyArray<string>
  /** Whether it is one page of an answer, which says that there are more. */
  readonly isPage?: boolean | undefined
  readonly records: Stream.Stream<Read, UsageError>
}
