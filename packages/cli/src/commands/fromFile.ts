/**
 * The options that say of which file's shipments something is done.
 */
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Profile from "../file/Profile.js"
import * as ShipmentIdsOf from "../file/shipmentIdsOf.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
import { toSource } from "./source.js"
import { sourceOptions, stdin } from "./sourceOptions.js"

const { encoding, format, headerLine, ignore, map, profile, sheet, where } = sourceOptions

/** How the file is read: as `import` reads it. */
const reading = { format, profile, encoding, sheet, headerLine, map, ignore, where }

/** Which file, and how it is read. */
export const options = {
  from: Options.text("from").pipe(
    Options.map((file) => file === stdin ? "-" : file),
    Options.withDescription(
      "Only the shipments of this file: one that was imported, one of its reports, or a list with a column shipment_id. It "
        + "is read as import reads it."
    ),
    Options.optional
  ),
  ...reading
}

/** What was said of the file. */
export type Given = Command.Command.ParseConfig<typeof options>

/** The ids of the file's shipments, each once. Undefined: no file was said. */
export const shipmentsOf = Effect.fnUntraced(function*({ from, ...given }: Given) {
  if (Option.isNone(from)) return yield* checkNeedless(given)
  const { profile, source } = yield* toSource({
    ...given,
    file: from.value,
    carrier: Option.none(),
    carrierCode: [],
    timezone: Option.none(),
    dateOrder: Option.none(),
    anyShipDate: false,
    notify: Option.none(),
    sinceLine: Option.none(),
    limit: Option.none()
  })
  const ids = yield* Profile.opening(profile)(ShipmentIdsOf.open(source))
  const found = new Set(yield* Stream.runCollect(ids))
  return found.size > 0 ? found : yield* new UsageError({
    message: `${
      printable(from.value)
    } has no ids of shipments: name one of its reports, which have them. Nothing was done`
  })
}, Effect.scoped)

/** Nothing that was said is passed over in silence. */
const checkNeedless = (given: Omit<Given, "from">): Effect.Effect<undefined, UsageError> => {
  const said: Record<keyof typeof given, boolean> = {
    encoding: Option.isSome(given.encoding),
    format: Option.isSome(given.format),
    headerLine: Option.isSome(given.headerLine),
    ignore: given.ignore.length > 0,
    map: given.map.length > 0,
    profile: Option.isSome(given.profile),
    sheet: Option.isSome(given.sheet),
    where: given.where.length > 0
  }
  const [needless] = Object.entries(said).flatMap(([name, isSaid]) => isSaid ? [name] : [])
  return needless === undefined ? Effect.succeed(undefined) : new UsageError({
    message: `--${needless === "headerLine" ? "header-line" : needless} is for --from, and no file was said`
  })
}
