/** A queue in a database of its own. */
export interface Queue {
  /** Jobs with these numbers, in one go. */
  readonly offer: (numbers: ReadonlyArray<number>) => Promise<void>
  /** Works until nothing is left: there are so many. */
  readonly drain: (jobs: number) => Promise<void>
  /** Works until it is told to stop. */
  readonly work: () => Promise<() => Promise<void>>
  readonly close: () => Promise<void>
}

/** Opens one on this database. `started` is to be told of each job, as its work begins. */
export type Open = (url: string, started: (number: number) => void) => Promise<Queue>
