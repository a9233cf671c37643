/**
 * What became of the shipments, as four CSV files: the columns of the file that was imported, and three of our own.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { stringify } from "csv-stringify/sync"
import type * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import { reportColumns, type Row } from "./ShipmentsFile.js"
import { UsageError } from "./UsageError.js"

/** What became of one shipment. */
export type Outcome = "created" | "already_fulfilled" | "conflict" | "rejected" | "unknown" | "not_sent"

/** A file that was read, and has no problems. */
export interface Shipments {
  readonly hasBom: boolean
  readonly columns: ReadonlyArray<string>
  readonly rows: Array.NonEmptyReadonlyArray<Row>
}

/** What became of one shipment of the file. */
export interface Result {
  readonly row: Row
  readonly outcome: Outcome
  /** Why; empty for what was created. */
  readonly message: string
  /** ShipStation's id of the request, for their support. */
  readonly requestId?: string | undefined
}

/** The files, and what stands in them. `unknown.csv` is the last: see `open`. */
export const files = [
  ["fulfilled.csv", ["created", "already_fulfilled"]],
  ["rejected.csv", ["rejected", "conflict"]],
  ["not-sent.csv", ["not_sent"]],
  ["unknown.csv", ["unknown"]]
] as const satisfies ReadonlyArray<readonly [string, ReadonlyArray<Outcome>]>

/**
 * Takes a directory for the reports of a run, and gives what writes them. Fails if there are reports in it already: there
 * is no other memory of what was sent, and sending a file a second time mails customers a second time.
 *
 * Until the reports are written, `unknown.csv` holds all shipments. So it is right even if the process is killed.
 */
export const open = Effect.fnUntraced(function*(directory: string, file: Shipments) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const inDirectory = (name: string) => path.join(directory, name)

  const taken = new UsageError({
    message:
      `${directory} has the reports of an earlier run. Sending a file again may fulfill its shipments again and mail `
      + "their customers again. To send what was left over, import its not-sent.csv. To send this file, choose another --out"
  })
  for (const [name] of files) if (yield* fs.exists(inDirectory(name))) return yield* taken
  yield* fs.makeDirectory(directory, { recursive: true })
  const beforehand = file.rows.map((row): Result => ({
    row,
    outcome: "unknown",
    message: "The run was cut off: this was sent or not"
  }))
  // `wx` lets only one of two runs at the same time through
  yield* fs.writeFileString(inDirectory("unknown.csv"), toCsv(file, beforehand), { flag: "wx" }).pipe(
    Effect.catchIf(isAlreadyThere, () => taken)
  )

  return (results: ReadonlyArray<Result>): Effect.Effect<void, PlatformError> =>
    Effect.forEach(files, ([name, outcomes]: readonly [string, ReadonlyArray<Outcome>]) =>
      fs.writeFileString(
        inDirectory(`.${name}`),
        toCsv(file, results.filter(({ outcome }) => outcomes.includes(outcome)))
      ).pipe(
        Effect.zipRight(fs.rename(inDirectory(`.${name}`), inDirectory(name)))
      ), { discard: true })
})

const isAlreadyThere = (error: PlatformError): boolean =>
  error._tag === "SystemError" && error.reason === "AlreadyExists"

const toCsv = ({ columns, hasBom }: Shipments, results: ReadonlyArray<Result>): string =>
  (hasBom ? "\uFEFF" : "") + stringify(
    [
      [...columns, ...reportColumns.slice(0, 3)],
      ...results.map(({ message, outcome, requestId, row }) => [...row.cells, outcome, message, requestId])
    ],
    { escape_formulas: true }
  )
