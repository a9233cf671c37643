/**
 * How a kind of file is read, under a name: one file for each name, in the user's configuration.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { quoted } from "../terminal/Invocation.js"
import { describePlatformError } from "../terminal/platformError.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"

const texts = Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] })
const text = Schema.optional(Schema.String)

/** What is kept: options as they are written on the command line. */
export const Profile = Schema.Struct({
  encoding: text,
  sheet: text,
  headerLine: Schema.optional(Schema.Int.pipe(Schema.positive())),
  map: texts,
  ignore: texts,
  carrier: text,
  carrierCode: texts,
  timezone: text,
  dateOrder: Schema.optional(Schema.Literal("dmy", "mdy")),
  /** What earlier versions kept. It isn't kept any more. */
  where: Schema.optional(Schema.Array(Schema.String))
})

/** What is kept: options as they are written on the command line. */
export interface Profile extends Schema.Schema.Type<typeof Profile> {}

/** Keeps nothing. */
export const empty: Profile = { map: [], ignore: [], carrierCode: [] }

/** A profile that a file is read with. */
export interface Used {
  readonly name: string
  /** What it says, and nobody said anew: as it would be written on the command line. */
  readonly options: string
  /** Keeps what was said anew. */
  readonly keep: Effect.Effect<void, UsageError, FileSystem.FileSystem | Path.Path>
}

/** Opens a file with a profile. If it can't be opened like that, what the profile said is named; else it is kept. */
export const opening = (profile: Used | undefined) =>
<A, E, R>(
  open: Effect.Effect<A, E | UsageError, R>
): Effect.Effect<A, E | UsageError, R | FileSystem.FileSystem | Path.Path> =>
  profile === undefined ? open : open.pipe(
    Effect.mapError((error) =>
      error instanceof UsageError && profile.options !== ""
        ? new UsageError({
          message: `${error.message}\nThe profile ${profile.name} says ${profile.options}. To change it say it anew`
        })
        : error
    ),
    Effect.zipLeft(profile.keep)
  )

/** What there is of the first that the second doesn't say. */
export const without = (profile: Profile, said: Profile): Profile => ({
  encoding: said.encoding === undefined ? profile.encoding : undefined,
  sheet: said.sheet === undefined ? profile.sheet : undefined,
  headerLine: said.headerLine === undefined ? profile.headerLine : undefined,
  map: said.map.length === 0 ? profile.map : [],
  ignore: said.ignore.length === 0 ? profile.ignore : [],
  carrier: said.carrier === undefined ? profile.carrier : undefined,
  carrierCode: said.carrierCode.length === 0 ? profile.carrierCode : [],
  timezone: said.timezone === undefined ? profile.timezone : undefined,
  dateOrder: said.dateOrder === undefined ? profile.dateOrder : undefined
})

const isSame = (one: Profile, other: Profile, key: Exclude<keyof Profile, "where">): boolean =>
  String(one[key] ?? "") === String(other[key] ?? "")

/** What there is of the first that is something else in the second. */
export const difference = (profile: Profile, other: Profile): Profile =>
  without(profile, {
    encoding: isSame(profile, other, "encoding") ? profile.encoding : undefined,
    sheet: isSame(profile, other, "sheet") ? profile.sheet : undefined,
    headerLine: isSame(profile, other, "headerLine") ? profile.headerLine : undefined,
    map: isSame(profile, other, "map") ? profile.map : [],
    ignore: isSame(profile, other, "ignore") ? profile.ignore : [],
    carrier: isSame(profile, other, "carrier") ? profile.carrier : undefined,
    carrierCode: isSame(profile, other, "carrierCode") ? profile.carrierCode : [],
    timezone: isSame(profile, other, "timezone") ? profile.timezone : undefined,
    dateOrder: isSame(profile, other, "dateOrder") ? profile.dateOrder : undefined
  })

const flags: ReadonlyArray<readonly [keyof Profile, string]> = [
  ["encoding", "--encoding"],
  ["sheet", "--sheet"],
  ["headerLine", "--header-line"],
  ["map", "--map"],
  ["ignore", "--ignore"],
  ["carrier", "--carrier"],
  ["carrierCode", "--carrier-code"],
  ["timezone", "--timezone"],
  ["dateOrder", "--date-order"]
]

/** As it would be written on the command line. */
export const asOptions = (profile: Profile): string =>
  flags.flatMap(([key, flag]) => {
    const value = profile[key]
    const all = value === undefined ? [] : typeof value === "object" ? value : [value]
    return all.map((one) => `${flag} ${/^[\w=#/+:-]+$/.test(String(one)) ? one : inShell(String(one))}`)
  }).join(" ")

const inShell = (text: string): string => /["$`\\!]/.test(text) ? quoted(text) : `"${text}"`

const json = Schema.parseJson(Profile, { space: 2 })

/** The folder of all profiles. */
const directory = Effect.gen(function*() {
  const path = yield* Path.Path
  const setting = (name: string) => Effect.orElseSucceed(Config.string(name), () => "")
  const home = yield* setting(process.platform === "win32" ? "USERPROFILE" : "HOME")
  const config = (yield* setting("XDG_CONFIG_HOME"))
    || (process.platform === "win32" ? yield* setting("APPDATA") : "")
    || (home === "" ? "" : path.join(home, ".config"))
  return path.isAbsolute(config)
    ? path.join(config, "fulfill", "profiles")
    : yield* new UsageError({ message: "HOME isn't set, so there is no place for profiles" })
})

const fileOf = Effect.fnUntraced(function*(name: string) {
  const path = yield* Path.Path
  return /^[a-z\d][\w-]{0,40}$/i.test(name)
    ? path.join(yield* directory, `${name}.json`)
    : yield* new UsageError({
      message: `--profile "${printable(name)}": write letters, digits and hyphens, such as warehouse`
    })
})

/** A profile, if there is one of that name. */
export const find = Effect.fnUntraced(function*(name: string) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* fileOf(name)
  const cannot = (reason: string) =>
    new UsageError({ message: `The profile ${name} can't be used (${printable(file)}): ${reason}` })
  if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) return Option.none<Profile>()
  const content = yield* Effect.mapError(fs.readFileString(file), (error) => cannot(describePlatformError(error)))
  return Option.some(yield* Effect.mapError(Schema.decode(json)(content), () => cannot("it isn't what fulfill wrote")))
})

/** Keeps a profile, for the user only: names of columns may tell what customers are called. */
export const save = Effect.fnUntraced(function*(name: string, profile: Profile) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* fileOf(name)
  const content = yield* Effect.orDie(Schema.encode(json)(profile))
  yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o700 }).pipe(
    Effect.zipRight(fs.writeFileString(file, `${content}\n`, { mode: 0o600 })),
    Effect.mapError((error) =>
      new UsageError({ message: `Can't write ${printable(file)}: ${printable(describePlatformError(error))}` })
    )
  )
})

/** All profiles, by name. Those that can't be read are left out. */
export const list = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const files = yield* Effect.orElseSucceed(fs.readDirectory(yield* directory), () => [])
  const names = files.flatMap((name) => name.endsWith(".json") ? [name.slice(0, -5)] : []).toSorted()
  const found = yield* Effect.forEach(names, (name) =>
    Effect.map(
      Effect.orElseSucceed(find(name), () => Option.none<Profile>()),
      Option.map((profile) => ({ name, profile }))
    ))
  return found.flatMap(Option.toArray)
})
