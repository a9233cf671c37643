import { InvalidFulfillmentError } from "@effect-shipstation/fulfillments/InvalidFulfillmentError"
import * as Http from "@effect-shipstation/http-client/ShipStationError"
import * as Promise_ from "@effect-shipstation/promise"
import { expect, it } from "@effect/vitest"
import { Duration } from "effect"
import { readFileSync } from "node:fs"
import { ofShipStation } from "../src/ClientError.js"

const told = { message: "why", method: "POST", url: "https://x", errors: [] } as const

const errors: ReadonlyArray<Http.ShipStationError> = [
  new Http.ShipStationAccountStatusError({ ...told, delivery: "rejected" }),
  new Http.ShipStationBusinessRulesError({ ...told, delivery: "rejected" }),
  new Http.ShipStationValidationError({ ...told, delivery: "rejected" }),
  new Http.ShipStationSecurityError({ ...told, delivery: "rejected" }),
  new Http.ShipStationSystemError({ ...told, delivery: "unknown" }),
  new Http.ShipStationIntegrationsError({ ...told, delivery: "unknown" }),
  new Http.ShipStationRateLimitError({ ...told, delivery: "rejected", retryAfter: Duration.seconds(2) }),
  new Http.ShipStationNetworkError(told),
  new Http.ShipStationConnectionLostError({ ...told, reason: "cut" }),
  new Http.ShipStationUnexpectedResponseError(told),
  new Http.ShipStationConfigError(told)
]

it("all errors of the API have a class here", () => {
  expect(errors.map(({ _tag }) => _tag).toSorted()).toEqual(
    Http.ShipStationError.members.map(({ _tag }) => _tag).toSorted()
  )
})

it.each(errors)("$_tag is a class of the same name, with what is known", (error) => {
  const { delivery, concerns, _tag } = error
  const here = ofShipStation(error)
  expect(here.constructor.name).toBe(_tag)
  expect(here).toBeInstanceOf(Promise_.ShipStationError)
  expect(Object.values(Promise_)).toContain(here.constructor)
  expect(here).toMatchObject({ _tag, name: _tag, delivery, concerns, message: "why", url: "https://x" })
  expect(here.retryAfter).toBe(_tag === "ShipStationRateLimitError" ? 2000 : undefined)
})

const others = [
  new Promise_.AbortedError("unsent", undefined),
  new Promise_.ClosedError(),
  new Promise_.InvalidFulfillmentError(
    new InvalidFulfillmentError({
      issues: [{ index: 0, field: "carrier_code", value: "", reason: "must be a carrier" }]
    })
  )
]

it.each([...errors.map(ofShipStation), ...others])(
  "$_tag as JSON says why, as an outcome that is logged does",
  (error) => {
    const { _tag, concerns, delivery, message, name } = error
    expect(message).not.toBe("")
    expect(JSON.parse(JSON.stringify({ error }))).toMatchObject({ error: { _tag, concerns, delivery, message, name } })
  }
)

it.each(others)("$_tag is no ShipStationError, and the README says so", (error) => {
  expect(error).not.toBeInstanceOf(Promise_.ShipStationError)
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const [told = ""] = /^- \*\*Errors\*\*.*$/m.exec(readme) ?? []
  expect(told.split("Three are none of these")[1]).toContain(`\`${error._tag}\``)
})

it("there are three such", () => {
  const names = Object.keys(Promise_).filter((name) => name.endsWith("Error"))
  // and ShipStationError itself
  expect(names.length - errors.length - 1).toBe(3)
})
