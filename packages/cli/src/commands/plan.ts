/**
 * `fulfill plan`: what a file would do. Sends nothing, and needs a key only for what has to be looked up.
 */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.js"
import * as Profile from "../file/Profile.js"
import * as ShipmentsFile from "../file/ShipmentsFile.js"
import * as Plan from "../import/Plan.js"
import * as Preview from "../import/Preview.js"
import * as Database from "../outbox/Database.js"
import * as Location from "../outbox/Location.js"
import * as Output from "../Output.js"
import * as Resolver from "../resolve/Resolver.js"
import { whileReading } from "../terminal/Progress.js"
import { count, printable } from "../terminal/text.js"
import { endWith } from "../terminal/UsageError.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import { resolving } from "./resolving.js"
import { nameOf, toSource } from "./source.js"
import { sourceOptions } from "./sourceOptions.js"

const command = Command.make(
  "plan",
  {
    ...sourceOptions,
    problems: Options.text("problems").pipe(
      Options.withDescription(
        "A CSV file for all problems and warnings. Default: the file's name and -problems.csv, beside the file."
      ),
      Options.optional
    ),
    requestsPerMinute: CommonOptions.requestsPerMinute,
    max: CommonOptions.max,
    keyFile: CommonOptions.keyFile,
    database: CommonOptions.database,
    json: Options.boolean("json").pipe(Options.withDescription("Print the plan as JSON."))
  },
  Effect.fnUntraced(
    function*({ batchSize, database, json, keyFile: _, max, problems, requestsPerMinute, skipBadRows, ...options }) {
      const { profile, source } = yield* toSource(options)
      const file = yield* Profile.opening(profile)(ShipmentsFile.open({ ...source, skipsBad: skipBadRows }))
      const plan = yield* Plan.make(file, {
        batchSize,
        skipsBad: skipBadRows,
        list: yield* toList(problems, options.file),
        requestsPerMinute: Option.getOrUndefined(requestsPerMinute)
      }).pipe(whileReading(`Checking ${printable(file.name)}`, file.share))
      const isSendable = skipBadRows || plan.problems.count === 0
      const before = yield* Preview.make(skipBadRows ? sendable(file) : file, isSendable, database).pipe(
        whileReading(`Comparing ${printable(file.name)} with the outbox`, file.share)
      )
      const tooMany = Option.filter(max, (most) => plan.shipments > most)
      if (json) yield* Output.print(Output.Planned, toJson(file, plan, before, profile), 2)
      else {
        yield* Console.log(summary(file, plan, before, profile))
        const found = Plan.findings(file, plan)
        if (found.length > 0) yield* Console.error(`\n${found.join("\n")}`)
        if (Option.isSome(tooMany)) {
          yield* Console.error(
            `\n${count(plan.shipments, "shipment")}, and --max says ${tooMany.value}: none would be sent`
          )
        }
      }
      const isBad = Option.isSome(tooMany) || plan.shipments === 0 || (plan.problems.count > 0 && !skipBadRows)
      return yield* endWith(isBad ? ExitCode.usage : ExitCode.ok)
    },
    (self, { file, json }) => Output.orFailed({ file, json })(self),
    (self, { database, keyFile, requestsPerMinute }) =>
      Effect.provide(
        self,
        resolving({ keyFile: Option.getOrUndefined(keyFile), requestsPerMinute }).pipe(
          Layer.provide(limits(database)),
          Resolver.layerLazy
        )
      ),
    Effect.scoped
  )
).pipe(Command.withDescription(
  "Checks a file, and says what sending it would do: requests, time, who is notified. Sends nothing, and needs a key only to "
    + "look up order numbers and names of carriers, and to tell which carriers the account doesn't have."
))

/** The limit of the outbox, if there is one that can be used: what a plan asks for counts too. */
const limits = (given: Option.Option<Redacted.Redacted>) =>
  Layer.unwrapEffect(Effect.map(Location.find(given), (location) => Database.layer({ location, access: "change" })))
    .pipe(
      Layer.catchAll(() => RateLimiter.layerStoreMemory)
    )

/** `fulfill plan`. */
export const help = CommandHelp.make(command, {
  summary: "checks a file, and says what sending it would do",
  examples: [
    "fulfill plan shipments.csv --notify customer",
    "fulfill plan shipments.csv --notify none --map shipment_id=\"Shipment No\" --timezone Europe/Berlin",
    "zcat shipments.csv.gz | fulfill plan - --notify none --json"
  ],
  environment: [CommandHelp.environment.key, CommandHelp.environment.baseUrl, CommandHelp.environment.database]
})

/** Where the problems of a file are written: where it was said, else beside the file. */
export const toList = (given: Option.Option<string>, file: string) =>
  Effect.map(Path.Path, (path): Plan.ListOptions => {
    const { dir, name } = path.parse(nameOf(file))
    return {
      path: Option.getOrElse(given, () => path.join(dir, `${name}-problems.csv`)),
      isGiven: Option.isSome(given)
    }
  })

const sendable = (file: ShipmentsFile.ShipmentsFile): ShipmentsFile.ShipmentsFile => ({
  ...file,
  rows: Stream.filter(file.rows, Either.isRight)
})

/** What a plan says, for a screen. */
const summary = (
  file: ShipmentsFile.ShipmentsFile,
  plan: Plan.Plan,
  before: Preview.Preview,
  profile: Profile.Used | undefined
): string => {
  const passedOver = plan.leftOut.where.count + plan.leftOut.sinceLine.count
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["requests", `${plan.requests}, which take ${takes(plan.atLimit)}`],
    [
      "customers",
      `${plan.customers} would be mailed${
        before._tag === "Known" && before.done > 0 ? ", but for those of shipments sent before" : ""
      }`
    ],
    ["order sources", `those of ${count(plan.orderSources, "shipment")} would be told`],
    ["carriers", carriersOf(plan)],
    ["ship dates", datesOf(file, plan)],
    ["columns", usedOf(file).map(([field, name]) => field === name ? field : `${field} is "${name}"`).join(", ")],
    ["not used", plan.unused.join(", ") || "none"],
    ...(profile === undefined
      ? []
      : [["profile", `${profile.name}${profile.options === "" ? "" : ` says ${profile.options}`}`] as const]),
    ...(passedOver === 0
      ? []
      : [["passed over", `${count(passedOver, "row")} that --where or --since-line leaves out`] as const]),
    ...Preview.describe(before)
  ]
  return [
    `${printable(file.name)}: ${plan.valid} of ${count(plan.rows, "row")} can be sent. Nothing was sent`,
    "",
    ...lines.map(([name, value]) => `  ${name.padEnd(14)}${printable(value, 2000)}`)
  ].join("\n")
}

const usedOf = ({ columns, fields }: ShipmentsFile.ShipmentsFile): ReadonlyArray<readonly [string, string]> =>
  Object.entries(fields).flatMap(([field, index]) =>
    index === undefined ? [] : [[field, columns[index] ?? ""] as const]
  )

const carriersOf = ({ carrierNames, carriers }: Plan.Plan): string =>
  Object.entries(carriers).map(([code, n]) => {
    const names = Object.hasOwn(carrierNames, code) ? carrierNames[code] ?? [] : []
    return `${code} ${n}${names.length === 0 ? "" : ` (${names.map((name) => printable(name, 40)).join(", ")})`}`
  }).join(", ") || "none"

const datesOf = ({ fields }: ShipmentsFile.ShipmentsFile, { shipDates, today }: Plan.Plan): string => {
  if (fields.ship_date === undefined) return "no column, so today"
  if (shipDates === undefined) return "none, so today"
  return `${shipDates.first === shipDates.last ? shipDates.first : `${shipDates.first} to ${shipDates.last}`}${
    today === 0 ? "" : `, and today for ${count(today, "shipment")} without one`
  }`
}

const takes = (duration: Duration.Duration): string =>
  Duration.toMillis(duration) === 0 ? "less than a minute" : `at least ${Duration.format(duration)}`

const toJson = (
  file: ShipmentsFile.ShipmentsFile,
  plan: Plan.Plan,
  before: Preview.Preview,
  profile: Profile.Used | undefined
): typeof Output.Planned.Type => {
  const {
    atLimit,
    list,
    meant: _,
    orderSources,
    problems,
    shipDates,
    unused,
    warnings,
    ...rest
  } = plan
  return {
    file: file.name,
    format: file.format,
    profile: profile === undefined ? null : { name: profile.name, options: profile.options },
    columns: Object.fromEntries(usedOf(file)),
    unusedColumns: unused,
    ...rest,
    orderSources,
    shipDates: shipDates ?? null,
    problems: findingsToJson(problems),
    warnings: findingsToJson(warnings),
    atLimitSeconds: Duration.toSeconds(atLimit),
    problemsFile: list === undefined || list.error !== undefined ? null : list.path,
    before: Preview.toJson(before)
  }
}

const findingsToJson = ({ count, first, kinds }: Plan.Plan["problems"]) => ({
  count,
  kinds: kinds.map(({ count, sample: { field, kind, reason, remedy } }) => ({
    count,
    field,
    reason: kind ?? reason,
    remedy
  })),
  first: first.map(({ cells: _cells, kind: _kind, ...problem }) => problem)
})
