const numbers = new Intl.NumberFormat("en")

/** `1,234`. */
export const number = (n: number): string => numbers.format(n)

/** `1 shipment`, `2 shipments`. */
export const count = (n: number, noun: string, plural = `${noun}s`): string => `${number(n)} ${n === 1 ? noun : plural}`

/** A text from elsewhere on one line of a terminal: no control characters, and not too long. */
export const printable = (text: string, maxLength = 200): string => {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim()
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

/** Lines for a screen: the first 20, and how many more there are. */
export const sample = (lines: ReadonlyArray<string>, total = lines.length): ReadonlyArray<string> =>
  total > 20 ? [...lines.slice(0, 20), `and ${number(total - 20)} more`] : lines
