/** The points at which processes of the campaigns are killed or stopped. */
import * as Schema from "effect/Schema"

/** What the worker, the operator and the limiter ask of the database, each in a transaction of its own. */
export const operations = [
  "claim",
  "claimUnknown",
  "renew",
  "release",
  "intend",
  "settle",
  "looked",
  "expire",
  "pause",
  "resume",
  "holdBack",
  "retry",
  "discard",
  "reconcile",
  "take"
] as const

export type Operation = (typeof operations)[number]

const moments = ["before", "before its commit", "after its commit", "after"] as const

const exchange = ["before", "before the write", "written", "answer begins", "answered"] as const

/** `offer` is a part of the transaction that stores the order. */
export const Point = Schema.Union(
  Schema.Literal("order: before", "offer: before", "offer: after", "order: after"),
  Schema.TemplateLiteral(Schema.Literal(...operations), ": ", Schema.Literal(...moments)),
  Schema.TemplateLiteral(Schema.Literal("POST", "GET"), ": ", Schema.Literal(...exchange))
)

/** Where a process can be killed or stopped. */
export type Point = typeof Point.Type

/** All of them. */
export const points: ReadonlyArray<Point> = [
  "order: before",
  "offer: before",
  "offer: after",
  "order: after",
  ...operations.flatMap((operation) => moments.map((moment): Point => `${operation}: ${moment}`)),
  ...exchange.flatMap((moment): ReadonlyArray<Point> => [`POST: ${moment}`, `GET: ${moment}`])
]
