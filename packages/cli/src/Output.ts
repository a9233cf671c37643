/**
 * What `--json` prints. Names of the API are as they are there, such as `shipment_id`; ours are in camelCase.
 */
import { State } from "@effect-shipstation/outbox/OutboxRow"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ExitCode from "./ExitCode.js"
import { jsonText } from "./terminal/text.js"

const Count = Schema.NonNegativeInt

const Problem = Schema.Struct({
  line: Schema.optional(Schema.Int),
  field: Schema.optional(Schema.String),
  value: Schema.optional(Schema.String),
  reason: Schema.String,
  remedy: Schema.optional(Schema.String)
})

/** What was found in a file, by kind, and the first 20. */
const Findings = Schema.Struct({
  count: Count,
  kinds: Schema.Array(Schema.Struct({
    count: Count,
    field: Schema.optional(Schema.String),
    reason: Schema.String,
    remedy: Schema.optional(Schema.String)
  })),
  first: Schema.Array(Problem)
})

/** What the outbox has of a file's shipments. */
const Before = Schema.Struct({
  memory: Schema.String,
  states: Schema.partial(Schema.Record({ key: State, value: Count })),
  /** The first rows with another tracking number than the outbox has. */
  changed: Schema.Array(
    Schema.Struct({ line: Schema.Int, shipment_id: Schema.String, state: State, was: Schema.String })
  ),
  changedCount: Count,
  /** The first rows whose tracking number another shipment was sent with, or is to be. */
  reused: Schema.Array(Schema.Struct({
    line: Schema.Int,
    shipment_id: Schema.String,
    tracking_number: Schema.String,
    of: Schema.String,
    state: State
  })),
  reusedCount: Count,
  /** The first shipments of an earlier run that wait, and aren't in the file any more. */
  leftTheFile: Schema.Array(Schema.String),
  leftTheFileCount: Count
})

/** How many rows of a file are left out, and the first 20. */
const LeftOut = Schema.Struct({
  count: Count,
  first: Schema.Array(Schema.Struct({
    line: Schema.optional(Schema.Int),
    /** The line of the row that it is sent with. */
    sameAs: Schema.optional(Schema.Int),
    reason: Schema.optional(Schema.String)
  }))
})

const byName = <A, I>(value: Schema.Schema<A, I>) => Schema.Record({ key: Schema.String, value })

/** `plan`. */
export const Planned = Schema.Struct({
  file: Schema.String,
  format: Schema.Literal("csv", "tsv", "ndjson", "json", "xlsx"),
  /** What came from `--profile`, and wasn't said. */
  profile: Schema.NullOr(Schema.Struct({ name: Schema.String, options: Schema.String })),
  /** The file's own names of columns, by field. */
  columns: byName(Schema.String),
  unusedColumns: Schema.Array(Schema.String),
  rows: Count,
  /** Rows that can be sent. */
  valid: Count,
  /** Rows that say the same as another one. */
  folded: Count,
  /** Rows that `--where` and `--since-line` leave out, that can't be sent, and that say the same as another one. */
  leftOut: Schema.Struct({ where: LeftOut, sinceLine: LeftOut, bad: LeftOut, same: LeftOut }),
  shipments: Count,
  requests: Count,
  atLimitSeconds: Schema.Number,
  customers: Count,
  orderSources: Count,
  /** Shipments by carrier. */
  carriers: byName(Count),
  carrierNames: byName(Schema.Array(Schema.String)),
  shipDates: Schema.NullOr(Schema.Struct({ first: Schema.String, last: Schema.String })),
  /** Shipments without a date. */
  today: Count,
  problems: Findings,
  warnings: Findings,
  problemsFile: Schema.NullOr(Schema.String),
  before: Before
})

/** `import`. */
export const Imported = Schema.Struct({
  file: Schema.String,
  /** The folder of the reports. */
  reports: Schema.String,
  exitCode: Schema.Int,
  fulfilled: Count,
  rejected: Count,
  conflict: Count,
  refused: Count,
  discarded: Count,
  unknown: Count,
  notSent: Count,
  /** Of other files, that were sent along: at least so many. */
  othersRejected: Count
})

/** `plan` and `import`, where they couldn't be done. */
export const Failed = Schema.Struct({
  file: Schema.String,
  exitCode: Schema.Int,
  /** For a person. */
  error: Schema.String
})

/** `import --offer-only`. */
export const Offered = Schema.Struct({
  accepted: Count,
  /** Were there already. */
  duplicate: Count,
  /** Took the place of what waited. */
  replaced: Count,
  /** Were rejected before, and wait again. */
  requeued: Count,
  refused: Count
})

/** `status`. */
export const Status = Schema.Struct({
  states: byName(Schema.Struct({ count: Count, oldest: Schema.optional(Schema.DateTimeUtc) })),
  paused: Schema.NullOr(Schema.Struct({
    since: Schema.DateTimeUtc,
    by: Schema.String,
    message: Schema.optional(Schema.String)
  })),
  waitingUntil: Schema.NullOr(Schema.DateTimeUtc),
  requestsInTheLastMinute: Count,
  rateLimitedUntil: Schema.NullOr(Schema.DateTimeUtc)
})

/** A row of `list`. */
export const Row = Schema.Struct({
  id: Schema.Int,
  shipment_id: Schema.String,
  tracking_number: Schema.String,
  carrier_code: Schema.String,
  state: State,
  attempts: Count,
  message: Schema.optional(Schema.String),
  request_id: Schema.optional(Schema.String),
  fulfillment_id: Schema.optional(Schema.String),
  offeredAt: Schema.DateTimeUtc,
  changedAt: Schema.DateTimeUtc
})

/** A fulfilled row whose shop or marketplace wasn't told. */
export const NotTold = Schema.Struct({
  id: Schema.Int,
  shipment_id: Schema.String,
  tracking_number: Schema.String,
  fulfillment_id: Schema.optional(Schema.String),
  /** What the shop or marketplace says. */
  message: Schema.optional(Schema.String),
  lookedAt: Schema.optional(Schema.DateTimeUtc)
})

/** A change of a row. */
export const Change = Schema.Struct({
  at: Schema.DateTimeUtc,
  from: Schema.optional(State),
  to: State,
  by: Schema.String,
  message: Schema.optional(Schema.String),
  /** Why an operator did it, if that was said. */
  reason: Schema.optional(Schema.String),
  request_id: Schema.optional(Schema.String)
})

/** `show`. */
export const Shown = Schema.Struct({
  ...Row.fields,
  notify_customer: Schema.optional(Schema.Boolean),
  notify_order_source: Schema.optional(Schema.Boolean),
  history: Schema.Array(Change),
  /** What workers told too late. */
  evidence: Schema.Array(Schema.Struct({ at: Schema.DateTimeUtc, told: Schema.String }))
})

/** A carrier of `check`. */
export const Carrier = Schema.Struct({ carrier_code: Schema.String, name: Schema.String, nickname: Schema.String })

/** A profile of `profiles`. */
export const Profile = Schema.Struct({ name: Schema.String, options: Schema.String })

/** Prints a value as JSON. */
export const print = <A, I>(schema: Schema.Schema<A, I>, value: A, indent?: number): Effect.Effect<void> => {
  const encode = Schema.encodeSync(schema)
  return Effect.suspend(() => Console.log(jsonText(encode(value), indent)))
}

/** With `--json` prints why something failed, where that is said. */
export const orFailed = (
  { file, json }: { readonly file: string; readonly json: boolean }
) =>
<A, E extends { readonly _tag: string; readonly message?: string; readonly code?: number }, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  json
    ? Effect.tapError(self, ({ _tag, code, message = "" }) =>
      message === "" ? Effect.void : print(Failed, {
        file,
        exitCode: code ?? (_tag === "OutboxStoreError" ? ExitCode.temporary : ExitCode.usage),
        error: message
      }))
    : self
