import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import type * as Array from "effect/Array"

/** An input, and where it stands among all inputs. */
export interface Item {
  readonly index: number
  readonly input: FulfillmentInput
}

/** The items of one request. */
export type Items = Array.NonEmptyReadonlyArray<Item>
