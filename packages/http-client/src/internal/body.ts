/**
 * The body, query and answer of a request that the caller describes.
 */
import * as UrlParams from "@effect/platform/UrlParams"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Encoded } from "./attempt.js"
import { fromJson } from "./json.js"

/** What is to be sent. */
interface Content<B, BI, BR> {
  readonly query?: UrlParams.Input | undefined
  readonly body?: B | undefined
  readonly bodySchema?: Schema.Schema<B, BI, BR> | undefined
}

/** Encodes body and query. Whatever goes wrong is a reason not to send it. */
export const encode = <B, BI, BR>(
  { body, bodySchema, query = {} }: Content<B, BI, BR>
): Effect.Effect<Encoded, never, BR> =>
  Effect.gen(function*() {
    const queried = { query: UrlParams.fromInput(query) }
    if (body === undefined) return Either.right(queried)
    const value: unknown = bodySchema === undefined ? body : yield* Schema.encode(bodySchema)(body)
    return Either.map(toJson(value), (body) => ({ ...queried, body }))
  }).pipe(
    Effect.catchTag("ParseError", (error) =>
      Effect.succeed(Either.left(`the body doesn't fit bodySchema at ${placeOf(error)}`))),
    Effect.catchAllDefect((defect) =>
      Effect.as(
        Effect.logDebug("The request could not be encoded", Cause.die(defect)),
        Either.left("the body or the query could not be encoded")
      )
    )
  )

/** Decodes the JSON of a success, or an empty body as `undefined`. None if it can't be. */
export const decode = <A, I, R>(response: Schema.Schema<A, I, R>) => {
  const decodeResponse = Schema.decodeUnknown(response)
  return (body: string): Effect.Effect<Option.Option<A>, never, R> =>
    Option.match(body.trim() === "" ? Option.some(undefined) : fromJson(body), {
      onNone: () => Effect.succeedNone,
      onSome: (value) =>
        Effect.suspend(() => decodeResponse(value)).pipe(
          Effect.asSome,
          Effect.catchAll((error) =>
            Effect.as(Effect.logDebug(`The answer doesn't fit its schema at ${placeOf(error)}`), Option.none())
          ),
          Effect.catchAllDefect((defect) =>
            Effect.as(Effect.logDebug("The answer could not be decoded", Cause.die(defect)), Option.none())
          )
        )
    })
}

/** Where it doesn't fit, without the values, which may be customers' data. */
const placeOf = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return issue?.path.join(".") || "its root"
}

/** A function, say, has no JSON at all. */
const toJson = (value: unknown): Either.Either<string, string> =>
  Either.fromNullable(JSON.stringify(value), () => "the body can't be written as JSON")
