/**
 * The shipments of a file, again and again.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { count, describeFileError, printable, sample } from "./internal/text.js"
import * as ShipmentsFile from "./ShipmentsFile.js"
import { UsageError } from "./UsageError.js"

/** Which file, and what of it. */
export interface Source {
  readonly file: string
  readonly notify: ShipmentsFile.Notify | undefined
  readonly sinceLine?: number | undefined
  readonly limit?: number | undefined
}

/** A file that can be read again and again. */
export interface Shipments {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  readonly hasBom: boolean
  readonly rows: Stream.Stream<Either.Either<ShipmentsFile.Row, ReadonlyArray<ShipmentsFile.Problem>>, UsageError>
}

/** Opens a file. */
export const open = Effect.fnUntraced(function*({ file, limit, notify, sinceLine = 0 }: Source) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const content = yield* fs.readFile(file).pipe(
    Effect.mapError((error) => new UsageError({ message: `Can't read ${file}: ${describeFileError(error)}` }))
  )
  const parsed = yield* Either.mapLeft(
    ShipmentsFile.parse(content, notify),
    (problems) => new UsageError({ message: describeProblems(file, problems) })
  )
  const rows = parsed.rows.filter(({ line }) => line >= sinceLine).slice(0, limit)
  return {
    name: path.basename(file),
    columns: parsed.columns,
    hasBom: parsed.hasBom,
    rows: Stream.map(Stream.fromIterable(rows), (row) => Either.right(row))
  } satisfies Shipments
})

/** What is in a file. */
export interface Plan {
  readonly rows: number
  readonly requests: number
  readonly customers: number
  readonly orderSources: number
}

/** Reads all of a file. */
export const makePlan = (file: Shipments, batchSize: number): Effect.Effect<Plan, UsageError> =>
  Effect.map(Stream.runCollect(file.rows), (rows) => {
    const inputs = Chunk.toReadonlyArray(Chunk.filterMap(rows, Either.getRight)).map(({ input }) => input)
    return {
      rows: inputs.length,
      requests: Math.ceil(inputs.length / batchSize),
      customers: inputs.filter(({ notify_customer }) => notify_customer === true).length,
      orderSources: inputs.filter(({ notify_order_source }) => notify_order_source === true).length
    }
  })

const describeProblems = (file: string, problems: ReadonlyArray<ShipmentsFile.Problem>): string =>
  [
    `${file}: ${count(problems.length, "problem")}. Nothing was sent`,
    ...sample(problems.map(({ field, line, reason, value }) => {
      const where = [
        ...(line === undefined ? [] : [`line ${line}`]),
        ...(field === undefined ? [] : [value === undefined ? field : `${field} "${printable(value, 60)}"`])
      ].join(", ")
      return `  ${where === "" ? "" : `${where}: `}${reason}`
    }))
  ].join("\n")
