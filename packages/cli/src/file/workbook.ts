/**
 * A workbook (.xlsx) as rows of texts. It is read once, and its rows are kept in a temporary file, as JSON on each line: so they
 * can be read several times in flat memory. In memory are only the texts that its cells share.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whileReading } from "../terminal/Progress.js"
import { printable } from "../terminal/text.js"
import type { UsageError } from "../terminal/UsageError.js"
import type { Problem } from "./Problem.js"
import type { Read, Table } from "./table.js"
import type { Reader, Row, Strings } from "./workbookCells.js"
import type { Part } from "./workbookParts.js"

/**
 * Reads a sheet: the first that is shown, or the one of that name. Gives the temporary file, the names of the other
 * sheets, and the columns that are hidden. `name`: what the file is called.
 */
export const convert = Effect.fnUntraced(function*(
  { file, name, sheet }: { readonly file: string; readonly name: string; readonly sheet: string | undefined },
  fail: (problem: Problem) => UsageError
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const noRoom = fail({ reason: "can't be copied: is there room in the folder for temporary files?" })
  const directory = yield* Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "fulfill-" }), () => noRoom)
  const copy = path.join(directory, "rows")
  let share = 0
  let others: ReadonlyArray<string> = []
  const hiddenColumns: Array<readonly [first: number, last: number]> = []
  const lines = rowsOf(file, sheet, fail, {
    read: (now) => {
      share = now
    },
    others: (names) => {
      others = names
    },
    hidden: (first, last) => hiddenColumns.push([first, last])
  }).pipe(
    Stream.filter((rows) => rows.length > 0),
    Stream.map((rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
    Stream.encodeText
  )
  yield* Stream.run(lines, fs.sink(copy, { flag: "wx", mode: 0o600 })).pipe(
    Effect.catchTags({ BadArgument: () => noRoom, SystemError: () => noRoom }),
    whileReading(`Opening ${printable(name)}`, () => share)
  )
  return { path: copy, others, hiddenColumns }
})

/** What is heard of a workbook while it is read. */
interface See {
  /** How much is read, from 0 to 1. */
  readonly read: (share: number) => void
  readonly others: (sheets: ReadonlyArray<string>) => void
  /** Columns that it doesn't show, from 0. */
  readonly hidden: (first: number, last: number) => void
}

/** The rows of a sheet, some at a time. */
const rowsOf = (
  file: string,
  sheet: string | undefined,
  fail: (problem: Problem) => UsageError,
  see: See
): Stream.Stream<ReadonlyArray<Row>, UsageError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    // only what reads a workbook waits for what it takes
    const Parts = yield* Effect.promise(() => import("./workbookParts.js"))
    const Cells = yield* Effect.promise(() => import("./workbookCells.js"))
    const damaged = fail(Parts.unreadable)
    const parts = yield* Parts.open(file, sheet, fail)
    see.others(parts.others)
    const size = parts.sheet.size + (parts.strings?.size ?? 0)
    let done = 0
    const read = <A>({ bytes }: Part, reader: Reader<A>): Stream.Stream<A, UsageError> =>
      bytes.pipe(
        Stream.tap((chunk) =>
          Effect.sync(() => {
            done += chunk.length
            see.read(done / size)
          })
        ),
        Stream.decodeText(),
        Stream.mapEffect((chunk) => Effect.try({ try: () => reader.read(chunk), catch: () => damaged })),
        Stream.concat(Stream.execute(Effect.try({ try: reader.close, catch: () => damaged })))
      )
    const strings: Strings = { texts: [], struck: new Map() }
    if (parts.strings !== undefined) yield* Stream.runDrain(read(parts.strings, Cells.makeStrings(strings)))
    return read(parts.sheet, Cells.makeRows(strings, { ...parts, hidden: see.hidden }))
  }))

const isRow = Schema.is(Schema.Struct({
  line: Schema.Number,
  cells: Schema.Array(Schema.String),
  isHidden: Schema.optional(Schema.Literal(true)),
  isStruck: Schema.optional(Schema.Literal(true)),
  flaws: Schema.optional(
    Schema.Array(Schema.Struct({ column: Schema.Number, reason: Schema.String, remedy: Schema.String }))
  )
}))

/** The rows of the temporary file. Each has at least as many cells as there are columns. */
export const table = Effect.fnUntraced(function*(
  text: Stream.Stream<string, UsageError>,
  headerRow: number,
  fail: (problem: Problem) => UsageError
) {
  const rows = Stream.splitLines(text).pipe(Stream.filterMap((source): Option.Option<Row> => {
    const row: unknown = JSON.parse(source)
    return isRow(row) && row.line >= headerRow && row.cells.some((cell) => cell.trim() !== "")
      ? Option.some(row)
      : Option.none()
  }))
  const [header, first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(rows, 2)))
  if (header === undefined) return yield* fail({ reason: "is empty" })
  if (first === undefined) return yield* fail({ reason: "has a header and no shipments" })
  const names = header.cells.map((cell) => cell.trim())
  const width = names.findLastIndex((name) => name !== "") + 1
  const result: Table = {
    unit: "row",
    columns: names.slice(0, width),
    records: Stream.drop(rows, 1).pipe(Stream.map(({ cells, ...row }): Read =>
      // a sheet doesn't have the empty cells at the end of a row
      Either.right({ ...row, cells: [...cells, ...Array.from({ length: width - cells.length }, () => "")] })
    ))
  }
  return result
})
