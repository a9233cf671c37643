import type { Call } from "./call.js"
import type { State } from "./state.js"

/**
 * Seconds after which the request limit lets the account of a request in again; `undefined` when it does now, and then
 * the request is counted.
 */
export const retryAfter = ({ accepted, rateLimit }: State, { account, at, request }: Call): number | undefined => {
  if (rateLimit === "off" || account === undefined) return undefined
  const isTestKey = request.headers["api-key"]?.startsWith("TEST_") === true
  const { limit = isTestKey ? 20 : 200, window = "fixed" } = rateLimit
  const now = at.epochMillis
  const start = window === "fixed" ? now - now % minute : now - minute + 1
  const counted = (accepted.get(account) ?? []).filter((time) => time >= start)
  const isOver = counted.length >= limit
  if (!isOver) counted.push(now)
  accepted.set(account, counted)
  if (!isOver) return undefined
  // of a sliding window, when enough of those that count no longer do
  const first = window === "fixed" ? start : counted[counted.length - limit] ?? now
  return Math.ceil((first + minute - now) / 1_000)
}

const minute = 60_000
