import type * as Array from "effect/Array"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Fulfillment } from "./Fulfillment.js"
import { type InputIssue, withIssues } from "./internal/issues.js"
import { DateFilter, Filter, PageNumber, pageSize } from "./internal/query.js"
import { answerList } from "./internal/tolerant.js"
import { told } from "./Paging.js"

export { Link } from "./Paging.js"

/**
 * What `sort_by` takes.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SortBy = Schema.Literal("created_at", "modified_at", "shipped_at").annotations({
  identifier: "ShipStationSortBy",
  description: "What to sort by; created_at when left out",
  message: () => ({ message: "must be created_at, modified_at or shipped_at", override: true })
})

/**
 * What `sort_dir` takes.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SortDir = Schema.Literal("asc", "desc").annotations({
  identifier: "ShipStationSortDir",
  description: "Ascending or descending; asc when left out",
  message: () => ({ message: "must be asc or desc", override: true })
})

/**
 * Query of `GET /v2/fulfillments`. All parameters are optional and combined with AND. Dates include both ends.
 *
 * `page` counts from 1; `page_size` is 1 to 500, 25 when left out; `sort_by` is `created_at` and `sort_dir` is `asc` when
 * left out.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Query = Schema.Struct({
  /** The receiver's name. */
  ship_to_name: Schema.optional(Filter),
  /** The country that it went to, as a code of two letters. */
  ship_to_country_code: Schema.optional(Filter),
  /** The shipment's number: the order number. */
  shipment_number: Schema.optional(Filter),
  /** The shipment that was marked as shipped. */
  shipment_id: Schema.optional(Filter),
  /** The fulfillment's own id. */
  fulfillment_id: Schema.optional(Filter),
  /** The batch that it belongs to. */
  batch_id: Schema.optional(Filter),
  /** The shop or marketplace that the order came from. */
  order_source_id: Schema.optional(Filter),
  /** The provider that fulfilled it. */
  fulfillment_provider_code: Schema.optional(Filter),
  /** The tracking number that was given. */
  tracking_number: Schema.optional(Filter),
  /** Shipped then or later. */
  ship_date_start: Schema.optional(DateFilter),
  /** Shipped then or earlier. */
  ship_date_end: Schema.optional(DateFilter),
  /** Created then or later. */
  create_date_start: Schema.optional(DateFilter),
  /** Created then or earlier. */
  create_date_end: Schema.optional(DateFilter),
  /** The page, counted from 1. */
  page: Schema.optional(PageNumber),
  /** How many a page holds: 1 to 500, and 25 when left out. */
  page_size: Schema.optional(pageSize("fulfillments")),
  /** `asc` (the oldest first) or `desc`; `asc` when left out. */
  sort_dir: Schema.optional(SortDir),
  /** What to sort by; `created_at` when left out. */
  sort_by: Schema.optional(SortBy)
}).annotations({
  identifier: "ShipStationListFulfillmentsQuery",
  description: "Which fulfillments to list",
  message: () => "must be an object"
})

/**
 * Query of `GET /v2/fulfillments`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query extends Schema.Schema.Type<typeof Query> {}

/**
 * One page of fulfillments. `pages` is 0 when there are none at all.
 *
 * It is read row by row: a row that isn't an object is `{}`, with neither `shipment_id` nor `tracking_number`, which says
 * that something was listed and can't be read. What else isn't of its type is null.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Page = Schema.Struct({
  /** The fulfillments of this page. */
  fulfillments: answerList(Fulfillment, (): Fulfillment => ({})),
  ...told
}).annotations({ identifier: "ShipStationListFulfillmentsPage", description: "One page of fulfillments" })

/**
 * One page of fulfillments.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page extends Schema.Schema.Type<typeof Page> {}

/**
 * Checks a query, all fields of it. Left: an issue for each field that is wrong.
 *
 * @since 0.1.0
 * @category decoding
 */
export const validateQuery: (query: Query) => Either.Either<Query, Array.NonEmptyReadonlyArray<InputIssue>> =
  withIssues(
    Schema.validateEither(Query, { errors: "all" })
  )
