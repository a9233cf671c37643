/**
 * What a file would do, were it sent: `fulfill plan`, and the first step of `fulfill import`.
 */
import type * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as LeftOut from "../file/LeftOut.js"
import * as Problem from "../file/Problem.js"
import * as Remarks from "../file/remarks.js"
import type { Checked, ReadError, Row, ShipmentsFile } from "../file/ShipmentsFile.js"
import * as Forms from "../file/trackingForms.js"
import { Resolver } from "../resolve/Resolver.js"
import { printable } from "../terminal/text.js"
import * as Counts from "./Counts.js"
import * as Findings from "./Findings.js"
import * as NumberSet from "./NumberSet.js"
import * as ProblemsFile from "./ProblemsFile.js"

/** What a file would do. */
export interface Plan {
  readonly rows: number
  /** Rows that can be sent. */
  readonly valid: number
  /** Rows that say the same as one before them, which is sent once for all. */
  readonly folded: number
  /** Shipments that can be sent. */
  readonly shipments: number
  /** Rows that aren't sent by themselves: those that weren't asked for, can't be sent, or say the same as another. */
  readonly leftOut: {
    readonly [why in "where" | "sinceLine" | "bad" | "same"]: LeftOut.LeftOut
  }
  /** Equal for equal shipments and carriers, however the file calls them. */
  readonly meant: string
  /** A row may have several. With any, nothing is sent, unless such rows are left out. */
  readonly problems: Findings.Findings
  /** What should be looked at. They stop nothing. */
  readonly warnings: Findings.Findings
  readonly requests: number
  /** How long the rate limit makes it take, at least. */
  readonly atLimit: Duration.Duration
  /** Customers that would be mailed. */
  readonly customers: number
  /** Shipments whose order source would be told. */
  readonly orderSources: number
  /** Shipments by carrier code. From the hundredth code on they count as `other`. */
  readonly carriers: { readonly [code: string]: number }
  /** What the file calls them, where that is something else: the first few names, by code. */
  readonly carrierNames: { readonly [code: string]: ReadonlyArray<string> }
  /**
   * The first and the last day of shipping, as their rows have it, also rows that a later one contradicts. Undefined: none
   * says one, so it is today.
   */
  readonly shipDates: { readonly first: string; readonly last: string } | undefined
  /** Shipments without a day of shipping, which is today. */
  readonly today: number
  /** Columns that say nothing about what is sent. */
  readonly unused: ReadonlyArray<string>
  /** Where all problems and warnings are, or why they are nowhere. Undefined: there are none. */
  readonly list: { readonly path: string; readonly error?: string | undefined } | undefined
}

/** A file for all problems and warnings. It is written only if there are any. */
export interface ListOptions {
  readonly path: string
  /** Whether somebody said where. If not, and it can't be written, the plan goes on without it. */
  readonly isGiven: boolean
}

export interface Options {
  /** Shipments per request. */
  readonly batchSize: number
  /** What the account is allowed. Default 200. */
  readonly requestsPerMinute?: number | undefined
  readonly list?: ListOptions | undefined
  /** Whether rows that can't be sent are left out, and the others sent. Default: none is sent. */
  readonly skipsBad?: boolean | undefined
}

/** Reads the whole file, in flat memory: once, and again if it has carriers that the account doesn't. */
export const make = Effect.fnUntraced(
  function*(file: ShipmentsFile, { batchSize, list, requestsPerMinute = 200, skipsBad = false }: Options) {
    const problems = Findings.make()
    const warnings = Findings.make()
    const sums = makeSums(file)
    const written = list === undefined ? undefined : yield* makeList(file, list)
    const add = (severity: "problem" | "warning", found: ReadonlyArray<Problem.Problem>) => {
      for (const problem of found) (severity === "problem" ? problems : warnings).add(problem)
      return written === undefined || found.length === 0 ? Effect.void : written.add(severity, found)
    }
    const lookAtAll = (chunk: Chunk.Chunk<Checked>) => {
      const wrong: Array<Problem.Problem> = []
      const odd: Array<Problem.Problem> = []
      for (const row of chunk) {
        if (Either.isLeft(row)) wrong.push(...sums.addWrong(row.left))
        else odd.push(...sums.add(row.right))
      }
      return Effect.zipRight(add("problem", wrong), add("warning", odd))
    }
    yield* add("warning", file.remarks)
    yield* file.rows.pipe(Stream.chunks, Stream.runForEach(lookAtAll))
    yield* add("warning", sums.allMidnight())
    if (sums.isEmpty() && file.passedOver().where.count > 0) yield* add("problem", [file.noneMeant()])
    // of a file that can't be sent yet nobody is asked
    if (problems.all().count === 0 || skipsBad) {
      yield* Stream.runForEach(unknownCarriers(file, sums.codes()), (found) => add("warning", found))
    }
    yield* written === undefined ? Effect.void : written.close

    const found = sums.all()
    const requests = Math.ceil(found.shipments / batchSize)
    const plan: Plan = {
      ...found,
      leftOut: { ...file.passedOver(), ...found.leftOut },
      problems: problems.all(),
      warnings: warnings.all(),
      requests,
      atLimit: Duration.times(limitWindow, Math.floor(Math.max(requests - 1, 0) / requestsPerMinute)),
      unused: Remarks.unused(file.columns, file.fields),
      list: list === undefined || problems.all().count + warnings.all().count === 0
        ? undefined
        : { path: list.path, error: written?.error() }
    }
    return plan
  },
  Effect.scoped
)

/** Problems and warnings, for a screen. */
export const findings = (file: ShipmentsFile, { list, problems, warnings }: Plan): ReadonlyArray<string> => {
  const found = [
    ...Findings.describe("problem", problems, file.unit),
    ...Findings.describe("warning", warnings, file.unit)
  ]
  if (found.length === 0 || list === undefined) return found
  return [
    ...found,
    list.error === undefined ? `All of them: ${printable(list.path, 1000)}` : `There is no list of them: ${list.error}`
  ]
}

/** What the client's limiter lets through, see `RateLimiter`. */
const limitWindow = Duration.seconds(61)

/** A list that goes on without a file, if nobody said where it is to be. */
const makeList = Effect.fnUntraced(function*(file: ShipmentsFile, { isGiven, path }: ListOptions) {
  const list = yield* ProblemsFile.open({ path, delimiter: file.delimiter, inputMode: file.mode })
  let failed: string | undefined
  const orWithout = <E extends { readonly message: string }>(self: Effect.Effect<void, E>): Effect.Effect<void, E> =>
    isGiven ? self : Effect.suspend(() =>
      failed === undefined
        ? Effect.catchAll(self, ({ message }) =>
          Effect.sync(() => {
            failed = message
          }))
        : Effect.void
    )
  return {
    add: (severity: string, found: ReadonlyArray<Problem.Problem>) => orWithout(list.add(severity, found)),
    close: orWithout(list.close),
    error: () => failed
  }
})

/** Adds rows up, and tells what is odd about each. */
const makeSums = (file: ShipmentsFile) => {
  const counts = Counts.make()
  const names = makeNames()
  const doubts = makeDoubts(file)
  const meant = createHash("sha256")
  let rows = 0
  const same = LeftOut.make()
  const bad = LeftOut.make()
  let first: DateTime.DateTime | undefined
  let last: DateTime.DateTime | undefined
  let date: DateTime.DateTime | undefined
  let hasTime = false

  const add = (row: Row): ReadonlyArray<Problem.Problem> => {
    rows++
    if (row.sameAs !== undefined) {
      counts.fold(row.sameAs)
      same.add({ line: row.line, sameAs: row.sameAs })
      return [...row.notes, saysTheSame(file, row, row.sameAs)]
    }
    const { carrier_code, ship_date, shipment_id } = row.input
    meant.update(`${shipment_id} ${carrier_code}\n`)
    counts.add(row)
    names.add(carrier_code, row.cells[file.fields.carrier_code ?? -1]?.trim() ?? "")
    // files repeat their dates, and equal ones are read once
    if (ship_date !== undefined && ship_date !== date) {
      date = ship_date
      hasTime ||= !isMidnight(ship_date)
      if (first === undefined || DateTime.lessThan(ship_date, first)) first = ship_date
      if (last === undefined || DateTime.greaterThan(ship_date, last)) last = ship_date
    }
    return doubts(row)
  }
  return {
    add,
    isEmpty: () => rows === 0,
    codes: names.codes,
    /** A day without a time, as a program writes it that has none. */
    allMidnight: (): ReadonlyArray<Problem.Problem> =>
      date === undefined || hasTime ? [] : [{
        field: file.columns[file.fields.ship_date ?? -1] ?? "ship_date",
        reason: "is midnight in all rows, so it may be a day without a time, and a shop may show the day before",
        remedy: "write the days without a time, such as 2026-11-25, and say --timezone"
      }],
    addWrong: (found: ReadonlyArray<Problem.Problem>): ReadonlyArray<Problem.Problem> => {
      rows++
      for (const { contradicts, field, line } of found) {
        if (contradicts === undefined || !counts.takeBack(contradicts)) continue
        bad.add({ line: contradicts, reason: `${field} is in ${file.unit} ${line} too, with something else` })
      }
      bad.add({ line: found[0]?.line, reason: Problem.reasonOf(found) })
      return found
    },
    all: () => {
      const { valid, ...counted } = counts.all()
      return {
        rows,
        valid,
        folded: valid - counted.shipments,
        ...counted,
        // of a shipment that is contradicted the rows that say the same can't be sent either
        leftOut: { same: same.all(), bad: { ...bad.all(), count: rows - valid } },
        meant: meant.digest("hex"),
        carrierNames: names.all(counted.carriers),
        shipDates: first === undefined || last === undefined ? undefined : { first: dayOf(first), last: dayOf(last) }
      }
    }
  }
}

/** Gathers carriers, and what the file calls them. */
const makeNames = () => {
  const names = new Map<string, Set<string>>()
  const codes = new Set<string>()
  return {
    add: (code: string, name: string): void => {
      // a column of something else has another one in each row
      if (codes.size < 1000) codes.add(code)
      if (name === code || name === "") return
      const found = names.get(code)
      if (found !== undefined) {
        if (found.size < 5) found.add(name)
      } else if (names.size < 99) names.set(code, new Set([name]))
    },
    codes: (): ReadonlySet<string> => codes,
    /** Of the carriers that are counted by themselves. */
    all: (counted: Plan["carriers"]): Plan["carrierNames"] =>
      Object.fromEntries(
        [...names].flatMap(([code, all]) => Object.hasOwn(counted, code) ? [[code, [...all]] as const] : [])
      )
  }
}

/** Carriers that the account doesn't have, by chunks. Asks for those of the account once, and reads the file if it has some. */
const unknownCarriers = (
  file: ShipmentsFile,
  codes: ReadonlySet<string>
): Stream.Stream<ReadonlyArray<Problem.Problem>, ReadError, Resolver> =>
  Stream.unwrap(Effect.gen(function*() {
    const doubtOf = codes.size === 0 ? undefined : (yield* (yield* Resolver).account)?.doubtOf
    if (doubtOf === undefined || [...codes].every((code) => doubtOf(code) === undefined)) return Stream.empty
    return Stream.map(Stream.chunks(file.rows), (chunk) =>
      [...chunk].flatMap((row) => {
        if (Either.isLeft(row) || row.right.sameAs !== undefined) return []
        const { carrier_code } = row.right.input
        const doubt = doubtOf(carrier_code)
        return doubt === undefined
          ? []
          : [about(file, row.right, "carrier_code", { ...doubt, kind: `${carrier_code} ${doubt.reason}` })]
      }))
  }))

/** Tells what is odd about a row and its tracking number. */
const makeDoubts = (file: ShipmentsFile) => {
  const before = NumberSet.make()
  return (row: Row): ReadonlyArray<Problem.Problem> => {
    const { carrier_code, tracking_number } = row.input
    const twice = before(tracking_number, row.line)
    const doubt = Forms.doubtOf(tracking_number, carrier_code)
    if (twice === undefined && doubt === undefined) return row.notes
    return [
      ...row.notes,
      ...(doubt === undefined
        ? []
        : [about(file, row, "tracking_number", { ...doubt, remedy: "compare it with the label" })]),
      ...(twice === undefined ? [] : [
        about(file, row, "tracking_number", {
          reason: `is the number of ${file.unit} ${twice} too`,
          kind: "is the number of another shipment too",
          remedy: "if they went out in one parcel that is right"
        })
      ])
    ]
  }
}

const isMidnight = (date: DateTime.DateTime): boolean => {
  const { hours, minutes, seconds } = DateTime.toParts(date)
  return hours + minutes + seconds === 0
}

const dayOf = (date: DateTime.DateTime): string =>
  DateTime.isZoned(date) ? DateTime.formatIsoDate(date) : DateTime.formatIsoDateUtc(date)

const about = (
  { columns, fields }: ShipmentsFile,
  { cells, input, line }: Row,
  field: "tracking_number" | "carrier_code",
  { kind, reason, remedy }: { readonly reason: string; readonly kind: string; readonly remedy: string }
): Problem.Problem => {
  const at = fields[field]
  // it may be said for all rows
  return {
    line,
    field: at === undefined ? field : columns[at],
    value: cells[at ?? -1] || input[field],
    reason,
    kind,
    remedy
  }
}

const saysTheSame = ({ unit }: ShipmentsFile, { line }: Row, before: number): Problem.Problem => ({
  line,
  reason: `says of its shipment the same as ${unit} ${before}, and is sent once with it`,
  kind: "says of its shipment the same as another row, and is sent once with it"
})
