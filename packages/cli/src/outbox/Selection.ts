/**
 * The rows that an operator means: one, by its number or shipment, or those of a filter.
 */
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import * as Args from "@effect/cli/Args"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { filter, toFilter } from "../commands/CommonOptions.js"
import * as ExitCode from "../ExitCode.js"
import { confirm } from "../terminal/Confirm.js"
import { count, number } from "../terminal/text.js"
import { endWith, UsageError } from "../terminal/UsageError.js"

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

type Filters = Parameters<typeof toFilter>[0]

/**
 * Does something to the rows that are meant, after asking where they are several. A row that changed while somebody thought
 * is left alone: it isn't what was decided on. Says how many were done, and ends with 3 if not all.
 */
export const forEach = Effect.fnUntraced(function*(
  { oneByOne, row, verb, yes, ...given }: Filters & {
    readonly row: Option.Option<string>
    readonly yes: boolean
    readonly verb: string
    /** Rows in this state have to be named. */
    readonly oneByOne?: OutboxRow["state"] | undefined
  },
  states: ReadonlyArray<OutboxRow["state"]>,
  operation: Outbox.Service["retry"]
) {
  if (Option.isSome(row)) {
    const found = yield* find(row.value)
    if (verb === "Discard") yield* confirm({ yes, question: `Discard shipment ${found.row.input.shipment_id}?` })
    yield* operation(found.row.id, { ifState: found.row.state })
    return yield* Console.error("1 row: done")
  }
  const outbox = yield* Outbox.Outbox
  const wanted = yield* toFilter(given)
  if (Object.values(wanted).every((value) => value === undefined)) {
    return yield* new UsageError({ message: "Say which: a row's number, a shipment's id, or a filter such as --state" })
  }
  if (wanted.states?.some((state) => state === oneByOne) === true) {
    return yield* new UsageError({
      message: `${verb} those that are ${oneByOne} one by one: say a row's number, or a shipment's id`
    })
  }
  const rows = yield* outbox.listAll({ ...wanted, states: wanted.states ?? states }).pipe(
    Stream.map(({ id, state }) => ({ id, state })),
    Stream.runCollect
  )
  const unknown = [...rows].filter(({ state }) => state === "unknown").length
  const consequence = verb === "Discard"
    ? "It can't be undone. "
    : unknown === 0
    ? ""
    : `${
      count(unknown, "shipment")
    } may be done already: what ShipStation doesn't have is sent again, and if the first `
      + "request comes through after all its customer is mailed twice. "
  if (rows.length > 0) yield* confirm({ yes, question: `${consequence}${verb} ${count(rows.length, "row")}?` })
  let done = 0
  for (const { id, state } of rows) {
    // one that changed keeps no other from its turn
    const failed = yield* operation(id, { ifState: state }).pipe(
      Effect.as(0),
      Effect.catchTags({
        OutboxStateError: ({ message }) => Effect.as(Console.error(message), 1),
        OutboxRowNotFound: ({ message }) => Effect.as(Console.error(message), 1)
      })
    )
    done += 1 - failed
  }
  const left = rows.length - done
  yield* Console.error(`${count(done, "row")}: done` + (left === 0 ? "" : `, ${number(left)} not`))
  yield* endWith(left === 0 ? ExitCode.ok : ExitCode.rejected)
})

/** The options of `forEach`. */
export const options = { row: Args.optional(row), ...filter }
