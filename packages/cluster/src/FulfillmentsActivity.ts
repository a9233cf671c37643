/**
 * Fulfillments as a step of an `@effect/workflow`. An engine runs a step again that was cut off, and a step that plainly
 * called `create` would tell customers twice. This one knows that it began before.
 *
 * @since 0.1.0
 */
import { FulfillmentOutcome, Unknown } from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import { Fulfillments } from "@effect-shipstation/fulfillments/Fulfillments"
import { InvalidFulfillmentError } from "@effect-shipstation/fulfillments/InvalidFulfillmentError"
import {
  isNotDone,
  type NotDone,
  ShipStationConnectionLostError,
  ShipStationError
} from "@effect-shipstation/http-client/ShipStationError"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Activity from "@effect/workflow/Activity"
import type * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import * as Array from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * What is done in the step.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The step's name, which no other step of the workflow has. */
  readonly name: string
  readonly inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>
  /**
   * How long a step that is run again waits before it looks, as the first run's request may still arrive. Default, and the
   * least: 30 seconds. Not less than `ShipStationConfig`'s `timeout`.
   */
  readonly settleWithin?: Duration.DurationInput | undefined
}

/**
 * After this nothing was created and nobody was notified.
 *
 * @since 0.1.0
 * @category errors
 */
export const CreateError = Schema.Union(
  InvalidFulfillmentError,
  ShipStationError.pipe(Schema.filter((error): error is NotDone<ShipStationError> => isNotDone(error)))
)

/**
 * After this nothing was created and nobody was notified.
 *
 * @since 0.1.0
 * @category errors
 */
export type CreateError = typeof CreateError.Type

const leastSettleWithin = Duration.seconds(30)

/**
 * Marks shipments as shipped, in one request, as `Fulfillments.create` does, and keeps the outcomes in the engine's store.
 *
 * Where the process died before they were kept, the step is run again: it waits `settleWithin`, looks all of the shipments
 * up, and sends only those that have no fulfillment. Safe for a list that lags less than that, and unless the first process
 * is alive, stands still, and sends later.
 *
 * Fails only if nothing was created and nobody was notified, so `Activity.retry` around it is harmless. Where a step is run
 * again, and looking up is refused, or the inputs are, nobody knows that: the outcomes are `Unknown`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const create = (
  options: Options
): Effect.Effect<
  Array.NonEmptyReadonlyArray<FulfillmentOutcome>,
  CreateError,
  Fulfillments | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance
> =>
  Effect.gen(function*() {
    const { inputs, name, settleWithin = leastSettleWithin } = options
    if (Duration.lessThan(settleWithin, leastSettleWithin)) {
      return yield* Effect.dieMessage("settleWithin must be at least 30 seconds: a request may arrive that late")
    }
    let isFirstRun = false
    // kept before anything is sent, and not run where it was
    yield* Activity.make({
      name: `${name}/begin`,
      execute: Effect.sync(() => {
        isFirstRun = true
      })
    })
    return yield* Activity.make({
      name,
      success: Schema.NonEmptyArray(FulfillmentOutcome),
      error: CreateError,
      execute: Effect.gen(function*() {
        const fulfillments = yield* Fulfillments
        const create = fulfillments.create(inputs, { readBack: "before" })
        if (isFirstRun) {
          isFirstRun = false
          return yield* create
        }
        yield* Effect.sleep(settleWithin)
        return yield* Effect.catchAll(create, (error) =>
          error._tag !== "InvalidFulfillmentError" && error.method === "POST"
            ? Effect.fail(error)
            : Effect.succeed(Array.map(inputs, (input, index) =>
              new Unknown({ index, input, error: ofRunBefore(error) }))))
      })
    })
  })

/** This run looked nothing up, and says nothing of the run before: which may have had another program, that took the inputs. */
const ofRunBefore = (error: CreateError): ShipStationError =>
  error._tag === "InvalidFulfillmentError"
    ? new ShipStationConnectionLostError({
      delivery: "unknown",
      reason: "reset",
      message: `A run before may have sent it, and it can't be looked up: ${error.message}`,
      method: "POST",
      url: "/v2/fulfillments",
      errors: []
    })
    : error
