/**
 * Rows of a file that aren't sent by themselves, and aren't wrong: how many, and the first of them.
 */

/** A row that is left out. */
export interface Row {
  /** Where it is, if it could be told. */
  readonly line?: number | undefined
  /** The line of the row that it is sent with. */
  readonly sameAs?: number | undefined
  /** Why, where it differs from row to row. */
  readonly reason?: string | undefined
}

/** Some rows. */
export interface LeftOut {
  readonly count: number
  readonly first: ReadonlyArray<Row>
}

/** How many are told one by one. */
const most = 20

/** Counts rows, in flat memory. */
export const make = () => {
  let count = 0
  const first: Array<Row> = []
  return {
    add: (row: Row): void => {
      count++
      if (first.length < most) first.push(row)
    },
    all: (): LeftOut => ({ count, first })
  }
}
