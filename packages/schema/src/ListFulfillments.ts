import type * as Array from "effect/Array"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Fulfillment, ShipDate } from "./Fulfillment.js"
import { type InputIssue, withIssues } from "./internal/issues.js"
import { answerField } from "./internal/tolerant.js"

/** A text to filter by. An empty one would be sent as `name=`, which is not the same as leaving it out. */
const Filter = Schema.String.annotations({ message: () => "must be text" }).pipe(
  Schema.minLength(1, {
    message: () => "must not be empty: leave it out instead",
    title: "Filter",
    description: "A text to filter by; leave it out rather than empty"
  })
)

const dateFilterDescription = "A date-time to filter by; both ends are included"

const DateFilter = ShipDate.annotations({
  identifier: "DateFilter",
  description: dateFilterDescription,
  jsonSchema: { type: "string", format: "date-time", description: dateFilterDescription }
})

// no `Schema.Int`: its identifier would put a $ref into the JSON Schema, and a $ref hides the bounds beside it
const WholeNumber = Schema.Number.annotations({ message: () => "must be a whole number" }).pipe(
  Schema.int({ message: () => "must be a whole number" })
)

/** What `sort_by` takes. */
export const SortBy = Schema.Literal("created_at", "modified_at", "shipped_at").annotations({
  identifier: "SortBy",
  description: "What to sort by; created_at when left out",
  message: () => ({ message: "must be created_at, modified_at or shipped_at", override: true })
})

/** What `sort_dir` takes. */
export const SortDir = Schema.Literal("asc", "desc").annotations({
  identifier: "SortDir",
  description: "Ascending or descending; asc when left out",
  message: () => ({ message: "must be asc or desc", override: true })
})

/**
 * Query of `GET /v2/fulfillments`. All parameters are optional and combined with AND. Dates include both ends.
 *
 * `page` counts from 1; `page_size` is 1 to 500, 25 when left out; `sort_by` is `created_at` and `sort_dir` is `asc` when
 * left out.
 */
export const Query = Schema.Struct({
  ship_to_name: Schema.optional(Filter),
  ship_to_country_code: Schema.optional(Filter),
  shipment_number: Schema.optional(Filter),
  shipment_id: Schema.optional(Filter),
  fulfillment_id: Schema.optional(Filter),
  batch_id: Schema.optional(Filter),
  order_source_id: Schema.optional(Filter),
  fulfillment_provider_code: Schema.optional(Filter),
  tracking_number: Schema.optional(Filter),
  ship_date_start: Schema.optional(DateFilter),
  ship_date_end: Schema.optional(DateFilter),
  create_date_start: Schema.optional(DateFilter),
  create_date_end: Schema.optional(DateFilter),
  page: Schema.optional(
    WholeNumber.pipe(Schema.greaterThanOrEqualTo(1, {
      message: () => "must be 1 or more",
      description: "The page, counted from 1"
    }))
  ),
  page_size: Schema.optional(
    WholeNumber.pipe(Schema.between(1, 500, {
      message: () => "must be 1 to 500",
      description: "How many fulfillments a page holds; 25 when left out"
    }))
  ),
  sort_dir: Schema.optional(SortDir),
  sort_by: Schema.optional(SortBy)
}).annotations({
  identifier: "ListFulfillmentsQuery",
  description: "Which fulfillments to list",
  message: () => "must be an object"
})

/** Query of `GET /v2/fulfillments`. */
export interface Query extends Schema.Schema.Type<typeof Query> {}

/** A link to another page; `{}` when there is none. */
export const Link = Schema.Struct({
  href: answerField(Schema.String),
  type: answerField(Schema.String)
}).annotations({ identifier: "Link", description: "A link to another page; empty when there is none" })

/** One page of fulfillments. `pages` is 0 when there are none at all. */
export const Page = Schema.Struct({
  fulfillments: Schema.Array(Fulfillment),
  total: answerField(Schema.Number),
  page: answerField(Schema.Number),
  pages: answerField(Schema.Number),
  links: answerField(Schema.Struct({
    first: answerField(Link),
    last: answerField(Link),
    prev: answerField(Link),
    next: answerField(Link)
  }))
}).annotations({ identifier: "ListFulfillmentsPage", description: "One page of fulfillments" })

/** One page of fulfillments. */
export interface Page extends Schema.Schema.Type<typeof Page> {}

/** Checks a query, all fields of it. Left: an issue for each field that is wrong. */
export const validateQuery: (query: Query) => Either.Either<Query, Array.NonEmptyReadonlyArray<InputIssue>> =
  withIssues(
    Schema.validateEither(Query, { errors: "all" })
  )
