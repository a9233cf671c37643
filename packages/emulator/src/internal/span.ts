import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A duration in JSON. */
export const Span = Schema.Union(
  Schema.Number.pipe(Schema.finite(), Schema.nonNegative()).annotations({ arbitrary: () => (fc) => fc.nat(60_000) }),
  Schema.String.pipe(
    Schema.filter((text): text is `${number} ${Duration.Unit}` => Option.isSome(Duration.decodeUnknown(text)), {
      arbitrary: () => (fc) => fc.nat(60).map((seconds) => `${seconds} seconds` as const),
      jsonSchema: { type: "string" }
    })
  )
).annotations({
  description: "Milliseconds, or a text such as \"5 seconds\"",
  message: () => ({ message: "must be milliseconds or look like \"5 seconds\"", override: true })
})
