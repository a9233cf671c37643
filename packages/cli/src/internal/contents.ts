/**
 * A file's text, in chunks. The file is opened anew for each reading, and a reading fails if it isn't what it was.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createReadStream } from "node:fs"
import * as Problem from "../Problem.js"
import { UsageError } from "../UsageError.js"
import { describePlatformError } from "./platformError.js"
import { printable } from "./text.js"

export interface Contents {
  readonly hasBom: boolean
  /** The beginning, as far as 64 KiB go. */
  readonly start: string
  /** Without its byte order mark. Can be read several times. */
  readonly text: Stream.Stream<string, UsageError>
}

// smaller ones make less garbage that outlives a collection
const chunkSize = 16_384

/** `-` is stdin. What can be read only once (stdin, a pipe) is copied into a temporary file first. */
export const open = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const name = file === "-" ? "stdin" : file
  const fail = (reason: string, line?: number) => Problem.unusable(name, [{ line, reason }])
  const cannot = (reason: string) => new UsageError({ message: `Can't read ${printable(name)}: ${reason}` })
  const explain = (error: PlatformError) => cannot(describePlatformError(error))

  const isPipe = file === "-" || (yield* Effect.mapError(fs.stat(file), explain)).type === "FIFO"
  const path = isPipe ? yield* Effect.mapError(spool(file), explain) : file
  const opened = yield* Effect.mapError(fs.stat(path), explain)
  if (opened.type !== "File") {
    return yield* cannot(opened.type === "Directory" ? "it is a directory" : "it is not a file")
  }

  const bytes = Stream.unwrapScoped(Effect.gen(function*() {
    const handle = yield* fs.open(path, { flag: "r" })
    const checkSame = Effect.flatMap(handle.stat, (now) => isSame(opened, now) ? Effect.void : cannot(changed))
    yield* checkSame
    return Stream.repeatEffectOption(Effect.flatMap(
      Effect.asSomeError(handle.readAlloc(chunkSize)),
      Option.match({
        onNone: () => Effect.zipRight(Effect.asSomeError(checkSame), Effect.fail(Option.none())),
        onSome: Effect.succeed
      })
    ))
  })).pipe(
    Stream.catchTags({
      BadArgument: explain,
      SystemError: explain
    })
  )

  const first = Option.getOrElse(yield* Stream.runHead(bytes), () => new Uint8Array())
  const kind = kindOf(first)
  if ("refused" in kind) return yield* fail(kind.refused)

  const decode = (): Stream.Stream<string, UsageError> => {
    const decoder = new TextDecoder(kind.encoding, { fatal: true })
    let line = 1
    const decodeChunk = (chunk: Uint8Array | undefined) =>
      Effect.try({
        try: () => decoder.decode(chunk, { stream: chunk !== undefined }),
        catch: () =>
          fail(
            `is not ${kind.encoding.toUpperCase()}: save it as "CSV UTF-8"`,
            chunk === undefined || kind.encoding !== "utf-8" ? undefined : line + lineBreaks(validStart(chunk))
          )
      }).pipe(Effect.flatMap((text) => {
        const nul = text.indexOf("\0")
        if (nul >= 0) {
          return fail(
            `has a NUL character, so it is no text: save it as "CSV UTF-8"`,
            line + lineBreaks(text.slice(0, nul))
          )
        }
        line += lineBreaks(text)
        return Effect.succeed(text)
      }))
    return Stream.concat(
      Stream.mapEffect(bytes, decodeChunk),
      Stream.fromEffect(Effect.suspend(() => decodeChunk(undefined)))
    )
  }
  const text = Stream.suspend(decode)
  const start = yield* Stream.mkString(Stream.take(text, 4))
  return identity<Contents>({ hasBom: kind.hasBom, start, text })
})

const changed = "it was changed while it was read: run it again when the file is complete"

const isSame = (self: FileSystem.File.Info, that: FileSystem.File.Info): boolean =>
  self.dev === that.dev && self.size === that.size
  && Option.getOrUndefined(self.ino) === Option.getOrUndefined(that.ino)
  && Option.getOrUndefined(self.mtime)?.getTime() === Option.getOrUndefined(that.mtime)?.getTime()

const spool = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const copy = path.join(yield* fs.makeTempDirectoryScoped({ prefix: "fulfill-" }), "stdin")
  const source = file === "-" ? NodeStream.stdin : fromPipe(file)
  yield* Stream.run(source, fs.sink(copy, { flag: "wx", mode: 0o600 }))
  return copy
})

/** `FileSystem` reads at positions, which a pipe doesn't have. */
const fromPipe = (file: string): Stream.Stream<Uint8Array> =>
  Stream.orDie(NodeStream.fromReadable(() => createReadStream(file), identity))

type Kind =
  | { readonly encoding: "utf-8" | "utf-16le" | "utf-16be"; readonly hasBom: boolean }
  | { readonly refused: string }

const kindOf = (start: Uint8Array): Kind => {
  const begins = (...bytes: ReadonlyArray<number>) => bytes.every((byte, index) => start[index] === byte)
  if (begins(0xEF, 0xBB, 0xBF)) return { encoding: "utf-8", hasBom: true }
  if (begins(0xFF, 0xFE)) return { encoding: "utf-16le", hasBom: true }
  if (begins(0xFE, 0xFF)) return { encoding: "utf-16be", hasBom: true }
  if (begins(0x50, 0x4B, 0x03, 0x04)) {
    return { refused: "is a workbook (.xlsx, .ods) or another zip file: open it, and save it as \"CSV UTF-8\"" }
  }
  if (begins(0xD0, 0xCF, 0x11, 0xE0)) return { refused: "is an .xls workbook: open it, and save it as \"CSV UTF-8\"" }
  if (begins(0x1F, 0x8B)) return { refused: "is compressed (gzip): decompress it first" }
  if (begins(0x25, 0x50, 0x44, 0x46)) return { refused: "is a PDF: export the data as \"CSV UTF-8\"" }
  return { encoding: "utf-8", hasBom: false }
}

const lineBreaks = (text: string): number => {
  let count = 0
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++
  return count
}

/** What comes before the first byte that isn't UTF-8. A chunk may begin in the middle of a character. */
const validStart = (chunk: Uint8Array): string => {
  const begin = chunk.findIndex((byte) => byte < 0x80 || byte >= 0xC0)
  const text = new TextDecoder().decode(chunk.subarray(begin))
  return text.slice(0, text.indexOf("\uFFFD"))
}
