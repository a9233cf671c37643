import { FulfillmentOutcome, InvalidFulfillmentError } from "@effect-shipstation/fulfillments"
import { ShipStationError } from "@effect-shipstation/http-client"
import { describe, expect, it } from "@effect/vitest"
import { Duration } from "effect"
import { endedOf, meaningOf, rowError, whyPaused } from "../src/internal/refusal.js"

const told = { message: "m", method: "POST", url: "/v2/fulfillments", errors: [] } as const

const rejected = { ...told, delivery: "rejected", status: 400 } as const

const maybeDone = { ...told, delivery: "unknown", status: 400 } as const

const {
  ShipStationAccountStatusError,
  ShipStationBusinessRulesError,
  ShipStationConfigError,
  ShipStationConnectionLostError,
  ShipStationIntegrationsError,
  ShipStationNetworkError,
  ShipStationRateLimitError,
  ShipStationSecurityError,
  ShipStationSystemError,
  ShipStationUnexpectedResponseError,
  ShipStationValidationError
} = ShipStationError

describe("what an error means for rows and their account", () => {
  it.each(
    [
      ["a refused key", new ShipStationSecurityError({ ...rejected, status: 401 }), "account"],
      ["a key that no header can hold", new ShipStationSecurityError({ ...told, delivery: "unsent" }), "account"],
      ["a plan that ended", new ShipStationAccountStatusError(rejected), "account"],
      ["a plan that ended, after something was done maybe", new ShipStationAccountStatusError(maybeDone), "account"],
      ["a configuration that sends nothing", new ShipStationConfigError(told), "account"],
      [
        "a carrier that refuses its own key",
        new ShipStationSecurityError({ ...maybeDone, concerns: "content" }),
        "temporary"
      ],
      ["a wrong field", new ShipStationValidationError(rejected), "content"],
      ["a shipment that isn't there", new ShipStationValidationError({ ...rejected, status: 404 }), "content"],
      ["a broken rule", new ShipStationBusinessRulesError(rejected), "content"],
      ["a carrier's rule", new ShipStationBusinessRulesError(maybeDone), "temporary"],
      ["something that is there already", new ShipStationValidationError({ ...maybeDone, status: 409 }), "temporary"],
      ["a system that is connected", new ShipStationIntegrationsError(maybeDone), "temporary"],
      ["a wrong method", new ShipStationValidationError({ ...rejected, concerns: "server", status: 405 }), "temporary"],
      ["what can't be sent", new InvalidFulfillmentError.InvalidFulfillmentError({ issues: [] }), "content"],
      ["what can't be written", new ShipStationValidationError({ ...told, delivery: "unsent" }), "content"],
      ["a limit", new ShipStationRateLimitError({ ...rejected, retryAfter: Duration.seconds(1) }), "temporary"],
      [
        "a carrier's limit",
        new ShipStationRateLimitError({ ...maybeDone, concerns: "content", retryAfter: Duration.seconds(1) }),
        "temporary"
      ],
      ["their trouble", new ShipStationSystemError({ ...rejected, status: 403 }), "temporary"],
      ["no connection, or no key to be had", new ShipStationNetworkError(told), "temporary"],
      ["a lost connection", new ShipStationConnectionLostError({ ...told, reason: "reset" }), "temporary"],
      ...[400, 404, 405, 409, 413, 422, 502].map((status) =>
        [
          `a gateway's page with status ${status}`,
          new ShipStationUnexpectedResponseError({ ...told, status }),
          "temporary"
        ] as const
      ),
      [
        "a type of tomorrow",
        new ShipStationUnexpectedResponseError({ ...told, concerns: "content", status: 400 }),
        "temporary"
      ]
    ] as const
  )("%s is about the %3$s", (_, error, meaning) => {
    expect(meaningOf(error)).toBe(meaning)
    expect(rowError(error)._tag).toBe(error._tag)
  })

  it.each(
    [
      [new ShipStationConfigError(told), /^The configuration/],
      [new ShipStationSecurityError({ ...told, delivery: "unsent" }), /^The API key can't be sent/],
      [new ShipStationSecurityError(rejected), /^ShipStation refuses the key/],
      [new ShipStationAccountStatusError(rejected), /^ShipStation refuses the key/]
    ] as const
  )("%s: a person reads what has to be seen to", (error, why) => {
    expect(whyPaused(error)).toMatch(why)
  })
})

it("an outcome tells which tracking number was sent", () => {
  const input = { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" }
  const created = new FulfillmentOutcome.Created({ index: 0, input, requestId: "r" })
  expect(endedOf(created, 0)).toEqual({ _tag: "Fulfilled", requestId: "r", sent: "1Z1" })
})
