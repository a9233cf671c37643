import { Fulfillment } from "@effect-shipstation/schema"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Either, Schema } from "effect"

const { ShipDate } = Fulfillment

const least = { shipment_id: "se-1", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }

const decodeDate = Schema.decodeSync(ShipDate)
const encodeDate = Schema.encodeSync(ShipDate)
const offsetOf = (dateTime: DateTime.DateTime) => DateTime.isZoned(dateTime) ? DateTime.zonedOffset(dateTime) : "Z"

describe("a ship date", () => {
  it.each([
    ["2024-01-15T10:00:00Z", "2024-01-15T10:00:00.000Z", "Z"],
    ["2024-01-15T10:00:00.5Z", "2024-01-15T10:00:00.500Z", "Z"],
    ["2024-01-15T10:00:00.123456789Z", "2024-01-15T10:00:00.123Z", "Z"],
    ["2024-01-15t10:00:00z", "2024-01-15T10:00:00.000Z", "Z"],
    ["2024-01-15T10:00:00z", "2024-01-15T10:00:00.000Z", "Z"],
    ["2024-01-15T10:00:00-08:00", "2024-01-15T10:00:00.000-08:00", -8 * 60],
    ["2024-01-15t10:00:00+01:00", "2024-01-15T10:00:00.000+01:00", 60],
    ["2024-01-15T23:30:00.250+05:45", "2024-01-15T23:30:00.250+05:45", 5 * 60 + 45],
    ["2024-01-15T10:00:00+00:00", "2024-01-15T10:00:00.000+00:00", 0],
    ["2024-01-15T10:00:00-00:00", "2024-01-15T10:00:00.000+00:00", 0],
    ["2024-01-15T10:00:00+14:00", "2024-01-15T10:00:00.000+14:00", 14 * 60],
    ["2024-01-15T10:00:00-23:59", "2024-01-15T10:00:00.000-23:59", -23 * 60 - 59],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z", "Z"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z", "Z"],
    ["0050-01-01T00:00:00+02:00", "0050-01-01T00:00:00.000+02:00", 120],
    ["9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.000-01:00", -60]
  ])("%s keeps its instant and its offset", (text, written, minutes) => {
    const decoded = decodeDate(text)
    expect(decoded.epochMillis).toBe(Date.parse(text.toUpperCase()))
    expect(offsetOf(decoded)).toBe(minutes === "Z" ? "Z" : Number(minutes) * 60_000)
    expect(encodeDate(decoded)).toBe(written)
    const again = decodeDate(encodeDate(decoded))
    expect([again.epochMillis, offsetOf(again)]).toEqual([decoded.epochMillis, offsetOf(decoded)])
  })

  it.each([
    "",
    "now",
    "2024-01-15",
    "2024-01-15T10:00:00",
    "2024-01-15T10:00Z",
    "2024-01-15 10:00:00Z",
    "2024-01-15T10:00:00+0200",
    "2024-01-15T10:00:00+02",
    "2024-01-15T10:00:00 +02:00",
    "2024-01-15T10:00:00.Z",
    "2024-01-15T10:00:00,5Z",
    "2024-01-15T10:00:00+24:00",
    "2024-01-15T10:00:00+02:60",
    "2024-01-15T10:00:00Z\n",
    "2024-01-15T10:00:00+01:00[Europe/Berlin]",
    "2024-02-30T10:00:00Z",
    "2024-02-30T10:00:00+02:00",
    "2023-02-29T10:00:00Z",
    "2024-04-31T10:00:00-08:00",
    "2024-13-01T10:00:00Z",
    "2024-00-01T10:00:00Z",
    "2024-01-00T10:00:00Z",
    "2024-01-32T10:00:00Z",
    "2024-01-15T24:00:00Z",
    "2024-01-15T24:00:00+01:00",
    "2024-01-15T25:00:00Z",
    "2024-01-15T10:60:00Z",
    "2016-12-31T23:59:60Z",
    "10000-01-01T00:00:00Z",
    "+010000-01-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "24-01-15T10:00:00Z",
    "15/01/2024",
    "1705312800000"
  ])("may not be %j", (text) => {
    expect(Fulfillment.decodeInput({ ...least, ship_date: text })).toEqual(Either.left([
      {
        field: "ship_date",
        value: text,
        reason: "must be an RFC 3339 date-time such as 2024-01-15T10:00:00Z"
      }
    ]))
  })

  it.each([
    ["2024-07-15T10:00:00Z", "Europe/Berlin", "2024-07-15T12:00:00.000+02:00"],
    ["2024-01-15T10:00:00Z", "Europe/Berlin", "2024-01-15T11:00:00.000+01:00"],
    ["2024-01-15T08:00:00Z", "America/Los_Angeles", "2024-01-15T00:00:00.000-08:00"],
    ["2024-01-15T10:00:00Z", "Europe/London", "2024-01-15T10:00:00.000+00:00"],
    ["2024-01-15T10:00:00Z", "Asia/Kathmandu", "2024-01-15T15:45:00.000+05:45"]
  ])("%s in %s is written with the offset and without the zone's name", (instant, timeZone, written) => {
    const zoned = DateTime.unsafeMakeZoned(instant, { timeZone })
    expect(encodeDate(zoned)).toBe(written)
    expect(decodeDate(written).epochMillis).toBe(zoned.epochMillis)
  })

  it.each([
    // Berlin was at +00:53:28, Monrovia at -00:44:30, New York at -04:56:02
    ["1883-01-01T00:00:00Z", "Europe/Berlin", "1883-01-01T00:53:00.000+00:53"],
    ["1960-01-01T00:00:00Z", "Africa/Monrovia", "1959-12-31T23:16:00.000-00:44"],
    ["1883-01-01T00:00:00Z", "America/New_York", "1882-12-31T19:04:00.000-04:56"],
    ["2024-01-15T10:00:00Z", 30_000, "2024-01-15T10:01:00.000+00:01"],
    ["2024-01-15T10:00:00Z", 29_999, "2024-01-15T10:00:00.000+00:00"],
    ["2024-01-15T10:00:00Z", -3_599_000, "2024-01-15T09:00:00.000-01:00"],
    // no offset that RFC 3339 could write
    ["2024-01-15T10:00:00Z", 86_400_000, "2024-01-15T10:00:00.000Z"],
    ["2024-01-15T10:00:00Z", 86_399_999, "2024-01-15T10:00:00.000Z"],
    ["2024-01-15T10:00:00Z", -90_000_000, "2024-01-15T10:00:00.000Z"]
  ])("%s at offset %s stays the same instant when the offset can't be written", (instant, timeZone, written) => {
    const zoned = DateTime.unsafeMakeZoned(instant, { timeZone })
    expect(encodeDate(zoned)).toBe(written)
    expect(Date.parse(written)).toBe(zoned.epochMillis)
    expect(decodeDate(written).epochMillis).toBe(zoned.epochMillis)
  })

  const rfc3339 =
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/

  it.prop("is one that RFC 3339 can write, whichever it is", [ShipDate], ([date]) => {
    const text = encodeDate(date)
    expect(text).toMatch(rfc3339)
    expect(Date.parse(text)).toBe(date.epochMillis)
    if (DateTime.isZoned(date)) {
      expect(Math.abs(Number(offsetOf(decodeDate(text))) - DateTime.zonedOffset(date))).toBeLessThanOrEqual(30_000)
    } else {
      expect(text).toMatch(/Z$/)
    }
  }, { fastCheck: { numRuns: 500 } })
})
