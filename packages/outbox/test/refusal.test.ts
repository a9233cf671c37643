import { FulfillmentOutcome, InvalidFulfillmentError } from "@effect-shipstation/fulfillments"
import { ShipStationError } from "@effect-shipstation/http-client"
import { expect, it } from "@effect/vitest"
import { Duration } from "effect"
import { endedOf, meaningOf, rowError } from "../src/internal/refusal.js"

const fields = { delivery: "rejected", message: "m", method: "POST", url: "/v2/fulfillments", errors: [] } as const

const detail = (error_source = "shipstation") => ({
  error_source,
  error_type: "security",
  error_code: "forbidden",
  message: "m"
})

it.each(
  [
    ["a refused key", new ShipStationError.ShipStationSecurityError({ ...fields, status: 401 }), "account"],
    ["a plan that ended", new ShipStationError.ShipStationAccountStatusError({ ...fields, status: 400 }), "account"],
    [
      "a carrier that refuses its own key",
      new ShipStationError.ShipStationSecurityError({ ...fields, status: 400, errors: [detail("carrier")] }),
      "content"
    ],
    [
      "a wrong field",
      new ShipStationError.ShipStationValidationError({ ...fields, status: 400, errors: [detail()] }),
      "content"
    ],
    [
      "a broken rule",
      new ShipStationError.ShipStationBusinessRulesError({ ...fields, status: 409, errors: [detail()] }),
      "content"
    ],
    [
      "a shipment that isn't there",
      new ShipStationError.ShipStationValidationError({ ...fields, status: 404, errors: [detail()] }),
      "content"
    ],
    [
      "too much at once",
      new ShipStationError.ShipStationUnexpectedResponseError({ ...fields, status: 413 }),
      "content"
    ],
    ["what can't be sent", new InvalidFulfillmentError.InvalidFulfillmentError({ issues: [] }), "content"],
    [
      "a limit",
      new ShipStationError.ShipStationRateLimitError({ ...fields, status: 400, retryAfter: Duration.seconds(1) }),
      "temporary"
    ],
    ["no connection", new ShipStationError.ShipStationNetworkError({ ...fields, delivery: "unsent" }), "temporary"],
    ...[400, 404, 409, 422, 502].map((status) =>
      [
        `a gateway's page with status ${status}`,
        new ShipStationError.ShipStationUnexpectedResponseError({ ...fields, status }),
        "temporary"
      ] as const
    )
  ] as const
)("%s is about the %3$s", (_, error, meaning) => {
  expect(meaningOf(error)).toBe(meaning)
  expect(rowError(error)._tag).toBe(error._tag)
})

it("an outcome tells which tracking number was sent", () => {
  const input = { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" }
  const created = new FulfillmentOutcome.Created({ index: 0, input, requestId: "r" })
  expect(endedOf(created, 0)).toEqual({ _tag: "Fulfilled", requestId: "r", sent: "1Z1" })
})
