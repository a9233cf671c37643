/**
 * Tracking numbers that came before. It remembers 64 bits of each, which is 12 bytes and the room between them: of a million
 * numbers two are taken for one with a chance of one in ten million.
 */
import { hash64 } from "../file/shipmentIds.js"

/** Gives the line where a number was before, or remembers it. */
export const make = (): (number: string, line: number) => number | undefined => {
  let capacity = 1024
  let count = 0
  // two numbers of the hash, and the line; half of it is empty
  let table = new Uint32Array(capacity * 6)
  const digest = new Uint32Array(2)

  const slotOf = (a: number, b: number): number => {
    const mask = capacity * 2 - 1
    let slot = a & mask
    while (table[slot * 3 + 2] !== 0 && (table[slot * 3] !== a || table[slot * 3 + 1] !== b)) slot = (slot + 1) & mask
    return slot * 3
  }

  const grow = (): void => {
    const old = table
    capacity *= 2
    table = new Uint32Array(capacity * 6)
    for (let at = 0; at < old.length; at += 3) {
      const line = old[at + 2] ?? 0
      if (line !== 0) table.set([old[at] ?? 0, old[at + 1] ?? 0, line], slotOf(old[at] ?? 0, old[at + 1] ?? 0))
    }
  }

  return (number, line) => {
    hash64(number, digest)
    const [a = 0, b = 0] = digest
    const at = slotOf(a, b)
    const before = table[at + 2] ?? 0
    if (before !== 0) return before
    table[at] = a
    table[at + 1] = b
    table[at + 2] = line
    if (++count === capacity) grow()
    return undefined
  }
}
