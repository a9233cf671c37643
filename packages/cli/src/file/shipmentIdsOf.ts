/**
 * Which shipments a file names, whatever else it says of them: an import's file, one of its reports, or a list of ids.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Progress } from "../terminal/Progress.js"
import type { UsageError } from "../terminal/UsageError.js"
import * as Columns from "./columns.js"
import * as Contents from "./contents.js"
import { withoutGuards } from "./formulas.js"
import * as Problem from "./Problem.js"
import * as ShipmentId from "./shipmentId.js"
import type { Source } from "./ShipmentsFile.js"
import * as Tables from "./tables.js"
import * as Where from "./where.js"

/** Opens a file. Rows without an id aren't among those that it gives. Fails if there is no column that could have them. */
export const open: (
  source: Source
) => Effect.Effect<
  Stream.Stream<string, UsageError>,
  UsageError,
  Scope.Scope | FileSystem.FileSystem | Path.Path | Progress
> = Effect.fnUntraced(function*({ columns: map, encoding, file, format, headerLine, ignore, sheet, where = [] }) {
  const path = yield* Path.Path
  const name = file === "-" ? "stdin" : file
  const given = format ?? Tables.formatOf(path.extname(file).toLowerCase())
  const contents = yield* Contents.open(file, { encoding, sheet })
  const unit = contents.isWorkbook ? "row" : given === "json" ? "item" : "line"
  const fail = (...problems: ReadonlyArray<Problem.Problem>) => Problem.unusable(name, problems, unit)
  const { table } = yield* Tables.open(given, contents, headerLine, fail)
  const { columns } = Columns.withoutReport(table.columns)
  const { holds } = yield* Either.mapLeft(Where.make(where, columns), fail)
  // a report of rows that were found by something else
  const told = table.columns.indexOf("shipment_id", columns.length)
  const own = told < 0
    ? yield* Either.mapLeft(Columns.identify(columns, { map, ignore }), (problems) => fail(...problems))
    : { field: "shipment_id", index: told } as const
  const toId = (cell: string): Option.Option<string> => {
    const { id } = ShipmentId.read(withoutGuards(cell))
    const whole = own.field === "v1_order_id" && /^\d+$/.test(id) ? `se-${id}` : id
    return /^se(?:-[a-z\d]+)+$/.test(whole) && whole.length <= 25 ? Option.some(whole) : Option.none()
  }
  return Stream.filterMap(table.records, (read) =>
    Either.isRight(read) && holds(read.right.cells)
      ? toId(read.right.cells[own.index] ?? "")
      : Option.none())
})
