import { ListFulfillments } from "@effect-shipstation/schema"
import * as Schema from "effect/Schema"

/** The query of `GET /v2/fulfillments` as it stands in a URL, where all is text, with its defaults. */
export const Query = Schema.Struct({
  ...ListFulfillments.Query.fields,
  page: Schema.optionalWith(
    Schema.NumberFromString.pipe(Schema.int(), Schema.positive()).annotations({
      message: () => ({ message: "must be a whole number from 1", override: true }),
      jsonSchema: { type: "integer", minimum: 1, default: 1, description: "The page, counted from 1" }
    }),
    { exact: true, default: () => 1 }
  ),
  page_size: Schema.optionalWith(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 500)).annotations({
      message: () => ({ message: "must be a whole number from 1 to 500", override: true }),
      jsonSchema: {
        type: "integer",
        minimum: 1,
        maximum: 500,
        default: 25,
        description: "How many fulfillments a page holds"
      }
    }),
    { exact: true, default: () => 25 }
  )
})
