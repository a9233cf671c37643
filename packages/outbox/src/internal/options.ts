/** The options of a worker, and of operations: their defaults, and which values can't be. */
import { check as checkBy, duration, must } from "@effect-shipstation/http-client/Options"
import * as Duration from "effect/Duration"
import { constTrue } from "effect/Function"
import * as Schema from "effect/Schema"
import * as Backoff from "./backoff.js"

const Count = Schema.Int.pipe(Schema.greaterThanOrEqualTo(1)).annotations(must("1 or more, and whole"))

const Wait = duration("a duration above zero")

const AnyWait = duration("a duration", constTrue)

const ResendAfter = Schema.Union(
  Schema.Literal("never"),
  duration("long", Duration.greaterThanOrEqualTo("20 minutes"))
).annotations(must("\"never\" or at least 20 minutes, as a request that got stuck may arrive that late"))

const Known = Schema.Struct({
  batchSize: Schema.optionalWith(Count, { default: () => 100 }),
  concurrency: Schema.optionalWith(Count, { default: () => 4 }),
  lease: Schema.optionalWith(Wait, { default: () => Duration.minutes(1) }),
  sendWithin: Schema.optionalWith(Wait, { default: () => Duration.seconds(30) }),
  resendAfter: Schema.optionalWith(ResendAfter, { default: () => Duration.minutes(60) }),
  unsafeResendAfter: Schema.optional(AnyWait),
  verify: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  backoff: Schema.optionalWith(Backoff.Known, { default: () => Schema.decodeUnknownSync(Backoff.Known)({}) }),
  stopWithin: Schema.optionalWith(AnyWait, { default: () => Duration.seconds(30) })
})

/** Options that can be. */
export type Checked = typeof Known.Type

/** Fills in the defaults. Throws at an option that can't be, and says which. */
export const check: (options: unknown) => Checked = checkBy("The outbox's worker", Known)

const Span = duration("a finite duration", Duration.isFinite)

/** Checks how long ago what is pruned ended: no number would be all of it. */
export const checkPrune = checkBy("prune", Schema.Struct({ olderThan: Span }))

/** Checks how long ago what is looked for was fulfilled. */
export const checkVerify = checkBy("verify", Schema.Struct({ within: Span }))

/** Checks how often a store is asked. Throws at what can't be. */
export const checkStore = checkBy(
  "The outbox's store",
  Schema.Struct({ poll: Schema.optionalWith(Wait, { default: () => Duration.seconds(1) }) })
)
