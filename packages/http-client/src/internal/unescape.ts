/**
 * Undoes escapes: JSON's and JavaScript's, those of URLs, and those of HTML, mixed and nested as they come. Only printable
 * ASCII is undone, which is what a key consists of. One pass, in time that grows with the length of the text alone.
 */

/** A text without escapes, and without backslashes: nobody knows which of them belonged to one. */
export interface Unescaped {
  readonly text: string
  /** Where in the source the character with this index begins. */
  readonly sourceOf: (index: number) => number
}

/** Undoes all escapes, and those that come of it, until there are none. A text that has none stays as it is. */
export const unescape = (source: string): Unescaped =>
  mayEscape.test(source) ? undo(source) : { text: source, sourceOf: (index) => index }

/** What a page of names and addresses rarely has, as it takes some time to undo it. */
const mayEscape = /\\(?:u00|x[2-7]|[^a-z0-9\s])|%(?:u00|[2-7][0-9a-f])|&(?:#|[a-z]+;)/i

const undo = (source: string): Unescaped => {
  const codes = new Uint16Array(source.length)
  const starts = new Int32Array(source.length + 1)
  let length = 0
  for (let index = 0; index < source.length; index++) {
    codes[length] = source.charCodeAt(index)
    starts[length] = index
    length++
    // the character that an escape stands for may be the last of another
    for (let escape = lastOf(codes, length); escape !== 0; escape = lastOf(codes, length)) {
      length -= sizeOf(escape) - 1
      codes[length - 1] = codeOf(escape)
    }
  }
  starts[length] = source.length
  length = dropBackslashes(codes, starts, length)
  return {
    text: new TextDecoder("utf-16le", { ignoreBOM: true }).decode(codes.subarray(0, length)),
    sourceOf: (index) => starts[index] ?? source.length
  }
}

/** How many characters are left. The next one begins where the backslash did. */
const dropBackslashes = (codes: Uint16Array, starts: Int32Array, length: number): number => {
  let left = 0
  let start: number | undefined
  for (let index = 0; index < length; index++) {
    const code = codes[index] ?? 0
    start ??= starts[index] ?? 0
    if (code === backslash) continue
    codes[left] = code
    starts[left] = start
    start = undefined
    left++
  }
  starts[left] = starts[length] ?? 0
  return left
}

/** How many characters an escape takes up, and the one it stands for, in one number; 0 for none. */
const makeEscape = (size: number, code: number): number => code > 0x20 && code < 0x7f ? size * 0x100 + code : 0

const sizeOf = (escape: number): number => escape >> 8

const codeOf = (escape: number): number => escape & 0xff

/** The longest that is undone. */
const longestEscape = 20

const backslash = 0x5c
const percent = 0x25
const ampersand = 0x26
const semicolon = 0x3b
const u = 0x75
const x = 0x78
const capitalX = 0x58
const hash = 0x23

/** The escape that ends here, if one does. */
const lastOf = (codes: Uint16Array, length: number): number => {
  const last = codes[length - 1] ?? 0
  if (isHexDigit(last)) return hexadecimalBefore(codes, length)
  const entity = last === semicolon ? entityBefore(codes, length) : 0
  // behind a backslash a character stands for itself, if it isn't the first of an escape: that comes first
  const isMarked = codes[length - 2] === backslash && last !== u && last !== x
  return entity === 0 && isMarked ? makeEscape(2, last) : entity
}

/** `%2B`, `\x2B`, `\u002B` and `%u002B`. */
const hexadecimalBefore = (codes: Uint16Array, length: number): number => {
  if (codes[length - 3] === percent) return makeEscape(3, numberIn(codes, length - 2, length, 16))
  if (codes[length - 3] === x && codes[length - 4] === backslash) {
    return makeEscape(4, numberIn(codes, length - 2, length, 16))
  }
  const intro = codes[length - 6]
  return codes[length - 5] === u && (intro === backslash || intro === percent)
    ? makeEscape(6, numberIn(codes, length - 4, length, 16))
    : 0
}

/** `&plus;`, `&#43;` and `&#x2B;`. */
const entityBefore = (codes: Uint16Array, length: number): number => {
  for (let start = length - 1; start >= length - longestEscape; start--) {
    if (codes[start] === ampersand) return makeEscape(length - start, entityIn(codes, start + 1, length - 1))
  }
  return 0
}

const entityIn = (codes: Uint16Array, start: number, end: number): number => {
  if (codes[start] !== hash) return entities.get(sumOf(codes.subarray(start, end))) ?? 0
  return codes[start + 1] === x || codes[start + 1] === capitalX
    ? numberIn(codes, start + 2, end, 16)
    : numberIn(codes, start + 1, end, 10)
}

/** A number for a name of letters, whatever their case. (To make texts takes ten times as long.) */
const sumOf = (codes: ArrayLike<number>): number => {
  let sum = 0
  for (let index = 0; index < codes.length; index++) sum = (sum * 31 + ((codes[index] ?? 0) & 0x1f)) | 0
  return sum
}

/** The number that is written there; 0 if none is, or one that is none of ours. */
const numberIn = (codes: Uint16Array, start: number, end: number, base: 10 | 16): number => {
  let number = 0
  for (let index = start; index < end; index++) {
    const code = codes[index] ?? 0
    if (!(base === 16 ? isHexDigit(code) : isDigit(code))) return 0
    number = number * base + (isDigit(code) ? code - 0x30 : (code & 0x1f) + 9)
  }
  return number
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

const isHexDigit = (code: number): boolean =>
  isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46)

const codesOf = (text: string): ReadonlyArray<number> => [...text].map((character) => character.charCodeAt(0))

/** The names of HTML for printable ASCII, in lower case. */
const entities: ReadonlyMap<number, number> = new Map(
  [
    "! excl",
    "\" quot",
    "# num",
    "$ dollar",
    "% percnt",
    "& amp",
    "' apos",
    "( lpar",
    ") rpar",
    "* ast midast",
    "+ plus",
    ", comma",
    ". period",
    "/ sol",
    ": colon",
    "; semi",
    "< lt",
    "= equals",
    "> gt",
    "? quest",
    "@ commat",
    "[ lsqb lbrack",
    "\\ bsol",
    "] rsqb rbrack",
    "^ hat",
    "_ lowbar underbar",
    "` grave diacriticalgrave",
    "{ lcub lbrace",
    "| verbar vert verticalline",
    "} rcub rbrace"
  ].flatMap((line) => {
    const [character = "", ...names] = line.split(" ")
    return names.map((name) => [sumOf(codesOf(name)), character.charCodeAt(0)] as const)
  })
)
