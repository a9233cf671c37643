/**
 * `fulfill import`: offers the rows of a file to the outbox, sends what is in it, writes the reports, says what became of
 * each. Run again, it goes on.
 */
import type { Mode } from "@effect-shipstation/http-client/ShipStationConfig"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.js"
import * as Problem from "../file/Problem.js"
import * as Profile from "../file/Profile.js"
import * as ShipmentsFile from "../file/ShipmentsFile.js"
import * as Location from "../outbox/Location.js"
import * as ShipStation from "../outbox/ShipStation.js"
import { Tally } from "../outbox/Tally.js"
import * as Output from "../Output.js"
import { Resolver } from "../resolve/Resolver.js"
import { describePlatformError } from "../terminal/platformError.js"
import { whileReading } from "../terminal/Progress.js"
import * as Signals from "../terminal/Signals.js"
import { count, number, printable } from "../terminal/text.js"
import { Ended, UsageError } from "../terminal/UsageError.js"
import * as Confirmation from "./Confirmation.js"
import * as Drain from "./Drain.js"
import * as Earlier from "./Earlier.js"
import * as Imports from "./Imports.js"
import { inputsOf } from "./inputs.js"
import * as Origins from "./Origins.js"
import * as Plan from "./Plan.js"
import * as Preview from "./Preview.js"
import * as Reports from "./Reports.js"
import * as Summary from "./Summary.js"

/** What to import, and how. */
export interface Options {
  readonly source: ShipmentsFile.Source
  /** What says how it is read, besides. */
  readonly profile: Profile.Used | undefined
  /** Shipments per request. */
  readonly batchSize: number
  /** Where the reports go. */
  readonly directory: string
  /** Where they go if nobody says where, beside the file. */
  readonly ownDirectory: string
  readonly reportFormat: Reports.Format
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
  yield* outbox.reconcile()
  const offerAll = (offered: (count: number) => void) =>
    Effect.zipRight(
      offer(imports, sendable(file, options), options.mode, offered),
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
  if (ending._tag === "Finished") yield* Effect.zipRight(imports.end(fingerprint), (yield* Origins.make).forget)

  const { see, summary: summaryOf } = Summary.make()
  if (total > 50_000) yield* Console.error("Writing the reports")
  const left = yield* Reports.write({ directory, format: options.reportFormat, skips: options.skipsBad }, file, see)
    .pipe(
      Effect.catchTags({
        SystemError: (error) => notWritten(directory, error),
        BadArgument: (error) => notWritten(directory, error)
      }),
      Effect.raceFirst(patience)
    )
  const summary = summaryOf((yield* (yield* Tally).counts).rejected)
  const code = Summary.exitCode(ending, summary)
  const { not_sent: notSent, ...counts } = summary.counts
  yield* options.json
    ? Output.print(Output.Imported, {
      file: file.name,
      reports: directory,
      exitCode: code,
      ...counts,
      notSent,
      othersRejected: summary.othersRejected
    })
    : Console.log(`${Summary.describe(summary)}\n\nReports: ${printable(directory, 1000)}`)
  const toSay = [
    ...(left === 0 ? [] : [
      `${count(left, "row")} left out, and not sent: ${Reports.skippedFile}.${options.reportFormat} tells why`
    ]),
    ...Summary.advice(ending, summary, options.again)
  ]
  if (toSay.length > 0) yield* Console.error(`\n${toSay.join("\n")}`)
  return code
})

/** All that has to be right, and known, before anything is taken. */
const prepare = Effect.fnUntraced(function*(options: Options) {
  const imports = yield* Imports.make
  const fingerprint = yield* fingerprintOf(options)
  const before = fingerprint === undefined ? undefined : yield* imports.find(fingerprint)
  // what was near enough when it was confirmed isn't too old by now, and what was left out then stays so
  const checkedAt = before?.checkedAt ?? (yield* DateTime.now)
  const file = yield* open(options, { ...options.source, now: checkedAt })
  // a bad file first, before anybody is asked for anything; what is looked up may be bad by now, though it was confirmed
  const plan = before?.offered !== true || file.fields.shipment_id === undefined
    ? yield* planOf(file, options, before !== undefined)
    : undefined
  if (before !== undefined && plan !== undefined) yield* checkConfirmed(options, file, before, plan)
  yield* ShipStation.check(yield* (yield* Resolver).hasAnswered)
  const total = before?.rows ?? plan?.shipments ?? 0
  yield* Reports.check(options.directory, options.reportFormat, plan?.rows ?? total, options.source.file)
  const others = yield* imports.others(fingerprint)
  let offersFirst = false
  if (before === undefined && plan !== undefined) {
    const { baseUrl } = yield* ShipStationConfig.ShipStationConfig
    offersFirst = yield* compare(options, sendable(file, options))
    yield* Confirmation.confirmPlan(options, sendable(file, options), plan, {
      others,
      sends: true,
      where: `to ${ShipStation.host(baseUrl)}`
    })
    if (fingerprint !== undefined) {
      yield* imports.confirm(fingerprint, { rows: plan.shipments, meant: plan.meant, checkedAt })
    }
    yield* imports.begin(fingerprint, file.name)
  } else {
    // what another import left waiting, or this one with what the file said before
    offersFirst = before?.offered === false && (yield* isWaiting)
    yield* Confirmation.confirmOthers(options, sendable(file, options), { others, total })
    yield* Console.error(`Going on with ${printable(file.name)}, ${count(total, "shipment")}`)
  }
  yield* Reports.prepare(options.directory)
  // not before somebody said yes: other workers go on with it
  yield* ShipStation.resume
  return { before, file, fingerprint, imports, offersFirst, total }
})

/** Fails if what was confirmed has become something else in ShipStation: what it meant before may wait to be sent. */
const checkConfirmed = Effect.fnUntraced(function*(
  options: Options,
  file: ShipmentsFile.ShipmentsFile,
  before: Imports.Import,
  plan: Plan.Plan
) {
  if (plan.meant === before.meant) return
  const known = before.offered ? yield* Preview.known(sendable(file, options), options.location) : undefined
  const same = known === undefined
    ? plan.shipments
    : Object.values(known.states).reduce((sum, n) => sum + n, 0)
  const others = before.rows - same
  return yield* new UsageError({
    message: [
      others > 0
        ? `${printable(file.name)}: ${number(others)} of ${count(before.rows, "shipment")} that were confirmed ${
          others === 1 ? "is another one" : "are others"
        } by now, or can't be sent any more. ${Problem.nothing(true)}`
        : `${printable(file.name)}: a number means another shipment than was confirmed, or a name another carrier. ${
          Problem.nothing(true)
        }`,
      ...Plan.findings(file, plan),
      "Those that wait: fulfill list --state pending. To give one up: fulfill discard and its id"
    ].join("\n")
  })
})

const tellMemory = (location: Location.Location) =>
  Effect.flatMap(
    Preview.ageOf(location),
    (age) => Console.error(`Memory: ${Location.describe(location)}${Preview.age(age)}`)
  )

/**
 * Says what the outbox has of the rows, and refuses to go on unasked where it may be the wrong one. Gives whether some of
 * them wait in it, perhaps with what the file said before it was corrected.
 */
const compare = Effect.fnUntraced(function*(
  { directory, location, ownDirectory, yes }: Options,
  file: ShipmentsFile.ShipmentsFile
) {
  const outbox = yield* Outbox.Outbox
  const where = Location.describe(location)
  yield* tellMemory(location)
  yield* Origins.make
  const earlier = yield* Earlier.make([directory, ...directory === ownDirectory ? [] : [ownDirectory]], file)
  const found = Earlier.describe(earlier, where)
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
  if (known.reused.count > 0) yield* Console.error(Preview.reusedText(known))
  return (known.states.pending ?? 0) > 0
})

/** Whether rows wait in the outbox. */
const isWaiting = Effect.flatMap(
  Outbox.Outbox,
  ({ openCounts }) =>
    Effect.map(
      openCounts,
      Array.some(({ account, state }) => account === Accounts.defaultAccount && state === "pending")
    )
)

/** Offers only: somebody else sends. Needs no key. */
export const offerOnly = Effect.fnUntraced(
  function*(options: Options) {
    const file = yield* open(options, options.source)
    const plan = yield* planOf(file, options, false)
    const imports = yield* Imports.make
    const wanted = sendable(file, options)
    yield* tellMemory(options.location)
    yield* Origins.make
    const left = yield* Earlier.leftOf(wanted, yield* Origins.all)
    if (left.count > 0) yield* Console.error(Earlier.leftText(left))
    yield* Confirmation.confirmPlan(options, wanted, plan, {
      others: [],
      sends: false,
      where: "by whoever works on the outbox"
    })
    yield* imports.begin(undefined, file.name)
    const answers = yield* offer(imports, wanted, options.mode, () => {})
    const { accepted, duplicate, refused, replaced, requeued } = answers
    yield* options.json ? Output.print(Output.Offered, answers) : Console.log([
      `${count(accepted + requeued + replaced, "shipment")} taken, ${number(duplicate)} there already, ${
        number(refused)
      } refused`,
      "To send them: fulfill work"
    ].join("\n"))
    return refused > 0 ? ExitCode.rejected : ExitCode.ok
  },
  Effect.scoped,
  Signals.orStop
)

/** Rows that can be sent, if others are to be left out. Else one that can't is an error. */
const sendable = (
  file: ShipmentsFile.ShipmentsFile,
  { skipsBad }: Options
): ShipmentsFile.ShipmentsFile => skipsBad ? { ...file, rows: Stream.filter(file.rows, Either.isRight) } : file

/** Opens the file, and says what a profile says of it. */
const open = ({ profile, skipsBad }: Options, source: ShipmentsFile.Source) =>
  Effect.zipLeft(
    Profile.opening(profile)(ShipmentsFile.open({ ...source, skipsBad })),
    profile === undefined || profile.options === ""
      ? Effect.void
      : Console.error(`The profile ${profile.name} says ${profile.options}`)
  )

/** Reads all of it. With any problem nothing is sent, unless such rows are left out. */
const planOf = Effect.fnUntraced(
  function*(
    file: ShipmentsFile.ShipmentsFile,
    { batchSize, list, max, reportFormat, skipsBad }: Options,
    isBegun: boolean
  ) {
    const plan = yield* Plan.make(file, { batchSize, list, skipsBad }).pipe(
      whileReading(`Checking ${printable(file.name)}`, file.share)
    )
    const found = Plan.findings(file, plan)
    const refuse = (message: string) => new UsageError({ message: [message, ...found].join("\n") })
    if (plan.problems.count > 0 && !skipsBad) {
      return yield* refuse(Problem.headline(file.name, plan.problems.count, isBegun))
    }
    if (plan.shipments === 0) {
      return yield* refuse(
        `${printable(file.name)}: none of ${count(plan.rows, "row")} can be sent. ${Problem.nothing(isBegun)}`
      )
    }
    if (max !== undefined && plan.shipments > max) {
      return yield* refuse(
        `${printable(file.name)}: ${count(plan.shipments, "shipment")}, and --max says ${number(max)}. ${
          Problem.nothing(isBegun)
        }`
      )
    }
    if (found.length > 0) yield* Console.error(found.join("\n"))
    if (skipsBad && plan.valid < plan.rows) {
      yield* Console.error(
        `${count(plan.rows - plan.valid, "row")} left out, which ${Reports.skippedFile}.${reportFormat} will have`
      )
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

const countedAs = {
  Accepted: "accepted",
  Duplicate: "duplicate",
  Replaced: "replaced",
  Requeued: "requeued",
  Refused: "refused"
} as const

/** Puts the rows into the outbox. How often each answer was given. */
const offer = Effect.fnUntraced(function*(
  imports: Imports.Imports,
  file: ShipmentsFile.ShipmentsFile,
  mode: Mode,
  offered: (count: number) => void
) {
  const outbox = yield* Outbox.Outbox
  const origins = yield* Origins.make
  const origin = yield* Origins.of(file.name)
  if (!(yield* isWaiting)) yield* origins.forget
  const answers = { accepted: 0, duplicate: 0, replaced: 0, requeued: 0, refused: 0 }
  yield* imports.offering
  let done = 0
  yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), (chunk) =>
    Effect.gen(function*() {
      const inputs = yield* inputsOf(chunk, mode)
      yield* origins.add(origin, inputs.map(({ shipment_id }) => shipment_id))
      for (const { _tag } of yield* outbox.offer(inputs)) answers[countedAs[_tag]]++
      done += inputs.length
      offered(done)
      // who asks for the database again and again would overtake the worker that waits for it
      yield* Effect.sleep("1 millis")
    }))
  return answers
})

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

/** The reports would have counted the rows: what was done is told all the same. */
const notWritten = (directory: string, error: PlatformError) =>
  Effect.flatMap(Effect.flatMap(Tally, ({ counts }) => counts), ({ fulfilled, rejected }) =>
    new Ended({
      code: ExitCode.temporary,
      message: `In this run ${count(fulfilled, "shipment")} ${fulfilled === 1 ? "was" : "were"} fulfilled, and ${
        number(rejected)
      } refused. The reports could not be written to ${directory}: ${
        printable(describePlatformError(error))
      }. Nothing is lost: run it again, and they are written anew`
    }))

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
