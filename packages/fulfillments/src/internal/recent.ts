/** Remembers at least the last so many, and at most twice as many. */
export const makeRecent = (atLeast: number) => {
  let young = new Set<string>()
  let old = new Set<string>()
  return {
    has: (id: string) => young.has(id) || old.has(id),
    add: (id: string) => {
      if (young.size >= atLeast) {
        old = young
        young = new Set()
      }
      young.add(id)
    }
  }
}
