const bytes = 4_096

// longer than any header that Node.js takes, so a key that begins in the excerpt is seen whole
const longestKey = 16_384

const encoder = new TextEncoder()

const decoder = new TextDecoder()

/** The first 4 KB of a text, with stars for the keys in it. A copy: the whole text can be forgotten. */
export const ofText = (keys: Iterable<string>, text: string): string => {
  let hidden = text.slice(0, bytes + longestKey)
  for (const key of keys) {
    if (key === "") continue
    const stars = "*".repeat(key.length)
    hidden = hidden.replaceAll(key, stars).replaceAll(JSON.stringify(key).slice(1, -1), stars)
  }
  // no character has more than 3 bytes for each of its places in a string
  return hidden.length * 3 <= bytes ? hidden : beginning(encoder.encode(hidden.slice(0, bytes)), bytes)
}

/** The same of UTF-8. */
export const ofBytes = (keys: Iterable<string>, body: Uint8Array): string =>
  ofText(keys, beginning(body, bytes + longestKey))

/** Leaves out a last character that is cut in two. */
const beginning = (text: Uint8Array, length: number): string =>
  text.length <= length ? decoder.decode(text) : new TextDecoder().decode(text.subarray(0, length), { stream: true })
