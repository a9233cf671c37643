import type { ApiError, CreateFulfillments } from "@effect-shipstation/schema"
import { Fulfillment, ListFulfillments } from "@effect-shipstation/schema"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import type { DateTime, Either } from "effect"
import { Brand, Schema } from "effect"
import type { codes } from "./codes.js"

/** The members of a union of strings that the compiler still sees as literals. */
type Literals<Text> = Text extends string ? string extends Text ? never : Text : never

type Type = "account_status" | "business_rules" | "validation" | "security" | "system" | "integrations"

describe("known values", () => {
  it("are visible to the compiler, and any other text fits beside them", () => {
    expectTypeOf<Literals<ApiError.ErrorSource>>().toEqualTypeOf<"carrier" | "order_source" | "ShipStation">()
    expectTypeOf<Literals<ApiError.ErrorType>>().toEqualTypeOf<Type>()
    expectTypeOf<Literals<ApiError.ErrorCode>>().toEqualTypeOf<(typeof codes)[number]>()
    expectTypeOf<string>().toExtend<ApiError.ErrorSource & ApiError.ErrorType & ApiError.ErrorCode>()
    expectTypeOf<number>().not.toExtend<ApiError.ErrorType>()
  })

  it("narrow in a switch", () => {
    const oneOf = <const Known extends Type>(known: Known) => known
    const told = (type: ApiError.ErrorType): string => {
      switch (type) {
        case "security":
          expectTypeOf<Literals<typeof type>>().toEqualTypeOf<"security">()
          return oneOf("security")
        case "system":
        case "integrations":
          expectTypeOf<Literals<typeof type>>().toEqualTypeOf<"system" | "integrations">()
          return "theirs"
        default:
          expectTypeOf<Literals<typeof type>>().toEqualTypeOf<"account_status" | "business_rules" | "validation">()
          return type
      }
    }
    expect(["security", "integrations", "validation", "weather"].map(told)).toEqual([
      "security",
      "theirs",
      "validation",
      "weather"
    ])
  })

  it("of a query are closed", () => {
    expectTypeOf<ListFulfillments.Query["sort_by"]>().toEqualTypeOf<
      "created_at" | "modified_at" | "shipped_at" | undefined
    >()
    expectTypeOf<ListFulfillments.Query["sort_dir"]>().toEqualTypeOf<"asc" | "desc" | undefined>()
  })
})

describe("an input", () => {
  interface Contract {
    readonly shipment_id: string
    readonly tracking_number: string
    readonly carrier_code: string
    readonly ship_date?: DateTime.DateTime | undefined
    readonly notify_customer?: boolean | undefined
    readonly notify_order_source?: boolean | undefined
  }

  it("has exactly the contract's fields", () => {
    expectTypeOf<Fulfillment.FulfillmentInput>().branded.toEqualTypeOf<Contract>()
    expectTypeOf<keyof Fulfillment.FulfillmentInput>().toEqualTypeOf<keyof Contract>()
    expectTypeOf<Fulfillment.FulfillmentInputEncoded["ship_date"]>().toEqualTypeOf<string | undefined>()
    // the optional ones may be left out or be undefined
    expectTypeOf<Pick<Contract, "shipment_id" | "tracking_number" | "carrier_code">>().toExtend<
      Fulfillment.FulfillmentInput
    >()
    expectTypeOf<Required<Contract>>().toExtend<Fulfillment.FulfillmentInput>()
    expectTypeOf<Omit<Contract, "carrier_code">>().not.toExtend<Fulfillment.FulfillmentInput>()
  })

  it("takes a DateTime of either kind, and nothing else for a date", () => {
    expectTypeOf<DateTime.Utc>().toExtend<Fulfillment.FulfillmentInput["ship_date"]>()
    expectTypeOf<DateTime.Zoned>().toExtend<Fulfillment.FulfillmentInput["ship_date"]>()
    expectTypeOf<Date>().not.toExtend<Fulfillment.FulfillmentInput["ship_date"]>()
    expectTypeOf<string>().not.toExtend<Fulfillment.FulfillmentInput["ship_date"]>()
    expectTypeOf<null>().not.toExtend<Fulfillment.FulfillmentInput["ship_date"]>()
  })

  it("takes branded strings", () => {
    type ShipmentId = string & Brand.Brand<"ShipmentId">
    const ShipmentId = Brand.nominal<ShipmentId>()
    const TrackingNumber = Schema.NonEmptyString.pipe(Schema.brand("TrackingNumber"))
    const input: Fulfillment.FulfillmentInput = {
      shipment_id: ShipmentId("se-1"),
      tracking_number: TrackingNumber.make("1Z"),
      carrier_code: "ups"
    }
    expect(Fulfillment.validateInput(input)).toMatchObject({ _tag: "Right", right: input })
    expectTypeOf<ShipmentId>().toExtend<Fulfillment.FulfillmentInput["shipment_id"]>()
    expectTypeOf<typeof TrackingNumber.Type>().toExtend<Fulfillment.FulfillmentInput["tracking_number"]>()
  })

  it("is checked as itself, and read from anything", () => {
    type Checked = Either.Either<
      Fulfillment.FulfillmentInput,
      readonly [Fulfillment.InputIssue, ...ReadonlyArray<Fulfillment.InputIssue>]
    >
    expectTypeOf(Fulfillment.validateInput).parameters.toEqualTypeOf<[Fulfillment.FulfillmentInput]>()
    expectTypeOf(Fulfillment.decodeInput).parameters.toEqualTypeOf<[unknown]>()
    expectTypeOf(Fulfillment.validateInput).returns.toExtend<Checked>()
    expectTypeOf(Fulfillment.decodeInput).returns.toExtend<Checked>()
    expectTypeOf(ListFulfillments.validateQuery).parameters.toEqualTypeOf<[ListFulfillments.Query]>()
  })
})

describe("the request", () => {
  it("can't be empty", () => {
    expectTypeOf<{ readonly fulfillments: readonly [] }>().not.toExtend<CreateFulfillments.Request>()
    expectTypeOf<{ readonly fulfillments: readonly [Fulfillment.FulfillmentInput] }>().toExtend<
      CreateFulfillments.Request
    >()
  })
})

describe("an answer", () => {
  type Open<A> = A | null | undefined

  it("may lack any field, or have null for it", () => {
    expectTypeOf<object>().toExtend<CreateFulfillments.Response>()
    expectTypeOf<{ readonly voided_at: undefined; readonly voided: undefined }>().toExtend<Fulfillment.Fulfillment>()
    expectTypeOf<CreateFulfillments.Response["has_errors"]>().toEqualTypeOf<Open<boolean>>()
    expectTypeOf<CreateFulfillments.Result["error_message"]>().toEqualTypeOf<Open<string>>()
    expectTypeOf<ApiError.ErrorBody["request_id"]>().toEqualTypeOf<Open<string>>()
    expectTypeOf<ApiError.ErrorDetail["error_type"]>().toEqualTypeOf<Open<ApiError.ErrorType>>()
    expectTypeOf<ApiError.ErrorDetail["field_value"]>().toEqualTypeOf<Open<string>>()
    expectTypeOf<Fulfillment.Fulfillment["created_at"]>().toEqualTypeOf<Open<DateTime.Utc>>()
    expectTypeOf<Fulfillment.Fulfillment["voided"]>().toEqualTypeOf<Open<boolean>>()
    expectTypeOf<ListFulfillments.Page["pages"]>().toEqualTypeOf<Open<number>>()
  })

  it("says for certain only what nothing could be done without", () => {
    expectTypeOf<ListFulfillments.Page["fulfillments"]>().toEqualTypeOf<ReadonlyArray<Fulfillment.Fulfillment>>()
    expectTypeOf<ApiError.ErrorBody["errors"]>().toEqualTypeOf<ReadonlyArray<ApiError.ErrorDetail>>()
  })

  it("is read without services", () => {
    expectTypeOf<typeof CreateFulfillments.Response.Context>().toEqualTypeOf<never>()
    expectTypeOf<typeof ListFulfillments.Page.Context>().toEqualTypeOf<never>()
    expectTypeOf<typeof ApiError.ErrorBody.Context>().toEqualTypeOf<never>()
  })
})
