/**
 * What an answer that isn't a success means, as one table: the first row that fits decides. `docs/errors.md` shows it, with
 * what comes of each row further up.
 */
import type * as ApiError from "@effect-shipstation/schema/ApiError"
import type { Concerns, Delivery, ShipStationError } from "../ShipStationError.js"

/** What the table looks at. */
export interface Facts {
  readonly status: number
  /**
   * Whether the body is there as it was sent; `"cut"` when the connection ended first, `"oversized"` when we stopped,
   * `"garbled"` when it ends before its JSON does.
   */
  readonly end: "whole" | "cut" | "oversized" | "garbled"
  /** The errors of the body; empty when it has none, or isn't whole. */
  readonly errors: ReadonlyArray<ApiError.ErrorDetail>
}

/** What an answer means. */
export interface Meaning {
  readonly tag: Exclude<ShipStationError["_tag"], "ShipStationNetworkError" | "ShipStationConfigError">
  readonly delivery: Exclude<Delivery, "unsent">
  readonly concerns: Concerns
}

/** Statuses, as they are told to people and as they are compared. */
export type Statuses = "any" | "4xx" | "from 400" | ReadonlyArray<number>

/**
 * Who says so. `"own"`: the API itself, of each of the errors. `"stranger"`: of some error it is a carrier, an order source,
 * somebody new, or nobody who could be read. `"nobody"`: there are no errors.
 */
export type Source = "own" | "stranger" | "nobody"

/** One row. What isn't told doesn't matter. */
export interface Row {
  readonly status: Statuses
  readonly end?: ReadonlyArray<Exclude<Facts["end"], "whole">>
  readonly source?: ReadonlyArray<Source>
  /** One of the errors has the code `rate_limit_exceeded`. */
  readonly isRateLimit?: true
  /** The most telling type of the errors. */
  readonly type?: ReadonlyArray<KnownType>
  /** All errors are of a type that is checked before any work is done. */
  readonly isChecks?: true
  /** The class; `"by type"` is that of the most telling type. */
  readonly tag: Meaning["tag"] | "by type"
  readonly delivery: Meaning["delivery"]
  readonly concerns: Meaning["concerns"]
}

/** The class of each type. */
const classes = {
  security: "ShipStationSecurityError",
  account_status: "ShipStationAccountStatusError",
  integrations: "ShipStationIntegrationsError",
  system: "ShipStationSystemError",
  business_rules: "ShipStationBusinessRulesError",
  validation: "ShipStationValidationError"
} as const

/** Of several types in one body, the first of these decides. */
const mostTelling = ["security", "account_status", "integrations", "system", "business_rules", "validation"] as const

/** A type that has a class of its own. */
export type KnownType = keyof typeof classes

/** The key may not do this; no such path; wrong method; the body was not even read to its end, or not understood. */
const atTheDoor = [403, 404, 405, 413, 415]

/** The request is wrong: refused before any work, if checks say so. */
const wrong = [400, 422]

const ofAccount = ["security", "account_status"] as const
const ofContent = ["validation", "business_rules", "integrations"] as const

/** A success that can't be read, a redirect, a page of a gateway, nothing. */
const anythingElse: Row = {
  status: "any",
  tag: "ShipStationUnexpectedResponseError",
  delivery: "unknown",
  concerns: "server"
}

/** The table. */
export const rows: ReadonlyArray<Row> = [
  // whose refusal it was stands in a body that isn't there
  {
    status: [401],
    end: ["cut", "oversized", "garbled"],
    tag: "ShipStationSecurityError",
    delivery: "unknown",
    concerns: "account"
  },
  {
    status: [429],
    end: ["cut", "oversized", "garbled"],
    tag: "ShipStationRateLimitError",
    delivery: "unknown",
    concerns: "account"
  },
  {
    status: "any",
    end: ["cut"],
    tag: "ShipStationConnectionLostError",
    delivery: "unknown",
    concerns: "transport"
  },
  // no valid key: nobody to do anything for; counted and turned away
  {
    status: [401],
    source: ["own", "nobody"],
    tag: "ShipStationSecurityError",
    delivery: "rejected",
    concerns: "account"
  },
  {
    status: [429],
    source: ["own", "nobody"],
    tag: "ShipStationRateLimitError",
    delivery: "rejected",
    concerns: "account"
  },
  // somebody else was asked, so work had begun
  { status: [401], tag: "ShipStationSecurityError", delivery: "unknown", concerns: "content" },
  { status: [429], tag: "ShipStationRateLimitError", delivery: "unknown", concerns: "content" },
  {
    status: "4xx",
    source: ["stranger"],
    isRateLimit: true,
    tag: "ShipStationRateLimitError",
    delivery: "unknown",
    concerns: "content"
  },
  { status: "4xx", source: ["stranger"], tag: "by type", delivery: "unknown", concerns: "content" },
  { status: "from 400", source: ["stranger"], tag: "by type", delivery: "unknown", concerns: "server" },
  // the limit, told by another status
  {
    status: atTheDoor,
    source: ["own"],
    isRateLimit: true,
    tag: "ShipStationRateLimitError",
    delivery: "rejected",
    concerns: "account"
  },
  {
    status: wrong,
    source: ["own"],
    isRateLimit: true,
    isChecks: true,
    tag: "ShipStationRateLimitError",
    delivery: "rejected",
    concerns: "account"
  },
  {
    status: "4xx",
    source: ["own"],
    isRateLimit: true,
    tag: "ShipStationRateLimitError",
    delivery: "unknown",
    concerns: "account"
  },
  // refused at the door
  {
    status: atTheDoor,
    source: ["own"],
    type: ofAccount,
    tag: "by type",
    delivery: "rejected",
    concerns: "account"
  },
  {
    status: [403, 404, 413],
    source: ["own"],
    type: ofContent,
    tag: "by type",
    delivery: "rejected",
    concerns: "content"
  },
  // a part of the request would be refused in the same way
  { status: atTheDoor, source: ["own"], type: mostTelling, tag: "by type", delivery: "rejected", concerns: "server" },
  {
    status: wrong,
    source: ["own"],
    isChecks: true,
    type: ofAccount,
    tag: "by type",
    delivery: "rejected",
    concerns: "account"
  },
  { status: wrong, source: ["own"], isChecks: true, tag: "by type", delivery: "rejected", concerns: "content" },
  // not a check, 408 (may have been read in full), 409 (something is there already), and all 5xx
  { status: "from 400", source: ["own"], type: ofAccount, tag: "by type", delivery: "unknown", concerns: "account" },
  { status: "4xx", source: ["own"], type: ofContent, tag: "by type", delivery: "unknown", concerns: "content" },
  { status: "from 400", source: ["own"], type: mostTelling, tag: "by type", delivery: "unknown", concerns: "server" },
  // types of tomorrow
  {
    status: [400, 404, 409, 413, 422],
    source: ["own"],
    tag: "ShipStationUnexpectedResponseError",
    delivery: "unknown",
    concerns: "content"
  },
  anythingElse
]

/** What an answer means. */
export const meaningOf = (facts: Facts): Meaning => {
  const { concerns, delivery, tag } = rowOf(facts)
  return { tag: tag === "by type" ? classOf(lookAt(facts).type) : tag, delivery, concerns }
}

/** The row that decides. */
export const rowOf = (facts: Facts): Row => {
  const seen = lookAt(facts)
  return rows.find((row) => fits(row, seen)) ?? anythingElse
}

interface Seen extends Facts {
  readonly source: Source
  readonly isRateLimit: boolean
  readonly type: KnownType | undefined
  readonly isChecks: boolean
}

const lookAt = (facts: Facts): Seen => ({
  ...facts,
  source: facts.errors.length === 0 ? "nobody" : facts.errors.every(isOwn) ? "own" : "stranger",
  isRateLimit: facts.errors.some(({ error_code }) => error_code === "rate_limit_exceeded"),
  type: mostTelling.find((type) => facts.errors.some(({ error_type }) => error_type === type)),
  isChecks: facts.errors.length > 0 && facts.errors.every(isCheck)
})

const fits = (row: Row, seen: Seen): boolean =>
  includes(row.status, seen.status) &&
  (row.end === undefined || (seen.end !== "whole" && row.end.includes(seen.end))) &&
  (row.source === undefined || row.source.includes(seen.source)) &&
  (row.isRateLimit === undefined || seen.isRateLimit) &&
  (row.type === undefined || (seen.type !== undefined && row.type.includes(seen.type))) &&
  (row.isChecks === undefined || seen.isChecks)

const includes = (statuses: Statuses, status: number): boolean => {
  switch (statuses) {
    case "any":
      return true
    case "4xx":
      return status >= 400 && status < 500
    case "from 400":
      return status >= 400
    default:
      return statuses.includes(status)
  }
}

const classOf = (type: KnownType | undefined): Meaning["tag"] =>
  type === undefined ? "ShipStationUnexpectedResponseError" : classes[type]

/** Live answers call the API by its platform's name. */
const isOwn = ({ error_source }: ApiError.ErrorDetail): boolean => {
  const source = error_source?.toLowerCase()
  return source === "shipstation" || source === "shipengine"
}

const isCheck = ({ error_type }: ApiError.ErrorDetail): boolean => {
  switch (error_type) {
    case "validation":
    case "security":
    case "account_status":
    case "business_rules":
      return true
    default:
      return false
  }
}
