/**
 * Options as programs hand them over.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"

/**
 * Which option can't be, and why.
 *
 * @since 0.1.0
 * @category models
 */
export type Wrong = readonly [option: string, reason: string]

/**
 * Copies an object with what it inherits of these names, as from the getters of a class: neither a spread nor a schema does.
 *
 * @since 0.1.0
 * @category conversions
 */
export const withInherited = <A extends object>(names: ReadonlyArray<string>, given: A): A & Record<string, unknown> =>
  Object.assign(
    { ...given },
    Object.fromEntries(names.flatMap((name) => name in given ? [[name, Reflect.get(given, name)] as const] : []))
  )

/**
 * Reads options by their names, with what they inherit: a mode that is dropped would mail customers. Left: where one has
 * another name, as a mode that is misspelt would mail them too. What isn't an object stays as it is.
 *
 * @since 0.1.0
 * @category conversions
 */
export const byName = (names: ReadonlyArray<string>) => (given: unknown): Either.Either<unknown, Wrong> => {
  if (!Predicate.isRecord(given)) return Either.right(given)
  for (const name in given) {
    if (given[name] === undefined || names.includes(name)) continue
    return Either.left([name, `is no option: there are ${names.join(", ")}`])
  }
  return Either.right(withInherited(names, given))
}
