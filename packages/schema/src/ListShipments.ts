import type * as Array from "effect/Array"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type InputIssue, withIssues } from "./internal/issues.js"
import { DateFilter, Filter, PageNumber, pageSize } from "./internal/query.js"
import { answerList } from "./internal/tolerant.js"
import { SortDir } from "./ListFulfillments.js"
import { told } from "./Paging.js"
import { Shipment } from "./Shipment.js"

/**
 * What `sort_by` takes.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SortBy = Schema.Literal("created_at", "modified_at").annotations({
  identifier: "ShipStationShipmentsSortBy",
  description: "What to sort by",
  message: () => ({ message: "must be created_at or modified_at", override: true })
})

const StatusFilter = Schema.Literal("pending", "processing", "label_purchased", "cancelled").annotations({
  description: "How far the shipment has come",
  message: () => ({ message: "must be pending, processing, label_purchased or cancelled", override: true })
})

/**
 * Query of `GET /v2/shipments`. All parameters are optional and combined with AND, but for `batch_id`, beside which the
 * others are ignored. Dates include both ends.
 *
 * There is no parameter for several numbers at once. `page` counts from 1; `page_size` is 1 to 500, 25 when left out.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Query = Schema.Struct({
  /** How far it has come. */
  shipment_status: Schema.optional(StatusFilter),
  /** The order number, exactly. */
  shipment_number: Schema.optional(Filter),
  /** The caller's own id. */
  external_shipment_id: Schema.optional(Filter),
  /** The sales order that it was made from. */
  sales_order_id: Schema.optional(Filter),
  /** The shop or marketplace that the order came from. */
  store_id: Schema.optional(Filter),
  /** The batch that it belongs to. The other filters are ignored then. */
  batch_id: Schema.optional(Filter),
  /** A tag that it has. */
  tag: Schema.optional(Filter),
  /** Created then or later. */
  created_at_start: Schema.optional(DateFilter),
  /** Created then or earlier. */
  created_at_end: Schema.optional(DateFilter),
  /** Changed then or later. */
  modified_at_start: Schema.optional(DateFilter),
  /** Changed then or earlier. */
  modified_at_end: Schema.optional(DateFilter),
  /** The page, counted from 1. */
  page: Schema.optional(PageNumber),
  /** How many a page holds: 1 to 500, and 25 when left out. */
  page_size: Schema.optional(pageSize("shipments")),
  /** `asc` (the oldest first) or `desc`. */
  sort_dir: Schema.optional(SortDir),
  /** What to sort by. */
  sort_by: Schema.optional(SortBy)
}).annotations({
  identifier: "ShipStationListShipmentsQuery",
  description: "Which shipments to list",
  message: () => "must be an object"
})

/**
 * Query of `GET /v2/shipments`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query extends Schema.Schema.Type<typeof Query> {}

/**
 * One page of shipments. `pages` is 0 when there are none at all.
 *
 * It is read row by row: a row that isn't an object is `{}`, without a `shipment_id`, which says that something was listed
 * and can't be read. What else isn't of its type is null.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Page = Schema.Struct({
  /** The shipments of this page. */
  shipments: answerList(Shipment, (): Shipment => ({})),
  ...told
}).annotations({ identifier: "ShipStationListShipmentsPage", description: "One page of shipments" })

/**
 * One page of shipments.
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
