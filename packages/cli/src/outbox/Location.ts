/**
 * Where the outbox is: what `--database` and `FULFILL_DATABASE` say, and where it is if neither does.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"

/** A SQLite file, or a Postgres. */
export type Location =
  /** `isDefault`: nobody said where, so its folder is made too. */
  | { readonly _tag: "Sqlite"; readonly path: string; readonly isDefault: boolean }
  | { readonly _tag: "Postgres"; readonly url: Redacted.Redacted }

const variable = "FULFILL_DATABASE"

const refuse = (from: string, reason: string): Either.Either<never, UsageError> =>
  Either.left(
    new UsageError({
      // never quoted: it may hold a password
      message: `${from} ${reason}. Write the path of a SQLite file, or a URL such as postgres://user@host/database`
    })
  )

/** What a text means. What is neither a path nor a URL of a Postgres is refused, without being quoted. */
export const parse = (text: string, from: string): Either.Either<Location, UsageError> => {
  const trimmed = text.trim()
  if (trimmed === "") return refuse(from, "is empty, and a database without a name is forgotten when the command ends")
  if (
    /^(?:undefined|null|none|nan|true|false)$/i.test(trimmed) ||
    /^\$\w+(?:[/\\]|$)|^~(?:[/\\]|$)|\$\{|\$\(|\{\{|^%\w+%$/.test(trimmed)
  ) {
    return refuse(from, "has the name of a value that was never put in its place")
  }
  if (/^\/(?:dev|proc|run\/user|run\/shm)(?:\/|$)/.test(trimmed)) {
    return refuse(from, "is in memory, which forgets what was sent when the machine starts anew")
  }
  if (/^:.*:$/.test(trimmed)) return refuse(from, "is a database in memory, which forgets what was sent")
  if (/^postgres(ql)?:\/\//i.test(trimmed)) return parseUrl(trimmed, from)
  if (/^file:/i.test(trimmed)) return refuse(from, "begins with file:, which isn't understood")
  if (/^[a-z][a-z\d+.-]+:/i.test(trimmed)) return refuse(from, "is a URL, but not one that begins with postgres://")
  if (
    /(^|[\s;])[a-z_ ]*(host|hostaddr|server|port|user|username|uid|password|passfile|pwd|dbname|database|service|sslmode)\s*=/i
      .test(trimmed)
  ) {
    return refuse(from, "is a list of settings such as host=…, which isn't understood")
  }
  if (/:[^/\\]*@/.test(trimmed.replace(/^[a-z]:[/\\]/i, ""))) {
    return refuse(from, "looks like a URL without its postgres://")
  }
  return /\p{Cc}/u.test(trimmed)
    ? refuse(from, "has control characters")
    : Either.right({ _tag: "Sqlite", path: trimmed, isDefault: false })
}

const parseUrl = (text: string, from: string): Either.Either<Location, UsageError> => {
  const rest = text.slice(text.indexOf("//") + 2)
  // what follows a stray @ or / of a password would be taken for the host, and be told as such
  if (!URL.canParse(text) || rest.split("@").length > 2 || /[/?#].*@/.test(rest)) {
    return refuse(from, "is not a URL: in its password write %40 for @, %2F for /, %3A for :, %23 for # and %3F for ?")
  }
  return Either.right({ _tag: "Postgres", url: Redacted.make(text) })
}

/** Where the outbox is. Unset, or a blank variable: one file for each user and each ShipStation. */
export const find = (
  given: Option.Option<Redacted.Redacted>
): Effect.Effect<Location, UsageError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    if (Option.isSome(given)) return yield* parse(Redacted.value(given.value), "--database")
    const fromEnvironment = yield* Effect.orElseSucceed(Config.redacted(variable), () => Redacted.make(""))
    if (Redacted.value(fromEnvironment).trim() !== "") return yield* parse(Redacted.value(fromEnvironment), variable)
    yield* refuseFormer
    const url = yield* Effect.option(Config.string("SHIPSTATION_BASE_URL"))
    const host = Option.match(url, { onNone: () => Either.right("api.shipstation.com"), onSome: hostOf })
    return { _tag: "Sqlite", path: yield* pathFor(yield* host), isDefault: true } as const
  })

/** Says where it is, without a password. */
export const describe = (location: Location): string => {
  if (location._tag === "Sqlite") return printable(location.path)
  const { host, pathname } = new URL(Redacted.value(location.url))
  return printable(`the Postgres database ${pathname.slice(1)} at ${host}`)
}

/** Where it was before there was one for each user: what it knows mustn't be forgotten. */
const refuseFormer = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  if (yield* Effect.orElseSucceed(fs.exists(former), () => false)) {
    return yield* new UsageError({
      message: `There is a ${former} in this folder, which may know what was sent. To go on with it say --database `
        + `${former}. It isn't taken unasked`
    })
  }
})

const former = "fulfill.sqlite"

/** The file that remembers what was sent to a ShipStation, if it is there and nothing says that another one is used. */
export const existing = Effect.fnUntraced(function*(url: string) {
  const fs = yield* FileSystem.FileSystem
  if ((yield* setting(variable)).trim() !== "") return Option.none<string>()
  const found = Effect.flatMap(
    Effect.flatMap(hostOf(url), pathFor),
    (path) => Effect.map(fs.exists(path), (isThere) => isThere ? Option.some(path) : Option.none())
  )
  return yield* Effect.orElseSucceed(found, () => Option.none<string>())
})

const setting = (name: string) => Effect.orElseSucceed(Config.string(name), () => "")

/** Whose memory it is. A URL that can't be isn't the real ShipStation's: its memory would take what was meant for a test. */
const hostOf = (url: string): Either.Either<string, UsageError> => {
  const { hostname, protocol } = URL.canParse(url) ? new URL(url) : { hostname: "", protocol: "" }
  return /^https?:$/.test(protocol)
    ? Either.right(hostname.replace(/\.$/, ""))
    : Either.left(
      new UsageError({
        message:
          "SHIPSTATION_BASE_URL can't be used: it is no URL of a ShipStation, so it isn't known whose memory is meant. "
          + "Write it with its https:// or http://, or unset it for the real one"
      })
    )
}

const pathFor = Effect.fnUntraced(function*(host: string) {
  const path = yield* Path.Path
  const home = yield* setting(process.platform === "win32" ? "USERPROFILE" : "HOME")
  const data = (yield* setting("XDG_DATA_HOME"))
    || (process.platform === "win32" ? yield* setting("LOCALAPPDATA") : "")
    || (home === "" ? "" : path.join(
      home,
      ...(process.platform === "darwin"
        ? ["Library", "Application Support"]
        : [".local", "share"])
    ))
  if (!path.isAbsolute(data)) {
    return yield* new UsageError({
      message: "HOME isn't set, so there is no place to remember what was sent: say where, with --database"
    })
  }
  return path.join(data, "fulfill", `${host.replaceAll(/[^\w.-]/g, "_")}.sqlite`)
})
