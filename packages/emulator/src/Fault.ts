/**
 * How the emulator misbehaves: rules, as plain JSON. A rule says which requests it is for and what happens to them.
 *
 * Rules are set with the option `faults` or with `Emulator.setFaults`. **All rules that match a request apply to it**,
 * in this order, whatever the order of the rules:
 *
 * 1. `Delay` and `Hold` with `when: "before"`, one after the other
 * 2. the commit: fulfillments are created and notifications go out, those that `commits` of all rules allow; with
 *    `LandLate` only some time after all that follows
 * 3. `Delay` and `Hold` with `when: "after"`, one after the other
 * 4. what is answered: the first of `ErrorBody` and `RawBody`, else the usual answer with the first `PartialSuccess`, all
 *    `ChangeResults` and `ChangeList`, and the longest `LaggingList`
 * 5. how it is sent: the first of `RefuseConnection`, `Reset`, `Stall`, `CutBody`, `SlowBody` and `LandLate`
 *
 * A client that hangs up changes nothing of what was said here: what was received is committed, as by a real server.
 *
 * @since 0.1.0
 */
import * as ApiError from "@effect-shipstation/schema/ApiError"
import * as Schema from "effect/Schema"
import { Span } from "./internal/span.js"

const Count = Schema.Number.pipe(Schema.int(), Schema.nonNegative())

const PositiveCount = Schema.Number.pipe(Schema.int(), Schema.positive())

const Status = Schema.Number.pipe(Schema.int(), Schema.between(200, 599))

const HeaderText = Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/))

const Headers = Schema.Record({
  key: Schema.String.pipe(Schema.pattern(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
  value: HeaderText
})

const when = {
  /** Before or after the commit. Default `"before"`. */
  when: Schema.optional(Schema.Literal("before", "after"))
}

/**
 * Which items of a create are committed: all, the first so many, a share of them (the first, rounded down), or those of
 * these shipments.
 */
const Commits = Schema.Union(
  Schema.Literal("all"),
  Count,
  Schema.Struct({ share: Schema.Number.pipe(Schema.between(0, 1)) }),
  Schema.Array(Schema.String)
)

/**
 * Which items of a create are committed.
 *
 * @since 0.1.0
 * @category models
 */
export type Commits = typeof Commits.Type

const commits = {
  /** Which items of a create are committed all the same. Default `"all"`, except for `ErrorBody`: 0. */
  commits: Schema.optional(Commits)
}

const afterBytes = {
  /** How much of the body arrives, in bytes; it is never the whole. Default: half of it for `CutBody`, 0 for `Stall`. */
  afterBytes: Schema.optional(Count)
}

const Delay = Schema.TaggedStruct("Delay", { ...when, duration: Span }).annotations({
  description: "The request takes that much longer"
})

const Hold = Schema.TaggedStruct("Hold", when).annotations({
  description: "The request waits for release, if need be for ever"
})

const ErrorBody = Schema.TaggedStruct("ErrorBody", {
  ...commits,
  status: Status,
  /** Any text goes for source, type and code, and any other field. Default: an error that fits the status. */
  errors: Schema.optional(Schema.Array(
    Schema.extend(
      Schema.encodedSchema(ApiError.ErrorDetail),
      Schema.Record({ key: Schema.String, value: Schema.Unknown })
    )
  )),
  /** The header `Retry-After`: seconds, a date that is so far away, or a text as it is. Default: no such header. */
  retryAfter: Schema.optional(Schema.Union(Schema.Number, Schema.Struct({ dateIn: Span }), HeaderText)),
  /** Names in lower case. */
  headers: Schema.optional(Headers)
}).annotations({ description: "An error body of the contract is answered" })

const RawBody = Schema.TaggedStruct("RawBody", {
  ...commits,
  status: Status,
  /** Default: empty. */
  body: Schema.optional(Schema.String),
  /** Names in lower case. A body is `application/json` unless they say otherwise. */
  headers: Schema.optional(Headers)
}).annotations({ description: "Any text is answered: nothing, a proxy's page, broken JSON" })

const PartialSuccess = Schema.TaggedStruct("PartialSuccess", {
  /** The others fail. */
  commits: Commits,
  /**
   * How that is told: by a `message` in their results (the default), by `missing` results, or by a result `without id`
   * that has the message. `has_errors` is true in any case.
   */
  told: Schema.optional(Schema.Literal("message", "missing", "without id")),
  message: Schema.optional(Schema.String)
}).annotations({ description: "Status 200, though only some items of a create are committed" })

const ChangeResults = Schema.TaggedStruct("ChangeResults", {
  /** The first so many results are missing, or those of these shipments. */
  drop: Schema.optional(Schema.Union(Count, Schema.Array(Schema.String))),
  /** Each result comes twice. A contradicting copy says failed for created, and created for failed. */
  duplicate: Schema.optional(Schema.Literal("same", "contradicting")),
  /** One more result, for the shipment `se-unasked`, which nobody asked for. */
  extra: Schema.optional(Schema.Boolean),
  /** The results come in reverse order. */
  reverse: Schema.optional(Schema.Boolean),
  /** `has_errors` says the opposite. */
  contradictHasErrors: Schema.optional(Schema.Boolean),
  /** Neither the results nor the answer have these fields. */
  without: Schema.optional(Schema.Array(Schema.String))
}).annotations({ description: "The answer to a create is altered: what was committed stays" })

const LaggingList = Schema.TaggedStruct("LaggingList", { lag: Span }).annotations({
  description: "A list doesn't show fulfillments or shipments that are younger than the lag"
})

const ChangeList = Schema.TaggedStruct("ChangeList", {
  /** Filters by date take each row for so many hours later, or earlier, than it is. */
  hoursOff: Schema.optional(Schema.Number.pipe(Schema.between(-48, 48))),
  /** These parameters of the query, such as `shipment_id`, change nothing. */
  ignores: Schema.optional(Schema.Array(Schema.String)),
  /** A page holds so many at most, whatever `page_size` says. */
  mostRows: Schema.optional(PositiveCount),
  /** Neither the rows nor the page have these fields, such as `shipment_id` or `pages`. */
  without: Schema.optional(Schema.Array(Schema.String)),
  /** What rows have in these fields instead, where these aren't null: a date in another form, say. */
  values: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  /** In place of this row of each page, counted from 0, there is null. */
  nullRow: Schema.optional(Count)
}).annotations({ description: "A list is altered: what there is stays" })

const RefuseConnection = Schema.TaggedStruct("RefuseConnection", {}).annotations({
  description: "Nobody listens, and nothing is committed"
})

const Reset = Schema.TaggedStruct("Reset", commits).annotations({
  description: "The connection is reset, and nothing is answered"
})

const Stall = Schema.TaggedStruct("Stall", { ...commits, ...afterBytes }).annotations({
  description: "Status, headers and a part of the body are answered, then silence"
})

const CutBody = Schema.TaggedStruct("CutBody", { ...commits, ...afterBytes }).annotations({
  description: "The connection is closed before the whole body was answered"
})

const SlowBody = Schema.TaggedStruct("SlowBody", {
  bytesPerChunk: PositiveCount,
  /** Between two chunks. */
  interval: Span
}).annotations({ description: "The body is answered in small pieces" })

const LandLate = Schema.TaggedStruct("LandLate", { ...commits, after: Span }).annotations({
  description: "A create is done only some time after its connection ended, or after it was answered by another rule"
})

const Repeat = Schema.TaggedStruct("Repeat", {
  /** How often. Default 1. */
  times: Schema.optional(PositiveCount),
  /** How long before each. Default: at once. */
  after: Schema.optional(Span)
}).annotations({ description: "A webhook is sent again, byte by byte, with the time and the signature that it had" })

const Forge = Schema.TaggedStruct("Forge", {
  what: Schema.Literal("body", "key", "signature", "timestamp")
}).annotations({ description: "A webhook is not what was signed" })

/**
 * What happens to a request.
 *
 * | `_tag`             | what the client sees                                         | committed            |
 * | ------------------ | ------------------------------------------------------------ | -------------------- |
 * | `Delay`            | an answer that takes `duration` longer                       | all                  |
 * | `Hold`             | nothing, until `Emulator.release`                            | all, once released   |
 * | `ErrorBody`        | a status, an error body of the contract, `Retry-After`       | `commits`, default 0 |
 * | `RawBody`          | a status and any text                                        | `commits`            |
 * | `PartialSuccess`   | status 200, and of the others that they failed               | `commits`            |
 * | `ChangeResults`    | results of a create missing, doubled, contradicting, …       | all                  |
 * | `LaggingList`      | a list without what is younger than `lag`                    |                      |
 * | `ChangeList`       | a list with filters that are off, short pages, fields gone   |                      |
 * | `RefuseConnection` | a refused connection; over a socket, a reset one             | nothing              |
 * | `Reset`            | a reset connection                                           | `commits`            |
 * | `Stall`            | status, headers, `afterBytes` of the body, and then silence  | `commits`            |
 * | `CutBody`          | status, headers, `afterBytes` of the body, and then its end  | `commits`            |
 * | `SlowBody`         | the whole body, in small pieces                              | all                  |
 * | `LandLate`         | a reset connection, or another rule's `ErrorBody`, `RawBody` | `commits`, `after`   |
 * | `Repeat`           | a webhook once more, as it was                               |                      |
 * | `Forge`            | a webhook whose signature doesn't fit                        |                      |
 *
 * What `Stall` and `CutBody` send a part of is what would be answered had all been committed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FaultAction = Schema.Union(
  Delay,
  Hold,
  ErrorBody,
  RawBody,
  PartialSuccess,
  ChangeResults,
  LaggingList,
  ChangeList,
  RefuseConnection,
  Reset,
  Stall,
  CutBody,
  SlowBody,
  LandLate,
  Repeat,
  Forge
).annotations({ identifier: "FaultAction", description: "What happens to a request" })

/**
 * What happens to a request.
 *
 * @since 0.1.0
 * @category models
 */
export type FaultAction = typeof FaultAction.Type

/**
 * For which requests something happens, and what. Conditions that are left out are met by every request.
 *
 * @example
 * ```ts
 * import type { Fault } from "@effect-shipstation/emulator"
 *
 * // the first answer gets lost, after two items were committed; then a minute of 429, now and then
 * export const faults: ReadonlyArray<Fault.FaultRule> = [
 *   { endpoint: "create", nth: 1, action: { _tag: "Reset", commits: 2 } },
 *   { from: "1 minute", until: "2 minutes", probability: 0.5, action: { _tag: "ErrorBody", status: 429, retryAfter: 30 } }
 * ]
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const FaultRule = Schema.Struct({
  /**
   * `"create"` is `POST /v2/fulfillments`, `"list"` its GET, `"shipments"` the list of shipments, `"shipment"` one of them by
   * either id, `"carriers"` the list of carriers. `"webhook"` is a webhook that is to be sent, to which `Delay`, `Repeat` and
   * `Forge` may happen; a rule that doesn't name it isn't for webhooks.
   */
  endpoint: Schema.optional(Schema.Literal("create", "list", "shipments", "shipment", "carriers", "webhook")),
  /** Name of the account whose key came with the request. */
  account: Schema.optional(Schema.String),
  /** Which of its account's keys came with the request, counted from 1 in the order in which they were given. */
  key: Schema.optional(PositiveCount),
  /** A create that holds this shipment, a list with this `shipment_id` in its query, or the shipment itself by this id. */
  shipmentId: Schema.optional(Schema.String),
  /** From this time since the emulator's start or reset. */
  from: Schema.optional(Span),
  /** Before this time since the emulator's start or reset. */
  until: Schema.optional(Span),
  /** Of the requests that meet the conditions above, only this one, counted from 1. */
  nth: Schema.optional(PositiveCount),
  /** 0 to 1. Drawn from a generator with the option `seed`: the same requests in the same order meet the same fate. */
  probability: Schema.optional(Schema.Number.pipe(Schema.between(0, 1))),
  /** Applies to so many requests at most. */
  times: Schema.optional(Count),
  action: FaultAction
}).annotations({
  identifier: "FaultRule",
  description: "For which requests something happens, and what",
  // a condition with a typing error would be met by every request
  parseOptions: { onExcessProperty: "error" }
})

/**
 * For which requests something happens, and what.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultRule extends Schema.Schema.Type<typeof FaultRule> {}
