import { type FulfillmentInput, validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Either from "effect/Either"
import { InvalidFulfillmentError, type Issue } from "../InvalidFulfillmentError.js"

/** Checks an input, and gives a copy: what the caller changes afterwards changes nothing. Left: all that is wrong with it. */
export const checkInput = (
  given: FulfillmentInput,
  index: number
): Either.Either<FulfillmentInput, Array.NonEmptyReadonlyArray<Issue>> =>
  Either.mapLeft(validated(given), Array.map((issue) => ({ index, ...issue })))

const validated = (given: FulfillmentInput): ReturnType<typeof validateInput> => {
  try {
    return validateInput(given)
  } catch {
    return Either.left(Array.of({ field: "", value: undefined, reason: "can't be read: one of its properties throws" }))
  }
}

/** Copies the inputs of one request and checks the copies. */
export const checkInputs = (
  given: ReadonlyArray<FulfillmentInput>,
  maxBatchSize: number
): Either.Either<Array.NonEmptyReadonlyArray<FulfillmentInput>, InvalidFulfillmentError> => {
  if (given.length > maxBatchSize) {
    return invalid([{
      index: maxBatchSize,
      field: "",
      value: given.length,
      reason: `one request takes at most ${maxBatchSize} inputs, and there are ${given.length}`
    }])
  }
  const issues: Array<Issue> = []
  const inputs: Array<FulfillmentInput> = []
  const firstIndexOf = new Map<string, number>()
  // `forEach` would leave out what an array has no value for
  for (const [index, each] of given.entries()) {
    const checked = checkInput(each, index)
    if (Either.isLeft(checked)) {
      issues.push(...checked.left)
      continue
    }
    const { shipment_id } = checked.right
    const first = firstIndexOf.get(shipment_id)
    if (first !== undefined) {
      const reason = `must not be the same shipment as input ${first}`
      issues.push({ index, field: "shipment_id", value: shipment_id, reason })
      continue
    }
    firstIndexOf.set(shipment_id, index)
    inputs.push(checked.right)
  }
  if (issues.length > 0) return invalid(issues)
  return Array.isNonEmptyReadonlyArray(inputs)
    ? Either.right(inputs)
    : invalid([{ index: 0, field: "", value: given, reason: "there must be at least one input" }])
}

const invalid = (issues: ReadonlyArray<Issue>) => Either.left(new InvalidFulfillmentError({ issues }))
