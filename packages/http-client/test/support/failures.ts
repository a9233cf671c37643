/**
 * Failures of each kind, and what each of them means: the table that `toError` is tested against, and that the
 * documentation shows.
 */
import type { ShipStationError } from "@effect-shipstation/http-client"
import { Headers } from "@effect/platform"
import { DateTime, Duration } from "effect"
import type { Happened } from "../../src/internal/toError.js"

export interface Failure {
  /** The answer's status, or what happened in place of an answer. */
  readonly status: string
  /** What is in its body, in words. */
  readonly body: string
  readonly happened: Happened
  readonly tag: ShipStationError.ShipStationError["_tag"]
  readonly delivery: ShipStationError.Delivery
  readonly concerns: ShipStationError.Concerns
  readonly transient: boolean
  /** The class is that of the type, of which this is an example. */
  readonly isByType?: boolean
}

type Expected = readonly [
  tag: ShipStationError.ShipStationError["_tag"],
  delivery: ShipStationError.Delivery,
  concerns: ShipStationError.Concerns,
  transient: boolean
]

/** An error of an error body. */
export const detail = (error_type: string | undefined, error_source = "ShipStation", error_code = "unspecified") => ({
  error_source,
  error_type,
  error_code,
  message: "why"
})

/** An error body of these errors. */
export const body = (...errors: ReadonlyArray<unknown>) => ({
  request_id: "aa3d8e8e-462b-4476-9618-72db7f7b7009",
  errors
})

const own = (...types: ReadonlyArray<string>) => body(...types.map((type) => detail(type)))
const carriers = (type: string) => body(detail(type, "carrier"))
const shops = (type: string) => body(detail(type, "order_source"))
const limit = (source: string, type = "business_rules") => body(detail(type, source, "rate_limit_exceeded"))

export const receivedAt = DateTime.unsafeMake("2026-03-01T12:00:00Z")

/** An answer. */
const answered = (status: number, body: unknown, end: "whole" | "cut" | "oversized" = "whole"): Happened => ({
  _tag: "Answer",
  status,
  headers: Headers.empty,
  body: typeof body === "string" ? body : JSON.stringify(body),
  end,
  receivedAt
})

const html = "<h1>Not here</h1>"

const failed = (properties: object, message = "x") => Object.assign(new Error(message), properties)

const row = (
  status: string,
  body: string,
  happened: Happened,
  [tag, delivery, concerns, transient]: Expected
): Failure => ({ status, body, happened, tag, delivery, concerns, transient })

const answerRow = (status: number, name: string, json: unknown, expected: Expected) =>
  row(String(status), name, answered(status, json), expected)

/** An example of several types. */
const typeRow = (status: number, name: string, json: unknown, expected: Expected): Failure => ({
  ...answerRow(status, name, json, expected),
  isByType: true
})

const unexpected = (concerns: ShipStationError.Concerns, transient: boolean): Expected => [
  "ShipStationUnexpectedResponseError",
  "unknown",
  concerns,
  transient
]

const nothingSent: ReadonlyArray<Failure> = [
  row("nothing sent", "the configuration doesn't allow it", { _tag: "Misconfigured", reason: "because" }, [
    "ShipStationConfigError",
    "unsent",
    "account",
    false
  ]),
  row("nothing sent", "no key that could be sent", { _tag: "Refused", reason: "because" }, [
    "ShipStationSecurityError",
    "unsent",
    "account",
    false
  ]),
  row("nothing sent", "the key could not be read this time", { _tag: "KeyUnreadable", reason: "because" }, [
    "ShipStationNetworkError",
    "unsent",
    "transport",
    true
  ]),
  row("nothing sent", "it can't be written as the contract has it", { _tag: "Invalid", reason: "because" }, [
    "ShipStationValidationError",
    "unsent",
    "content",
    false
  ]),
  row(
    "nothing sent",
    "the limiter holds it back for longer than is waited",
    { _tag: "Held", reason: "because", retryAfter: Duration.minutes(10) },
    ["ShipStationRateLimitError", "unsent", "account", true]
  ),
  row(
    "nothing sent",
    "connection refused, no such host, no connection in time, certificate refused",
    { _tag: "NoAnswer", isOfRequest: true, cause: failed({ code: "ECONNREFUSED", syscall: "connect" }) },
    ["ShipStationNetworkError", "unsent", "transport", true]
  )
]

const lost: Expected = ["ShipStationConnectionLostError", "unknown", "transport", true]

const noWholeAnswer: ReadonlyArray<Failure> = [
  row("no answer", "connection reset or closed", {
    _tag: "NoAnswer",
    isOfRequest: true,
    cause: failed({ code: "ECONNRESET", syscall: "read" })
  }, lost),
  row("no answer", "TLS failed, in the handshake (a server without TLS, say) or later: nobody can tell which", {
    _tag: "NoAnswer",
    isOfRequest: true,
    cause: failed({ code: "ERR_SSL_WRONG_VERSION_NUMBER" })
  }, lost),
  row("no answer", "not in time", { _tag: "TimedOut", after: Duration.seconds(30) }, lost),
  row("any but 401, 429", "cut off", answered(200, "{", "cut"), lost),
  row("401", "cut off, in JSON that ends too early, or larger than we read", answered(401, "{", "cut"), [
    "ShipStationSecurityError",
    "unknown",
    "account",
    false
  ]),
  row("429", "cut off, in JSON that ends too early, or larger than we read", answered(429, "{", "cut"), [
    "ShipStationRateLimitError",
    "unknown",
    "account",
    true
  ]),
  row("2xx", "can't be read, or larger than we read", answered(200, "{\"fulfillments\":[]}", "oversized"), [
    "ShipStationUnexpectedResponseError",
    "unknown",
    "server",
    false
  ])
]

const refusals: ReadonlyArray<Failure> = [
  ...(["validation", "business_rules"] as const).flatMap((type) => {
    const tag = type === "validation" ? "ShipStationValidationError" : "ShipStationBusinessRulesError"
    return [
      answerRow(400, `own, \`${type}\``, own(type), [tag, "rejected", "content", false]),
      answerRow(422, `own, \`${type}\``, own(type), [tag, "rejected", "content", false])
    ]
  }),
  ...[400, 422].flatMap((status) => [
    answerRow(status, "own, `security`", own("security"), ["ShipStationSecurityError", "rejected", "account", false]),
    answerRow(status, "own, `account_status`", own("account_status"), [
      "ShipStationAccountStatusError",
      "rejected",
      "account",
      false
    ])
  ]),
  answerRow(400, "own, `rate_limit_exceeded`", limit("ShipStation"), [
    "ShipStationRateLimitError",
    "rejected",
    "account",
    true
  ]),
  answerRow(401, "own, or no error body", "", ["ShipStationSecurityError", "rejected", "account", false]),
  ...[403, 404, 413].flatMap((status) => [
    typeRow(status, "own, `security` or `account_status`", own("security"), [
      "ShipStationSecurityError",
      "rejected",
      "account",
      false
    ]),
    typeRow(status, "own, `validation`, `business_rules` or `integrations`", own("validation"), [
      "ShipStationValidationError",
      "rejected",
      "content",
      false
    ])
  ]),
  ...[403, 404, 413, 405, 415].map((status) =>
    answerRow(status, "own, `system`", own("system"), ["ShipStationSystemError", "rejected", "server", true])
  ),
  ...[405, 415].flatMap((status) => [
    typeRow(status, "own, `security` or `account_status`", own("account_status"), [
      "ShipStationAccountStatusError",
      "rejected",
      "account",
      false
    ]),
    typeRow(status, "own, `validation`, `business_rules` or `integrations`", own("validation"), [
      "ShipStationValidationError",
      "rejected",
      "server",
      false
    ])
  ]),
  answerRow(429, "own, or no error body", "slow down", ["ShipStationRateLimitError", "rejected", "account", true])
]

const ownUnknown: ReadonlyArray<Failure> = [
  ...[400, 422].flatMap((status) => [
    answerRow(status, "own, `system`, alone or beside others", own("validation", "system"), [
      "ShipStationSystemError",
      "unknown",
      "server",
      true
    ]),
    answerRow(status, "own, `integrations`, alone or beside others", own("integrations", "validation"), [
      "ShipStationIntegrationsError",
      "unknown",
      "content",
      false
    ]),
    answerRow(status, "own, a known type beside an unknown one", own("validation", "weather"), [
      "ShipStationValidationError",
      "unknown",
      "content",
      false
    ])
  ]),
  typeRow(409, "own, `validation`, `business_rules` or `integrations`", own("business_rules"), [
    "ShipStationBusinessRulesError",
    "unknown",
    "content",
    false
  ]),
  typeRow(409, "own, `security` or `account_status`", own("account_status"), [
    "ShipStationAccountStatusError",
    "unknown",
    "account",
    false
  ]),
  answerRow(409, "own, `system`", own("system"), ["ShipStationSystemError", "unknown", "server", true]),
  answerRow(409, "own, `rate_limit_exceeded`", limit("ShipStation"), [
    "ShipStationRateLimitError",
    "unknown",
    "account",
    true
  ]),
  answerRow(408, "own, `validation`", own("validation"), ["ShipStationValidationError", "unknown", "content", false]),
  ...[400, 404, 409, 413, 422].map((status) =>
    answerRow(status, "own, unknown types only", own("weather"), unexpected("content", false))
  ),
  ...[403, 405, 415].map((status) =>
    answerRow(status, "own, unknown types only", own("weather"), unexpected("server", false))
  )
]

const strangers: ReadonlyArray<Failure> = [
  ...([
    ["a carrier's", carriers],
    ["an order source's", shops],
    ["somebody new's", (type: string) => body(detail(type, "a_source_of_tomorrow"))],
    ["nobody's", (type: string) => body({ error_type: type })]
  ] as const).map(([whose, errors]) =>
    answerRow(400, `${whose}, \`validation\``, errors("validation"), [
      "ShipStationValidationError",
      "unknown",
      "content",
      false
    ])
  ),
  answerRow(400, "own and a carrier's", body(detail("validation"), detail("validation", "carrier")), [
    "ShipStationValidationError",
    "unknown",
    "content",
    false
  ]),
  ...[401, 403, 404].map((status) =>
    answerRow(status, "a stranger's, `security`", carriers("security"), [
      "ShipStationSecurityError",
      "unknown",
      "content",
      false
    ])
  ),
  answerRow(400, "a stranger's, `account_status`", carriers("account_status"), [
    "ShipStationAccountStatusError",
    "unknown",
    "content",
    false
  ]),
  answerRow(400, "a stranger's, `system`", carriers("system"), ["ShipStationSystemError", "unknown", "content", true]),
  answerRow(400, "a stranger's, `integrations`", shops("integrations"), [
    "ShipStationIntegrationsError",
    "unknown",
    "content",
    false
  ]),
  answerRow(400, "a stranger's, unknown types only", carriers("weather"), unexpected("content", false)),
  answerRow(400, "a stranger's, `rate_limit_exceeded`", limit("carrier"), [
    "ShipStationRateLimitError",
    "unknown",
    "content",
    true
  ]),
  answerRow(429, "a stranger's", limit("carrier"), ["ShipStationRateLimitError", "unknown", "content", true]),
  answerRow(500, "a stranger's, `business_rules`", carriers("business_rules"), [
    "ShipStationBusinessRulesError",
    "unknown",
    "server",
    false
  ])
]

const trouble: ReadonlyArray<Failure> = [
  answerRow(500, "own, `system`", own("system"), ["ShipStationSystemError", "unknown", "server", true]),
  typeRow(500, "own, `validation`, `business_rules` or `integrations`", own("validation"), [
    "ShipStationValidationError",
    "unknown",
    "server",
    false
  ]),
  typeRow(500, "own, `security` or `account_status`", own("security"), [
    "ShipStationSecurityError",
    "unknown",
    "account",
    false
  ]),
  answerRow(503, "own, `rate_limit_exceeded`", limit("ShipStation", "system"), [
    "ShipStationSystemError",
    "unknown",
    "server",
    true
  ]),
  ...[500, 502, 503, 504].map((status) =>
    answerRow(status, "no error body: empty, HTML, text", status === 500 ? "" : html, unexpected("server", true))
  ),
  ...[400, 403, 404, 405, 408, 409, 413, 415, 422].map((status) =>
    answerRow(status, "no error body: empty, HTML, text", status % 2 === 0 ? "" : html, unexpected("server", false))
  ),
  answerRow(307, "anything: redirects are not followed", own("validation"), unexpected("server", false)),
  answerRow(200, "an error body", own("validation"), unexpected("server", false))
]

/** All of them, by what is known about the request. */
export const failures: ReadonlyArray<readonly [title: string, rows: ReadonlyArray<Failure>]> = [
  ["Nothing was sent", nothingSent],
  ["The API refused it at the door", refusals],
  ["The API's own errors that don't say that nothing was done", ownUnknown],
  ["Others' errors", strangers],
  ["No whole answer", noWholeAnswer],
  ["Answers that the contract doesn't have", trouble]
]
