/**
 * What became of the shipments of a file, as four files, CSV or workbooks: the columns of the file, and four of our own. A
 * fifth has the rows that were left out, if it was asked for that.
 */
import type * as Offer from "@effect-shipstation/outbox/Offer"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { State } from "@effect-shipstation/outbox/OutboxRow"
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { bom, csvText } from "../file/csvText.js"
import * as Problem from "../file/Problem.js"
import { reportColumns, type Row, type ShipmentsFile } from "../file/ShipmentsFile.js"
import * as WorkbookBytes from "../file/workbookBytes.js"
import { describePlatformError } from "../terminal/platformError.js"
import { number, printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
import * as OwnFile from "./OwnFile.js"
import * as Written from "./Written.js"

/** What became of one shipment. `refused`: the outbox has another input for it, and didn't take this one. */
export type Outcome = "fulfilled" | "rejected" | "conflict" | "refused" | "discarded" | "unknown" | "not_sent"

/** What became of one row of the file. */
export interface Result {
  readonly row: Pick<Row, "line" | "cells" | "sameAs"> & { readonly input: { readonly shipment_id: string } }
  readonly outcome: Outcome
  /** Why; empty for what was created. */
  readonly message: string
  /** ShipStation's id of the request, for their support. */
  readonly requestId?: string | undefined
  readonly fulfillmentId?: string | undefined
}

/** How reports are written. */
export type Format = typeof formats[number]

/** How reports can be written. */
export const formats = ["csv", "xlsx"] as const

const notSentFile = "not-sent"

/** The files, without their extensions, and what stands in them. */
export const files = [
  ["fulfilled", ["fulfilled"]],
  ["rejected", ["rejected", "conflict", "refused", "discarded"]],
  ["unknown", ["unknown"]],
  [notSentFile, ["not_sent"]]
] as const satisfies ReadonlyArray<readonly [string, ReadonlyArray<Outcome>]>

/** Rows that were left out. */
export const skippedFile = "skipped"

/** What the run before had not sent, while a run that may send it hasn't written its own. */
export const beingSentFile = "being-sent"

const names = [...files.map(([name]) => name), skippedFile]

/** Whether a CSV file begins as a report does. */
const isOurCsv = (start: string): boolean => {
  const header = /^[^\r\n]*(?:"[^"]*"[^\r\n"]*)*/.exec(start)?.[0] ?? ""
  return /(?:^|[,;\t|])(?:outcome[,;\t|]message[,;\t|]request_id(?:[,;\t|]fulfillment_id(?:[,;\t|]shipment_id)?)?|line[,;\t|]problem)$/
    .test(
      header
    )
}

const isOurs = { csv: isOurCsv, xlsx: WorkbookBytes.isOurs }

/**
 * Fails if there is something in the directory that would be replaced, and that we didn't write, or for too many rows, or if
 * the file itself would be replaced.
 */
export const check = Effect.fnUntraced(function*(directory: string, format: Format, rows: number, input: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { isKnown } = yield* Written.make
  if (format === "xlsx" && rows > WorkbookBytes.mostRows) {
    return yield* new UsageError({
      message: `A workbook holds ${number(WorkbookBytes.mostRows)} rows, and the file has ${number(rows)}: leave out `
        + "--report-format xlsx"
    })
  }
  const realPath = (file: string) => Effect.option(fs.realPath(file))
  const inputPath = yield* realPath(input)
  const checkOne = Effect.fnUntraced(function*(name: string, format: Format) {
    const file = path.join(directory, `${name}.${format}`)
    if (Option.isSome(inputPath) && Equal.equals(inputPath, yield* realPath(file))) {
      return yield* new UsageError({
        message: `${
          printable(input)
        } has the place of one of the reports: say another folder with --out, or copy it first`
      })
    }
    // one of ours that somebody edited is kept, whatever it begins with by now
    const wasOurs = yield* isKnown(file)
    yield* OwnFile.check(file, (start) => wasOurs || isOurs[format](start))
  })
  for (const name of names) yield* checkOne(name, format)
  for (const format of formats) yield* checkOne(beingSentFile, format)
})

/** Does something to a report, if it is there, and ours. */
const ifOurs = Effect.fnUntraced(function*<E>(
  written: Written.Written,
  file: string,
  format: Format,
  change: (written: Written.Written) => Effect.Effect<void, E>
) {
  const wasOurs = yield* written.isKnown(file)
  const isOurOwn = yield* Effect.orElseSucceed(
    OwnFile.check(file, (start) => wasOurs || isOurs[format](start)),
    () => false
  )
  if (isOurOwn) yield* change(written)
})

/** Removes what an earlier run wrote and this one doesn't, and what was being sent: it isn't so any more. */
const removeOthers = Effect.fnUntraced(function*(
  written: Written.Written,
  directory: string,
  current: Format,
  skips: boolean
) {
  const path = yield* Path.Path
  for (const format of formats) {
    const old = format !== current ? names : skips ? [] : [skippedFile]
    for (const name of [beingSentFile, ...old]) {
      const file = path.join(directory, `${name}.${format}`)
      yield* Effect.ignore(ifOurs(written, file, format, ({ remove }) => remove(file)))
    }
  }
})

const cannotWriteTo = (directory: string) => (error: PlatformError) =>
  new UsageError({ message: `Can't write to ${printable(directory)}: ${printable(describePlatformError(error))}` })

/**
 * Makes the directory, and tries whether files can be written there. What was not sent before is called so no longer: if
 * this run is killed, nobody must take that list for true, and send it by hand.
 */
export const prepare = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const written = yield* Written.make
  const rename = Effect.forEach(formats, (format) => {
    const file = path.join(directory, `${notSentFile}.${format}`)
    const being = path.join(directory, `${beingSentFile}.${format}`)
    return ifOurs(written, file, format, ({ rename }) => rename(file, being))
  })
  yield* fs.makeDirectory(directory, { recursive: true }).pipe(
    Effect.zipRight(Effect.scoped(OwnFile.unfinished(directory))),
    Effect.zipRight(rename),
    Effect.catchTags({ BadArgument: cannotWriteTo(directory), SystemError: cannotWriteTo(directory) })
  )
})

/**
 * Reads the file once more, and writes what the outbox has for each row. Nothing of it is kept in memory but what `see`
 * keeps. The files are complete, or the old ones are still there. `skips`: rows that can't be sent have a file of their own,
 * and it gives how many they are.
 */
export const write = Effect.fnUntraced(
  function*(
    { directory, format, skips }: {
      readonly directory: string
      readonly format: Format
      readonly skips: boolean
    },
    file: ShipmentsFile,
    see: (result: Result) => void
  ) {
    const outbox = yield* Outbox.Outbox
    const written = yield* Written.make
    const create = yield* makeCreate(written, directory, format, file)
    // a file that has it has no need to be told
    const ours = file.fields.shipment_id === undefined ? reportColumns : reportColumns.slice(0, -1)
    const reports = yield* Effect.forEach(
      files,
      ([name, outcomes]: readonly [string, ReadonlyArray<Outcome>]) =>
        Effect.map(create(name, [...file.columns, ...ours]), (own) => ({ ...own, outcomes }))
    )
    const skipped = skips ? yield* create(skippedFile, [...file.columns, "line", "problem"]) : undefined

    let left = 0
    yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), (chunk) =>
      Effect.gen(function*() {
        const [wrong, rows] = Array.separate(chunk)
        const found = yield* outbox.find(rows.map(({ input }) => input.shipment_id))
        const results = [
          ...rows.map((row) => toResult(row, found.get(row.input.shipment_id))),
          ...(skipped === undefined ? wrong.map((problems) => toUnknown(file, problems)) : [])
        ]
        results.forEach(see)
        for (const { append, outcomes } of reports) {
          const found = results.filter(({ outcome }) => outcomes.includes(outcome)).map(toCells)
          if (found.length > 0) {
            yield* append(found.map((cells) => cells.slice(0, file.columns.length + ours.length)))
          }
        }
        if (skipped !== undefined && wrong.length > 0) {
          left += wrong.length
          yield* skipped.append(wrong.map((problems) => toSkipped(file, problems)))
        }
      }))

    yield* Effect.forEach(reports, ({ commit }) => commit)
    yield* skipped === undefined ? Effect.void : skipped.commit
    yield* removeOthers(written, directory, format, skips)
    return left
  },
  Effect.scoped
)

/** A report that is being written. */
interface Report {
  readonly append: (rows: ReadonlyArray<ReadonlyArray<string | undefined>>) => Effect.Effect<void, PlatformError>
  readonly commit: Effect.Effect<void, PlatformError | OutboxStoreError>
}

/** Begins reports in a format. */
const makeCreate = Effect.fnUntraced(function*(
  { replace }: Written.Written,
  directory: string,
  format: Format,
  file: ShipmentsFile
) {
  const path = yield* Path.Path
  const unfinished = yield* OwnFile.unfinished(directory)
  return Effect.fnUntraced(function*(report: string, columns: ReadonlyArray<string>) {
    const mode = OwnFile.modeFor(file.mode)
    const name = `${report}.${format}`
    const own = yield* OwnFile.create({ unfinished, directory, name, mode })
    const hash = createHash("sha256")
    const append = (data: string | Uint8Array) =>
      Effect.suspend(() => {
        hash.update(data)
        return own.append(data)
      })
    const commit = Effect.suspend(() => replace(path.join(directory, name), hash.digest("hex"), own.commit))
    if (format === "csv") {
      yield* append(bom + csvText([columns], file.delimiter))
      const csv: Report = { append: (rows) => append(csvText(rows, file.delimiter)), commit }
      return csv
    }
    const workbook = yield* WorkbookBytes.make
    yield* append(workbook.append([columns]))
    const xlsx: Report = {
      append: (rows) => Effect.suspend(() => append(workbook.append(rows))),
      commit: Effect.zipRight(Effect.suspend(() => append(workbook.end())), commit)
    }
    return xlsx
  })
})

const toCells = ({ fulfillmentId, message, outcome, requestId, row }: Result): ReadonlyArray<string | undefined> => [
  ...row.cells,
  outcome,
  message,
  requestId,
  fulfillmentId,
  row.input.shipment_id
]

type Problems = Array.NonEmptyReadonlyArray<Problem.Problem>

const toSkipped = ({ columns }: ShipmentsFile, problems: Problems): ReadonlyArray<string | undefined> => [
  ...(problems[0].cells ?? columns.map(() => "")),
  problems[0].line === undefined ? "" : String(problems[0].line),
  Problem.reasonOf(problems)
]

/** A row that was right when it was confirmed, and can't be looked up any more. */
const toUnknown = ({ columns }: ShipmentsFile, problems: Problems): Result => ({
  row: {
    line: problems[0].line ?? 0,
    cells: problems[0].cells ?? columns.map(() => ""),
    input: { shipment_id: "" }
  },
  outcome: "unknown",
  message: `${Problem.reasonOf(problems)}: see fulfill list for what became of it`
})

/** What the outbox has for a row of the file. */
const toResult = (row: Row, existing: Offer.Existing | undefined): Result => {
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
