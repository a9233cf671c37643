const bytes = 4_096

// longer than any header that Node.js takes, so a key that begins in the excerpt is seen whole
const longestKey = 16_384

const encoder = new TextEncoder()

/** The first 4 KB of a text, with stars for the keys in it. A copy: the whole text can be forgotten. */
export const ofText = (keys: Iterable<string>, text: string): string => {
  let hidden = text.slice(0, bytes + longestKey)
  for (const key of keys) {
    if (key === "") continue
    const stars = "*".repeat(key.length)
    hidden = hidden.replaceAll(key, stars).replaceAll(JSON.stringify(key).slice(1, -1), stars)
  }
  // leaves out a last character that is cut in two
  return new TextDecoder().decode(encoder.encode(hidden.slice(0, bytes)).subarray(0, bytes), { stream: true })
}

/** The same of UTF-8. */
export const ofBytes = (keys: Iterable<string>, body: Uint8Array): string =>
  ofText(keys, new TextDecoder().decode(body.subarray(0, bytes + longestKey), { stream: true }))
