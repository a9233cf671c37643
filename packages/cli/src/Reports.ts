/**
 * What became of the shipments of a file, as four CSV files: the columns of the file, and four of our own.
 */
import type * as Offer from "@effect-shipstation/outbox/Offer"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { State } from "@effect-shipstation/outbox/OutboxRow"
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { stringify } from "csv-stringify/sync"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { describePlatformError } from "./internal/platformError.js"
import { reportColumns, type Row, type ShipmentsFile } from "./ShipmentsFile.js"
import { UsageError } from "./UsageError.js"

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

/** A place for files that aren't finished, of this run only: another may write the same reports. */
const beside = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ directory, prefix: ".fulfill-" }))

/** Makes the directory, and tries whether files can be written there. */
export const prepare = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory, { recursive: true }).pipe(
    Effect.zipRight(Effect.scoped(beside(directory))),
    Effect.mapError((error) =>
      new UsageError({ message: `Can't write to ${directory}: ${describePlatformError(error)}` })
    )
  )
})

/**
 * Reads the file once more, and writes what the outbox has for each row. Nothing of it is kept in memory but what `see`
 * keeps. The files are complete, or the old ones are still there.
 */
export const write = Effect.fnUntraced(
  function*(directory: string, file: ShipmentsFile, see: (result: Result) => void) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const outbox = yield* Outbox.Outbox
    const encoder = new TextEncoder()
    const unfinished = yield* beside(directory)
    const reports = yield* Effect.forEach(
      files,
      ([name, outcomes]: readonly [string, ReadonlyArray<Outcome>]) =>
        Effect.gen(function*() {
          const temporary = path.join(unfinished, name)
          const handle = yield* fs.open(temporary, { flag: "w" })
          const append = (text: string) => handle.writeAll(encoder.encode(text))
          yield* append((file.hasBom ? "\uFEFF" : "") + stringify([[...file.columns, ...reportColumns]], csv))
          return { append, handle, outcomes, temporary, name }
        })
    )

    yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), (chunk) =>
      Effect.gen(function*() {
        const rows = Chunk.toReadonlyArray(Chunk.filterMap(chunk, Either.getRight))
        const found = yield* outbox.find(rows.map(({ input }) => input.shipment_id))
        const results = rows.map((row) => toResult(row, found.get(row.input.shipment_id)))
        results.forEach(see)
        for (const { append, outcomes } of reports) {
          const ours = results.filter(({ outcome }) => outcomes.includes(outcome))
          if (ours.length > 0) yield* append(stringify(ours.map(toCells), csv))
        }
      }))

    yield* Effect.forEach(reports, ({ handle }) => handle.sync)
    yield* Effect.forEach(reports, ({ name, temporary }) => fs.rename(temporary, path.join(directory, name)))
  },
  Effect.scoped
)

const csv = { escape_formulas: true } as const

const toCells = ({ fulfillmentId, message, outcome, requestId, row }: Result): ReadonlyArray<string | undefined> => [
  ...row.cells,
  outcome,
  message,
  requestId,
  fulfillmentId
]

/** What the outbox has for a row of the file. */
export const toResult = (row: Row, existing: Offer.Existing | undefined): Result => {
  if (existing === undefined) return { row, outcome: "not_sent", message: notReached }
  const { state, tracking } = existing._tag === "Row"
    ? { state: existing.row.state, tracking: existing.row.input.tracking_number }
    : { state: existing.kept.state, tracking: existing.kept.tracking_number }
  if (!isSameTrackingNumber(tracking, row.input.tracking_number)) {
    return {
      row,
      outcome: "refused",
      message: `The outbox has this shipment with the tracking number ${tracking}, and it is ${state}: nothing was sent`
    }
  }
  const outcome = outcomes[state]
  if (existing._tag === "Kept") return { row, outcome, message: "Its details were pruned from the outbox" }
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
