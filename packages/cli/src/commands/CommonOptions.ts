/**
 * Options that several commands have.
 */
import { State } from "@effect-shipstation/outbox/OutboxRow"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Database from "../outbox/Database.js"
import * as Location from "../outbox/Location.js"

/** Where the outbox is. */
export const database = Options.redacted("database").pipe(
  Options.withPseudoName("file-or-url"),
  Options.withDescription(
    "The outbox, which remembers what was sent: a SQLite file, or a Postgres URL. Default: one file for each user, "
      + "wherever you are; plan and import say where. A URL with a password belongs into FULFILL_DATABASE: as an argument "
      + "others could see it in ps."
  ),
  Options.optional
)

/** The database that is meant. */
export const layerDatabase = (given: Option.Option<Redacted.Redacted>, access: Database.Access) =>
  Layer.unwrapEffect(Effect.map(Location.find(given), (location) => Database.layer({ location, access })))

/** The key's file. */
export const keyFile = Options.text("key-file").pipe(
  Options.withDescription(
    "A file with the API key. Without it the key is SHIPSTATION_API_KEY. It can't be an argument, as others could see it in ps."
  ),
  Options.optional
)

/** What may happen. */
export const mode = Options.choice("mode", ["live", "silent", "readOnly"]).pipe(
  Options.withDescription("silent: nobody is notified, whatever the file says. readOnly: nothing is sent."),
  Options.optional
)

/** A number of things. */
export const atLeastOne = (name: string) =>
  Options.integer(name).pipe(
    Options.filterMap(Option.liftPredicate((n: number) => n >= 1), `--${name} must be 1 or more`)
  )

/** Against files that are too large. */
export const max = atLeastOne("max").pipe(
  Options.withDescription("Send nothing if it were more shipments than that. For scripts."),
  Options.optional
)

/** Shipments in a request. */
export const batchSize = Options.integer("batch-size").pipe(
  Options.filterMap(
    Option.liftPredicate((size: number) => size >= 1 && size <= 500),
    "--batch-size must be 1 to 500"
  ),
  Options.withDescription("Shipments per request, 1 to 500. Default 100."),
  Options.withDefault(100)
)

/** What the account is allowed. */
export const requestsPerMinute = atLeastOne("requests-per-minute").pipe(
  Options.withDescription(
    "How many requests your account may make in a minute, if ShipStation allows it others than usual: 200, and 20 with a "
      + "sandbox key. All that share an outbox should say the same."
  ),
  Options.optional
)

/** Where a server listens. */
export const port = Options.integer("port").pipe(
  Options.withSchema(Schema.Number.pipe(Schema.between(0, 65_535, { message: () => "must be from 0 to 65535" }))),
  Options.withDescription("The port to listen on. Default: a free one, as with 0."),
  Options.withDefault(0)
)

/** For programs. */
export const json = Options.boolean("json").pipe(Options.withDescription("JSON instead of text, on stdout."))

/** Without asking. */
export const yes = Options.boolean("yes").pipe(Options.withDescription("Don't ask. Needed where there is no terminal."))

const units = { s: "seconds", m: "minutes", h: "hours", d: "days" } as const

const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([smhd])[a-z]*\s*$/.exec(text) ?? []
  return amount !== undefined && (unit === "s" || unit === "m" || unit === "h" || unit === "d")
    ? Duration.decodeUnknown(`${amount} ${units[unit]}`)
    : Option.none()
}

/** A time such as `90 seconds`, `10m` or `2 hours`. */
export const duration = (name: string) =>
  Options.filterMap(Options.text(name), parseDuration, `--${name} must be a time, like 90s, 10m, 2h or 30d`)

/** Which rows of the outbox. */
export const filter = {
  state: Options.choice("state", State.literals).pipe(
    Options.withDescription("Only rows in this state. Can be given several times."),
    Options.repeated
  ),
  message: Options.text("message").pipe(
    Options.withDescription("Only rows whose last error has this text in it."),
    Options.optional
  ),
  shipment: Options.text("shipment").pipe(
    Options.withDescription("Only the row of this shipment."),
    Options.optional
  ),
  tracking: Options.text("tracking").pipe(
    Options.withDescription("Only rows with this tracking number."),
    Options.optional
  ),
  olderThan: duration("older-than").pipe(
    Options.withDescription("Only rows that were offered so long ago, like 90s, 10m, 2h or 30d."),
    Options.optional
  )
}

/** The filter as the outbox takes it. */
export const toFilter = Effect.fnUntraced(function*(
  { message, olderThan, shipment, state, tracking }: {
    readonly state: ReadonlyArray<State>
    readonly message: Option.Option<string>
    readonly shipment: Option.Option<string>
    readonly tracking: Option.Option<string>
    readonly olderThan: Option.Option<Duration.Duration>
  }
) {
  const now = yield* DateTime.now
  return {
    states: state.length === 0 ? undefined : state,
    message: Option.getOrUndefined(message),
    shipmentId: Option.getOrUndefined(shipment),
    trackingNumber: Option.getOrUndefined(tracking),
    offeredBefore: Option.getOrUndefined(Option.map(olderThan, (ago) => DateTime.subtractDuration(now, ago)))
  }
})
