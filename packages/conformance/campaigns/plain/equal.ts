/**
 * What reads, checks and writes the common case by hand, beside the schemas that it stands for: the same verdict, the same
 * value, the same bytes, whatever it is given.
 */
import { CreateFulfillments, Fulfillment } from "@effect-shipstation/schema"
import { DateTime, Either, FastCheck as fc, Option, Predicate, Schema } from "effect"
import { unsafeCoerce } from "effect/Function"
import { inspect } from "node:util"

const anything = fc.oneof(
  fc.anything({ withNullPrototype: true, withSparseArray: true, maxDepth: 2 }),
  fc.constantFrom<unknown>(undefined, null, "", " ", "se-1", "ups", true, 0, Number.NaN, -0, [], {}, new Date(0))
)

const flag = fc.oneof({ weight: 6, arbitrary: fc.boolean() }, anything)

const text = (...usual: ReadonlyArray<fc.Arbitrary<unknown>>) =>
  fc.oneof(...usual.map((arbitrary) => ({ weight: 6, arbitrary })), fc.string({ unit: "binary" }), anything)

const fields = {
  shipment_id: text(
    fc.integer({ min: 0 }).map((n) => `se-${n}`),
    fc.stringMatching(/^se(-[a-z0-9]{1,9}){1,3}$/),
    fc.constantFrom(
      "se-12345678901234567890ab",
      "se-12345678901234567890abc",
      "se--1",
      "se-A",
      "se-1\n",
      "SE-1",
      "se-1 "
    )
  ),
  tracking_number: text(fc.stringMatching(/^[A-Z0-9 ]{1,30}$/), fc.constantFrom("\u00A0", "\u200B", "\uD800", " 1 ")),
  carrier_code: text(
    fc.constantFrom("ups", "dhl_express", "fedex"),
    fc.constantFrom("UPS", "_ups", "ups_", "a__b", "ups\n")
  )
}

/** As programs have it: with fields left out, more than belong to it, inherited, in another order, or no object at all. */
const varied = (fields: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>>) => {
  const whole = fc.record(fields)
  const some = fc.record({ ...fields, ...optional }, { requiredKeys: Object.keys(fields) })
  const odd = fc.record({ ...fields, ...optional, toJSON: fc.constant(1), other: anything }, { requiredKeys: [] })
  return fc.oneof(
    { weight: 3, arbitrary: whole },
    { weight: 6, arbitrary: some },
    { weight: 4, arbitrary: odd },
    { weight: 1, arbitrary: some.map((value) => Object.create(value)) },
    { weight: 1, arbitrary: some.map((value) => Object.assign(Object.create({ notify_customer: true }), value)) },
    { weight: 1, arbitrary: some.map((value) => Object.assign(Object.create(null), value)) },
    { weight: 1, arbitrary: some.map((value) => Object.fromEntries(Object.entries(value).toReversed())) },
    { weight: 1, arbitrary: anything }
  )
}

const zones = ["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Africa/Monrovia", "Pacific/Kiritimati"]

const dates = fc.oneof(
  { weight: 2, arbitrary: fc.date({ noInvalidDate: true }).map((date) => DateTime.unsafeFromDate(date)) },
  {
    weight: 4,
    // also years that can't be written, and offsets with seconds, as before 1972 in Monrovia
    arbitrary: fc.tuple(
      fc.oneof(
        fc.date({ noInvalidDate: true }),
        fc.integer({ min: -3e12, max: 3e12 }).map((millis) => new Date(millis))
      ),
      fc.oneof(fc.constantFrom(...zones), fc.integer({ min: -100_000_000, max: 100_000_000 }))
    ).map(([date, timeZone]) => Option.getOrUndefined(DateTime.makeZoned(date, { timeZone })))
  },
  fc.constantFrom<unknown>(
    DateTime.unsafeMake("0000-01-01T00:00:00Z"),
    DateTime.unsafeMake("9999-12-31T23:59:59.999Z"),
    DateTime.unsafeMakeZoned("9999-12-31T23:59:59.999Z", { timeZone: 1 }),
    DateTime.unsafeMakeZoned("0000-01-01T00:00:00Z", { timeZone: -30_000 }),
    DateTime.unsafeMake(8.64e15),
    "2026-01-02",
    undefined
  )
)

const input = varied(fields, {
  ship_date: fc.oneof(dates, anything),
  notify_customer: flag,
  notify_order_source: flag
})

const list = (each: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: fc.array(each, { maxLength: 4 }) }, { weight: 1, arbitrary: anything })

const usual = fc.record({
  shipment_id: fc.nat().map((n) => `se-${n}`),
  tracking_number: fc.stringMatching(/^[A-Z0-9]{1,30}$/),
  carrier_code: fc.constantFrom("ups", "dhl_express")
})

const request = varied({ fulfillments: fc.oneof(fc.array(usual, { maxLength: 4 }), list(input)) }, {})

const words = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(fc.string(), fc.constant(null)) },
  fc.jsonValue({ maxDepth: 2 })
)

const result = varied({ shipment_id: words, shipment_number: words, error_message: words }, {})

/** The text of an answer, also cut, or with something put in. */
const answer = fc.tuple(
  varied({ has_errors: flag, fulfillments: list(result) }, {}),
  fc.oneof(
    { weight: 8, arbitrary: fc.constant((text: string) => text) },
    { weight: 1, arbitrary: fc.nat(400).map((at) => (text: string) => text.slice(0, at)) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(400), fc.constantFrom("{", ",", "null", "\"", `"__proto__":{"has_errors":true},`)).map(
        ([at, more]) => (text: string) => text.slice(0, at) + more + text.slice(at)
      )
    }
  )
).map(([value, change]) => change(textOf(value)))

const textOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? ""
  } catch {
    return ""
  }
}

/** Two values are the same when nobody could tell them apart: by their keys, the order of these, and undefined. */
const shown = (value: unknown): string =>
  inspect(value, { depth: 9, showHidden: true, maxArrayLength: null, maxStringLength: null })

const attempted = (run: () => Either.Either<unknown, unknown> | Option.Option<unknown>): string => {
  try {
    const result = run()
    return Option.isOption(result)
      ? Option.match(result, { onNone: () => "none", onSome: shown })
      : Either.match(result, { onLeft: () => "left", onRight: shown })
  } catch (thrown) {
    return `thrown: ${String(thrown)}`
  }
}

const validate = Schema.validateEither(Fulfillment.FulfillmentInput, { errors: "all" })
const encode = Schema.encodeUnknownEither(Schema.parseJson(CreateFulfillments.Request))
const decode = Schema.decodeUnknownOption(Schema.parseJson(CreateFulfillments.Response))

/** What an input has and inherits, as own properties: the schema takes no others. */
const own = (value: unknown): unknown =>
  Predicate.isRecord(value)
    ? Object.fromEntries(
      Object.keys(Fulfillment.FulfillmentInput.fields).filter((name) => name in value).map((
        name
      ) => [name, value[name]])
    )
    : value

const ownOfEach = (value: unknown): unknown =>
  Predicate.isRecord(value) && Array.isArray(value["fulfillments"])
    ? { fulfillments: value["fulfillments"].map(own) }
    : value

/** What two ways made of one value. */
export interface Pair {
  readonly value: unknown
  readonly byHand: string
  readonly bySchema: string
}

/** The three that are done by hand where they can be. */
export const pairs: Readonly<Record<string, fc.Arbitrary<Pair>>> = {
  validateInput: input.map((value) => ({
    value,
    byHand: attempted(() => Fulfillment.validateInput(unsafeCoerce(value))),
    bySchema: attempted(() => validate(own(value)))
  })),
  encodeRequest: request.map((value) => ({
    value,
    byHand: attempted(() => CreateFulfillments.encodeRequest(unsafeCoerce(value))),
    bySchema: attempted(() => encode(ownOfEach(value)))
  })),
  decodeResponse: answer.map((value) => ({
    value,
    byHand: attempted(() => CreateFulfillments.decodeResponse(value)),
    bySchema: attempted(() => decode(value))
  }))
}

/** How many of a name's values were tried and right, and the first on which the ways part. */
export const compare = (name: string, count: number, seed: number) => {
  let valid = 0
  const pair = pairs[name]
  if (pair === undefined) throw new Error(`There is no ${name}`)
  const { counterexample } = fc.check(
    fc.property(pair, ({ byHand, bySchema }) => {
      if (bySchema !== "left" && bySchema !== "none") valid++
      return byHand === bySchema
    }),
    { numRuns: count, seed }
  )
  return { valid, parted: counterexample?.[0] }
}
