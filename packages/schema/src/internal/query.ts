/** Parameters that lists have in common. */
import * as Schema from "effect/Schema"
import { ShipDate } from "../Fulfillment.js"

/** A text to filter by. An empty one would be sent as `name=`, which is not the same as leaving it out. */
export const Filter = Schema.String.annotations({ message: () => "must be text" }).pipe(
  Schema.minLength(1, {
    message: () => "must not be empty: leave it out instead",
    title: "ShipStationFilter",
    description: "A text to filter by; leave it out rather than empty"
  })
)

const dateFilterDescription = "A date-time to filter by; both ends are included"

export const DateFilter = ShipDate.annotations({
  identifier: "ShipStationDateFilter",
  description: dateFilterDescription,
  jsonSchema: { type: "string", format: "date-time", description: dateFilterDescription }
})

// no `Schema.Int`: its identifier would put a $ref into the JSON Schema, and a $ref hides the bounds beside it
const WholeNumber = Schema.Number.annotations({ message: () => "must be a whole number" }).pipe(
  Schema.int({ message: () => "must be a whole number" })
)

/** The page, counted from 1. */
export const PageNumber = WholeNumber.pipe(Schema.greaterThanOrEqualTo(1, {
  message: () => "must be 1 or more",
  description: "The page, counted from 1"
}))

/** How many of these a page holds. */
export const pageSize = (rows: string) =>
  WholeNumber.pipe(Schema.between(1, 500, {
    message: () => "must be 1 to 500",
    description: `How many ${rows} a page holds; 25 when left out`
  }))
