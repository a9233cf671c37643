/** The rate limiter's log as the database has it, and its time. */
import type * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as Schema from "effect/Schema"

/**
 * A log and its own time, which goes on at the pace of the processes' monotonic clocks: the database's clock may be put
 * forward and back. In rows of older versions the time is the database's.
 */
export interface StoredLog extends RateLimiter.Log {
  /** The log's time when it was last written, … */
  time?: number | undefined
  /** … and what the database's clock said then. */
  clock?: number | undefined
  /** When a pause was last ended. */
  resumed?: number | undefined
}

/** JSON has no infinite numbers. */
const Moment = Schema.transform(Schema.NullOr(Schema.Number), Schema.Number, {
  strict: true,
  decode: (moment) => moment ?? -Infinity,
  encode: (moment) => Number.isFinite(moment) ? moment : null
})

const Log = Schema.parseJson(Schema.mutable(Schema.Struct({
  taken: Schema.mutable(Schema.Array(Moment)),
  keep: Schema.Number,
  limit: Schema.optional(Schema.Number),
  pausedUntil: Moment,
  spacedUntil: Moment,
  next: Moment,
  held: Schema.optional(Schema.mutable(Schema.Array(Schema.Struct({ id: Schema.String, until: Moment })))),
  given: Schema.optional(Moment),
  time: Schema.optional(Moment),
  clock: Schema.optional(Moment),
  resumed: Schema.optional(Moment)
})))

/** Reads a row. */
export const decodeLog = Schema.decode(Log)

/** Makes a row. */
export const encodeLog = Schema.encode(Log)

/** What a process knows of a log's time: what it was at a moment of its monotonic clock, in milliseconds. */
export interface Known {
  readonly time: number
  readonly mono: number
}

/** Each time is later than any before, so that it tells one place from another. */
const step = 0.001

/** In milliseconds. Monotonic clocks of machines drift apart: by a tenth of a second or two within that. */
const trustedFor = 3_600_000

/**
 * The log's time now: by this process's monotonic clock where it has seen the log lately, else by how far the database's
 * clock went on since the log was written.
 */
export const timeOf = (
  log: StoredLog,
  now: { readonly clock: number; readonly mono: number },
  known?: Known
): number => {
  const byClock = log.time === undefined ? now.clock : log.time + now.clock - (log.clock ?? now.clock)
  const sinceKnown = known === undefined ? Infinity : Math.max(0, now.mono - known.mono)
  const byOwn = known === undefined ? Infinity : known.time + sinceKnown
  return Math.max(
    sinceKnown < trustedFor ? byOwn : Math.min(byClock, byOwn),
    (log.time ?? -Infinity) + step,
    (log.taken.at(-1) ?? -Infinity) + step
  )
}

/**
 * Adds to a log what this process has done, whose places have ids that begin with `own`, in a transaction that may have
 * been rolled back. What was committed is in both, and counts once.
 */
export const merge = (stored: StoredLog, mine: StoredLog, own: string): StoredLog => {
  const isMine = ({ id }: RateLimiter.Hold) => id.startsWith(own)
  const resumed = Math.max(stored.resumed ?? -Infinity, mine.resumed ?? -Infinity)
  const pauses = [stored, mine].filter(({ time = -Infinity }) => time >= resumed).map(({ pausedUntil }) => pausedUntil)
  const { clock, limit, time } = (mine.time ?? -Infinity) > (stored.time ?? -Infinity) ? mine : stored
  return {
    taken: [...new Set([...stored.taken, ...mine.taken])].toSorted((one, other) => one - other),
    held: [...(stored.held ?? []).filter((hold) => !isMine(hold)), ...(mine.held ?? []).filter(isMine)],
    keep: Math.max(stored.keep, mine.keep),
    limit,
    pausedUntil: Math.max(-Infinity, ...pauses),
    spacedUntil: Math.max(stored.spacedUntil, mine.spacedUntil),
    next: Math.max(stored.next, mine.next),
    given: Math.max(lastGiven(stored), lastGiven(mine)),
    time,
    clock,
    resumed
  }
}

const lastGiven = ({ given, taken }: StoredLog) => given ?? taken.at(-1) ?? -Infinity
