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
import { describePlatformError } from "../terminal/platformError.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
import * as Problem from "./Problem.js"
import * as Workbook from "./workbook.js"

/** How a file's bytes are read. */
export interface Options {
  /** A label of the Encoding Standard, such as `windows-1252`. Default: UTF-8, or what a byte order mark says. */
  readonly encoding?: string | undefined
  /** Of a workbook. */
  readonly sheet?: string | undefined
}

export interface Contents {
  /** Whether it is a workbook, whose text is an array of cells on each line. */
  readonly isWorkbook: boolean
  /** Of a workbook: the names of the sheets that aren't read. */
  readonly otherSheets: ReadonlyArray<string>
  /** Of a workbook: columns that it doesn't show, from 0. */
  readonly hiddenColumns: ReadonlyArray<readonly [first: number, last: number]>
  /** Whether the last line has its end. */
  readonly hasEnd: boolean
  /** The permissions of the file, if it is one. */
  readonly mode: number | undefined
  /** The beginning, as far as 64 KiB go. */
  readonly start: string
  /** Without its byte order mark. Can be read several times. */
  readonly text: Stream.Stream<string, UsageError>
  /** How much of it is read, from 0 to 1, by who began last. */
  readonly share: () => number
}

// smaller ones make less garbage that outlives a collection
const chunkSize = 16_384

/** `-` is stdin. What can be read only once (stdin, a pipe) is copied into a temporary file first. */
export const open = Effect.fnUntraced(function*(file: string, options: Options = {}) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const name = file === "-" ? "stdin" : file
  const fail = (reason: string, line?: number) => Problem.unusable(name, [{ line, reason }])
  if (options.encoding !== undefined && !isEncoding(options.encoding)) {
    return yield* fail(`--encoding: there is no ${options.encoding}. Write one such as windows-1252, or utf-16le`)
  }
  const cannot = (reason: string) => new UsageError({ message: `Can't read ${printable(name)}: ${reason}` })
  const explain = (error: PlatformError) => cannot(describePlatformError(error))

  if (path.basename(file).startsWith("~$")) {
    return yield* fail("is what Excel writes while a workbook is open: close it there, and name the workbook itself")
  }
  const isPipe = file === "-" || (yield* Effect.mapError(fs.stat(file), explain)).type === "FIFO"
  const given = isPipe ? yield* Effect.catchTags(spool(file), { BadArgument: explain, SystemError: explain }) : file
  const info = yield* Effect.mapError(fs.stat(given), explain)
  if (info.type !== "File") {
    return yield* cannot(info.type === "Directory" ? "it is a directory" : "it is not a file")
  }
  const zipped = yield* Effect.mapError(zipOf(given), explain)
  if (zipped !== undefined && zipped !== "workbook") return yield* fail(zipped)
  const isWorkbook = zipped !== undefined
  const { hiddenColumns, others, path: copy } = isWorkbook
    ? yield* Workbook.convert(
      { file: given, name, sheet: options.sheet },
      (problem) => Problem.unusable(name, [problem])
    )
    : { path: given, others: [], hiddenColumns: [] }
  const opened = yield* Effect.mapError(fs.stat(copy), explain)

  const read = yield* makeBytes(copy, opened, cannot(changed))
  const bytes = Stream.catchTags(read.bytes, { BadArgument: explain, SystemError: explain })
  const first = Option.getOrElse(yield* Stream.runHead(bytes), () => new Uint8Array())
  const kind = isWorkbook
    ? utf8
    : isOle(first) && (yield* hasPassword(bytes))
    ? { refused: "is a workbook with a password: open it, and save it without one" }
    : kindOf(first, options.encoding)
  if ("refused" in kind) return yield* fail(kind.refused)
  const text = decode(bytes, kind, fail)
  return identity<Contents>({
    isWorkbook,
    otherSheets: others,
    hiddenColumns,
    hasEnd: isWorkbook || (yield* Effect.mapError(endsWithLine(copy, Number(opened.size)), explain)),
    mode: isPipe ? undefined : info.mode,
    start: yield* Stream.mkString(Stream.take(text, 4)),
    text,
    share: read.share
  })
})

/** A file's bytes, and how much of them is read. Fails if it isn't what it was when it was opened. */
const makeBytes = Effect.fnUntraced(function*(path: string, opened: FileSystem.File.Info, isChanged: UsageError) {
  const fs = yield* FileSystem.FileSystem
  let done = 0
  const bytes = Stream.unwrapScoped(Effect.gen(function*() {
    const handle = yield* fs.open(path, { flag: "r" })
    done = 0
    const checkSame = Effect.flatMap(handle.stat, (now) => isSame(opened, now) ? Effect.void : isChanged)
    yield* checkSame
    return Stream.repeatEffectOption(Effect.flatMap(
      Effect.asSomeError(handle.readAlloc(chunkSize)),
      Option.match({
        onNone: () => Effect.zipRight(Effect.asSomeError(checkSame), Effect.fail(Option.none())),
        onSome: (chunk) => {
          done += chunk.length
          return Effect.succeed(chunk)
        }
      })
    ))
  }))
  return { bytes, share: () => opened.size === FileSystem.Size(0) ? 1 : done / Number(opened.size) }
})

/** The text of bytes. */
const decode = (
  bytes: Stream.Stream<Uint8Array, UsageError>,
  { encoding }: Text,
  fail: (reason: string, line?: number) => UsageError
): Stream.Stream<string, UsageError> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder(encoding, { fatal: true })
    let line = 1
    const decodeChunk = (chunk: Uint8Array | undefined) =>
      Effect.try({
        try: () => decoder.decode(chunk, { stream: chunk !== undefined }),
        catch: () =>
          fail(
            `is not ${encoding.toUpperCase()}: save it as "CSV UTF-8", or say its --encoding, such as windows-1252`,
            chunk === undefined || encoding !== "utf-8" ? undefined : line + lineBreaks(validStart(chunk))
          )
      }).pipe(Effect.flatMap((text) => {
        const nul = text.indexOf("\0")
        if (nul >= 0) {
          // of each Latin letter one byte is zero
          if (line === 1 && nul < 2 && encoding === "utf-8") return fail(utf16(nul), line)
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
  })

/** `at`: where the first byte is that is zero. */
const utf16 = (at: number): string =>
  `has a NUL character in each letter, as UTF-16 has: say --encoding ${at === 1 ? "utf-16le" : "utf-16be"}`

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
const fromPipe = (file: string): Stream.Stream<Uint8Array, UsageError> =>
  NodeStream.fromReadable(
    () => createReadStream(file),
    () => new UsageError({ message: `Can't read ${printable(file)}` })
  )

interface Text {
  readonly encoding: string
}

type Kind = Text | { readonly refused: string }

const utf8: Text = { encoding: "utf-8" }

const isEncoding = (label: string): boolean => {
  try {
    return new TextDecoder(label).encoding !== ""
  } catch {
    return false
  }
}

const begins = (start: Uint8Array, ...bytes: ReadonlyArray<number>): boolean =>
  bytes.every((byte, index) => start[index] === byte)

/** What kind of zip file it is: a workbook, or why it can't be used. Undefined: it is none. */
const zipOf = Effect.fnUntraced(
  function*(path: string): Effect.fn.Return<string | undefined, PlatformError, FileSystem.FileSystem> {
    const fs = yield* FileSystem.FileSystem
    const start = Option.getOrElse(yield* Stream.runHead(fs.stream(path, { bytesToRead: 90 })), () => new Uint8Array())
    if (!begins(start, 0x50, 0x4B, 0x03, 0x04)) return undefined
    // the name of the first file in it
    const text = Buffer.from(start.subarray(30)).toString("latin1")
    if (text.startsWith("mimetypeapplication/vnd.oasis")) {
      return "is an OpenDocument spreadsheet: open it, and save it as .xlsx or as \"CSV UTF-8\""
    }
    return /^(?:\[Content_Types\]|_rels\/|docProps\/|xl\/|customXml\/)/.test(text)
      ? "workbook"
      : "is a zip file, and no workbook: unpack it first"
  }
)

/** What Excel wrote before .xlsx, and what it wraps a workbook in that has a password. */
const isOle = (start: Uint8Array): boolean => begins(start, 0xD0, 0xCF, 0x11, 0xE0)

const encrypted = Buffer.from("EncryptedPackage", "utf16le")

/** Whether a part of that name is in it. */
const hasPassword = (bytes: Stream.Stream<Uint8Array, UsageError>) =>
  Stream.mapAccum(bytes, Buffer.alloc(0), (before, chunk) => {
    const text = Buffer.concat([before, chunk])
    return [Buffer.from(text.subarray(-encrypted.length)), text.includes(encrypted)]
  }).pipe(Stream.runFold(false, (found, here) => found || here))

/** What a byte order mark says. */
const markOf = (start: Uint8Array): string | undefined =>
  begins(start, 0xEF, 0xBB, 0xBF)
    ? "utf-8"
    : begins(start, 0xFF, 0xFE)
    ? "utf-16le"
    : begins(start, 0xFE, 0xFF)
    ? "utf-16be"
    : undefined

const kindOf = (start: Uint8Array, encoding: string | undefined): Kind => {
  const mark = markOf(start)
  if (isOle(start)) {
    return { refused: "is an .xls workbook: open it, and save it as .xlsx or as \"CSV UTF-8\"" }
  }
  if (begins(start, 0x1F, 0x8B)) return { refused: "is compressed (gzip): decompress it first" }
  if (begins(start, 0x25, 0x50, 0x44, 0x46)) return { refused: "is a PDF: export the data as \"CSV UTF-8\"" }
  const text = new TextDecoder(mark ?? "latin1").decode(start.subarray(0, 2048))
  if (/^\s*(?:<!--[^]*?-->\s*)*<(?:!doctype|html|head|meta|table|style|body|\?xml|\w+:\w+)/i.test(text)) {
    const what = /^\s*<\?xml/i.test(text) && !/<html|<table/i.test(text) ? "XML" : "HTML, a web page"
    return {
      refused: `is ${what}, whatever its name says: open it in a spreadsheet, and save it as .xlsx or as "CSV UTF-8"`
    }
  }
  return { encoding: mark ?? (encoding === undefined ? "utf-8" : new TextDecoder(encoding).encoding) }
}

/** Whether the last byte, or the last but one where characters have two, is that of a line break. */
const endsWithLine = (path: string, size: number) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const handle = yield* fs.open(path, { flag: "r" })
    yield* handle.seek(FileSystem.Size(Math.max(0, size - 2)), "start")
    const end = Option.getOrElse(yield* handle.readAlloc(2), () => new Uint8Array())
    return end.length === 0 || [...end].some((byte, index) =>
      (byte === 0x0A || byte === 0x0D) && (index === end.length - 1 || end[index + 1] === 0)
    ) || end.at(-1) === 0x0A || end.at(-1) === 0x0D
  }))

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
