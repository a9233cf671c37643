import { availableParallelism } from "node:os"
import type { Case, Limit, Result, Subject } from "./runner.js"

export interface Measured {
  readonly subject: Subject
  readonly cases: ReadonlyArray<readonly [Case, ReadonlyArray<Result>]>
  readonly limits: ReadonlyArray<readonly [Limit, number]>
}

export const isBeyond = ([{ atLeast = -Infinity, atMost = Infinity }, value]: readonly [Limit, number]): boolean =>
  value < atLeast || value > atMost

/** The results of a case. */
export const table = (results: ReadonlyArray<Result>): string =>
  markdown([
    ["", "calls a second", "per second of processor", "ratio", "floor"],
    ...results.map(({ callsPerCpuSecond, callsPerSecond, floor, name, ratio }) => [
      name,
      callsPerSecond.toFixed(0),
      callsPerCpuSecond.toFixed(0),
      ratio.toFixed(2),
      floor?.toFixed(2) ?? ""
    ])
  ])

/** What has a limit. */
export const limitsTable = (limits: ReadonlyArray<readonly [Limit, number]>): string =>
  markdown([
    ["", "measured", "limit"],
    ...limits.map(([{ atLeast, atMost, title }, value]) => [
      title,
      value.toFixed(0),
      atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
    ])
  ])

/** A Markdown table, laid out as the repository's formatter does it. */
export const markdown = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const [head = "", ...body] = rows.map((row) =>
    `| ${
      row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))
        .join(" | ")
    } |`
  )
  const rule = `| ${
    widths.map((width, column) => column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`).join(" | ")
  } |`
  return [head, rule, ...body].join("\n")
}

/** All of it, as it stands in the documentation. */
export const page = (measured: ReadonlyArray<Measured>): string =>
  `# Benchmarks

Measured and written by \`pnpm bench --write\`, here with Node ${process.versions.node} on ${availableParallelism()} cores. How many calls a
second there are depends on the machine. What can be compared is the ratio: times as many calls per second of processor
time, all threads of the process, as the first row of the table. All contenders take turns in one run, in many short rounds,
and the median counts.

\`pnpm bench --quick\` takes a minute and a half, and fails where a ratio is below its floor, or what must hold doesn't. Floors
are generous, since machines are noisy and a short run doesn't warm everything up.

Calls per second of processor time, ours on undici, as a multiple of hand-written fetch, over the runs that were written
down:

![The ratios of all runs](images/benchmarks.svg)

${measured.map(section).join("\n\n")}
`

const section = ({ cases, limits, subject }: Measured): string =>
  [
    `## ${subject.title}`,
    subject.about,
    ...cases.flatMap(([{ title }, results]) => [`### ${title}`, table(results)]),
    ...limits.length === 0 ? [] : ["### What must hold", limitsTable(limits)]
  ].join("\n\n")
