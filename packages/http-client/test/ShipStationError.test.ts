import { ShipStationError } from "@effect-shipstation/http-client"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Duration, Either, Schema } from "effect"

type Any = ShipStationError.ShipStationError

const told = { message: "why", method: "POST", url: "/v2/fulfillments", errors: [] } as const
const retryAfter = Duration.seconds(1)

/** An error of each class, made of as little as it can be. */
const least = [
  [new ShipStationError.ShipStationAccountStatusError({ ...told, delivery: "rejected" }), "rejected", "account"],
  [new ShipStationError.ShipStationBusinessRulesError({ ...told, delivery: "rejected" }), "rejected", "content"],
  [new ShipStationError.ShipStationValidationError({ ...told, delivery: "unsent" }), "unsent", "content"],
  [new ShipStationError.ShipStationSecurityError({ ...told, delivery: "unknown" }), "unknown", "account"],
  [new ShipStationError.ShipStationSystemError({ ...told, delivery: "unknown" }), "unknown", "server"],
  [new ShipStationError.ShipStationIntegrationsError({ ...told, delivery: "unknown" }), "unknown", "content"],
  [
    new ShipStationError.ShipStationRateLimitError({ ...told, delivery: "rejected", retryAfter }),
    "rejected",
    "account"
  ],
  [new ShipStationError.ShipStationNetworkError(told), "unsent", "transport"],
  [new ShipStationError.ShipStationConnectionLostError({ ...told, reason: "reset" }), "unknown", "transport"],
  [new ShipStationError.ShipStationUnexpectedResponseError(told), "unknown", "server"],
  [new ShipStationError.ShipStationConfigError(told), "unsent", "account"]
] as const

const decode = Schema.decodeUnknownSync(ShipStationError.ShipStationError)
const encode = Schema.encodeSync(ShipStationError.ShipStationError)

const isRead = (json: unknown) => Either.isRight(Schema.decodeUnknownEither(ShipStationError.ShipStationError)(json))

const isTransient = (error: Any) => ShipStationError.isTransient(error)

describe("an error", () => {
  it("is of one of eleven classes", () => {
    expect(least.map(([{ _tag }]) => _tag).toSorted()).toEqual(
      ShipStationError.ShipStationError.members.map(({ _tag }) => _tag).toSorted()
    )
  })

  it.each(least.map(([error, delivery, concerns]) => [error._tag, error, delivery, concerns] as const))(
    "%s says whom it concerns, also when nobody said so",
    (_, error, delivery, concerns) => {
      expect(error).toMatchObject({ delivery, concerns })
      const json = encode(error)
      expect(json).toMatchObject({ delivery, concerns })
      expect(encode(decode(json))).toEqual(json)
      // as it was stored before errors said it
      const { concerns: __, ...old } = json
      expect(decode(JSON.parse(JSON.stringify(old)))).toMatchObject({ _tag: error._tag, delivery, concerns })
      expect(isRead({ ...json, concerns: "everybody" })).toBe(false)
    }
  )

  it("may concern somebody else than usual", () => {
    const error = new ShipStationError.ShipStationSecurityError({ ...told, delivery: "unknown", concerns: "content" })
    expect(error.concerns).toBe("content")
    expect(decode(encode(error))).toMatchObject({ concerns: "content" })
  })

  it("can't be of a class that never says so", () => {
    expect(isRead({ ...encode(least[9][0]), delivery: "rejected" })).toBe(false)
    expect(isRead({ ...encode(least[8][0]), delivery: "unsent" })).toBe(false)
    expect(isRead({ ...encode(least[7][0]), delivery: "unknown" })).toBe(false)
    expect(isRead({ ...encode(least[7][0]), concerns: "account" })).toBe(false)
    expect(isRead({ ...encode(least[10][0]), concerns: "server" })).toBe(false)
  })

  it("may be of any request of the API", () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"] as const) {
      expect(decode(encode(new ShipStationError.ShipStationNetworkError({ ...told, method })))).toMatchObject({
        method
      })
    }
  })

  it("is transient when the same request may pass later", () => {
    const unexpected = (status: number) =>
      isTransient(new ShipStationError.ShipStationUnexpectedResponseError({ ...told, status }))
    expect(least.filter(([error]) => isTransient(error)).map(([{ _tag }]) => _tag)).toEqual([
      "ShipStationSystemError",
      "ShipStationRateLimitError",
      "ShipStationNetworkError",
      "ShipStationConnectionLostError"
    ])
    expect([500, 502, 599].map(unexpected)).toEqual([true, true, true])
    expect([200, 302, 400, 404, 499].map(unexpected)).toEqual([false, false, false, false, false])
  })

  it("is told from others", () => {
    for (const [error] of least) expect(ShipStationError.isShipStationError(error)).toBe(true)
    for (const other of [undefined, {}, new Error("x"), encode(least[0][0])]) {
      expect(ShipStationError.isShipStationError(other)).toBe(false)
    }
  })
})

describe("NotDone", () => {
  it("drops the classes that never say that nothing was done, and narrows the others", () => {
    type NotDone = ShipStationError.NotDone<Any>
    expectTypeOf<NotDone["delivery"]>().toEqualTypeOf<"unsent" | "rejected">()
    expectTypeOf<NotDone["_tag"]>().toEqualTypeOf<
      Exclude<Any["_tag"], "ShipStationConnectionLostError" | "ShipStationUnexpectedResponseError">
    >()
    expectTypeOf<ShipStationError.NotDone<ShipStationError.ShipStationConnectionLostError>>().toEqualTypeOf<never>()
    expectTypeOf<ShipStationError.NotDone<ShipStationError.ShipStationNetworkError>["delivery"]>()
      .toEqualTypeOf<"unsent">()
  })

  it("is seen by the guard", () => {
    const told = (error: Any) => {
      if (!ShipStationError.isNotDone(error)) {
        expectTypeOf(error).toExtend<Any>()
        return "may be done"
      }
      expectTypeOf(error.delivery).toEqualTypeOf<"unsent" | "rejected">()
      expectTypeOf(error._tag).not.toEqualTypeOf<Any["_tag"]>()
      return error.delivery
    }
    expect(least.map(([error]) => told(error))).toEqual(
      least.map(([, delivery]) => delivery === "unknown" ? "may be done" : delivery)
    )
  })
})
