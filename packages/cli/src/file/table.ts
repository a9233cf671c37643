import type * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import type { UsageError } from "../terminal/UsageError.js"
import type { Problem } from "./Problem.js"

/** A row as it was read. */
export interface Record {
  readonly line: number
  readonly cells: ReadonlyArray<string>
  /** Columns whose value isn't text, where the format has other values. */
  readonly numbers?: ReadonlyArray<string> | undefined
  /** Whether a workbook doesn't show it. */
  readonly isHidden?: true | undefined
}

export type Read = Either.Either<Record, Problem>

/** What is read of a file, whatever its format is. */
export interface Table {
  readonly unit: "line" | "item" | "row"
  readonly columns: ReadonlyArray<string>
  readonly records: Stream.Stream<Read, UsageError>
}
