/**
 * How a kind of file is read, under a name: one file for each name, in the user's configuration.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
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
  where: texts,
  carrier: text,
  carrierCode: texts,
  timezone: text,
  dateOrder: Schema.optional(Schema.Literal("dmy", "mdy"))
})

/** What is kept: options as they are written on the command line. */
export interface Profile extends Schema.Schema.Type<typeof Profile> {}

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

/** Keeps a profile, for the user only: a condition may hold what customers are called. */
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
