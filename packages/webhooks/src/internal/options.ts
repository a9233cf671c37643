/** The options of this package: what they may be, and what is said of one that can't be. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { pipe } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** A duration of more than nothing. */
export const Span = Schema.transformOrFail(Schema.Unknown, Schema.DurationFromSelf, {
  decode: (input, _, ast) =>
    pipe(
      Duration.decodeUnknown(input),
      Option.filter((duration) => Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero)),
      Either.fromOption(() => new ParseResult.Type(ast, input))
    ),
  encode: ParseResult.succeed
}).annotations({
  message: ({ actual }) => ({
    message: `must be a finite duration of more than 0, such as "5 minutes", not ${String(actual)}`,
    override: true
  })
})

/** How far a webhook's time may be off: an option of the check and of the app. */
export const tolerance = Schema.optionalWith(Span, { default: () => Duration.minutes(5) })

/** Checks options and fills in the defaults. Throws at one that can't be, and says which. */
export const checker = <A, I>(where: string, schema: Schema.Schema<A, I>) => {
  const decode = ParseResult.decodeUnknownEither(schema)
  return (options: unknown): A =>
    Either.getOrThrowWith(decode(options), (issue) => {
      const [first] = ParseResult.ArrayFormatter.formatIssueSync(issue)
      return new Cause.RuntimeException(
        `${where}: ${first?.path.join(".") ?? "the options"} ${first?.message ?? "can't be read"}`
      )
    })
}
