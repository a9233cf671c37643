/** The options of this package: what they may be, and what is said of one that can't be. */
import { duration } from "@effect-shipstation/http-client/Options"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/** A duration of more than nothing. */
export const Span = duration("a finite duration of more than 0, such as \"5 minutes\"")

/** How far a webhook's time may be off: an option of the check and of the app. */
export const tolerance = Schema.optionalWith(Span, { default: () => Duration.minutes(5) })
