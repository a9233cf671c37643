/** Remembers at least the last so many entries, and at most twice as many. */
export interface Recent<A> {
  readonly get: (id: string) => A | undefined
  readonly set: (id: string, entry: A) => void
  readonly delete: (id: string) => void
  /** Forgets all but these. */
  readonly clear: (except?: ReadonlyArray<string>) => void
}

/** In two generations: to find the oldest entry of one large `Map`, again and again, takes ever longer. */
export const make = <A>(atLeast: number): Recent<A> => {
  let young = new Map<string, A>()
  let old = new Map<string, A>()
  const get = (id: string) => young.get(id) ?? old.get(id)
  return {
    get,
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
    clear: (except = []) => {
      const kept = except.map((id) => [id, get(id)] as const)
      young = new Map()
      old = new Map()
      for (const [id, entry] of kept) if (entry !== undefined) young.set(id, entry)
    }
  }
}
