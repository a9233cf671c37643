import { type FulfillmentInput, validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as Either from "effect/Either"
import type { Issue } from "../InvalidFulfillmentError.js"

/** Everything that is wrong with the inputs of one request. */
export const checkInputs = (
  inputs: ReadonlyArray<FulfillmentInput>,
  maxBatchSize: number
): ReadonlyArray<Issue> => {
  if (inputs.length === 0) {
    return [{ index: 0, field: "", value: inputs, reason: "there must be at least one input" }]
  }
  if (inputs.length > maxBatchSize) {
    return [{
      index: maxBatchSize,
      field: "",
      value: inputs.length,
      reason: `one request takes at most ${maxBatchSize} inputs, and there are ${inputs.length}`
    }]
  }
  const firstIndexOf = new Map<string, number>()
  return inputs.flatMap((input, index): ReadonlyArray<Issue> => {
    const checked = validateInput(input)
    if (Either.isLeft(checked)) return checked.left.map((issue) => ({ index, ...issue }))
    const first = firstIndexOf.get(input.shipment_id)
    if (first === undefined) {
      firstIndexOf.set(input.shipment_id, index)
      return []
    }
    return [{
      index,
      field: "shipment_id",
      value: input.shipment_id,
      reason: `must not be the same shipment as input ${first}`
    }]
  })
}
