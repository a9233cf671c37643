import { ShipStationError } from "@effect-shipstation/http-client"
import { Headers } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Schema } from "effect"
import { type Answer, toError } from "../src/internal/toError.js"
import { secret } from "./support/clients.js"

const receivedAt = DateTime.unsafeMake("2026-03-01T12:00:00Z")

const sent = {
  method: "POST",
  url: "https://api.shipstation.com/v2/fulfillments",
  redact: (text: string) => text.replaceAll(secret, "<redacted>")
} as const

const answer = (status: number, body: unknown, more: Partial<Answer> = {}) =>
  toError(sent, {
    _tag: "Answer",
    status,
    headers: Headers.empty,
    body: typeof body === "string" ? body : JSON.stringify(body),
    end: "whole",
    receivedAt,
    ...more
  })

const detail = (
  error_type: string | undefined,
  error_source: string | undefined = "ShipStation",
  error_code = "unspecified"
) => ({
  error_source,
  error_type,
  error_code,
  message: "why"
})

const body = (...errors: ReadonlyArray<unknown>) => ({ request_id: "aa3d8e8e-462b-4476-9618-72db7f7b7009", errors })

describe("what an answer means", () => {
  type Row = readonly [
    name: string,
    status: number,
    body: unknown,
    tag: ShipStationError.ShipStationError["_tag"],
    delivery: ShipStationError.Delivery
  ]
  it.each<Row>([
    // a 400 or 422 of the API's own checks: refused before any work
    ["400 validation", 400, body(detail("validation")), "ShipStationValidationError", "rejected"],
    ["400 business_rules", 400, body(detail("business_rules")), "ShipStationBusinessRulesError", "rejected"],
    ["400 account_status", 400, body(detail("account_status")), "ShipStationAccountStatusError", "rejected"],
    ["400 security", 400, body(detail("security")), "ShipStationSecurityError", "rejected"],
    ["422 validation", 422, body(detail("validation")), "ShipStationValidationError", "rejected"],
    [
      "400 validation, by the live source",
      400,
      body(detail("validation", "shipengine")),
      "ShipStationValidationError",
      "rejected"
    ],
    // not checks, or not the API's own: work may have begun
    ["400 system", 400, body(detail("system")), "ShipStationSystemError", "unknown"],
    ["400 integrations", 400, body(detail("integrations")), "ShipStationIntegrationsError", "unknown"],
    ["400 by a carrier", 400, body(detail("validation", "carrier")), "ShipStationValidationError", "unknown"],
    [
      "400 by an order source",
      400,
      body(detail("business_rules", "order_source")),
      "ShipStationBusinessRulesError",
      "unknown"
    ],
    ["400 without a source", 400, body({ error_type: "validation" }), "ShipStationValidationError", "unknown"],
    [
      "400, own and a carrier's",
      400,
      body(detail("validation"), detail("validation", "carrier")),
      "ShipStationValidationError",
      "unknown"
    ],
    [
      "400, a check and no check",
      400,
      body(detail("validation"), detail("system")),
      "ShipStationSystemError",
      "unknown"
    ],
    // of several types, the one that decides what to do
    [
      "mixed: security first",
      400,
      body(detail("validation"), detail("security")),
      "ShipStationSecurityError",
      "rejected"
    ],
    [
      "mixed: account_status",
      400,
      body(detail("business_rules"), detail("account_status")),
      "ShipStationAccountStatusError",
      "rejected"
    ],
    [
      "mixed: integrations before system",
      400,
      body(detail("system"), detail("integrations")),
      "ShipStationIntegrationsError",
      "unknown"
    ],
    [
      "mixed: system before business_rules",
      400,
      body(detail("business_rules"), detail("system")),
      "ShipStationSystemError",
      "unknown"
    ],
    [
      "mixed: business_rules before validation",
      400,
      body(detail("validation"), detail("business_rules")),
      "ShipStationBusinessRulesError",
      "rejected"
    ],
    [
      "mixed: a known type beside an unknown one",
      400,
      body(detail("new_type"), detail("validation")),
      "ShipStationValidationError",
      "unknown"
    ],
    ["only unknown types", 400, body(detail("new_type")), "ShipStationUnexpectedResponseError", "unknown"],
    ["no type at all", 400, body(detail(undefined)), "ShipStationUnexpectedResponseError", "unknown"],
    ["no errors", 400, body(), "ShipStationUnexpectedResponseError", "unknown"],
    ["a 400 that isn't JSON", 400, "Bad request", "ShipStationUnexpectedResponseError", "unknown"],
    ["a 400 of truncated JSON", 400, "{\"errors\":[{", "ShipStationUnexpectedResponseError", "unknown"],
    // at the door
    ["401", 401, body(detail("security")), "ShipStationSecurityError", "rejected"],
    [
      "401 without request_id",
      401,
      { errors: [detail("security", "shipengine")] },
      "ShipStationSecurityError",
      "rejected"
    ],
    ["401 with any body", 401, "<html>", "ShipStationSecurityError", "rejected"],
    ["401 with another type", 401, body(detail("validation")), "ShipStationSecurityError", "rejected"],
    ["403", 403, body(detail("security")), "ShipStationSecurityError", "rejected"],
    ["403 with any body", 403, "no", "ShipStationUnexpectedResponseError", "rejected"],
    ["404", 404, body(detail("validation", "ShipStation", "not_found")), "ShipStationValidationError", "rejected"],
    ["405", 405, "", "ShipStationUnexpectedResponseError", "rejected"],
    ["413", 413, "<html>", "ShipStationUnexpectedResponseError", "rejected"],
    ["415", 415, "", "ShipStationUnexpectedResponseError", "rejected"],
    // the limit
    [
      "429",
      429,
      body(detail("business_rules", "ShipStation", "rate_limit_exceeded")),
      "ShipStationRateLimitError",
      "rejected"
    ],
    ["429 with any body", 429, "slow down", "ShipStationRateLimitError", "rejected"],
    [
      "a carrier's 429",
      429,
      body(detail("business_rules", "carrier", "rate_limit_exceeded")),
      "ShipStationRateLimitError",
      "unknown"
    ],
    ["an order source's 429", 429, body(detail("system", "order_source")), "ShipStationRateLimitError", "unknown"],
    [
      "a 429 of somebody new",
      429,
      body(detail("business_rules", "a_source_of_tomorrow")),
      "ShipStationRateLimitError",
      "unknown"
    ],
    [
      "the code on another 4xx",
      400,
      body(detail("business_rules", "ShipStation", "rate_limit_exceeded")),
      "ShipStationRateLimitError",
      "rejected"
    ],
    [
      "the code on a 5xx",
      503,
      body(detail("system", "ShipStation", "rate_limit_exceeded")),
      "ShipStationSystemError",
      "unknown"
    ],
    // may have been acted on
    ["408", 408, "", "ShipStationUnexpectedResponseError", "unknown"],
    [
      "409",
      409,
      body(detail("business_rules", "ShipStation", "identifier_conflict")),
      "ShipStationBusinessRulesError",
      "unknown"
    ],
    ["500, empty", 500, "", "ShipStationUnexpectedResponseError", "unknown"],
    ["500 system", 500, body(detail("system")), "ShipStationSystemError", "unknown"],
    ["500 validation", 500, body(detail("validation")), "ShipStationValidationError", "unknown"],
    ["500 security", 500, body(detail("security")), "ShipStationSecurityError", "unknown"],
    ["502 HTML", 502, "<h1>Bad Gateway</h1>", "ShipStationUnexpectedResponseError", "unknown"],
    ["503", 503, "", "ShipStationUnexpectedResponseError", "unknown"],
    ["504", 504, "timeout", "ShipStationUnexpectedResponseError", "unknown"],
    ["303", 303, "", "ShipStationUnexpectedResponseError", "unknown"],
    ["307", 307, body(detail("validation")), "ShipStationUnexpectedResponseError", "unknown"],
    // fetch in a browser hides a redirect's status
    ["an opaque redirect", 0, "", "ShipStationUnexpectedResponseError", "unknown"],
    ["a 200 that doesn't decode", 200, "{\"fulfillments\":5}", "ShipStationUnexpectedResponseError", "unknown"],
    ["an error body with status 200", 200, body(detail("validation")), "ShipStationUnexpectedResponseError", "unknown"]
  ])("%s", (_, status, body, tag, delivery) => {
    const error = answer(status, body)
    expect(error._tag).toBe(tag)
    expect(error).toMatchObject({ delivery, status, method: "POST", url: sent.url })
    expect(ShipStationError.isShipStationError(error)).toBe(true)
    expect(ShipStationError.isNotDone(error)).toBe(delivery !== "unknown")
    expect(error.message).toContain(String(status))
  })

  it("a cut answer is a lost connection, or a refusal that may be somebody else's", () => {
    expect(answer(200, "{", { end: "cut" })).toMatchObject({
      _tag: "ShipStationConnectionLostError",
      reason: "cut",
      status: 200
    })
    expect(answer(400, body(detail("validation")), { end: "cut" })).toMatchObject({
      _tag: "ShipStationConnectionLostError",
      delivery: "unknown",
      errors: []
    })
    expect(answer(401, "", { end: "cut" })).toMatchObject({ _tag: "ShipStationSecurityError", delivery: "unknown" })
    expect(answer(429, "", { end: "cut" })).toMatchObject({ _tag: "ShipStationRateLimitError", delivery: "unknown" })
  })

  it("the request id comes from the body, else from the header", () => {
    const headers = Headers.fromInput({ "X-ShipEngine-RequestId": "from-header" })
    expect(answer(400, body(detail("validation")), { headers }).requestId).toBe("aa3d8e8e-462b-4476-9618-72db7f7b7009")
    expect(answer(400, { errors: [detail("validation")] }, { headers }).requestId).toBe("from-header")
    expect(answer(502, "<html>", { headers }).requestId).toBe("from-header")
    expect(answer(502, "<html>").requestId).toBe(undefined)
  })

  it("all errors are kept, and unknown values keep their text", () => {
    const error = answer(
      400,
      body(detail("validation", "ShipStation", "multipackage_not_supported"), { carrier_id: "se-1" })
    )
    expect(error.errors).toEqual([detail("validation", "ShipStation", "multipackage_not_supported"), {}])
    expect(error.message).toBe("Status 400, multipackage_not_supported: why (and 1 more)")
  })

  it("keeps the start of an unreadable body, without the key", () => {
    const error = answer(502, `<p>${secret}</p>${"x".repeat(10_000)}`)
    expect(error.body).toMatch(/^<p><redacted><\/p>x+$/)
    expect(error.body?.length).toBe(500)
    expect(answer(400, body(detail("validation"))).body).toBe(undefined)
    expect(JSON.stringify(answer(400, body({ ...detail("validation"), message: secret })).message)).not.toContain(
      secret
    )
  })

  it("every error can be stored and read again", () => {
    const errors = [
      answer(400, body(detail("validation"))),
      answer(429, "", { headers: Headers.fromInput({ "retry-after": "7" }) }),
      answer(429, "", { headers: Headers.fromInput({ "retry-after": "9".repeat(400) }) }),
      answer(200, "{", { end: "cut" }),
      toError(sent, { _tag: "Refused", reason: "because" })
    ]
    for (const error of errors) {
      const json = Schema.encodeSync(stored)(error)
      const again = Schema.decodeUnknownSync(stored)(json)
      expect(again).toBeInstanceOf(error.constructor)
      expect({ ...again, message: again.message }).toMatchObject(
        JSON.parse(JSON.stringify({ ...error, retryAfter: undefined }))
      )
      expect(again.retryAfter).toEqual(error.retryAfter)
    }
  })
})

const stored = Schema.parseJson(ShipStationError.ShipStationError)

describe("Retry-After", () => {
  const wait = (headers: Record<string, string>, status = 429) => {
    const { retryAfter } = answer(status, "", { headers: Headers.fromInput(headers) })
    return retryAfter === undefined ? undefined : Duration.toSeconds(retryAfter)
  }

  it.each([
    ["seconds, not milliseconds", { "retry-after": "30" }, 30],
    ["zero", { "retry-after": "0" }, 0],
    ["spaces around it", { "retry-after": " 5 " }, 5],
    ["a date, by the clock of the answer", {
      "retry-after": "Sun, 01 Mar 2026 10:00:30 GMT",
      date: "Sun, 01 Mar 2026 10:00:00 GMT"
    }, 30],
    ["a date, without a clock of the answer", { "retry-after": "Sun, 01 Mar 2026 12:00:10 GMT" }, 10],
    [
      "a date in the past",
      { "retry-after": "Sun, 01 Mar 2026 09:00:00 GMT", date: "Sun, 01 Mar 2026 10:00:00 GMT" },
      0
    ],
    ["a day", { "retry-after": "86400" }, 86_400],
    ["absurd", { "retry-after": "9".repeat(400) }, Infinity],
    ["missing: one window", {}, 60],
    ["empty: one window", { "retry-after": "" }, 60],
    ["negative: one window", { "retry-after": "-5" }, 60],
    ["words: one window", { "retry-after": "soon" }, 60],
    ["a date that is none: one window", { "retry-after": "Sun, 99 Foo 2026 GMT" }, 60]
  ])("%s", (_, headers, seconds) => {
    expect(wait(headers)).toBe(seconds)
  })

  it("is told of other answers too, where they have it", () => {
    expect(wait({ "retry-after": "3" }, 503)).toBe(3)
    expect(wait({ "retry-after": "-3" }, 503)).toBe(undefined)
    expect(wait({}, 503)).toBe(undefined)
  })
})

describe("what a failure without an answer means", () => {
  const failure = (cause: unknown) => toError(sent, { _tag: "NoAnswer", cause })
  const error = (properties: object, message = "x", cause?: unknown) =>
    Object.assign(new Error(message, { cause }), properties)
  const refused = error({ code: "ECONNREFUSED", syscall: "connect" })
  const reset = error({ code: "ECONNRESET", syscall: "read" })

  it.each([
    ["refused", refused],
    ["refused, as fetch tells it", error({}, "fetch failed", refused)],
    ["refused on all addresses", Object.assign(new AggregateError([refused, refused]), { code: "ECONNREFUSED" })],
    ["no such host", error({ code: "ENOTFOUND", syscall: "getaddrinfo" })],
    ["no name server", error({ code: "EAI_AGAIN", syscall: "getaddrinfo" })],
    ["no route", error({ code: "EHOSTUNREACH", syscall: "connect" })],
    ["connect time-out of the system", error({ code: "ETIMEDOUT", syscall: "connect" })],
    ["connect time-out of undici", error({ code: "UND_ERR_CONNECT_TIMEOUT" })],
    ["an expired certificate", error({ code: "CERT_HAS_EXPIRED" })],
    ["a certificate of another name", error({ code: "ERR_TLS_CERT_ALTNAME_INVALID" })],
    ["a self-signed certificate", error({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })],
    ["a port that fetch never uses", error({}, "fetch failed", error({}, "bad port"))],
    ["an unknown issuer", error({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" })]
  ])("nothing was sent: %s", (_, cause) => {
    expect(failure(cause)).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent" })
  })

  it.each([
    ["reset", reset],
    ["reset, as fetch tells it", error({}, "fetch failed", reset)],
    ["a broken pipe", error({ code: "EPIPE", syscall: "write" })],
    ["a time-out while reading", error({ code: "ETIMEDOUT", syscall: "read" })],
    ["closed by the other side", error({ code: "UND_ERR_SOCKET" }, "other side closed")],
    ["headers that don't come", error({ code: "UND_ERR_HEADERS_TIMEOUT" })],
    ["some addresses refused, one reset", new AggregateError([refused, reset])],
    ["no addresses at all", new AggregateError([])],
    ["a browser, which tells nothing", new TypeError("Failed to fetch")],
    ["no error", undefined],
    ["a text", "connect ECONNREFUSED"]
  ])("it may have been acted on: %s", (_, cause) => {
    expect(failure(cause)).toMatchObject({
      _tag: "ShipStationConnectionLostError",
      delivery: "unknown",
      reason: "reset"
    })
  })

  it("a time-out says after how long", () => {
    expect(toError(sent, { _tag: "TimedOut", after: Duration.seconds(30) })).toMatchObject({
      _tag: "ShipStationConnectionLostError",
      delivery: "unknown",
      reason: "timeout",
      message: "No whole answer within 30s"
    })
  })

  it("quotes the cause, without the key", () => {
    const { message } = failure(error({}, "fetch failed", error({}, `bad header ${secret}`)))
    expect(message).toBe("The connection ended before an answer came: bad header <redacted>")
  })
})
