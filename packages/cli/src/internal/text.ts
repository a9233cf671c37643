/** `1 shipment`, `2 shipments`. */
export const count = (n: number, noun: string, plural = `${noun}s`): string => `${n} ${n === 1 ? noun : plural}`

/** A text from elsewhere on one line of a terminal: no control characters, and not too long. */
export const printable = (text: string, maxLength = 200): string => {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim()
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

/** Lines for a screen: the first 20, and how many more there are. */
export const sample = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length > 20 ? [...lines.slice(0, 20), `and ${lines.length - 20} more`] : lines
