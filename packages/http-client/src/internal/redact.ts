/**
 * Takes the text of the API key out of what an answer or a cause says, however it is spelled there. Pure.
 */
import * as Headers from "@effect/platform/Headers"
import type { Answer } from "./toError.js"
import { unescape, type Unescaped } from "./unescape.js"

/**
 * Below this a key is no secret, and its text may stand anywhere by chance: taking it out of an answer would spoil the
 * answer. Real keys are several times as long.
 */
const shortestKey = 8

/** The least of a key that is taken for a part of it, where a text begins or ends in the middle of a key. */
const shortestPart = 6

const redacted = "<redacted>"

/** Redacts all of an answer that is looked at, before it is: an answer may repeat what it was sent. */
export const redactAnswer = (answer: Answer, key: string, redact: (text: string) => string): Answer => {
  if (key.length < shortestKey) return answer
  const { headers } = answer
  const requestId = headers["x-shipengine-requestid"]
  return {
    ...answer,
    body: redact(answer.body),
    headers: requestId === undefined ? headers : Headers.set(headers, "x-shipengine-requestid", redact(requestId))
  }
}

/**
 * Removes the key from a text: as it is, in other case, and with any of its characters escaped as in JSON, in a URL or in
 * HTML, also several times over. And the parts of it with which a text begins or ends that was cut out of another.
 */
export const redactKey = (key: string): (text: string) => string => {
  const plain = unescape(key).text.replaceAll("\\", "")
  if (key.length < shortestKey || plain.length < shortestPart) {
    const forms = new Set([key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)])
    return (text) => [...forms].reduce((redacted, form) => withoutText(redacted, form), text)
  }
  // what follows the key may become one character with its end
  const secrets = new Set([plain, plain.replace(/%[0-9a-f]?$/i, "")].map(fold))
  return (text) => {
    const rest = withoutText(text, key)
    const unescaped = unescape(rest)
    const folded = fold(unescaped.text)
    return withoutRanges(rest, unescaped, [...secrets].flatMap((secret) => rangesOf(secret, folded)))
  }
}

/** In lower case, each character at its place. */
const fold = (text: string): string => text.replaceAll("\u0130", "i").toLowerCase()

const withoutText = (text: string, part: string): string => text.replaceAll(part, redacted)

/** Where in a text: from here, to before there. */
type Range = readonly [start: number, end: number]

const withoutRanges = (text: string, { sourceOf }: Unescaped, ranges: ReadonlyArray<Range>): string => {
  if (ranges.length === 0) return text
  let result = ""
  let done = 0
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    if (sourceOf(end) <= done) continue
    // one that overlaps the last is the same key
    if (sourceOf(start) >= done) result += text.slice(done, sourceOf(start)) + redacted
    done = sourceOf(end)
  }
  return result + text.slice(done)
}

/** Where the secret is, and its parts at the edges. */
const rangesOf = (secret: string, text: string): ReadonlyArray<Range> => {
  const whole: Array<Range> = []
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    whole.push([at, at + secret.length])
  }
  const parts = [...atTheStart(secret, text), ...atTheEnd(secret, text)]
  // what reaches into a whole one by chance, such as the `=` before a key, is no part of another
  return [...whole, ...parts.filter((part) => !whole.some((one) => reachesInto(part, one)))]
}

/** They overlap, and what the part has of its own is too little to be a part. */
const reachesInto = ([start, end]: Range, [from, to]: Range): boolean =>
  start < to && end > from && Math.max(from - start, end - to) < shortestPart

/** The longest escape that is cut in two, in characters. */
const longestEscape = 12

/** The text begins with the secret's end, or is all from within it. What is left of a cut escape may stand before. */
const atTheStart = (secret: string, text: string): ReadonlyArray<Range> => {
  for (let start = 0; start <= longestEscape; start++) {
    for (const at of placesOf(secret, text.slice(start, start + shortestPart))) {
      const rest = secret.slice(at)
      if (text.startsWith(rest, start)) return [[start, start + rest.length]]
      if (endsOf(text).some((end) => rest.startsWith(text.slice(start, end)))) return [[start, text.length]]
    }
  }
  return []
}

/** The text ends with the secret's beginning. */
const atTheEnd = (secret: string, text: string): ReadonlyArray<Range> => {
  for (const end of endsOf(text)) {
    for (const at of placesOf(secret, text.slice(Math.max(0, end - shortestPart), end)).toReversed()) {
      const part = secret.slice(0, at + shortestPart)
      if (text.endsWith(part, end)) return [[end - part.length, text.length]]
    }
  }
  return []
}

/** With the beginning of an escape that is cut off, and without. */
const endsOf = (text: string): ReadonlyArray<number> => {
  const cut = /(?:\\|\\?[ux][0-9a-f]{0,3}|%u?[0-9a-f]{0,3}|&#?[0-9a-z]{0,10})$/i.exec(text.slice(-longestEscape))
  return cut === null ? [text.length] : [text.length, text.length - cut[0].length]
}

/** Where in the secret this is. */
const placesOf = (secret: string, part: string): ReadonlyArray<number> => {
  const places: Array<number> = []
  if (part.length < shortestPart) return places
  for (let at = secret.indexOf(part); at >= 0; at = secret.indexOf(part, at + 1)) places.push(at)
  return places
}
