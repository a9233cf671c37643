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
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.js"
import * as Problem from "../file/Problem.js"
import * as ShipmentsFile from "../file/ShipmentsFile.js"
import * as Location from "../outbox/Location.js"
import * as ShipStation from "../outbox/ShipStation.js"
import { confirm } from "../terminal/Confirm.js"
import { describePlatformError } from "../terminal/platformError.js"
import * as Signals from "../terminal/Signals.js"
import { count, jsonText, number, printable } from "../terminal/text.js"
import { Ended, UsageError } from "../terminal/UsageError.js"
import * as Drain from "./Drain.js"
import * as Earlier from "./Earlier.js"
import * as Imports from "./Imports.js"
import { inputsOf } from "./inputs.js"
import * as News from "./News.js"
import * as Plan from "./Plan.js"
import * as Preview from "./Preview.js"
import * as Reports from "./Reports.js"
import * as Summary from "./Summary.js"

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
  readonly list: Plan.ListOptions
  /** Whether rows that can't be sent are left out, and the others sent. */
  readonly skipsBad: boolean
  /** If more shipments than that would be sent, none is. */
  readonly max: number | undefined
  /** Where the outbox is. */
  readonly location: Location.Location
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
  { before, file, fingerprint, imports, offersFirst, total }: Effect.Effect.Success<ReturnType<typeof prepare>>
) {
  const { batchSize, directory, giveUpAfter } = options
  const outbox = yield* Outbox.Outbox
  // a run that was cut off, or failed, left them waiting
  yield* outbox.sendNow()
  yield* outbox.reconcile()
  const offerAll = (offered: (count: number) => void) =>
    Effect.zipRight(
      offer(sendable(file, options), options.mode, offered),
      fingerprint === undefined ? Effect.void : imports.offered(fingerprint)
    )
  // a worker sends what waits at once, and mustn't send what was corrected since
  if (offersFirst) yield* offerAll(() => {})
  const offering = offersFirst || before?.offered === true
    ? (offered: (count: number) => void) => Effect.sync(() => offered(total))
    : offerAll
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
  yield* Reports.write(directory, file, options.skipsBad, see).pipe(
    Effect.catchTags({
      SystemError: (error) => notWritten(directory, error),
      BadArgument: (error) => notWritten(directory, error)
    }),
    Effect.raceFirst(patience)
  )
  const code = Summary.exitCode(ending, summary)
  yield* Console.log(
    options.json
      ? jsonText({ file: file.name, reports: directory, exit_code: code, ...summary.counts })
      : `${Summary.describe(summary)}\n\nReports: ${directory}`
  )
  const toSay = Summary.advice(ending, summary, options.again)
  if (toSay.length > 0) yield* Console.error(`\n${toSay.join("\n")}`)
  return code
})

/** All that has to be right, and known, before anything is taken. */
const prepare = Effect.fnUntraced(function*(options: Options) {
  const imports = yield* Imports.make
  const fingerprint = yield* fingerprintOf(options)
  const before = fingerprint === undefined ? undefined : yield* imports.find(fingerprint)
  // what was checked when it was confirmed isn't too old by now
  const file = yield* ShipmentsFile.open(
    before === undefined ? options.source : { ...options.source, anyShipDate: true }
  )
  // a bad file first, before anybody is asked for anything; what is looked up may be bad by now, though it was confirmed
  const plan = before === undefined || file.fields.shipment_id === undefined ? yield* planOf(file, options) : undefined
  yield* ShipStation.check
  yield* Reports.check(options.directory)
  const total = before?.rows ?? plan?.shipments ?? 0
  let offersFirst = false
  if (before === undefined && plan !== undefined) {
    const { baseUrl } = yield* ShipStationConfig.ShipStationConfig
    offersFirst = yield* compare(options, sendable(file, options))
    yield* confirmPlan(options, file, plan, { sends: true, where: `to ${ShipStation.host(baseUrl)}` })
    if (fingerprint !== undefined) yield* imports.confirm(fingerprint, { rows: plan.shipments })
  } else {
    yield* Console.error(`Going on with ${printable(file.name)}, ${count(total, "shipment")}`)
  }
  yield* Reports.prepare(options.directory)
  // not before somebody said yes: other workers go on with it
  yield* ShipStation.resume
  return { before, file, fingerprint, imports, offersFirst, total }
})

/**
 * Says what the outbox has of the rows, and refuses to go on unasked where it may be the wrong one. Gives whether some of
 * them wait in it, perhaps with what the file said before it was corrected.
 */
const compare = Effect.fnUntraced(function*(
  { directory, location, yes }: Options,
  file: ShipmentsFile.ShipmentsFile
) {
  const outbox = yield* Outbox.Outbox
  const where = Location.describe(location)
  yield* Console.error(`Memory: ${where}${Preview.age(yield* Preview.ageOf(location))}`)
  const earlier = yield* Earlier.make(directory, file)
  const found = Earlier.describe(earlier, printable(directory), where)
  if (found.length > 0) {
    const message = found.join("\n")
    if (yes) {
      return yield* new UsageError({
        message: `${message}\nIt isn't done unasked: --yes is no answer to that. Nothing was sent`
      })
    }
    yield* Console.error(message)
  }
  if ((yield* outbox.list({ limit: 1 })).rows.length === 0) return false
  const known = yield* Preview.known(file, location)
  if (known.changed.count > 0) yield* Console.error(Preview.changedText(known))
  return (known.states.pending ?? 0) > 0
})

/** Offers only: somebody else sends. Needs no key. */
export const offerOnly = Effect.fnUntraced(
  function*(options: Options) {
    const file = yield* ShipmentsFile.open(options.source)
    const plan = yield* planOf(file, options)
    yield* confirmPlan(options, file, plan, { sends: false, where: "by whoever works on the outbox" })
    const answers = yield* offer(sendable(file, options), options.mode, () => {})
    const taken = answers.Accepted + answers.Requeued + answers.Replaced
    yield* Console.log(
      options.json ? jsonText(answers) : [
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

/** Rows that can be sent, if others are to be left out. Else one that can't is an error. */
const sendable = (
  file: ShipmentsFile.ShipmentsFile,
  { skipsBad }: Options
): ShipmentsFile.ShipmentsFile => skipsBad ? { ...file, rows: Stream.filter(file.rows, Either.isRight) } : file

/** Reads all of it. With any problem nothing is sent, unless such rows are left out. */
const planOf = Effect.fnUntraced(
  function*(file: ShipmentsFile.ShipmentsFile, { batchSize, list, max, skipsBad }: Options) {
    const plan = yield* Plan.make(file, { batchSize, list })
    const found = Plan.findings(file, plan)
    const refuse = (message: string) => new UsageError({ message: [message, ...found].join("\n") })
    if (plan.problems.count > 0 && !skipsBad) return yield* refuse(Problem.headline(file.name, plan.problems.count))
    if (plan.shipments === 0) {
      return yield* refuse(`${printable(file.name)}: none of ${count(plan.rows, "row")} can be sent. Nothing was sent`)
    }
    if (max !== undefined && plan.shipments > max) {
      return yield* refuse(
        `${printable(file.name)}: ${count(plan.shipments, "shipment")}, and --max says ${number(max)}. Nothing was sent`
      )
    }
    if (found.length > 0) yield* Console.error(found.join("\n"))
    if (skipsBad && plan.valid < plan.rows) {
      yield* Console.error(`${count(plan.rows - plan.valid, "row")} left out, which ${Reports.skippedFile} will have`)
    }
    return plan
  }
)

/** The same content read in another way, or sent in another mode, is another import. */
const fingerprintOf = Effect.fnUntraced(
  function*({ mode, skipsBad, source }: Options) {
    const fs = yield* FileSystem.FileSystem
    // a pipe can be read only once, and was
    if (source.file === "-" || (yield* fs.stat(source.file)).type !== "File") return undefined
    const options = { ...source, file: undefined, timeZone: String(source.timeZone), mode, skipsBad }
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
    options: Options,
    file: ShipmentsFile.ShipmentsFile,
    plan: Plan.Plan,
    { sends, where }: { readonly sends: boolean; readonly where: string }
  ) {
    const { batchSize, mode, yes } = options
    const news = yield* News.make(sendable(file, options), plan, { mode, sends })
    yield* Console.error(News.describe(news, { batchSize, mode, rows: plan.shipments, where }))
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
