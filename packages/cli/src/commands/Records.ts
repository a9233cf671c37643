/**
 * Rows of the outbox for a person, a spreadsheet or a program.
 */
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import * as Chunk from "effect/Chunk"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { csvText } from "../file/csvText.js"
import type * as Output from "../Output.js"
import { Screen } from "../terminal/Screen.js"
import { jsonText, printable } from "../terminal/text.js"

/** What is shown of a record: names, and texts or numbers. */
export type Record = Readonly<globalThis.Record<string, string | number | undefined>>

/** A row of the outbox. */
export const ofRow = (row: OutboxRow): typeof Output.Row.Type => ({
  id: row.id,
  shipment_id: row.input.shipment_id,
  tracking_number: row.input.tracking_number,
  carrier_code: row.input.carrier_code,
  state: row.state,
  attempts: row.attempts,
  message: row.lastError?.message,
  request_id: row.requestId ?? row.lastError?.requestId,
  fulfillment_id: row.found?.fulfillment_id,
  offeredAt: row.createdAt,
  changedAt: row.updatedAt
})

/** A row whose shop or marketplace wasn't told. */
export const ofNotTold = (row: OutboxRow): typeof Output.NotTold.Type => ({
  id: row.id,
  shipment_id: row.input.shipment_id,
  tracking_number: row.input.tracking_number,
  fulfillment_id: row.found?.fulfillment_id,
  message: row.orderSource?.message,
  lookedAt: row.orderSource?.lookedAt
})

/**
 * Prints records as they come: a table on a terminal, CSV elsewhere, with `--json` a JSON object on each line. A column is
 * there for each name of `names`.
 */
export const print = <A, I extends Record, E, R>(
  schema: Schema.Schema<A, I>,
  names: ReadonlyArray<keyof I & string>,
  values: Stream.Stream<A, E, R>,
  { isCommand = false, json }: { readonly json: boolean; readonly isCommand?: boolean | undefined }
): Effect.Effect<void, E, R | Screen> => {
  const encode = Schema.encodeSync(schema)
  const chunks = Stream.rechunk(Stream.map(values, (value) => encode(value)), 500)
  return Effect.gen(function*() {
    const { stdoutIsTerminal } = yield* Screen
    const forEachChunk = (f: (records: ReadonlyArray<Record>) => string) =>
      Stream.runForEachChunk(chunks, (chunk) => Console.log(f(Chunk.toReadonlyArray(chunk))))
    if (json) return yield* forEachChunk((records) => records.map((record) => jsonText(record)).join("\n"))
    if (stdoutIsTerminal) {
      let isEmpty = true
      yield* forEachChunk((records) => {
        isEmpty = false
        return table(names, records)
      })
      return isEmpty ? yield* Console.error("None") : undefined
    }
    yield* Console.log(csvText([names]).trimEnd())
    yield* forEachChunk((records) =>
      csvText(records.map((record) => names.map((name) => record[name])), ",", isCommand).trimEnd()
    )
  })
}

/** Columns side by side. */
export const table = (names: ReadonlyArray<string>, records: ReadonlyArray<Record>): string => {
  const cells = records.map((record) => names.map((name) => printable(String(record[name] ?? ""), 60)))
  const widths = names.map((name, index) => Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ").trimEnd()
  return [names, ...cells].map(line).join("\n")
}

/** How long ago, for a person. */
export const ago = (moment: DateTime.Utc, now: DateTime.Utc): string => {
  const seconds = Math.max(0, Math.round(DateTime.distance(moment, now) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`
}
