/**
 * The routes of the dashboard, relative to where it is mounted. `HttpApiClient.make` makes a client of it, `OpenApi.fromApi`
 * its document.
 *
 * `GET api/events` emits server-sent events: `overview`, an `Overview`, at first and whenever it has changed, and `tick`, the
 * time in milliseconds, whenever it was looked at. No tick for a while: the database doesn't answer.
 *
 * @since 0.1.0
 */
import { OutboxError, OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Explanation } from "./Explanation.js"

const Moment = Schema.DateTimeUtcFromNumber

/**
 * How many rows of an account are in a state.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Count = Schema.Struct({
  account: Schema.String,
  state: OutboxRow.State,
  count: Schema.Int,
  /** When the oldest of them was offered. */
  oldest: Moment
})

/**
 * How many rows there were in each state, of all accounts, at a moment, how old the oldest was, and how much of a limit was
 * used.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Sample = Schema.Struct({
  at: Moment,
  counts: Schema.partial(Schema.Record({ key: OutboxRow.State, value: Schema.Int })),
  /** When the oldest of those was offered that are pending, sending or unknown. */
  oldest: Schema.optional(Moment),
  /** What share of its limit the account used that used most of it, where that is known. */
  limitUsed: Schema.optional(Schema.Number)
})

/**
 * How many rows ended in a state, of all accounts, within a minute or an hour.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Ended = Schema.Struct({
  /** When the minute, or hour, began. */
  from: Moment,
  state: OutboxRow.State,
  count: Schema.Int
})

/**
 * Of the last hour, by the minute, or of the last day, by the hour.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Span = Schema.Literal("hour", "day")

/**
 * How much of its limit an account uses: of all that share the rate limiter's store.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Limit = Schema.Struct({
  account: Schema.String,
  /** Requests that left within the window, and those about to. */
  used: Schema.Int,
  /** Of so many, if any request was made yet. */
  limit: Schema.optional(Schema.Number),
  /** ShipStation answered with 429: no request leaves before. */
  pausedUntil: Schema.optional(Moment)
}).annotations({ identifier: "OutboxLimit" })

/**
 * How much of its limit an account uses.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limit extends Schema.Schema.Type<typeof Limit> {}

/**
 * An account of which rows could be sent, and nothing was for 2 minutes or more: perhaps no worker works for it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Idle = Schema.Struct({
  account: Schema.String,
  /** Rows could be sent since then, and none was, as far as is known. */
  since: Moment,
  /** The minute in which one was sent last, or found, where that is known. */
  lastDone: Schema.optional(Moment)
}).annotations({ identifier: "OutboxIdle" })

/**
 * An account of which rows could be sent, and nothing was for 2 minutes or more.
 *
 * @since 0.1.0
 * @category models
 */
export interface Idle extends Schema.Schema.Type<typeof Idle> {}

/**
 * An account of which rows were to be looked for, or their sending is over, and for 2 minutes or more nobody has seen to
 * that: perhaps no worker works for it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Overdue = Schema.Struct({
  account: Schema.String,
  /** Of so many, of the first few hundred. */
  count: Schema.Int,
  /** When the first of them was to be looked for. */
  since: Moment
}).annotations({ identifier: "OutboxOverdue" })

/**
 * An account of which rows were to be looked for, and weren't for 2 minutes or more.
 *
 * @since 0.1.0
 * @category models
 */
export interface Overdue extends Schema.Schema.Type<typeof Overdue> {}

/**
 * What there is.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Overview = Schema.Struct({
  /** When it was first seen to be so. */
  at: Moment,
  counts: Schema.Array(Count),
  accounts: Schema.Array(OutboxStore.AccountState),
  /** Of the 100 accounts of which most waits; none where the program has no `RateLimiterStore`. */
  limits: Schema.Array(Limit),
  /** Not those that are paused, held back, or whose rows wait for another try. */
  idle: Schema.Array(Idle),
  /** Not those that are paused. */
  overdue: Schema.optional(Schema.Array(Overdue)),
  /** Of so many fulfilled rows the order source wasn't told: 100 for 100 or more. */
  notNotified: Schema.Int,
  /** How many of these each account has. */
  notNotifiedOf: Schema.optional(Schema.Array(Schema.Struct({ account: Schema.String, count: Schema.Int }))),
  /** The last one. */
  sample: Sample
}).annotations({ identifier: "OutboxOverview" })

/**
 * What there is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Overview extends Schema.Schema.Type<typeof Overview> {}

/**
 * A page of rows, in the order of their ids, or the other way round.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Page = Schema.Struct({
  rows: Schema.Array(OutboxRow.OutboxRow),
  /** Give it as `after` to get the next page. */
  next: Schema.optional(Schema.Int),
  /** Of a search for several: what none of the rows has, and what wasn't looked for, as it was too much. */
  searched: Schema.optional(Schema.Struct({
    notFound: Schema.Array(Schema.String),
    leftOut: Schema.Array(Schema.String)
  }))
})

/**
 * A row, with all that happened to it, and what to do.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Detail = Schema.Struct({
  row: OutboxRow.OutboxRow,
  history: Schema.Array(OutboxRow.HistoryEntry),
  evidence: Schema.Array(OutboxStore.Evidence),
  /** When its account was paused and resumed, the newest first, 100 times at most. */
  accountHistory: Schema.optional(Schema.Array(OutboxStore.AccountEntry)),
  explanation: Explanation
})

/**
 * The database can't be asked.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()(
  "Unavailable",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {}

/**
 * Which rows. What is left out is met by all.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Filter = Schema.Struct({
  account: Schema.optional(Schema.String),
  state: Schema.optional(OutboxRow.State),
  shipmentId: Schema.optional(Schema.String),
  trackingNumber: Schema.optional(Schema.String),
  /**
   * Shipments and tracking numbers as people write them: several with spaces or commas between, in any case, shipments
   * also without `se-`. Tracking numbers that were offered, and those that ShipStation had instead. The first 50, on one
   * page.
   */
  search: Schema.optional(Schema.String),
  /** Of rows in any state but fulfilled, unless `state` says so. */
  message: Schema.optional(Schema.String),
  /** Fulfilled rows whose order source was told, or not. */
  orderSource: Schema.optional(OutboxRow.OrderSourceState),
  /** In the order in which they came in, the last one first. */
  newestFirst: Schema.optional(Schema.BooleanFromString),
  after: Schema.optional(Schema.NumberFromString.pipe(Schema.int()))
})

/**
 * Which rows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter extends Schema.Schema.Type<typeof Filter> {}

const reason = Schema.String.pipe(
  Schema.filter((text) => text.trim() !== "" && text.length <= 500, { message: () => "say why, in up to 500 letters" })
)

/**
 * Which account, and why somebody does it. When it was paused or resumed as somebody saw it: if it was since, nothing is
 * changed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OfAccount = Schema.Struct({
  account: Schema.String,
  reason,
  ifSeen: Schema.optional(Schema.Struct({
    pausedAt: Schema.optional(Moment),
    resumedAt: Schema.optional(Moment)
  }))
})

/**
 * Why somebody does it, which is kept, and the state and the tracking number that were seen: if the row has another by now,
 * nothing is changed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Operation = Schema.Struct({
  reason,
  ifState: OutboxRow.State,
  ifTrackingNumber: Schema.optional(Schema.String)
})

/**
 * Rows in these states may be retried or discarded many at once, as nothing of them was done. What may have been sent is
 * decided one by one.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ManyState = OutboxRow.State.pipe(Schema.pickLiteral("pending", "rejected", "conflict"))

/**
 * So many rows are told of at most, …
 *
 * @since 0.1.0
 * @category constants
 */
export const mostMatching = 10_000

/**
 * … and so many retried or discarded in one request.
 *
 * @since 0.1.0
 * @category constants
 */
export const mostAtOnce = 200

/**
 * Rows of a filter that may be retried or discarded together.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Matching = Schema.Struct({
  rows: Schema.Array(Schema.Struct({
    id: Schema.Int,
    state: ManyState,
    tracking_number: Schema.String,
    /** It waits for nothing but a worker, so that a retry changes nothing. */
    isDue: Schema.optional(Schema.Boolean)
  })),
  /** Whether these are all, or the first 10,000 only. */
  isWhole: Schema.Boolean
})

/**
 * Rows, each in the state and with the tracking number that were seen, and why somebody does it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Many = Schema.Struct({
  reason,
  rows: Schema.Array(
    Schema.Struct({ id: Schema.Int, ifState: ManyState, ifTrackingNumber: Schema.optional(Schema.String) })
  ).pipe(Schema.maxItems(mostAtOnce))
})

/**
 * What became of them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ManyDone = Schema.Struct({
  done: Schema.Int,
  /** Of how many nothing was changed: they are in another state by now, or aren't there any more. */
  left: Schema.Int
})

const id = HttpApiSchema.param("id", Schema.NumberFromString.pipe(Schema.int()))

/**
 * All routes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const group = HttpApiGroup.make("outbox")
  .add(HttpApiEndpoint.get("overview")`/api/overview`.addSuccess(Overview))
  /** Those since this program began to watch, for a day at most; the oldest first. */
  .add(HttpApiEndpoint.get("samples")`/api/samples`.addSuccess(Schema.Array(Sample)))
  /** From the database, whenever this program began. */
  .add(
    HttpApiEndpoint.get("ended")`/api/ended`
      .setUrlParams(Schema.Struct({ span: Span }))
      .addSuccess(Schema.Array(Ended))
  )
  .add(HttpApiEndpoint.get("rows")`/api/rows`.setUrlParams(Filter).addSuccess(Page))
  .add(
    HttpApiEndpoint.get("row")`/api/rows/${id}`
      .addSuccess(Detail)
      .addError(OutboxError.OutboxRowNotFound, { status: 404 })
  )
  .add(
    HttpApiEndpoint.post("retry")`/api/rows/${id}/retry`
      .setPayload(Operation)
      .addSuccess(OutboxRow.OutboxRow)
      .addError(OutboxError.OutboxRowNotFound, { status: 404 })
      .addError(OutboxError.OutboxStateError, { status: 409 })
  )
  .add(
    HttpApiEndpoint.post("discard")`/api/rows/${id}/discard`
      .setPayload(Operation)
      .addSuccess(OutboxRow.OutboxRow)
      .addError(OutboxError.OutboxRowNotFound, { status: 404 })
      .addError(OutboxError.OutboxStateError, { status: 409 })
  )
  .add(HttpApiEndpoint.get("matching")`/api/matching`.setUrlParams(Filter).addSuccess(Matching))
  .add(HttpApiEndpoint.post("retryMany")`/api/matching/retry`.setPayload(Many).addSuccess(ManyDone))
  .add(HttpApiEndpoint.post("discardMany")`/api/matching/discard`.setPayload(Many).addSuccess(ManyDone))
  /** When it was paused and resumed, by whom and why: the newest first, 100 times at most. */
  .add(
    HttpApiEndpoint.get("accountHistory")`/api/accounts/history`
      .setUrlParams(Schema.Struct({ account: Schema.String }))
      .addSuccess(Schema.Array(OutboxStore.AccountEntry))
  )
  .add(
    HttpApiEndpoint.post("pause")`/api/accounts/pause`
      .setPayload(OfAccount)
      .addError(OutboxError.OutboxAccountChanged, { status: 409 })
  )
  .add(
    HttpApiEndpoint.post("resume")`/api/accounts/resume`
      .setPayload(OfAccount)
      .addError(OutboxError.OutboxAccountChanged, { status: 409 })
  )
  .addError(Unavailable)

/**
 * All routes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const DashboardApi = HttpApi.make("effect-shipstation-dashboard").add(group)
