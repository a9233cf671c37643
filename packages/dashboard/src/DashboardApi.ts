/**
 * The routes of the dashboard, relative to where it is mounted. `HttpApiClient.make` makes a client of it, `OpenApi.fromApi`
 * its document.
 *
 * `GET api/events` emits server-sent events: `overview`, an `Overview`, at first and whenever it has changed, and `tick`, the
 * time in milliseconds, whenever it was looked at. No tick for a while: the database doesn't answer.
 */
import { OutboxError, OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Explanation } from "./Explanation.js"

const Moment = Schema.DateTimeUtcFromNumber

/** How many rows of an account are in a state. */
export const Count = Schema.Struct({
  account: Schema.String,
  state: OutboxRow.State,
  count: Schema.Int,
  /** When the oldest of them was offered. */
  oldest: Moment
})

/** How many rows there were in each state, of all accounts, at a moment. */
export const Sample = Schema.Struct({
  at: Moment,
  counts: Schema.partial(Schema.Record({ key: OutboxRow.State, value: Schema.Int }))
})

/** What there is. */
export const Overview = Schema.Struct({
  /** When it was first seen to be so. */
  at: Moment,
  counts: Schema.Array(Count),
  accounts: Schema.Array(OutboxStore.AccountState),
  /** The last one. */
  sample: Sample
}).annotations({ identifier: "OutboxOverview" })

/** What there is. */
export interface Overview extends Schema.Schema.Type<typeof Overview> {}

/** A page of rows, in the order of their ids. */
export const Page = Schema.Struct({
  rows: Schema.Array(OutboxRow.OutboxRow),
  /** Give it as `after` to get the next page. */
  next: Schema.optional(Schema.Int)
})

/** A row, with all that happened to it, and what to do. */
export const Detail = Schema.Struct({
  row: OutboxRow.OutboxRow,
  history: Schema.Array(OutboxRow.HistoryEntry),
  evidence: Schema.Array(OutboxStore.Evidence),
  explanation: Explanation
})

/** The database can't be asked. */
export class Unavailable extends Schema.TaggedError<Unavailable>()(
  "Unavailable",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {}

/** Which rows. What is left out is met by all. */
export const Filter = Schema.Struct({
  account: Schema.optional(Schema.String),
  state: Schema.optional(OutboxRow.State),
  shipmentId: Schema.optional(Schema.String),
  trackingNumber: Schema.optional(Schema.String),
  message: Schema.optional(Schema.String),
  /** Fulfilled rows whose order source was told, or not. */
  orderSource: Schema.optional(OutboxRow.OrderSourceState),
  after: Schema.optional(Schema.NumberFromString.pipe(Schema.int()))
})

/** Which rows. */
export interface Filter extends Schema.Schema.Type<typeof Filter> {}

const reason = Schema.String.pipe(
  Schema.filter((text) => text.trim() !== "" && text.length <= 500, { message: () => "say why, in up to 500 letters" })
)

/** Which account, and why somebody does it. */
export const OfAccount = Schema.Struct({ account: Schema.String, reason })

/** Why somebody does it, which is kept, and the state that was seen: if the row is in another by now, nothing is changed. */
export const Operation = Schema.Struct({ reason, ifState: OutboxRow.State })

const id = HttpApiSchema.param("id", Schema.NumberFromString.pipe(Schema.int()))

/** All routes. */
export const group = HttpApiGroup.make("outbox")
  .add(HttpApiEndpoint.get("overview")`/api/overview`.addSuccess(Overview))
  /** Those since this program began to watch, for a day at most; the oldest first. */
  .add(HttpApiEndpoint.get("samples")`/api/samples`.addSuccess(Schema.Array(Sample)))
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
  .add(HttpApiEndpoint.post("pause")`/api/accounts/pause`.setPayload(OfAccount))
  .add(HttpApiEndpoint.post("resume")`/api/accounts/resume`.setPayload(OfAccount))
  .addError(Unavailable)

/** All routes. */
export const DashboardApi = HttpApi.make("effect-shipstation-dashboard").add(group)
