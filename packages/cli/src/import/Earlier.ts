/**
 * What an earlier run did, by its reports and by what the outbox remembers of it: whether it had another outbox, and which
 * rows have left the file since.
 */
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as ShipmentIdsOf from "../file/shipmentIdsOf.js"
import type { ShipmentsFile } from "../file/ShipmentsFile.js"
import type { Progress } from "../terminal/Progress.js"
import { count, printable } from "../terminal/text.js"
import type { UsageError } from "../terminal/UsageError.js"
import * as Origins from "./Origins.js"
import * as Reports from "./Reports.js"

/** Some shipments, and how many there are. */
export interface Shipments {
  readonly count: number
  readonly first: ReadonlyArray<string>
}

/** What the reports say that isn't so any more. */
export interface Earlier {
  /** Were sent, by the reports of a directory, and aren't known to the outbox. */
  readonly unknown: Shipments & { readonly directory: string }
  /** Wait in the outbox, and aren't in the file. */
  readonly left: Shipments
}

const none: Shipments = { count: 0, first: [] }

/** The shipments of a report. There are none where there is no report, or one that can't be read. */
const shipmentsOf = (path: string, file: ShipmentsFile): Stream.Stream<string, UsageError, Needs> => {
  const own = file.columns[file.fields.shipment_id ?? -1]
  const source = { file: path, format: "csv", headerLine: 1 } as const
  // the report has the columns of the file, or of another one
  const open = ShipmentIdsOf.open({ ...source, columns: own === undefined ? {} : { shipment_id: own } }).pipe(
    Effect.orElse(() => ShipmentIdsOf.open(source))
  )
  return Stream.unwrapScoped(open).pipe(Stream.catchAll(() => Stream.empty))
}

type Needs = FileSystem.FileSystem | Path.Path | Progress

/** Reads the reports of some directories, and what the outbox remembers of earlier runs. */
export const make = Effect.fnUntraced(function*(directories: Array.NonEmptyReadonlyArray<string>, file: ShipmentsFile) {
  const outbox = yield* Outbox.Outbox
  const path = yield* Path.Path
  const of = (directory: string, ...names: ReadonlyArray<string>) =>
    Stream.fromIterable(names).pipe(
      Stream.mapConcat((name) => Reports.formats.map((format) => path.join(directory, `${name}.${format}`))),
      Stream.flatMap((report) => shipmentsOf(report, file)),
      Stream.rechunk(500)
    )
  const unknownOf = (directory: string) =>
    of(directory, "fulfilled", "unknown").pipe(
      Stream.mapChunksEffect((ids) =>
        Effect.map(outbox.find(Chunk.toReadonlyArray(ids)), (found) => Chunk.filter(ids, (id) => !found.has(id)))
      ),
      Stream.runFold(none, add),
      Effect.map((unknown) => ({ ...unknown, directory }))
    )
  const all = yield* Effect.forEach(directories, unknownOf)
  const unknown = all.find(({ count }) => count > 0) ?? { ...none, directory: directories[0] }
  const notSent = yield* Stream.runCollect(
    Stream.flatMap(Stream.fromIterable(directories), (directory) => of(directory, "not-sent", Reports.beingSentFile))
  )
  const earlier: Earlier = { unknown, left: yield* leftOf(file, yield* Origins.all, notSent) }
  return earlier
})

/**
 * Rows that wait, and aren't in the file: of those that were reported as not sent, and of runs with a file of this name or
 * with some of its rows.
 */
export const leftOf = Effect.fnUntraced(function*(
  file: ShipmentsFile,
  origins: ReadonlyMap<string, string>,
  notSent: Iterable<string> = []
) {
  const outbox = yield* Outbox.Outbox
  const reported = new Set(notSent)
  if (reported.size + origins.size === 0) return none
  const related = new Set([yield* Origins.of(file.name)])
  const others = new Map(origins)
  yield* Stream.runForEach(file.rows, (row) =>
    Effect.sync(() => {
      if (Either.isLeft(row)) return
      const { shipment_id } = row.right.input
      const origin = others.get(shipment_id)
      if (origin !== undefined) related.add(origin)
      others.delete(shipment_id)
      reported.delete(shipment_id)
    }))
  for (const [shipment, origin] of others) if (related.has(origin)) reported.add(shipment)
  const waits = (ids: Chunk.Chunk<string>) =>
    Effect.map(outbox.find(Chunk.toReadonlyArray(ids)), (found) =>
      Chunk.filter(ids, (id) => {
        const existing = found.get(id)
        return existing?._tag === "Row" && existing.row.state === "pending"
      }))
  return yield* Stream.fromIterable(reported).pipe(
    Stream.rechunk(500),
    Stream.mapChunksEffect(waits),
    Stream.runFold(none, add)
  )
})

const add = ({ count, first }: Shipments, id: string): Shipments => ({
  count: count + 1,
  first: first.length < 20 ? [...first, id] : first
})

const named = ({ count, first }: Shipments): string => `${first.join(", ")}${count > first.length ? ", …" : ""}`

/** What a person has to know before anything is sent. */
export const describe = ({ left, unknown }: Earlier, where: string): ReadonlyArray<string> => [
  ...(unknown.count === 0 ? [] : [
    `The reports in ${printable(unknown.directory)} say that ${count(unknown.count, "shipment")} ${
      unknown.count === 1 ? "was" : "were"
    } sent of which ${where} knows nothing: ${
      named(unknown)
    }. They would be sent again. Say --database with what that run `
    + "had, or move these reports away if they are of others"
  ]),
  ...(left.count === 0 ? [] : [`${leftText(left)}. To give them up: fulfill discard and the shipment's id`])
]

/** Names the rows that left the file. */
export const leftText = (left: Shipments): string =>
  `${count(left.count, "row")} of the earlier run ${
    left.count === 1 ? "isn't" : "aren't"
  } in the file any more, and would be sent too: ${named(left)}`
