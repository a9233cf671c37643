/** How long nothing happens until it looks as if no worker ran. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

/** A worker that looks for rows takes seconds. */
export const after = Duration.minutes(2)

/** Is it so long ago that a worker would have seen to it? */
export const isLongAgo = (moment: DateTime.Utc, now: DateTime.Utc): boolean =>
  DateTime.lessThanOrEqualTo(DateTime.addDuration(moment, after), now)
