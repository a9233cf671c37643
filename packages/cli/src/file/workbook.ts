/**
 * A workbook (.xlsx) as rows of texts. It is read once, and its rows are kept in a temporary file, a JSON array on each line:
 * so they can be read several times in flat memory.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { UsageError } from "../terminal/UsageError.js"
import type { Problem } from "./Problem.js"
import type { Read, Table } from "./table.js"

/** Numbers of more digits were rounded by the spreadsheet, and are shown as it would show them. */
const mostDigits = 1e15

/** A cell as the text that a person sees in it. */
const textOf = (cell: unknown): string => {
  if (cell === null || cell === undefined) return ""
  if (cell instanceof Date) {
    // days are counted in fractions, which aren't exact
    const text = DateTime.formatIso(DateTime.unsafeMake(Math.round(cell.getTime() / 1000) * 1000))
    return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.slice(0, 19).replace("T", " ")
  }
  return typeof cell === "boolean" ? (cell ? "TRUE" : "FALSE") : String(cell)
}

/** A number as it is in the file. An integer of more than 15 digits keeps the form of a rounded one. */
const numberOf = (text: string): string => {
  const value = Number(text)
  if (!Number.isInteger(value)) return text
  return Math.abs(value) < mostDigits ? String(value) : value.toExponential().replace("e", "E")
}

/** Reads a sheet: the first, or the one of that name. Gives the temporary file, and the names of all sheets. */
export const convert = Effect.fnUntraced(function*(
  file: string,
  sheet: string | undefined,
  fail: (problem: Problem) => UsageError
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { readSheet, SheetNotFoundError } = yield* Effect.promise(() => import("read-excel-file/node"))
  const rows = yield* Effect.tryPromise({
    try: () => readSheet(file, sheet ?? 1, { parseNumber: numberOf, trim: false }),
    catch: (error) =>
      error instanceof SheetNotFoundError
        ? fail({
          reason: sheet === undefined ? "has no sheet" : `has no sheet of the name ${sheet}`,
          remedy: "say --sheet and its name"
        })
        : fail({
          reason: "can't be read as a workbook: it is another kind of zip file, has a password, or is damaged",
          remedy: "open it, and save it as .xlsx or as \"CSV UTF-8\""
        })
  })
  const noRoom = fail({ reason: "can't be copied: is there room in the folder for temporary files?" })
  const directory = yield* Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "fulfill-" }), () => noRoom)
  const copy = path.join(directory, "rows")
  const lines = Stream.fromIterable(rows).pipe(
    Stream.map((row) => JSON.stringify(row.map(textOf))),
    Stream.rechunk(500),
    Stream.mapChunks((chunk) => Chunk.of(Chunk.join(chunk, "\n") + "\n")),
    Stream.encodeText
  )
  yield* Stream.run(lines, fs.sink(copy, { flag: "wx", mode: 0o600 })).pipe(
    Effect.mapError(() => noRoom)
  )
  return copy
})

const isCells = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((cell) => typeof cell === "string")

/** The rows of the temporary file. Each has as many cells as its sheet has columns. */
export const table = Effect.fnUntraced(function*(
  text: Stream.Stream<string, UsageError>,
  headerRow: number,
  fail: (problem: Problem) => UsageError
) {
  const rows: Stream.Stream<Read, UsageError> = Stream.suspend(() => {
    let line = 0
    return Stream.splitLines(text).pipe(Stream.filterMap((source): Option.Option<Read> => {
      line++
      const cells: unknown = JSON.parse(source)
      return isCells(cells) && line >= headerRow && cells.some((cell) => cell.trim() !== "")
        ? Option.some(Either.right({ line, cells }))
        : Option.none()
    }))
  })
  const [header, first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(rows, 2)))
  if (header === undefined) return yield* fail({ reason: "is empty" })
  if (first === undefined) return yield* fail({ reason: "has a header and no shipments" })
  const names = Either.isRight(header) ? header.right.cells.map((cell) => cell.trim()) : []
  const width = names.findLastIndex((name) => name !== "") + 1
  const result: Table = { unit: "row", columns: names.slice(0, width), records: Stream.drop(rows, 1) }
  return result
})
