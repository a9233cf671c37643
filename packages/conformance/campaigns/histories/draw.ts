import { FastCheck as fc } from "effect"

/** How many shipments there are at most. */
export const shipments = 6

/** One of these. */
export const just = <const A extends ReadonlyArray<unknown>>(...values: A): fc.Arbitrary<A[number]> =>
  fc.constantFrom(...values)

// few values, so that things happen at the same moment
export const moments = (...millis: ReadonlyArray<number>) => just(...millis)

/** In milliseconds. */
export const anyTime = fc.oneof(
  moments(0, 20, 100, 500, 1_000, 1_500, 2_000, 3_500, 7_500, 10_000, 30_000, 37_500, 60_000),
  fc.nat(100),
  fc.nat(40_000)
)
