/**
 * A moment, in the reader's time zone.
 *
 * @param {number} at
 */
export const moment = (at) => {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 19).replace("T", " ")
}

/**
 * A text of the server's, with its moments in the reader's time zone.
 *
 * @param {string} text
 */
export const local = (text) =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (iso) => moment(Date.parse(iso)))

/**
 * How long something is, in its largest unit.
 *
 * @param {number} millis
 */
export const duration = (millis) => {
  const seconds = Math.max(0, Math.round(millis / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** @param {number} count */
export const number = (count) => count.toLocaleString("en")

/** What the states are called, and what they say. */
export const states = {
  pending: "waits to be sent",
  sending: "is being sent",
  unknown: "sent, and not known what became of it",
  rejected: "refused by ShipStation",
  conflict: "has another tracking number there",
  fulfilled: "marked as shipped",
  discarded: "given up"
}
