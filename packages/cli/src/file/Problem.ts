/**
 * What is wrong in a file, and how it is said.
 */
import { count, printable, sample } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"

/** Something that is wrong in a file. */
export interface Problem {
  /** Where, from 1: a line, or in a JSON array an item. Left out where it isn't about one. */
  readonly line?: number | undefined
  /** The column, by the file's own name for it. Left out where it isn't about one. */
  readonly field?: string | undefined
  /** The cell. */
  readonly value?: string | undefined
  readonly reason: string
  /** What to do. Left out where the reason says it. */
  readonly remedy?: string | undefined
  /** What it is counted with. Default: the reason. */
  readonly kind?: string | undefined
  /** The cells of a row that can't be sent, for the report of such rows. */
  readonly cells?: ReadonlyArray<string> | undefined
  /** The line of a row before, which it shows to be wrong too. */
  readonly contradicts?: number | undefined
  /** Whether it only helps with the other problems of a file that can't be used. Such ones aren't counted. */
  readonly isHint?: boolean | undefined
}

/** On one line of a terminal: bounded, and without control characters. */
export const describe = ({ field, line, reason, remedy, value }: Problem, unit = "line"): string => {
  const column = field === undefined ? "" : printable(field, 60)
  const where = [
    ...(line === undefined ? [] : [`${unit} ${line}`]),
    ...(field === undefined ? [] : [value === undefined ? column : `${column} "${printable(value, 60)}"`])
  ].join(", ")
  // the names of all columns of a file may be among them
  return `${where === "" ? "" : `${where}: `}${printable(reason, 3000)}${
    remedy === undefined ? "" : `: ${printable(remedy, 3000)}`
  }`
}

/** All that is wrong with a row, in a cell. */
export const reasonOf = (problems: ReadonlyArray<Problem>): string =>
  problems.map(({ field, reason }) => field === undefined ? reason : `${field} ${reason}`).join("; ")

/** That a file isn't sent, or not any more. */
export const headline = (name: string, problems: number, isBegun = false): string =>
  `${printable(name)}: ${count(problems, "problem")}. ${nothing(isBegun)}`

/** What is true where nothing is sent. `isBegun`: an earlier run may have sent some. */
export const nothing = (isBegun: boolean): string => isBegun ? "Nothing more was sent" : "Nothing was sent"

/** For what makes the whole file unusable. */
export const unusable = (name: string, problems: ReadonlyArray<Problem>, unit = "line"): UsageError =>
  new UsageError({
    message: [headline(name, problems.filter(({ isHint }) => isHint !== true).length), ...list(problems, unit)].join(
      "\n"
    )
  })

/** Lines for a screen: the first 20, and how many more there are. `total`: if `problems` are only the first of them. */
const list = (problems: ReadonlyArray<Problem>, unit: string, total?: number): ReadonlyArray<string> =>
  sample(problems.map((problem) => describe(problem, unit)), total).map((line) => `  ${line}`)
