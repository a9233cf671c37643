/**
 * Remembers a million shipment ids, the line of each, and what is said of it there, in 40 MB. The ids are exact: one has at
 * most 22 characters of 37 after its `se-`, which fit into four numbers of 32 bits. What is said of it is kept as 64 bits.
 */

const size = 7

/** Where a shipment was before, and whether the same was said of it. */
export interface Before {
  readonly line: number
  readonly isSame: boolean
  /** The first line where something else is said of it, this one included. */
  readonly other: number | undefined
}

/** Gives where an id was before; if it wasn't, remembers it. */
export const make = (): (id: string, line: number, content: string) => Before | undefined => {
  let capacity = 1024
  let count = 0
  // four numbers of the id, the line, and two of the content
  let entries = new Uint32Array(capacity * size)
  // of each id, where its entry is, from 1; half of it is empty
  let table = new Uint32Array(capacity * 2)
  // the lines of another content, by where the entries are: few files have any
  const others = new Map<number, number>()
  const key = new Uint32Array(4)
  const digest = new Uint32Array(2)

  /** Where in the table the key of the entry at `offset` of `of` is, or would be. */
  const slotOf = (of: Uint32Array, offset: number): number => {
    const mask = table.length - 1
    let slot = hash(of, offset) & mask
    for (let entry = table[slot] ?? 0; entry !== 0; entry = table[slot] ?? 0) {
      if (equals(entries, (entry - 1) * size, of, offset)) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  return (id, line, content) => {
    pack(id, key)
    hash64(content, digest)
    const slot = slotOf(key, 0)
    const at = ((table[slot] ?? 0) - 1) * size
    if (at >= 0) {
      const isSame = entries[at + 5] === digest[0] && entries[at + 6] === digest[1]
      if (!isSame && !others.has(at)) others.set(at, line)
      return { line: entries[at + 4] ?? 0, isSame, other: others.get(at) }
    }
    entries.set(key, count * size)
    entries[count * size + 4] = line
    entries.set(digest, count * size + 5)
    table[slot] = ++count
    if (count === capacity) {
      capacity *= 2
      const larger = new Uint32Array(capacity * size)
      larger.set(entries)
      entries = larger
      table = new Uint32Array(capacity * 2)
      for (let index = 0; index < count; index++) table[slotOf(entries, index * size)] = index + 1
    }
    return undefined
  }
}

/** Two numbers of 32 bits for a text: FNV-1a, with two primes. */
export const hash64 = (text: string, into: Uint32Array): void => {
  let a = 0x811C9DC5
  let b = 0x9E3779B9
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85EBCA6B)
    b ^= b >>> 13
  }
  into[0] = a
  into[1] = b
}

/** Six characters to a number: 38 ** 6 < 2 ** 32. */
const pack = (id: string, key: Uint32Array): void => {
  for (let word = 0; word < 4; word++) {
    let packed = 0
    for (let at = 3 + word * 6; at < 9 + word * 6; at++) packed = packed * 38 + digit(id.charCodeAt(at))
    key[word] = packed
  }
}

/** 0 where the id has ended. */
const digit = (code: number): number => Number.isNaN(code) ? 0 : code === 45 ? 1 : code < 58 ? code - 46 : code - 85

const hash = (of: Uint32Array, offset: number): number => {
  let value = 0
  for (let word = 0; word < 4; word++) {
    value = Math.imul(value ^ (of[offset + word] ?? 0), 0x9E3779B1)
    value ^= value >>> 15
  }
  return value >>> 0
}

const equals = (self: Uint32Array, at: number, that: Uint32Array, offset: number): boolean => {
  for (let word = 0; word < 4; word++) if (self[at + word] !== that[offset + word]) return false
  return true
}
