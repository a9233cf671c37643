/**
 * What the reports of an earlier run say, against what the outbox knows: whether it is another outbox than that run had, and
 * which rows have left the file since.
 */
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Columns from "../file/columns.js"
import * as Contents from "../file/contents.js"
import { withoutGuards } from "../file/formulas.js"
import * as Problem from "../file/Problem.js"
import * as ShipmentId from "../file/shipmentId.js"
import type { ShipmentsFile } from "../file/ShipmentsFile.js"
import * as Tables from "../file/tables.js"
import type { Progress } from "../terminal/Progress.js"
import { count } from "../terminal/text.js"
import type { UsageError } from "../terminal/UsageError.js"
import * as Reports from "./Reports.js"

/** Some shipments, and how many there are. */
export interface Shipments {
  readonly count: number
  readonly first: ReadonlyArray<string>
}

/** What the reports say that isn't so any more. */
export interface Earlier {
  /** Were sent, by the reports, and aren't known to the outbox. */
  readonly unknown: Shipments
  /** Wait in the outbox, and aren't in the file. */
  readonly left: Shipments
}

const none: Shipments = { count: 0, first: [] }

/** The shipments of a report. There are none where there is no report, or one that can't be read. */
const shipmentsOf = (path: string, file: ShipmentsFile): Stream.Stream<string, UsageError, Needs> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* Effect.orElseSucceed(fs.exists(path), () => false))) return Stream.empty
    const contents = yield* Contents.open(path)
    const { table } = yield* Tables.open("csv", contents, 1, (problem) => Problem.unusable(path, [problem]))
    const { columns } = Columns.withoutReport(table.columns)
    const own = file.columns[file.fields.shipment_id ?? -1]
    const found = Option.getOrUndefined(Either.getRight(Columns.resolve(columns, { hasCarrier: true })))
    const told = table.columns.indexOf("shipment_id", columns.length)
    const index = own !== undefined && columns.includes(own)
      ? columns.indexOf(own)
      : told < 0
      ? found?.shipment_id
      : told
    if (index === undefined) return Stream.empty
    return Stream.filterMap(table.records, (read) => {
      const { id } = ShipmentId.read(withoutGuards(Either.isRight(read) ? read.right.cells[index] ?? "" : ""))
      return /^se(?:-[a-z\d]+)+$/.test(id) && id.length <= 25 ? Option.some(id) : Option.none()
    })
  })).pipe(Stream.catchAll(() => Stream.empty))

type Needs = FileSystem.FileSystem | Path.Path | Progress

/** Reads the reports of a directory. */
export const make = Effect.fnUntraced(function*(directory: string, file: ShipmentsFile) {
  const outbox = yield* Outbox.Outbox
  const path = yield* Path.Path
  const of = (...names: ReadonlyArray<string>) =>
    Stream.fromIterable(names).pipe(
      Stream.mapConcat((name) => Reports.formats.map((format) => path.join(directory, `${name}.${format}`))),
      Stream.flatMap((report) => shipmentsOf(report, file)),
      Stream.rechunk(500)
    )
  const unknown = yield* of("fulfilled", "unknown").pipe(
    Stream.mapChunksEffect((ids) =>
      Effect.map(outbox.find(Chunk.toReadonlyArray(ids)), (found) => Chunk.filter(ids, (id) => !found.has(id)))
    ),
    Stream.runFold(none, add)
  )
  const waiting = yield* of("not-sent", Reports.beingSentFile).pipe(
    Stream.mapChunksEffect((ids) =>
      Effect.map(outbox.find(Chunk.toReadonlyArray(ids)), (found) =>
        Chunk.filter(ids, (id) => {
          const existing = found.get(id)
          return existing?._tag === "Row" && existing.row.state === "pending"
        }))
    ),
    Stream.runCollect,
    Effect.map((ids) => new Set(ids))
  )
  if (waiting.size > 0) {
    yield* Stream.runForEach(file.rows, (row) =>
      Effect.sync(() => {
        if (Either.isRight(row)) waiting.delete(row.right.input.shipment_id)
      }))
  }
  const earlier: Earlier = { unknown, left: Array.reduce(waiting, none, add) }
  return earlier
})

const add = ({ count, first }: Shipments, id: string): Shipments => ({
  count: count + 1,
  first: first.length < 20 ? [...first, id] : first
})

const named = ({ count, first }: Shipments): string => `${first.join(", ")}${count > first.length ? ", …" : ""}`

/** What a person has to know before anything is sent. */
export const describe = ({ left, unknown }: Earlier, directory: string, where: string): ReadonlyArray<string> => [
  ...(unknown.count === 0 ? [] : [
    `The reports in ${directory} say that ${count(unknown.count, "shipment")} ${
      unknown.count === 1 ? "was" : "were"
    } sent of which ${where} knows nothing: ${
      named(unknown)
    }. They would be sent again. Say --database with what that run `
    + "had, or move these reports away if they are of others"
  ]),
  ...(left.count === 0 ? [] : [
    `${count(left.count, "row")} of the earlier run ${
      left.count === 1 ? "isn't" : "aren't"
    } in the file any more, and would be sent too: ${
      named(left)
    }. To give them up: fulfill discard and the shipment's id`
  ])
]
