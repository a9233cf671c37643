const numbers = new Intl.NumberFormat("en")

/** `1,234`. */
export const number = (n: number): string => numbers.format(n)

/** `1 shipment`, `2 shipments`. */
export const count = (n: number, noun: string, plural = `${noun}s`): string => `${number(n)} ${n === 1 ? noun : plural}`

/** A character that isn't seen, or changes what is seen, as it would be written in JSON. */
const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  return code > 0xFFFF ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`
}

/** A text from elsewhere on one line of a terminal: control and bidi characters are written out, and it isn't too long. */
export const printable = (text: string, maxLength = 200): string => {
  const line = text.replaceAll(/[\t-\r\u2028\u2029]+/g, " ").replaceAll(/[\p{Cc}\p{Cf}]/gu, escaped).trim()
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

/** A colour of our own help. */
const colour = `${String.fromCharCode(27)}\\[[\\d;]*m`

const foreign = new RegExp(`${colour}|[\\p{Cc}\\p{Cf}\\u2028\\u2029]`, "gu")

/** What may be written to a terminal as it is: lines, and the colours of our own help. */
export const onTerminal = (text: string, colours = true): string =>
  text.replaceAll(
    foreign,
    (found) => found === "\n" || found === "\t" || (colours && found.length > 2) ? found : escaped(found)
  )

/** JSON that a terminal shows as it is. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    // a character beyond 16 bits is two of them in JSON
    (found) => found === "\n" ? found : found.split("").map(escaped).join("")
  )

/** Lines for a screen: the first 20, and how many more there are. */
export const sample = (lines: ReadonlyArray<string>, total = lines.length): ReadonlyArray<string> =>
  total > 20 ? [...lines.slice(0, 20), `and ${number(total - 20)} more`] : lines
