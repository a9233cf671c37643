/**
 * What became of a file, for a screen or a program, and what the process ends with.
 */
import * as ExitCode from "../ExitCode.js"
import { count, number, printable, sample } from "../terminal/text.js"
import type { Ending } from "./Drain.js"
import type { Outcome, Result } from "./Reports.js"

/** What is kept of the results: counts, and a few reasons. */
export interface Summary {
  readonly counts: Readonly<Record<Outcome, number>>
  readonly rejected: ReadonlyArray<string>
  readonly unknown: ReadonlyMap<string, number>
  readonly notSent: ReadonlyMap<string, number>
  /** How many of other files were sent along, and refused, at least. */
  readonly othersRejected: number
}

/** Collects results, without keeping them. */
export const make = () => {
  const counts = { fulfilled: 0, rejected: 0, conflict: 0, refused: 0, discarded: 0, unknown: 0, not_sent: 0 }
  const rejected: Array<string> = []
  const unknown = new Map<string, number>()
  const notSent = new Map<string, number>()
  const bump = (map: Map<string, number>, message: string) => {
    const key = map.size < 20 || map.has(message) ? message : "for other reasons"
    map.set(key, (map.get(key) ?? 0) + 1)
  }
  const see = ({ message, outcome, row }: Result): void => {
    // a row that says the same as one before it is no other shipment
    if (row.sameAs !== undefined) return
    counts[outcome]++
    const reason = printable(message)
    if (outcome === "unknown") bump(unknown, reason)
    else if (outcome === "not_sent") bump(notSent, reason)
    else if (outcome !== "fulfilled" && rejected.length < 20) {
      rejected.push(`line ${row.line}, ${printable(row.input.shipment_id)}: ${reason}`)
    }
  }
  /** `told`: how many were refused in this run, of whichever file. */
  const summary = (told: number): Summary => ({
    counts,
    rejected,
    unknown,
    notSent,
    othersRejected: Math.max(0, told - counts.rejected - counts.conflict)
  })
  return { see, summary }
}

/** How many ended without a fulfillment. */
const rejectedOf = ({ conflict, discarded, refused, rejected }: Summary["counts"]): number =>
  rejected + conflict + refused + discarded

/** All of them. */
const total = ({ counts }: Summary): number => Object.values(counts).reduce((sum, n) => sum + n, 0)

/** Counts, and the reasons. */
export const describe = (summary: Summary): string => {
  const { counts } = summary
  const byOutcome = {
    fulfilled: counts.fulfilled,
    rejected: rejectedOf(counts),
    unknown: counts.unknown,
    "not sent": counts.not_sent
  }
  return [
    `${number(counts.fulfilled)} of ${count(total(summary), "shipment")} fulfilled`,
    "",
    ...Object.entries(byOutcome).map(([name, n]) => `  ${name.padEnd(9)} ${number(n).padStart(9)}`),
    ...section("Rejected", sample(summary.rejected, rejectedOf(counts))),
    ...section("Unknown", byMessage(summary.unknown)),
    ...section("Not sent", byMessage(summary.notSent))
  ].join("\n")
}

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)]

const byMessage = (reasons: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  [...reasons].map(([message, n]) => `${count(n, "shipment")}: ${message}`)

/** What is left to do. Empty when all is done. `again`: the command that goes on. */
export const advice = (ending: Ending, { counts, othersRejected }: Summary, again: string): ReadonlyArray<string> => {
  const open = canGoOn(ending, counts)
  return [
    ...why(ending),
    ...(open && ending._tag === "Paused" ? ["To go on: fulfill resume, and then"] : []),
    ...(open && ending._tag === "Refused" ? ["To go on, when that is in order:"] : []),
    ...(open && !["Paused", "Refused"].includes(ending._tag) ? ["To go on:"] : []),
    ...(open ? [`  ${again}`] : []),
    ...(othersRejected === 0 ? [] : [
      `${count(othersRejected, "other")} that went along with it ${
        othersRejected === 1 ? "was" : "were"
      } rejected, which no report here tells: fulfill list --state rejected`
    ]),
    ...(counts.unknown === 0 ? [] : [
      `Of ${count(counts.unknown, "shipment")} it is not known whether they are fulfilled. To look them up again:`,
      "  fulfill reconcile",
      "Those that ShipStation doesn't have can be sent again, and that may mail customers twice: fulfill retry --state unknown"
    ])
  ]
}

const why = (ending: Ending): ReadonlyArray<string> => {
  switch (ending._tag) {
    case "Finished":
      return []
    case "Signal":
      return [`Stopped by ${ending.signal === "SIGINT" ? "Ctrl-C" : ending.signal}`]
    case "Paused":
      return ["Stopped: the account was paused by an operator"]
    case "Refused":
    case "Temporary":
      return [`Stopped: ${printable(ending.message)}`]
  }
}

/** Whether running it again gets further, as far as is known. */
const canGoOn = (ending: Ending, { not_sent, unknown }: Summary["counts"]): boolean =>
  not_sent > 0 || (unknown > 0 && ending._tag !== "Finished")

/** What the process ends with: the first that applies, in the order of `ExitCode.meanings`. */
export const exitCode = (ending: Ending, { counts, othersRejected }: Summary): number => {
  if (ending._tag === "Signal") return ExitCode.ofSignal(ending.signal)
  if (canGoOn(ending, counts)) return ending._tag === "Refused" ? ExitCode.refused : ExitCode.temporary
  if (counts.unknown > 0) return ExitCode.unknown
  return rejectedOf(counts) + othersRejected > 0 ? ExitCode.rejected : ExitCode.ok
}
