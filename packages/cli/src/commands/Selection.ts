/**
 * The rows that an operator means: one, by its number or shipment, or those of a filter or a file.
 */
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { OutboxStateError } from "@effect-shipstation/outbox/OutboxError"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import * as OutboxStore from "@effect-shipstation/outbox/OutboxStore"
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.js"
import { confirm } from "../terminal/Confirm.js"
import { count, number, printable } from "../terminal/text.js"
import { endWith, UsageError } from "../terminal/UsageError.js"
import { filter, toFilter } from "./CommonOptions.js"
import * as FromFile from "./fromFile.js"

/** A row's number, or its shipment. */
export const row = Args.text({ name: "id-or-shipment" }).pipe(
  Args.withDescription("A row's number, as list shows it, or a shipment's id.")
)

/** The row of a number or a shipment. */
export const find = Effect.fnUntraced(function*(text: string) {
  const outbox = yield* Outbox.Outbox
  const id = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (id !== undefined) {
    const found = yield* Effect.catchTag(outbox.get(id), "OutboxRowNotFound", () => Effect.succeed(undefined))
    if (found !== undefined) return found
  }
  const [first] = (yield* outbox.list({ shipmentId: text, limit: 1 })).rows
  return first === undefined
    ? yield* new UsageError({ message: `The outbox has neither a row ${text} nor a shipment of that id` })
    : yield* outbox.get(first.id)
})

/** The options of `forEach`. */
export const options = {
  row: Args.optional(row),
  ...filter,
  ...FromFile.options,
  reason: Options.text("reason").pipe(
    Options.withDescription("Why, for the history of each row, which show and the dashboard tell."),
    Options.optional
  )
}

/** What is done to which rows. */
export interface Doing {
  readonly verb: "Retry" | "Discard"
  /** Rows that aren't named one by one have to be in one of these states. */
  readonly states: ReadonlyArray<OutboxRow["state"]>
  /** Rows in this state have to be named. */
  readonly oneByOne?: OutboxRow["state"] | undefined
  readonly operation: Outbox.Service["retry"]
}

type Given = Command.Command.ParseConfig<typeof options> & { readonly yes: boolean }

/**
 * Does something to the rows that are meant, after showing them and asking where they are several. A row that changed while
 * somebody thought is left alone: it isn't what was decided on. Says how many were done, and ends with 3 if not all.
 */
export const forEach = Effect.fnUntraced(function*({ reason: why, row, yes, ...given }: Given, doing: Doing) {
  const reason = Option.getOrUndefined(why)
  if (Option.isSome(row)) {
    if (Option.isSome(given.from)) return yield* new UsageError({ message: "Say a row, or --from, not both" })
    const found = yield* find(row.value)
    if (doing.verb === "Discard") yield* confirm({ yes, question: `Discard shipment ${found.row.input.shipment_id}?` })
    yield* doing.operation(found.row.id, { ...seenIn(found.row), reason })
    return yield* Console.error("1 row: done")
  }
  const rows = yield* choose(given, doing)
  if (rows.length > 0) yield* confirm({ yes, question: questionOf(rows, doing) })
  let done = 0
  for (const { id, seen } of rows) {
    // one that changed keeps no other from its turn
    const failed = yield* doing.operation(id, { ...seen, reason }).pipe(
      Effect.as(0),
      Effect.catchTags({
        OutboxStateError: (error) => Effect.as(Console.error(whyNot(error, seen, doing)), 1),
        OutboxRowNotFound: ({ message }) => Effect.as(Console.error(message), 1)
      })
    )
    done += 1 - failed
  }
  const left = rows.length - done
  yield* Console.error(`${count(done, "row")}: done` + (left === 0 ? "" : `, ${number(left)} not`))
  yield* endWith(left === 0 ? ExitCode.ok : ExitCode.rejected)
})

/** What it could have been done to in the state that was seen was replaced. */
const whyNot = (
  { id, message, state, wasFulfilled }: OutboxStateError,
  { ifState }: Chosen["seen"],
  { states }: Doing
) =>
  state === ifState && states.includes(state) && wasFulfilled === undefined
    ? `Row ${id} has another tracking number by now`
    : message

/** A row that is meant. */
interface Chosen {
  readonly id: number
  readonly state: OutboxRow["state"]
  readonly shipment: string
  readonly seen: ReturnType<typeof seenIn>
}

/** What was decided on. */
const seenIn = ({ input, state }: OutboxRow) => ({ ifState: state, ifTrackingNumber: input.tracking_number })

const chosenOf = (row: OutboxRow): Chosen => ({
  id: row.id,
  state: row.state,
  shipment: row.input.shipment_id,
  seen: seenIn(row)
})

/** The rows of the filter, and of the file if one was said. Shows them. */
const choose = Effect.fnUntraced(function*(
  given: Omit<Given, "row" | "yes" | "reason">,
  { oneByOne, states, verb }: Doing
) {
  const outbox = yield* Outbox.Outbox
  const wanted = yield* toFilter(given)
  if (Option.isNone(given.from) && Object.values(wanted).every((value) => value === undefined)) {
    return yield* new UsageError({
      message: "Say which: a row's number, a shipment's id, a filter such as --state, or a file with --from"
    })
  }
  if (wanted.states?.some((state) => state === oneByOne) === true) {
    return yield* new UsageError({
      message: `${verb} those that are ${oneByOne} one by one: say a row's number, or a shipment's id`
    })
  }
  const filter = { ...wanted, states: wanted.states ?? states }
  const shipments = yield* FromFile.shipmentsOf(given)
  if (shipments !== undefined) return yield* ofFile(shipments, filter)
  const rows = yield* Stream.runCollect(Stream.map(outbox.listAll(filter), chosenOf))
  yield* show([...rows])
  return [...rows]
})

/** Those rows of a file that the filter takes. Tells what becomes of the others. */
const ofFile = Effect.fnUntraced(function*(
  shipments: ReadonlySet<string>,
  filter: Parameters<typeof OutboxStore.matches>[0]
) {
  const outbox = yield* Outbox.Outbox
  const isMeant = OutboxStore.matches(filter)
  const rows: globalThis.Array<Chosen> = []
  const left = new Map<string, number>()
  yield* Stream.runForEachChunk(
    Stream.rechunk(Stream.fromIterable(shipments), 500),
    (chunk) =>
      Effect.map(outbox.find(Chunk.toReadonlyArray(chunk)), (found) => {
        for (const id of chunk) {
          const existing = found.get(id)
          if (existing?._tag === "Row" && isMeant(existing.row)) {
            rows.push(chosenOf(existing.row))
            continue
          }
          const why = existing === undefined
            ? "isn't in the outbox"
            : `is ${existing._tag === "Row" ? existing.row.state : existing.remembered.state}`
          left.set(why, (left.get(why) ?? 0) + 1)
        }
      })
  )
  yield* show(rows)
  if (left.size > 0) {
    const others = [...left].map(([why, n]) => `${number(n)} ${n === 1 ? why : why.replace("is", "are")}`)
    yield* Console.error(`Of ${count(shipments.size, "shipment")} of the file ${others.join(", ")}: left as they are`)
  }
  return rows
})

/** Says how many rows of which states are meant, and the first of them. */
const show = (rows: ReadonlyArray<Chosen>): Effect.Effect<void> => {
  if (rows.length === 0) return Effect.void
  const states = Object.entries(Array.groupBy(rows, ({ state }) => state)).map(([state, { length }]) =>
    `${number(length)} ${state}`
  )
  const first = rows.slice(0, 10).map(({ shipment }) => printable(shipment, 40))
  return Console.error(
    `${count(rows.length, "row")}: ${states.join(", ")}. ${first.join(", ")}${rows.length > 10 ? ", …" : ""}`
  )
}

const questionOf = (rows: ReadonlyArray<Chosen>, { verb }: Doing): string => {
  const unknown = rows.filter(({ state }) => state === "unknown").length
  const consequence = verb === "Discard"
    ? "It can't be undone. "
    : unknown === 0
    ? ""
    : `${
      count(unknown, "shipment")
    } may be done already: what ShipStation doesn't have is sent again, and if the first `
      + "request comes through after all its customer is mailed twice. "
  return `${consequence}${verb} ${count(rows.length, "row")}?`
}
