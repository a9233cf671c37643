import { ListFulfillments, ListShipments } from "@effect-shipstation/schema"
import * as Arr from "effect/Array"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Where in a list, as it stands in a URL, where all is text. */
const place = (rows: string) => ({
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
        description: `How many ${rows} a page holds`
      }
    }),
    { exact: true, default: () => 25 }
  )
})

/** The query of `GET /v2/fulfillments` as it stands in a URL, with its defaults. */
export const Query = Schema.Struct({ ...ListFulfillments.Query.fields, ...place("fulfillments") })

/** The query of `GET /v2/shipments` as it stands in a URL, with its defaults. */
export const ShipmentsQuery = Schema.Struct({ ...ListShipments.Query.fields, ...place("shipments") })

/** What is wrong with a query, as the API says it. */
export const queryErrors = (error: ParseResult.ParseError, params: Readonly<Record<string, string>>) => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message, path }) => ({
    name: path.join("."),
    message
  }))
  // an optional parameter reports a second time that it isn't left out
  return Arr.dedupeWith(issues, (self, that) => self.name === that.name).map(({ message, name }) => ({
    error_type: "validation",
    error_code: "invalid_field_value",
    message: `${name} ${message}.`,
    field_name: name,
    field_value: params[name]
  }))
}
