import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Path from "@effect/platform/Path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Import from "../import/Import.js"
import * as Reports from "../import/Reports.js"
import * as Database from "../outbox/Database.js"
import * as Location from "../outbox/Location.js"
import * as ShipStation from "../outbox/ShipStation.js"
import * as Output from "../Output.js"
import * as Resolver from "../resolve/Resolver.js"
import { again } from "../terminal/Invocation.js"
import { endWith } from "../terminal/UsageError.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import { toList } from "./plan.js"
import { resolving } from "./resolving.js"
import { nameOf, toSource } from "./source.js"
import { sourceOptions } from "./sourceOptions.js"

const options = {
  ...sourceOptions,
  out: Options.text("out").pipe(
    Options.withDescription("Directory for the reports. Default: the file's name and -outcomes, beside the file."),
    Options.optional
  ),
  reportFormat: Options.choice("report-format", Reports.formats).pipe(
    Options.withDescription("Write the reports as csv or as xlsx, whose cells are all texts. Default csv."),
    Options.withDefault("csv")
  ),
  offerOnly: Options.boolean("offer-only").pipe(
    Options.withDescription("Only put the rows into the outbox: fulfill work, or another import, sends them.")
  ),
  giveUpAfter: CommonOptions.duration("give-up-after").pipe(
    Options.withDescription(
      "End with 5 when nothing has gone on for so long, like 90s or 10m; the rate limit doesn't count. Default 1m."
    ),
    Options.withDefault(Duration.minutes(1))
  ),
  yes: CommonOptions.yes,
  max: CommonOptions.max,
  requestsPerMinute: CommonOptions.requestsPerMinute,
  mode: CommonOptions.mode,
  keyFile: CommonOptions.keyFile,
  database: CommonOptions.database,
  json: CommonOptions.json
}

const command = Command.make(
  "import",
  options,
  Effect.fnUntraced(function*(
    {
      database,
      giveUpAfter,
      json,
      keyFile,
      max,
      mode,
      offerOnly,
      out,
      reportFormat,
      requestsPerMinute,
      skipBadRows,
      yes,
      ...read
    }
  ) {
    const path = yield* Path.Path
    const { dir, name } = path.parse(nameOf(read.file))
    const location = yield* Location.find(database)
    const ownDirectory = path.join(dir, `${name}-outcomes`)
    const given: Import.Options = {
      location,
      ...(yield* toSource(read)),
      batchSize: read.batchSize,
      mode: yield* ShipStation.mode(Option.getOrUndefined(mode)),
      directory: Option.getOrElse(out, () => ownDirectory),
      ownDirectory,
      reportFormat,
      list: yield* toList(Option.none(), read.file),
      skipsBad: skipBadRows,
      max: Option.getOrUndefined(max),
      yes,
      json,
      giveUpAfter,
      again: yield* again
    }
    const layer = Database.layer({ location, access: "create" })
    const config = ShipStation.layerConfig({ keyFile: Option.getOrUndefined(keyFile), mode: given.mode })
    return yield* Effect.flatMap(
      offerOnly
        ? Effect.provide(
          Import.offerOnly(given),
          resolving({ keyFile: Option.getOrUndefined(keyFile), requestsPerMinute }).pipe(
            Resolver.layerLazy,
            Layer.provideMerge(layer)
          )
        )
        : Effect.provide(
          Import.importFile(given),
          ShipStation.layerWithResolver(Option.getOrUndefined(requestsPerMinute)).pipe(
            Layer.provideMerge(Layer.merge(config, layer))
          )
        ),
      endWith
    )
  }, (self, { file, json }) => Output.orFailed({ file, json })(self))
).pipe(Command.withDescription(
  "Marks the shipments of a file as shipped, each once. All rows are checked first; a bad row stops the import before "
    + "anything is sent. Then it says how many customers will be mailed, and asks. Running it again after any end goes on "
    + "and repeats nothing. What became of each row is in four reports."
))

/** `fulfill import`. */
export const help = CommandHelp.make(command, {
  summary: "marks the shipments of a file as shipped",
  examples: [
    "fulfill import shipments.csv --notify customer",
    "fulfill import shipments.csv --notify none --limit 10   # a first try",
    "fulfill import shipments.csv --notify both --yes --json   # in a script",
    "fulfill import shipments.csv --notify none --database postgres://worker@db.example.com/shop"
  ],
  environment: CommandHelp.sending
})
