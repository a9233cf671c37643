/** Texts as databases take them. */

/** Postgres takes neither zeros nor halves of characters in texts, and a file with a zero in it is no CSV. */
export const storable = (text: string): string => text.replace(/[\0\p{Cs}]/gu, "\uFFFD")

/** The same, but what it stands for can be read back: what isn't storable is written as in JSON. */
export const escaped = (text: string): string =>
  text.replace(
    /[\0\p{Cs}\\]/gu,
    (character) => character === "\\" ? "\\\\" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Reads it back. */
export const unescaped = (text: string): string =>
  text.replace(
    /\\(?:u([0-9a-f]{4})|\\)/g,
    (_, code: string | undefined) => code === undefined ? "\\" : String.fromCharCode(Number.parseInt(code, 16))
  )
