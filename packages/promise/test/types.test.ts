import type * as Http from "@effect-shipstation/http-client/ShipStationError"
import type * as Promise_ from "@effect-shipstation/promise"
import {
  type Client,
  type ClientOptions,
  type Concerns,
  createClient,
  type Delivery,
  type FulfillmentInput,
  type Outcome,
  ShipStationError,
  ShipStationRateLimitError
} from "@effect-shipstation/promise"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"

describe("types", () => {
  it("a key and who is notified have no default", () => {
    expectTypeOf<{ apiKey: string | undefined; notify: "account-default" }>().toExtend<ClientOptions>()
    expectTypeOf<{ apiKey: () => Promise<string>; notify: { customer: true; orderSource: false } }>().toExtend<
      ClientOptions
    >()
    // @ts-expect-error nobody should be mailed by accident
    const silent = () => createClient({ apiKey: "k" })
    // @ts-expect-error a text, not a secret of Effect's
    const redacted = () => createClient({ apiKey: 7, notify: "account-default" })
    expect([silent, redacted].length).toBe(2)
  })

  it("an input is plain, and takes a Date or a text", () => {
    expectTypeOf<FulfillmentInput["ship_date"]>().toEqualTypeOf<Date | string | undefined>()
    // @ts-expect-error leading zeros count
    const digits: FulfillmentInput = { shipment_id: "se-1", tracking_number: 1, carrier_code: "ups" }
    expect(digits.tracking_number).toBe(1)
  })

  it("outcomes are told apart by their _tag", () => {
    expectTypeOf<Outcome["_tag"]>().toEqualTypeOf<
      "Created" | "AlreadyFulfilled" | "Conflict" | "Rejected" | "Unknown" | "NotSent"
    >()
    expectTypeOf<Extract<Outcome, { _tag: "Unknown" }>["error"]>().toEqualTypeOf<ShipStationError>()
    expectTypeOf<Extract<Outcome, { _tag: "Rejected" }>["message"]>().toEqualTypeOf<string>()
    expectTypeOf<ReturnType<Client["create"]>>().toEqualTypeOf<Promise<ReadonlyArray<Outcome>>>()
    expectTypeOf<ReturnType<Client["createAll"]>>().toEqualTypeOf<AsyncIterableIterator<Outcome>>()
  })

  it("an error has a delivery of three and whom it concerns", () => {
    expectTypeOf<ShipStationError["delivery"]>().toEqualTypeOf<"unsent" | "rejected" | "unknown">()
    expectTypeOf<ShipStationError["concerns"]>().toEqualTypeOf<"account" | "content" | "server" | "transport">()
    expectTypeOf<Delivery>().toEqualTypeOf<Http.Delivery>()
    expectTypeOf<Concerns>().toEqualTypeOf<Http.Concerns>()
    const narrowed = (error: unknown) => error instanceof ShipStationError ? error.status : undefined
    expectTypeOf(narrowed).returns.toEqualTypeOf<number | undefined>()
    expect(narrowed(new Error("x"))).toBe(undefined)
  })

  it("a class has its own _tag, and how long to wait is always there where the limit was met", () => {
    expectTypeOf<ShipStationError["_tag"]>().toEqualTypeOf<Http.ShipStationError["_tag"]>()
    expectTypeOf<
      { readonly [Name in Http.ShipStationError["_tag"]]: InstanceType<(typeof Promise_)[Name]>["_tag"] }
    >().toEqualTypeOf<{ readonly [Name in Http.ShipStationError["_tag"]]: Name }>()
    expectTypeOf<ShipStationError["retryAfter"]>().toEqualTypeOf<number | undefined>()
    const wait = (error: unknown): number => error instanceof ShipStationRateLimitError ? error.retryAfter : 0
    const tag = (error: ShipStationError) => error instanceof ShipStationRateLimitError ? error._tag : undefined
    expectTypeOf(tag).returns.toEqualTypeOf<"ShipStationRateLimitError" | undefined>()
    expect(wait(new Error("x"))).toBe(0)
  })
})
