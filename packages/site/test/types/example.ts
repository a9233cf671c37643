/** What the reference once showed wrongly. */
import type * as Array from "effect/Array"

export interface Input {
  readonly id: string
}

declare const schema: { readonly Type: { readonly _tag: "Done" } | { readonly _tag: "Refused" } }

export type Outcome = typeof schema.Type

declare const resultsOf: <A>(of: A) => { readonly [K in keyof A]: A[K] extends () => infer B ? B : never }
declare const inputs: () => Array.NonEmptyReadonlyArray<number>

export const inferred = resultsOf({ inputs })

export interface Service {
  readonly outcomes: () => Iterable<Outcome>
  readonly create: <E = never>(inputs: Array.NonEmptyReadonlyArray<Input>, error?: E) => Array.NonEmptyArray<Input>
  readonly pair: (pair: readonly [number, number]) => void
}

export interface Place {
  readonly page: number
}

export const isLast = ({ page }: Pick<Place, "page">): boolean => page > 1

export const ofTags = <Tags extends Array.NonEmptyReadonlyArray<string>>(...tags: Tags): Tags => tags
