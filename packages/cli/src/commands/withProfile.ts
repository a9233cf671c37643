/**
 * What was said of a file, and what a profile says besides: how files of its kind are written, and never which of their rows
 * are meant, as that is of one day.
 */
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Profile from "../file/Profile.js"
import * as TimeZones from "../file/timeZones.js"
import { printable } from "../terminal/text.js"
import { UsageError } from "../terminal/UsageError.js"
import type { Given } from "./sourceOptions.js"

/** Fills in what wasn't said. */
export const withProfile = Effect.fnUntraced(function*(given: Given) {
  if (Option.isNone(given.profile)) return { options: given, profile: undefined }
  const name = given.profile.value
  const found = yield* Profile.find(name)
  const before = Option.getOrElse(found, () => Profile.empty)
  yield* checkFormer(name, before, given)
  const said = saidOf(given)
  const all: Profile.Profile = {
    encoding: said.encoding ?? before.encoding,
    sheet: said.sheet ?? before.sheet,
    headerLine: said.headerLine ?? before.headerLine,
    map: said.map.length > 0 ? said.map : before.map,
    ignore: said.ignore.length > 0 ? said.ignore : before.ignore,
    carrier: said.carrier ?? before.carrier,
    carrierCode: said.carrierCode.length > 0 ? said.carrierCode : before.carrierCode,
    timezone: said.timezone ?? before.timezone,
    dateOrder: said.dateOrder ?? before.dateOrder
  }
  const isSame = Profile.asOptions(all) === Profile.asOptions(before)
  if (isSame && Option.isNone(found)) {
    return yield* new UsageError({ message: `There is no profile ${name} yet: say what it is to keep, such as --map` })
  }
  const change = Option.isNone(found)
    ? `kept ${Profile.asOptions(all)}`
    : `changed, as this was said anew: ${Profile.asOptions(Profile.difference(all, before))}${replaced(all, before)}`
  const keep = Effect.zipRight(
    Profile.save(name, all),
    Console.error(
      `Profile ${name}: ${change}. It is kept for the next runs; for one run only, say all options without --profile. `
        + "fulfill profiles lists them"
    )
  )
  const profile: Profile.Used = {
    name,
    options: Profile.asOptions(Profile.without(before, said)),
    keep: isSame && before.where === undefined ? Effect.void : keep
  }
  return { options: fill(given, all), profile }
})

/** What isn't kept any more. */
const replaced = (all: Profile.Profile, before: Profile.Profile): string => {
  const options = Profile.asOptions(Profile.difference(before, all))
  return options === "" ? "" : ` in place of ${options}`
}

const saidOf = (given: Given): Profile.Profile => ({
  encoding: Option.getOrUndefined(given.encoding),
  sheet: Option.getOrUndefined(given.sheet),
  headerLine: Option.getOrUndefined(given.headerLine),
  map: given.map,
  ignore: given.ignore,
  carrier: Option.getOrUndefined(given.carrier),
  carrierCode: given.carrierCode,
  timezone: Option.getOrUndefined(Option.map(given.timezone, DateTime.zoneToString)),
  dateOrder: Option.getOrUndefined(given.dateOrder)
})

const fill = (given: Given, all: Profile.Profile): Given => ({
  ...given,
  encoding: Option.fromNullable(all.encoding),
  sheet: Option.fromNullable(all.sheet),
  headerLine: Option.fromNullable(all.headerLine),
  map: [...all.map],
  ignore: [...all.ignore],
  carrier: Option.fromNullable(all.carrier),
  carrierCode: [...all.carrierCode],
  timezone: Option.flatMap(Option.fromNullable(all.timezone), (zone) => Option.getRight(TimeZones.parse(zone))),
  dateOrder: Option.fromNullable(all.dateOrder)
})

/** An earlier version kept conditions. Without them rows would be sent that never were, so somebody has to say it. */
const checkFormer = (name: string, { where }: Profile.Profile, given: Given) =>
  where === undefined || where.length === 0 || given.where.length > 0 ? Effect.void : new UsageError({
    message: `The profile ${name} has ${
      where.map((one) => `--where "${printable(one)}"`).join(" ")
    } of an earlier version. Profiles don't choose rows any more: say --where with each command. Once it is said, it is `
      + "taken out of the profile"
  })
