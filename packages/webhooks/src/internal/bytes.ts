import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** Reads a stream to its end. None if it has more bytes than that; no more are kept meanwhile. */
export const readAtMost = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  most: number
): Effect.Effect<Option.Option<Uint8Array>, E, R> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return stream.pipe(
      Stream.takeWhile((chunk) => {
        size += chunk.length
        if (size > most) return false
        chunks.push(chunk)
        return true
      }),
      Stream.runDrain,
      Effect.map(() => size > most ? Option.none() : Option.some(concat(chunks)))
    )
  })

/** All of them, one after the other. */
export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(parts.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}
