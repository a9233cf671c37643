/**
 * What became of the shipments of a file, as four CSV files: the columns of the file, and four of our own. A fifth has the
 * rows that were left out, if it was asked for that.
 */
import type * as Offer from "@effect-shipstation/outbox/Offer"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { State } from "@effect-shipstation/outbox/OutboxRow"
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { bom, csvText } from "../file/csvText.js"
import type * as Problem from "../file/Problem.js"
import { reportColumns, type Row, type ShipmentsFile } from "../file/ShipmentsFile.js"
import { describePlatformError } from "../terminal/platformError.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
import * as OwnFile from "./OwnFile.js"

/** What became of one shipment. `refused`: the outbox has another input for it, and didn't take this one. */
export type Outcome = "fulfilled" | "rejected" | "conflict" | "refused" | "discarded" | "unknown" | "not_sent"

/** What became of one row of the file. */
export interface Result {
  readonly row: Row
  readonly outcome: Outcome
  /** Why; empty for what was created. */
  readonly message: string
  /** ShipStation's id of the request, for their support. */
  readonly requestId?: string | undefined
  readonly fulfillmentId?: string | undefined
}

/** The files, and what stands in them. */
export const files = [
  ["fulfilled.csv", ["fulfilled"]],
  ["rejected.csv", ["rejected", "conflict", "refused", "discarded"]],
  ["unknown.csv", ["unknown"]],
  ["not-sent.csv", ["not_sent"]]
] as const satisfies ReadonlyArray<readonly [string, ReadonlyArray<Outcome>]>

/** Rows that were left out. */
export const skippedFile = "skipped.csv"

/** Whether a file begins as a report does. */
const isOurs = (start: string): boolean => {
  const header = /^[^\r\n]*(?:"[^"]*"[^\r\n"]*)*/.exec(start)?.[0] ?? ""
  return /(?:^|[,;\t|])(?:outcome[,;\t|]message[,;\t|]request_id(?:[,;\t|]fulfillment_id(?:[,;\t|]shipment_id)?)?|line[,;\t|]problem)$/
    .test(
      header
    )
}

/** Fails if there is something in the directory that would be replaced, and that we didn't write. */
export const check = Effect.fnUntraced(function*(directory: string) {
  const path = yield* Path.Path
  for (const name of [...files.map(([name]) => name), skippedFile]) {
    yield* OwnFile.check(path.join(directory, name), isOurs)
  }
})

/** Makes the directory, and tries whether files can be written there. */
export const prepare = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory, { recursive: true }).pipe(
    Effect.zipRight(Effect.scoped(OwnFile.unfinished(directory))),
    Effect.mapError((error) =>
      new UsageError({ message: `Can't write to ${printable(directory)}: ${printable(describePlatformError(error))}` })
    )
  )
})

/**
 * Reads the file once more, and writes what the outbox has for each row. Nothing of it is kept in memory but what `see`
 * keeps. The files are complete, or the old ones are still there. `skips`: rows that can't be sent have a file of their own.
 */
export const write = Effect.fnUntraced(
  function*(directory: string, file: ShipmentsFile, skips: boolean, see: (result: Result) => void) {
    const outbox = yield* Outbox.Outbox
    const beside = yield* OwnFile.unfinished(directory)
    // a file that has it has no need to be told
    const ours = file.fields.shipment_id === undefined ? reportColumns : reportColumns.slice(0, -1)
    const create = Effect.fnUntraced(function*(name: string, columns: ReadonlyArray<string>) {
      const mode = OwnFile.modeFor(file.mode)
      const own = yield* OwnFile.create({ beside, directory, name, mode })
      yield* own.append(bom + csvText([columns], file.delimiter))
      return own
    })
    const reports = yield* Effect.forEach(
      files,
      ([name, outcomes]: readonly [string, ReadonlyArray<Outcome>]) =>
        Effect.map(create(name, [...file.columns, ...ours]), (own) => ({ ...own, outcomes }))
    )
    const skipped = skips ? yield* create(skippedFile, [...file.columns, "line", "problem"]) : undefined

    yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), (chunk) =>
      Effect.gen(function*() {
        const [wrong, rows] = Array.separate(chunk)
        const found = yield* outbox.find(rows.map(({ input }) => input.shipment_id))
        const results = rows.map((row) => toResult(row, found.get(row.input.shipment_id)))
        results.forEach(see)
        for (const { append, outcomes } of reports) {
          const found = results.filter(({ outcome }) => outcomes.includes(outcome)).map(toCells)
          if (found.length > 0) {
            yield* append(
              csvText(found.map((cells) => cells.slice(0, file.columns.length + ours.length)), file.delimiter)
            )
          }
        }
        if (skipped !== undefined && wrong.length > 0) {
          yield* skipped.append(csvText(wrong.map((problems) => toSkipped(file, problems)), file.delimiter))
        }
      }))

    yield* Effect.forEach(reports, ({ commit }) => commit)
    yield* skipped === undefined ? Effect.void : skipped.commit
  },
  Effect.scoped
)

const toCells = ({ fulfillmentId, message, outcome, requestId, row }: Result): ReadonlyArray<string | undefined> => [
  ...row.cells,
  outcome,
  message,
  requestId,
  fulfillmentId,
  row.input.shipment_id
]

const toSkipped = (
  { columns }: ShipmentsFile,
  [first, ...rest]: Array.NonEmptyReadonlyArray<Problem.Problem>
): ReadonlyArray<string | undefined> => [
  ...(first.cells ?? columns.map(() => "")),
  first.line === undefined ? "" : String(first.line),
  [first, ...rest].map(({ field, reason }) => field === undefined ? reason : `${field} ${reason}`).join("; ")
]

/** What the outbox has for a row of the file. */
export const toResult = (row: Row, existing: Offer.Existing | undefined): Result => {
  if (existing === undefined) return { row, outcome: "not_sent", message: notReached }
  const { state, tracking } = existing._tag === "Row"
    ? { state: existing.row.state, tracking: existing.row.input.tracking_number }
    : { state: existing.remembered.state, tracking: existing.remembered.tracking_number }
  if (!isSameTrackingNumber(tracking, row.input.tracking_number)) {
    return {
      row,
      outcome: "refused",
      message: `The outbox has this shipment with the tracking number ${tracking}, and it is ${state}: nothing was sent`
    }
  }
  const outcome = outcomes[state]
  if (existing._tag === "Pruned") return { row, outcome, message: "Its details were pruned from the outbox" }
  if (existing._tag === "Unreadable") {
    return {
      row,
      outcome,
      message: "The outbox can't read what it has of it: another version wrote it, or it is damaged"
    }
  }
  const { found, lastError, requestId } = existing.row
  const fulfillmentId = found?.fulfillment_id
  switch (state) {
    case "fulfilled":
      return {
        row,
        outcome,
        message: found === undefined ? "" : "It was found in ShipStation's list",
        requestId,
        fulfillmentId
      }
    case "conflict":
      return {
        row,
        outcome,
        message: `It has another fulfillment, tracking number ${found?.tracking_number ?? "none"}`,
        requestId,
        fulfillmentId
      }
    case "discarded":
      return { row, outcome, message: "An operator gave it up" }
    case "pending":
      return { row, outcome, message: lastError?.message ?? notReached, requestId: lastError?.requestId }
    case "sending":
      return { row, outcome, message: "It was being sent when the run ended" }
    case "rejected":
    case "unknown":
      return { row, outcome, message: lastError?.message ?? "", requestId: lastError?.requestId }
  }
}

const notReached = "The run ended before it was reached"

const outcomes = {
  pending: "not_sent",
  sending: "unknown",
  unknown: "unknown",
  rejected: "rejected",
  conflict: "conflict",
  fulfilled: "fulfilled",
  discarded: "discarded"
} as const satisfies Record<State, Outcome>
