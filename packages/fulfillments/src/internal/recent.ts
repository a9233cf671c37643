/** Remembers at least the last so many entries, and at most twice as many. */
export interface Recent<A> {
  readonly get: (id: string) => A | undefined
  readonly set: (id: string, entry: A) => void
  readonly delete: (id: string) => void
  readonly clear: () => void
}

/** In two generations: to find the oldest entry of one large `Map`, again and again, takes ever longer. */
export const make = <A>(atLeast: number): Recent<A> => {
  let young = new Map<string, A>()
  let old = new Map<string, A>()
  return {
    get: (id) => young.get(id) ?? old.get(id),
    set: (id, entry) => {
      if (young.size >= atLeast) {
        old = young
        young = new Map()
      }
      young.set(id, entry)
    },
    delete: (id) => {
      young.delete(id)
      old.delete(id)
    },
    clear: () => {
      young = new Map()
      old = new Map()
    }
  }
}
