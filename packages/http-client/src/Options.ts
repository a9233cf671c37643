/**
 * Options as programs hand them over.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * Which option can't be, and why.
 *
 * @since 0.1.0
 * @category models
 */
export type Wrong = readonly [option: string, reason: string]

/**
 * What options there are: a struct.
 *
 * @since 0.1.0
 * @category models
 */
export type Known<A, I> = Schema.Schema<A, I> & { readonly fields: Readonly<Record<string, unknown>> }

/**
 * Copies an object with what it inherits of a struct's fields, as from the getters of a class: neither a spread nor a schema
 * does. What is no object stays as it is.
 *
 * @since 0.1.0
 * @category conversions
 */
export const withInherited = <A>({ fields }: Pick<Known<unknown, unknown>, "fields">, given: A): A => {
  if (!Predicate.isRecord(given)) return given
  const copy: Record<string, unknown> = {}
  for (const name in fields) if (name in given) copy[name] = given[name]
  return { ...given, ...copy }
}

/**
 * Reads options, with what they inherit: a mode that is dropped would mail customers. Left: one that can't be.
 *
 * @since 0.1.0
 * @category decoding
 */
export const read = <A, I>(known: Known<A, I>) => {
  const decode = ParseResult.decodeUnknownEither(known)
  return (given: unknown): Either.Either<A, Wrong> =>
    Either.mapLeft(decode(withInherited(known, given)), (error): Wrong => {
      const [issue] = ParseResult.ArrayFormatter.formatIssueSync(error)
      return [issue?.path.join(".") || "the options", issue?.message ?? "can't be read"]
    })
}

/**
 * Reads options, and throws at one that can't be: `where` it is, which it is, and why.
 *
 * @since 0.1.0
 * @category decoding
 */
export const check = <A, I>(where: string, known: Known<A, I>) => {
  const ofKnown = read(known)
  return (given: unknown): A =>
    Either.getOrThrowWith(ofKnown(given), (wrong) => new Cause.RuntimeException(`${where}: ${wrong.join(" ")}`))
}

/**
 * Says what an option must be, whatever is wrong with it, and what it is. For what may be told: not for keys.
 *
 * @since 0.1.0
 * @category schemas
 */
export const must = (be: string) => ({
  message: ({ actual }: ParseResult.ParseIssue) => ({
    message: `must be ${be}, not ${String(actual)}`,
    override: true
  })
})

const isPositive = (duration: Duration.Duration): boolean =>
  Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero)

/** Or no number: `Duration.decode` takes it for zero. */
const isNegative = (input: unknown): boolean => /(?:^|,)-|NaN/.test(String(input))

/**
 * An option that is a duration, in any of its forms: by default a finite one above zero.
 *
 * @since 0.1.0
 * @category schemas
 */
export const duration = (
  be: string,
  fits: Predicate.Predicate<Duration.Duration> = isPositive
): Schema.Schema<Duration.Duration, unknown> =>
  Schema.transformOrFail(Schema.Unknown, Schema.DurationFromSelf, {
    decode: (input, _, ast) =>
      ParseResult.fromOption(
        Option.filter(Duration.decodeUnknown(input), (duration) => !isNegative(input) && fits(duration)),
        () => new ParseResult.Type(ast, input)
      ),
    encode: ParseResult.succeed
  }).annotations(must(be))
