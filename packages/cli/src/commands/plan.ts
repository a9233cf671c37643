/**
 * `fulfill plan`: what a file would do. Sends nothing, and needs no key.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as CommonOptions from "../CommonOptions.js"
import * as ExitCode from "../ExitCode.js"
import { count, printable } from "../internal/text.js"
import * as Plan from "../Plan.js"
import * as ShipmentsFile from "../ShipmentsFile.js"
import * as Topic from "../Topic.js"
import { endWith } from "../UsageError.js"
import { sourceOptions, toSource } from "./source.js"

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
    json: Options.boolean("json").pipe(Options.withDescription("Print the plan as JSON."))
  },
  Effect.fnUntraced(function*({ batchSize, json, problems, requestsPerMinute, ...options }) {
    const problemsFile = yield* Effect.catchAll(problems, () => defaultProblemsFile(options.file))
    const file = yield* ShipmentsFile.open(yield* toSource(options))
    const plan = yield* Plan.make(file, {
      batchSize,
      problemsFile,
      requestsPerMinute: Option.getOrUndefined(requestsPerMinute)
    })
    if (json) yield* Console.log(JSON.stringify(toJson(file, plan, problemsFile), null, 2))
    else {
      yield* Console.log(summary(file, plan))
      const found = Plan.findings(file, plan, problemsFile)
      if (found.length > 0) yield* Console.error(`\n${found.join("\n")}`)
    }
    return yield* endWith(plan.problems.count > 0 ? ExitCode.usage : ExitCode.ok)
  }, Effect.scoped)
).pipe(Command.withDescription(
  "Checks a file, and says what sending it would do: requests, time, who is notified. Sends nothing, and needs no key."
))

/** `fulfill plan`. */
export const topic = Topic.make(command, {
  summary: "checks a file, and says what sending it would do",
  examples: [
    "fulfill plan shipments.csv --notify customer",
    "fulfill plan shipments.csv --notify none --map shipment_id=\"Shipment No\" --timezone Europe/Berlin",
    "zcat shipments.csv.gz | fulfill plan - --notify none --json"
  ],
  environment: []
})

/** Where the problems of a file are written if nothing else is said. */
export const defaultProblemsFile = (file: string) =>
  Effect.map(Path.Path, (path) => {
    const { dir, name } = path.parse(file === "-" ? "stdin" : file)
    return path.join(dir, `${name}-problems.csv`)
  })

/** What a plan says, for a screen. */
export const summary = (file: ShipmentsFile.ShipmentsFile, plan: Plan.Plan): string => {
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["requests", `${plan.requests}, which take ${takes(plan.atLimit)}`],
    ["customers", `${plan.customers} would be mailed`],
    ["order sources", `those of ${count(plan.orderSources, "shipment")} would be told`],
    ["carriers", Object.entries(plan.carriers).map(([code, count]) => `${code} ${count}`).join(", ") || "none"]
  ]
  return [
    `${printable(file.name)}: ${plan.valid} of ${count(plan.rows, "row")} can be sent. Nothing was sent`,
    "",
    ...lines.map(([name, value]) => `  ${name.padEnd(14)}${value}`)
  ].join("\n")
}

const takes = (duration: Duration.Duration): string =>
  Duration.toMillis(duration) === 0 ? "less than a minute" : `at least ${Duration.format(duration)}`

const toJson = (file: ShipmentsFile.ShipmentsFile, plan: Plan.Plan, problemsFile: string) => ({
  file: file.name,
  format: file.format,
  columns: Object.fromEntries(
    Object.entries(file.fields).map(([field, index]) => [field, file.columns[index]])
  ),
  ...plan,
  atLimit: undefined,
  atLimitSeconds: Duration.toSeconds(plan.atLimit),
  problemsFile: plan.problems.count + plan.warnings.count > 0 ? problemsFile : null
})
