/**
 * `fulfill import`: offers the rows of a file to the outbox, sends what is in it, writes the reports, says what became of
 * each. Run again, it goes on.
 */
import type { Mode } from "@effect-shipstation/http-client/ShipStationConfig"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { confirm } from "./Confirm.js"
import * as Drain from "./Drain.js"
import * as ExitCode from "./ExitCode.js"
import * as Imports from "./Imports.js"
import { inputsOf } from "./internal/inputs.js"
import { describePlatformError } from "./internal/platformError.js"
import { count, number, printable } from "./internal/text.js"
import * as News from "./News.js"
import * as Plan from "./Plan.js"
import * as Problem from "./Problem.js"
import * as Reports from "./Reports.js"
import * as ShipmentsFile from "./ShipmentsFile.js"
import * as ShipStation from "./ShipStation.js"
import * as Signals from "./Signals.js"
import * as Summary from "./Summary.js"
import { Ended, UsageError } from "./UsageError.js"

/** What to import, and how. */
export interface Options {
  readonly source: ShipmentsFile.Source
  /** Shipments per request. */
  readonly batchSize: number
  /** Where the reports go. */
  readonly directory: string
  readonly yes: boolean
  readonly json: boolean
  readonly mode: Mode
  readonly giveUpAfter: Duration.Duration
  /** A file for what is wrong with the rows. */
  readonly problemsFile: string
  /** The command that goes on, for a person. */
  readonly again: string
}

/** Offers, sends and reports. Gives the exit code. */
export const importFile = Effect.fnUntraced(function*(options: Options) {
  const prepared = yield* Signals.orStop(prepare(options))
  return yield* Effect.catchTag(send(options, prepared), "UsageError", ({ message }) =>
    // shipments were sent, so it isn't wrong usage any more
    new Ended({
      code: ExitCode.temporary,
      message: `${message}\nNo reports were written. The outbox knows what was sent: fulfill list`
    }))
}, Effect.scoped)

const send = Effect.fnUntraced(function*(
  options: Options,
  { before, file, fingerprint, imports, total }: Effect.Effect.Success<ReturnType<typeof prepare>>
) {
  const { batchSize, directory, giveUpAfter } = options
  const outbox = yield* Outbox.Outbox
  // a run that was cut off, or failed, left them waiting
  yield* outbox.hasten()
  yield* outbox.reconcile()
  const offering = before?.offered === true
    ? (offered: (count: number) => void) => Effect.sync(() => offered(total))
    : (offered: (count: number) => void) =>
      Effect.zipRight(
        offer(file, options.mode, offered),
        fingerprint === undefined ? Effect.void : imports.offered(fingerprint)
      )
  const ending = yield* Drain.drain({ offering, total, batchSize, giveUpAfter }).pipe(
    Effect.raceFirst(sayStopping),
    // what was done until then is reported, if the database can be read again
    Effect.catchTag(
      "OutboxStoreError",
      ({ message }) => Effect.succeed<Drain.Ending>({ _tag: "Temporary", message: `the database failed: ${message}` })
    )
  )

  // a run that wasn't cut leaves nothing to go on with: the next one compares the file with the outbox anew
  if (ending._tag === "Finished" && fingerprint !== undefined) yield* imports.forget(fingerprint)

  const { see, summary } = Summary.make()
  if (total > 50_000) yield* Console.error("Writing the reports")
  yield* Reports.write(directory, file, see).pipe(
    Effect.catchTags({
      SystemError: (error) => notWritten(directory, error),
      BadArgument: (error) => notWritten(directory, error)
    }),
    Effect.raceFirst(patience)
  )
  const code = Summary.exitCode(ending, summary)
  yield* Console.log(
    options.json
      ? JSON.stringify({ file: file.name, reports: directory, exit_code: code, ...summary.counts })
      : `${Summary.describe(summary)}\n\nReports: ${directory}`
  )
  const toSay = Summary.advice(ending, summary, options.again)
  if (toSay.length > 0) yield* Console.error(`\n${toSay.join("\n")}`)
  return code
})

/** All that has to be right, and known, before anything is taken. */
const prepare = Effect.fnUntraced(function*(options: Options) {
  const file = yield* ShipmentsFile.open(options.source)
  const imports = yield* Imports.make
  const fingerprint = yield* fingerprintOf(options)
  const before = fingerprint === undefined ? undefined : yield* imports.find(fingerprint)
  // a bad file first, before anybody is asked for anything
  const plan = before === undefined ? yield* planOf(file, options) : undefined
  yield* ShipStation.check
  const total = before?.rows ?? plan?.rows ?? 0
  if (plan !== undefined) {
    const { baseUrl } = yield* ShipStationConfig.ShipStationConfig
    yield* confirmPlan(options, file, plan, { sends: true, where: `to ${ShipStation.host(baseUrl)}` })
    if (fingerprint !== undefined) yield* imports.confirm(fingerprint, plan)
  } else {
    yield* Console.error(`Going on with ${printable(file.name)}, ${count(total, "shipment")}`)
  }

  yield* Reports.prepare(options.directory)
  // not before somebody said yes: other workers go on with it
  yield* ShipStation.resume
  return { before, file, fingerprint, imports, total }
})

/** Offers only: somebody else sends. Needs no key. */
export const offerOnly = Effect.fnUntraced(
  function*(options: Options) {
    const file = yield* ShipmentsFile.open(options.source)
    const plan = yield* planOf(file, options)
    yield* confirmPlan(options, file, plan, { sends: false, where: "by whoever works on the outbox" })
    const answers = yield* offer(file, options.mode, () => {})
    const taken = answers.Accepted + answers.Requeued + answers.Replaced
    yield* Console.log(
      options.json ? JSON.stringify(answers) : [
        `${count(taken, "shipment")} taken, ${number(answers.Duplicate)} there already, ${
          number(answers.Refused)
        } refused`,
        "To send them: fulfill work"
      ].join("\n")
    )
    return answers.Refused > 0 ? ExitCode.rejected : ExitCode.ok
  },
  Effect.scoped,
  Signals.orStop
)

/** Reads all of it. With any problem nothing is sent. */
const planOf = Effect.fnUntraced(
  function*(file: ShipmentsFile.ShipmentsFile, { batchSize, problemsFile }: Options) {
    const plan = yield* Plan.make(file, { batchSize, problemsFile })
    const found = Plan.findings(file, plan, problemsFile)
    if (plan.problems.count > 0) {
      return yield* new UsageError({
        message: [Problem.headline(file.name, plan.problems.count), ...found].join("\n")
      })
    }
    if (found.length > 0) yield* Console.error(found.join("\n"))
    return plan
  }
)

/** The same content read in another way, or sent in another mode, is another import. */
const fingerprintOf = Effect.fnUntraced(
  function*({ mode, source }: Options) {
    const fs = yield* FileSystem.FileSystem
    // a pipe can be read only once, and was
    if (source.file === "-" || (yield* fs.stat(source.file)).type !== "File") return undefined
    const options = { ...source, file: undefined, timeZone: String(source.timeZone), mode }
    return yield* Imports.fingerprintOf(source.file, options)
  },
  (self, { source }) =>
    Effect.mapError(
      self,
      (error) => new UsageError({ message: `Can't read ${printable(source.file)}: ${describePlatformError(error)}` })
    )
)

/** Puts the rows into the outbox. How often each answer was given. */
const offer = Effect.fnUntraced(function*(
  file: ShipmentsFile.ShipmentsFile,
  mode: Mode,
  offered: (count: number) => void
) {
  const outbox = yield* Outbox.Outbox
  const answers = { Accepted: 0, Duplicate: 0, Replaced: 0, Requeued: 0, Refused: 0 }
  let done = 0
  yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), (chunk) =>
    Effect.gen(function*() {
      const inputs = yield* inputsOf(chunk, mode)
      for (const { _tag } of yield* outbox.offer(inputs)) answers[_tag]++
      done += inputs.length
      offered(done)
      // who asks for the database again and again would overtake the worker that waits for it
      yield* Effect.sleep("1 millis")
    }))
  return answers
})

/** Says what is going to happen, and asks, unless nothing does. */
const confirmPlan = Effect.fnUntraced(
  function*(
    { batchSize, mode, yes }: Options,
    file: ShipmentsFile.ShipmentsFile,
    plan: Plan.Plan,
    { sends, where }: { readonly sends: boolean; readonly where: string }
  ) {
    const news = yield* News.make(file, plan, { mode, sends })
    yield* Console.error(News.describe(news, { batchSize, mode, rows: plan.rows, where }))
    if (!News.isEmpty(news)) yield* confirm({ yes, question: News.question(news, mode) })
  }
)

/** Never ends by itself. */
const sayStopping = Effect.gen(function*() {
  const { first, second } = yield* Signals.Signals
  yield* Deferred.await(first)
  yield* Console.error(
    "Stopping when the requests under way are answered. Ctrl-C again stops now, and leaves them unknown"
  )
  yield* Deferred.await(second)
  yield* Console.error("Stopping now")
  return yield* Effect.never
})

const notWritten = (directory: string, error: PlatformError) =>
  new Ended({
    code: ExitCode.temporary,
    message:
      `The reports could not be written to ${directory}: ${
        printable(describePlatformError(error))
      }. Nothing is lost: run `
      + "it again, and they are written anew"
  })

/** Who says Ctrl-C twice doesn't wait for long. */
const patience = Effect.gen(function*() {
  const { first, second } = yield* Signals.Signals
  yield* Deferred.await(second)
  yield* Effect.sleep("3 seconds")
  return yield* new Ended({
    code: ExitCode.ofSignal(yield* Deferred.await(first)),
    message: "Stopped before the reports were written. Run it again to go on"
  })
})
