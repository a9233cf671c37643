import { ShipStationError } from "@effect-shipstation/http-client"
import { Headers } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Duration, FastCheck as fc, Schema } from "effect"
import { rowOf, rows } from "../src/internal/meaning.js"
import { type Answer, type Sent, toError } from "../src/internal/toError.js"
import { secret } from "./support/clients.js"
import { body, detail, failures, receivedAt } from "./support/failures.js"

const sent = {
  method: "POST",
  url: "https://api.shipstation.com/v2/fulfillments",
  redact: (text: string) => text.replaceAll(secret, "<redacted>")
} as const

const answer = (status: number, body: unknown, more: Partial<Answer> = {}, request: Partial<Sent> = {}) =>
  toError({ ...sent, ...request }, {
    _tag: "Answer",
    status,
    headers: Headers.empty,
    body: typeof body === "string" ? body : JSON.stringify(body),
    end: "whole",
    receivedAt,
    ...more
  })

const got = { ...sent, method: "GET" } as const

describe.each(failures)("%s", (_, failures) => {
  it.each(failures)("$status: $body", ({ concerns, delivery, happened, tag, transient }) => {
    const error = toError(sent, happened)
    expect(error).toMatchObject({ _tag: tag, delivery, concerns, method: "POST", url: sent.url })
    expect(ShipStationError.isTransient(error)).toBe(transient)
    expect(ShipStationError.isShipStationError(error)).toBe(true)
    expect(ShipStationError.isNotDone(error)).toBe(delivery !== "unknown")
    expect(error.message).toMatch(
      /^(?:Status \d+[, :]|Not sent: |No whole answer|Could not connect|The connection ended)/
    )
    expect(error.status).toBe(happened._tag === "Answer" ? happened.status : undefined)
  })
})

describe("of errors", () => {
  it.each([
    ["security first", ["validation", "security"], "ShipStationSecurityError"],
    ["then account_status", ["business_rules", "account_status", "integrations"], "ShipStationAccountStatusError"],
    ["then integrations", ["system", "integrations"], "ShipStationIntegrationsError"],
    ["then system", ["business_rules", "system"], "ShipStationSystemError"],
    ["then business_rules", ["validation", "business_rules"], "ShipStationBusinessRulesError"],
    ["then validation", ["weather", "validation"], "ShipStationValidationError"]
  ])("several, the one that decides what to do: %s", (_, types, tag) => {
    expect(answer(400, body(...types.map((type) => detail(type))))._tag).toBe(tag)
    expect(answer(400, body(...types.map((type) => detail(type)).toReversed()))._tag).toBe(tag)
  })

  it.each(["ShipStation", "shipstation", "shipengine", "ShipEngine"])("the API calls itself %s", (source) => {
    expect(answer(400, body(detail("validation", source)))).toMatchObject({ delivery: "rejected", concerns: "content" })
  })

  it.each(["carrier", "order_source", "ShipStation ", "shipstation_carrier", "ups", ""])(
    "%j is not the API",
    (source) => {
      for (const status of [400, 401, 403, 404, 405, 413, 415, 422, 429]) {
        for (const type of ["validation", "security", "system", undefined]) {
          expect(answer(status, body(detail(type, source)))).toMatchObject({ delivery: "unknown", concerns: "content" })
        }
      }
    }
  )

  it("what can't be read is a stranger's, and the rest of the body is still read", () => {
    const carriers = detail("business_rules", "carrier", "rate_limit_exceeded")
    for (
      const errors of [
        [{ ...carriers, error_code: 429 }],
        [{ ...carriers, message: { text: "slow down" } }],
        [{ ...carriers, error_type: ["business_rules"] }],
        [{ ...carriers, field_value: {}, field_name: 5 }],
        carriers,
        { 0: carriers },
        [{ ...carriers, error_source: ["ShipStation"] }],
        [{ ...carriers, error_source: { name: "ShipStation" } }],
        [{ ...carriers, error_source: null }],
        ["slow down"],
        "slow down",
        5,
        [null],
        [[carriers]],
        [detail("business_rules"), "slow down"]
      ]
    ) {
      for (const status of [400, 403, 404, 429]) {
        const error = answer(status, { request_id: 7, errors })
        expect([JSON.stringify(errors), error.delivery, error.concerns]).toEqual([
          JSON.stringify(errors),
          "unknown",
          "content"
        ])
        expect(error).toMatchObject({ requestId: "7", body: undefined })
        expect(error.errors.length).toBeGreaterThan(0)
      }
      expect(answer(429, { errors })._tag).toBe("ShipStationRateLimitError")
    }
    // the API's own stay its own, with fields that aren't as they should be
    expect(answer(429, { errors: [{ ...detail("system"), error_code: 429 }] })).toMatchObject({ delivery: "rejected" })
    expect(answer(400, { errors: [{ ...detail("validation"), message: {} }] })).toMatchObject({ delivery: "rejected" })
    expect(answer(400, { errors: [{ ...detail("validation"), error_type: 4 }] })).toMatchObject({ delivery: "unknown" })
  })

  it("none is taken from a body that isn't whole, though it looks like it", () => {
    for (const end of ["cut", "oversized"] as const) {
      for (const status of [400, 401, 429]) {
        expect(answer(status, body(detail("validation")), { end })).toMatchObject({ delivery: "unknown", errors: [] })
      }
    }
  })

  it.each(
    [
      ["JSON that ends before its end", JSON.stringify(body(detail("validation"))).slice(0, -9), "unknown"],
      ["a list that ends before its end", " [{", "unknown"],
      ["a page", "<p>", "rejected"],
      ["JSON that isn't the API's", "{\"message\":\"Too Many Requests\"}", "rejected"]
    ] as const
  )("none is read from %s, and whose a 401 or 429 was isn't known then", (_, body, delivery) => {
    for (const status of [401, 429]) {
      expect(answer(status, body)).toMatchObject({ delivery, errors: [] })
    }
    expect(answer(500, body)._tag).toBe("ShipStationUnexpectedResponseError")
  })

  it("all are kept, and unknown values keep their text", () => {
    const error = answer(
      400,
      body(detail("validation", "ShipStation", "multipackage_not_supported"), { carrier_id: "se-1" })
    )
    expect(error.errors).toEqual([detail("validation", "ShipStation", "multipackage_not_supported"), {}])
    expect(error.message).toBe("Status 400, multipackage_not_supported: why (and 1 more)")
    expect(answer(400, body(detail("validation"))).message).toBe("Status 400, unspecified: why")
  })

  it("causes of causes tell more, ten of them", () => {
    let cause: unknown
    for (let depth = 20; depth >= 0; depth--) cause = new Error(`${depth}`, { cause })
    expect(toError(sent, { _tag: "NoAnswer", isOfRequest: false, cause }).message).toBe(
      "The connection ended before an answer came: 10"
    )
  })

  it.each<readonly [status: number, body: string, end: Answer["end"], message: string]>([
    [299, "<p>", "whole", "Status 299 with a body that isn't the API's"],
    [300, "<p>", "whole", "Status 300: redirects are not followed"],
    [399, "", "whole", "Status 399: redirects are not followed"],
    [400, "<p>", "whole", "Status 400 with a body that isn't the API's"],
    [400, "", "whole", "Status 400 with an empty body"],
    [302, "{", "cut", "Status 302, and the connection ended before the end of the answer"],
    [302, "{", "oversized", "Status 302, and the answer was larger than we read"]
  ])("where none is told, the message says what came: %s, %j, %s", (status, body, end, message) => {
    expect(answer(status, body, { end })).toMatchObject({ message, errors: [] })
  })

  it.each<readonly [status: number, body: string, told: string | undefined]>([
    [299, "no success", undefined],
    [300, "moved", "moved"],
    [502, "Bad Gateway: see [1]", "Bad Gateway: see [1]"],
    [502, " {\"name\": \"Ann", undefined],
    [502, "[{\"name\": \"Ann", undefined],
    [502, `${"x".repeat(499)}😀 and more`, "x".repeat(499)],
    [502, `😀${"x".repeat(600)}`, `😀${"x".repeat(498)}`],
    [502, "x".repeat(501), "x".repeat(500)],
    [502, "", undefined]
  ])("where none is told, the body of a GET is kept that can't be a customer's: %s, %j", (status, body, told) => {
    expect(answer(status, body, {}, got)).toMatchObject({ body: told })
  })

  it("none is longer than can be stored, and neither are they all", () => {
    const long = "x".repeat(10_000)
    const error = answer(
      400,
      {
        request_id: long,
        errors: Array.from({ length: 2000 }, () => ({ ...detail("validation"), message: long, field_value: long }))
      },
      { headers: Headers.fromInput({ "x-shipengine-requestid": long }) }
    )
    expect(error).toMatchObject({ _tag: "ShipStationValidationError", delivery: "rejected" })
    expect(error.errors.length).toBe(500)
    expect(error.errors[0]?.message?.length).toBe(500)
    expect(error.errors[0]?.field_value?.length).toBe(500)
    expect([error.message.length, error.requestId?.length]).toEqual([500, 500])
    // the last of many counts as well
    const errors = [...Array.from({ length: 2000 }, () => detail("validation")), detail("validation", "carrier")]
    expect(answer(400, { errors }).delivery).toBe("unknown")
  })
})

describe("of any answer", () => {
  const types = ["validation", "security", "account_status", "business_rules", "system", "integrations", "weather"]
  const checks = types.slice(0, 4)
  const anyFacts = {
    status: fc.oneof(
      fc.constantFrom(200, 307, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503),
      fc.nat(999)
    ),
    end: fc.constantFrom<Answer["end"]>("whole", "whole", "whole", "cut", "oversized"),
    errors: fc.array(
      fc.record({
        error_source: fc.constantFrom("ShipStation", "ShipStation", "shipengine", "carrier", "order_source", undefined),
        error_type: fc.constantFrom(...types),
        error_code: fc.constantFrom("unspecified", "rate_limit_exceeded")
      }),
      { maxLength: 3 }
    )
  } as const

  it.prop("nothing was done only if the API itself said so, in a whole body, at the door", anyFacts, (
    { end, errors, status }
  ) => {
    const { _tag, concerns, delivery } = answer(status, { errors }, { end })
    const isOwn = errors.every(({ error_source }) => error_source === "ShipStation" || error_source === "shipengine")
    const isDoor = [401, 403, 404, 405, 413, 415, 429].includes(status) ||
      ([400, 422].includes(status) && errors.every(({ error_type }) => checks.includes(error_type)))
    const mayBe = end === "whole" && isOwn && isDoor && (errors.length > 0 || [401, 429].includes(status))
    // a class of its own for each type that says something
    expect(delivery).toBe(mayBe && _tag !== "ShipStationUnexpectedResponseError" ? "rejected" : "unknown")
    if (end === "whole" && !isOwn) expect(concerns).toBe(status >= 400 && status < 500 ? "content" : "server")
    if (concerns === "account") expect(isOwn || end !== "whole").toBe(true)
    expect(concerns === "transport").toBe(_tag === "ShipStationConnectionLostError")
  }, { fastCheck: { numRuns: 3000 } })

  it("each row of the table decides about some", () => {
    const deciding = new Set<unknown>()
    for (const status of [200, 400, 401, 403, 404, 405, 409, 413, 429, 500]) {
      for (const source of ["ShipStation", "carrier"]) {
        for (const type of types) {
          for (const code of ["unspecified", "rate_limit_exceeded"]) {
            for (const end of ["whole", "cut", "oversized"] as const) {
              deciding.add(rowOf({ status, end, errors: end === "whole" ? [detail(type, source, code)] : [] }))
            }
          }
        }
      }
    }
    expect(rows.filter((row) => !deciding.has(row))).toEqual([])
  })

  it("the request id comes from the body, else from the header", () => {
    const headers = Headers.fromInput({ "X-ShipEngine-RequestId": "from-header" })
    expect(answer(400, body(detail("validation")), { headers }).requestId).toBe("aa3d8e8e-462b-4476-9618-72db7f7b7009")
    expect(answer(400, { errors: [detail("validation")] }, { headers }).requestId).toBe("from-header")
    expect(answer(400, { request_id: {}, errors: [detail("validation")] }, { headers }).requestId).toBe("from-header")
    expect(answer(502, "<html>", { headers }).requestId).toBe("from-header")
    expect(answer(502, "<html>").requestId).toBe(undefined)
  })

  it("keeps the start of an unreadable body, without the key", () => {
    const error = answer(502, `<p>${secret}</p>${"x".repeat(10_000)}`)
    expect(error.body).toMatch(/^<p><redacted><\/p>x+$/)
    expect(error.body?.length).toBe(500)
    expect(answer(400, body(detail("validation"))).body).toBe(undefined)
    expect(JSON.stringify(answer(400, body({ ...detail("validation"), message: secret })).message)).not.toContain(
      secret
    )
    // no half of a character, which databases refuse
    expect(answer(502, `${"x".repeat(499)}😀`).body).toBe("x".repeat(499))
    expect(answer(502, `${"x".repeat(498)}😀`).body).toBe(`${"x".repeat(498)}😀`)
  })

  it("keeps nothing of a page: it holds names and addresses", () => {
    const page = JSON.stringify({ fulfillments: 5, rows: [{ ship_to: { name: "Jane Doe" } }] })
    const labels: Sent = { ...sent, url: "https://api.shipstation.com/v2/labels" }
    const requests: ReadonlyArray<Sent> = [
      got,
      { ...labels, method: "GET" },
      { ...labels, method: "POST" },
      { ...sent, method: "PUT" }
    ]
    for (const request of requests) {
      for (const status of [200, 201, 299, 404, 500]) {
        for (const end of ["whole", "cut", "oversized"] as const) {
          for (const json of [page, page.slice(0, -5), ` [${page}]`]) {
            const error = answer(status, json, { end }, request)
            expect(error.body).toBe(undefined)
            expect(JSON.stringify(Schema.encodeSync(ShipStationError.ShipStationError)(error))).not.toContain("Jane")
          }
        }
      }
      expect(answer(200, "<html>Jane Doe</html>", {}, request).body).toBe(undefined)
      // a page of a gateway knows no customers
      expect(answer(502, "<html>", {}, request).body).toBe("<html>")
    }
    expect(answer(200, page, {}, sent).body).toBe(page)
    expect(answer(500, page, {}, sent).body).toBe(page)
  })

  it("every error can be stored and read again", () => {
    const stored = Schema.parseJson(ShipStationError.ShipStationError)
    const errors = [
      ...failures.flatMap(([, failures]) => failures.map(({ happened }) => toError(sent, happened))),
      answer(429, "", { headers: Headers.fromInput({ "retry-after": "7" }) }),
      answer(429, "", { headers: Headers.fromInput({ "retry-after": "9".repeat(400) }) })
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

describe("without an answer", () => {
  const failure = (cause: unknown) => toError(sent, { _tag: "NoAnswer", isOfRequest: true, cause })
  const error = (properties: object, message = "x", cause?: unknown) =>
    Object.assign(new Error(message, { cause }), properties)

  it("a time-out says after how long", () => {
    expect(toError(sent, { _tag: "TimedOut", after: Duration.seconds(30) })).toMatchObject({
      reason: "timeout",
      message: "No whole answer within 30s"
    })
  })

  it("says why nothing was sent, without the key", () => {
    const message = (_tag: "Misconfigured" | "KeyUnreadable" | "Refused" | "Invalid") =>
      toError(sent, { _tag, reason: `the vault says ${secret}` }).message
    expect(message("Misconfigured")).toBe("Not sent: the vault says <redacted>")
    expect(message("Refused")).toBe("Not sent: the vault says <redacted>")
    expect(message("Invalid")).toBe("Not sent: the vault says <redacted>")
    expect(message("KeyUnreadable")).toBe("Not sent: the API key could not be read: the vault says <redacted>")
  })

  it("quotes the innermost cause, without the key", () => {
    const { message } = failure(error({}, "fetch failed", error({}, `bad header ${secret}`)))
    expect(message).toBe("The connection ended before an answer came: bad header <redacted>")
    expect(failure(error({}, "x".repeat(10_000))).message.length).toBe(500)
    expect(failure("text").message).toBe("The connection ended before an answer came: unknown cause")
  })

  it("a cause that is its own is no endless one", () => {
    const own = new Error("round and round")
    own.cause = own
    expect(failure(own)).toMatchObject({ delivery: "unknown" })
    expect(failure(own).message).toContain("round and round")
    const all = new AggregateError([], "all")
    all.errors.push(all)
    expect(failure(all)).toMatchObject({ delivery: "unknown" })
  })
})
