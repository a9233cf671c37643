/**
 * What was found in a file, grouped by kind: a million rows with one mistake are one thing to know.
 */
import * as Problem from "../file/Problem.js"
import { count, number } from "../terminal/text.js"

/** All findings of one kind. */
export interface Kind {
  readonly count: number
  /** The first of them. */
  readonly sample: Problem.Problem
  /** Where the others are, as far as the first ten. */
  readonly lines: ReadonlyArray<number>
}

/** How many there are, of which kinds, and the first 20. */
export interface Findings {
  readonly count: number
  readonly kinds: ReadonlyArray<Kind>
  readonly first: ReadonlyArray<Problem.Problem>
}

/** How many kinds are told apart. */
const mostKinds = 1000

/** Collects findings, in flat memory. */
export const make = () => {
  let total = 0
  const first: Array<Problem.Problem> = []
  const kinds = new Map<string, { count: number; sample: Problem.Problem; lines: Array<number> }>()
  const all = (): Findings => ({ count: total, kinds: [...kinds.values()], first })
  return {
    add: (problem: Problem.Problem): void => {
      total++
      if (first.length < 20) first.push(problem)
      const key = `${problem.field} ${problem.kind ?? problem.reason}`
      const found = kinds.get(kinds.has(key) || kinds.size < mostKinds ? key : "")
      if (found === undefined) {
        kinds.set(kinds.size < mostKinds ? key : "", { count: 1, sample: problem, lines: [] })
        return
      }
      found.count++
      if (found.lines.length < 10 && problem.line !== undefined) found.lines.push(problem.line)
    },
    all
  }
}

/** How many kinds are shown. */
const shown = 20

/** Lines for a screen. */
export const describe = (title: string, { count: total, kinds }: Findings, unit: string): ReadonlyArray<string> => {
  if (total === 0) return []
  const hidden = kinds.slice(shown).reduce((sum, kind) => sum + kind.count, 0)
  return [
    `${count(total, title)}:`,
    ...kinds.slice(0, shown).flatMap((kind) => [`  ${Problem.describe(kind.sample, unit)}`, ...others(kind, unit)]),
    ...(hidden === 0 ? [] : [`  and ${number(hidden)} more`])
  ]
}

const others = ({ count: total, lines }: Kind, unit: string): ReadonlyArray<string> => {
  const more = total - 1
  if (more === 0) return []
  const where = lines.length === 0
    ? ""
    : `: ${unit}${more > 1 ? "s" : ""} ${lines.join(", ")}${more > lines.length ? ", …" : ""}`
  return [`    and ${number(more)} more like it${where}`]
}
