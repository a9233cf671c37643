/**
 * What a person sees in a cell, and what is in it besides: marks that spreadsheets, word processors and web pages put there.
 */

/** What was taken out of a cell, in words. */
export type Removed = ReadonlyArray<string>

/** A text, and what it was taken out of. */
export interface Clean {
  readonly text: string
  readonly removed: Removed
}

// the marks of texts that run in both directions change what is seen, so they are no matter of course in the middle
const direction = /[\u202A-\u202E\u2066-\u2069]/
const invisible = /\p{Cf}|\p{Variation_Selector}|\u034F|\u115F|\u1160|\u17B4|\u17B5|\u3164|\uFFA0/gu
const atTheEnds = /^[\p{Cf}\s]+|[\p{Cf}\s]+$/gu
const opening = /^[\s'"`´‘’‚‛“”„‟«»‹›＂＇*([{<_~#№:]+/u
const closing = /[\s'"`´‘’‚‛“”„‟«»‹›＂＇*)\]}>_~.,;:]+$/u

/** Without what can't be seen. A mark of direction in the middle stays, as what is seen isn't what is there. */
export const withoutInvisible = (cell: string): Clean => {
  const trimmed = cell.replaceAll(atTheEnds, "")
  const text = direction.test(trimmed) ? trimmed : trimmed.replaceAll(invisible, "")
  return { text, removed: /\p{Cf}/u.test(cell) && text !== cell.trim() ? ["invisible characters"] : [] }
}

/** Without what keeps a spreadsheet from taking a text for a number: `'00123` and `="00123"`. */
export const withoutGuard = (cell: string): Clean => {
  const formula = /^="(.*)"$/s.exec(cell)?.[1]
  if (formula !== undefined) return { text: formula, removed: [aroundText] }
  return /^'(?!.*')/s.test(cell) ? { text: cell.slice(1), removed: [aroundText] } : { text: cell, removed: [] }
}

const aroundText = "what a spreadsheet puts around a text"

/** Without quotes, brackets, stars, and the punctuation of a sentence, at its ends. */
export const withoutMarks = (cell: string): Clean => {
  const text = cell.replace(opening, "").replace(closing, "")
  return { text, removed: text === cell.trim() ? [] : ["the marks around it"] }
}

/** Without a pair of quotes around it. */
export const withoutQuotes = (cell: string): Clean => {
  const text = /^\s*['"`´‘’‚‛“”„‟«»‹›](.*)['"`´‘’‚‛“”„‟«»‹›]\s*$/s.exec(cell)?.[1] ?? cell
  return { text, removed: text === cell ? [] : ["the quotes around it"] }
}

/** Full-width letters and digits are the same in ASCII. */
export const inAscii = (cell: string): Clean => {
  const text = cell.replaceAll(
    /[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\uFF0D]/g,
    (one) => String.fromCharCode(one.charCodeAt(0) - 0xFEE0)
  )
  return { text, removed: text === cell ? [] : ["full-width characters"] }
}

/** Does one after another. */
export const clean = (cell: string, ...steps: ReadonlyArray<(cell: string) => Clean>): Clean => {
  let text = cell
  const removed: Array<string> = []
  for (const step of steps) {
    const done = step(text)
    text = done.text
    removed.push(...done.removed)
  }
  return { text, removed }
}

/** A character by its code, for one that can't be told from another by looking. */
export const named = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`
