/**
 * Files that we write beside the user's. Nothing is replaced but what we wrote ourselves, links are not followed, and nobody
 * but the user can read them: they hold what customers ordered.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { describePlatformError } from "../terminal/platformError.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"

/** A file that is written as a whole: until it is committed, what was there before is still there. */
export interface OwnFile {
  readonly append: (data: string | Uint8Array) => Effect.Effect<void, PlatformError>
  readonly commit: Effect.Effect<void, PlatformError>
}

/** What a file may be read and written by: the user, and no more than the user may do with the input. */
export const modeFor = (input: number | undefined): number => input === undefined ? 0o600 : (input & 0o600) | 0o400

/** How much of a file is looked at, to see who wrote it. */
const startSize = 65_536

/** Fails if there is something that we didn't write. Tells whether there is something at all. */
export const check = Effect.fnUntraced(function*(path: string, isOurs: (start: string) => boolean) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (reason: string) =>
    new UsageError({ message: `Can't write ${printable(path)}: ${reason}. It is left as it is: choose another name` })
  const found = yield* Effect.option(fs.readLink(path))
  if (Option.isSome(found)) return yield* refuse("it is a link")
  const info = yield* Effect.option(fs.stat(path))
  if (Option.isNone(info)) return false
  if (info.value.type !== "File") {
    return yield* refuse(info.value.type === "Directory" ? "it is a directory" : "it is no file")
  }
  const start = yield* fs.stream(path, { bytesToRead: startSize }).pipe(
    Stream.decodeText(),
    Stream.mkString,
    Effect.catchTags({
      SystemError: ({ reason }) =>
        reason === "PermissionDenied"
          ? refuse("you may not read it, so it isn't known whether fulfill wrote it")
          : Effect.succeed(""),
      BadArgument: () => Effect.succeed("")
    })
  )
  if (!isOurs(start)) return yield* refuse("there is a file of that name, which fulfill didn't write")
  return true
})

/** A folder for what isn't finished, of this run only: another may write the same files. */
export const unfinished = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ directory, prefix: ".fulfill-" }))

/** Begins a file of `directory` in a folder of `unfinished`. */
export const create = Effect.fnUntraced(
  function*({ directory, mode, name, unfinished: folder }: {
    readonly unfinished: string
    readonly directory: string
    readonly name: string
    readonly mode: number
  }) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const temporary = path.join(folder, name)
    const handle = yield* fs.open(temporary, { flag: "w", mode: 0o600 })
    const encoder = new TextEncoder()
    const file: OwnFile = {
      append: (data) =>
        data.length === 0
          ? Effect.void
          : handle.writeAll(typeof data === "string" ? encoder.encode(data) : data),
      commit: handle.sync.pipe(
        Effect.zipRight(fs.chmod(temporary, mode)),
        // it replaces a link, and isn't written through it
        Effect.zipRight(fs.rename(temporary, path.join(directory, name)))
      )
    }
    return file
  }
)

/** That a file can't be written. */
export const cannotWrite = (path: string, error: PlatformError): UsageError =>
  new UsageError({ message: `Can't write ${printable(path)}: ${printable(describePlatformError(error))}` })
