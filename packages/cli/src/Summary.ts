/**
 * What a run's results say, for a screen.
 */
import * as Array from "effect/Array"
import { count, printable, sample } from "./internal/text.js"
import type { Outcome, Result } from "./Reports.js"
import type { Run } from "./Sending.js"

/** Counts by outcome, and the reasons. */
export const summary = ({ results }: Run): string => {
  const fulfilled = of(results, "created", "already_fulfilled")
  const rejected = of(results, "rejected", "conflict")
  const unknown = of(results, "unknown")
  const notSent = of(results, "not_sent")
  return [
    `${fulfilled.length} of ${count(results.length, "shipment")} fulfilled`,
    "",
    ...Object.entries({ fulfilled, rejected, unknown, "not sent": notSent }).map(([name, { length }]) =>
      `  ${name.padEnd(9)} ${String(length).padStart(7)}`
    ),
    ...section(
      "Rejected",
      rejected.map(({ message, row }) => `line ${row.line}, ${row.input.shipment_id}: ${printable(message)}`)
    ),
    ...section("Unknown", byMessage(unknown)),
    ...section("Not sent", byMessage(notSent))
  ].join("\n")
}

/** What is left to do. Empty when all is done. */
export const advice = ({ ending, results }: Run, path: (file: string) => string): ReadonlyArray<string> => {
  const why = ending._tag === "Finished"
    ? []
    : ending._tag === "Signal"
    ? [`Stopped by ${ending.signal === "SIGINT" ? "Ctrl-C" : ending.signal}`]
    : [`Stopped: ${printable(ending.message)}`]
  const unknown = of(results, "unknown").length
  const notSent = of(results, "not_sent").length
  return [
    ...why,
    ...(unknown === 0 ? [] : [
      `${
        path("unknown.csv")
      }: look these shipments up in ShipStation. They may be fulfilled; sending them again may mail the `
      + "customers again"
    ]),
    ...(notSent === 0 ? [] : [`${path("not-sent.csv")}: can be imported as it is, once the reason is gone`])
  ]
}

const of = (results: ReadonlyArray<Result>, ...outcomes: ReadonlyArray<Outcome>): ReadonlyArray<Result> =>
  results.filter(({ outcome }) => outcomes.includes(outcome))

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", `${title}:`, ...sample(lines).map((line) => `  ${line}`)]

const byMessage = (results: ReadonlyArray<Result>): ReadonlyArray<string> =>
  Object.entries(Array.groupBy(results, ({ message }) => printable(message))).map(([message, { length }]) =>
    `${count(length, "shipment")}: ${message}`
  )
