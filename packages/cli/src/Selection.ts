/**
 * The rows that an operator means: one, by its number or shipment, or those of a filter.
 */
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import * as Args from "@effect/cli/Args"
import * as Chunk from "effect/Chunk"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { filter, toFilter } from "./CommonOptions.js"
import { confirm } from "./Confirm.js"
import { count } from "./internal/text.js"
import { UsageError } from "./UsageError.js"

/** A row's number, or its shipment. */
export const row = Args.text({ name: "id-or-shipment" }).pipe(
  Args.withDescription("A row's number, as list shows it, or a shipment's id.")
)

/** The row of a number or a shipment. */
export const find = Effect.fnUntraced(function*(text: string) {
  const outbox = yield* Outbox.Outbox
  const id = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (id !== undefined) {
    const found = yield* Effect.option(outbox.get(id))
    if (Option.isSome(found)) return found.value
  }
  const [first] = (yield* outbox.list({ shipmentId: text, limit: 1 })).rows
  return first === undefined
    ? yield* new UsageError({ message: `The outbox has neither a row ${text} nor a shipment of that id` })
    : yield* outbox.get(first.id)
})

type Filters = Parameters<typeof toFilter>[0]

/** Does something to the rows that are meant, after asking where they are several. Gives how many. */
export const forEach = Effect.fnUntraced(function*<E, R>(
  { row, verb, yes, ...given }: Filters & {
    readonly row: Option.Option<string>
    readonly yes: boolean
    readonly verb: string
  },
  states: ReadonlyArray<OutboxRow["state"]>,
  f: (id: number) => Effect.Effect<unknown, E, R>
) {
  if (Option.isSome(row)) {
    const found = yield* find(row.value)
    if (verb === "Discard") yield* confirm({ yes, question: `Discard shipment ${found.row.input.shipment_id}?` })
    yield* f(found.row.id)
    return 1
  }
  const outbox = yield* Outbox.Outbox
  const wanted = yield* toFilter(given)
  if (Object.values(wanted).every((value) => value === undefined)) {
    return yield* new UsageError({ message: "Say which: a row's number, a shipment's id, or a filter such as --state" })
  }
  const ids = yield* outbox.listAll({ ...wanted, states: wanted.states ?? states }).pipe(
    Stream.map(({ id }) => id),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray)
  )
  if (ids.length === 0) return 0
  yield* confirm({ yes, question: `${verb} ${count(ids.length, "row")}?` })
  let done = 0
  for (const id of ids) {
    // one that changed meanwhile keeps no other from its turn
    yield* f(id).pipe(
      Effect.matchEffect({
        onFailure: (error) => Console.error(String(error instanceof Error ? error.message : error)),
        onSuccess: () =>
          Effect.sync(() => {
            done++
          })
      })
    )
  }
  return done
})

/** The options of `forEach`. */
export const options = { row: Args.optional(row), ...filter }
