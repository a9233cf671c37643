/**
 * What an import adds to what was done before: what a person is asked.
 */
import type { Mode } from "@effect-shipstation/http-client/ShipStationConfig"
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { ShipmentsFile } from "../file/ShipmentsFile.js"
import { count, number, printable } from "../terminal/text.js"
import { inputsOf, isSent } from "./inputs.js"

/** Shipments, and who is notified of them. */
export interface Sums {
  readonly shipments: number
  readonly customers: number
  readonly orderSources: number
}

/** What a run would send. */
export interface Additions extends Sums {
  /**
   * Rows that wait in the outbox and aren't in the file, also unknown ones that somebody said `retry` of. Of very many only
   * the number is known.
   */
  readonly others: Sums | { readonly shipments: number }
  /** Unknown ones of the file that somebody said `retry` of: sent if ShipStation doesn't have them. */
  readonly again: Sums
}

/** How it is sent. */
export interface Options {
  readonly mode: Mode
  /** Whether this run sends, and so what others left waiting too. */
  readonly sends: boolean
}

const none: Sums = { shipments: 0, customers: 0, orderSources: 0 }

const add = (sums: Sums, { notify_customer, notify_order_source }: FulfillmentInput): Sums => ({
  shipments: sums.shipments + 1,
  customers: sums.customers + (notify_customer === true ? 1 : 0),
  orderSources: sums.orderSources + (notify_order_source === true ? 1 : 0)
})

/** Compares the file with the outbox. */
export const make = Effect.fnUntraced(function*(file: ShipmentsFile, plan: Sums, { mode, sends }: Options) {
  const outbox = yield* Outbox.Outbox
  if ((yield* outbox.list({ limit: 1 })).rows.length === 0) {
    const notified = mode === "silent" ? none : plan
    const all: Additions = {
      shipments: plan.shipments,
      customers: notified.customers,
      orderSources: notified.orderSources,
      others: none,
      again: none
    }
    return all
  }
  let ours = none
  let waiting = none
  let again = none
  const now = yield* DateTime.now
  yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), (chunk) =>
    Effect.gen(function*() {
      const inputs = yield* inputsOf(chunk, mode)
      const found = yield* outbox.find(inputs.map(({ shipment_id }) => shipment_id))
      for (const input of inputs) {
        const existing = found.get(input.shipment_id)
        if (existing?._tag === "Row" && existing.row.state === "pending") waiting = add(waiting, existing.row.input)
        if (existing?._tag === "Row" && isToBeSentAgain(existing.row)) again = add(again, existing.row.input)
        if (isSent(input, existing, now)) ours = add(ours, input)
      }
    }))
  const additions: Additions = sends
    ? { ...ours, again, others: yield* remainder(plus(waiting, again)) }
    : { ...ours, again: none, others: none }
  return additions
})

const isToBeSentAgain = ({ resendWhenAbsent, state }: OutboxRow): boolean => state === "unknown" && resendWhenAbsent

const plus = (one: Sums, other: Sums): Sums => ({
  shipments: one.shipments + other.shipments,
  customers: one.customers + other.customers,
  orderSources: one.orderSources + other.orderSources
})

/** More aren't counted one by one: a person doesn't wait for that. */
const most = 20_000

const remainder = Effect.fnUntraced(function*(ours: Sums) {
  const { listAll, openCounts } = yield* Outbox.Outbox
  const countOf = (states: ReadonlyArray<OutboxRow["state"]>) =>
    listAll({ account: Accounts.defaultAccount, states }).pipe(
      Stream.filter((row) => row.state === "pending" || isToBeSentAgain(row)),
      Stream.runFold(none, (sums, { input }) => add(sums, input))
    )
  const again = yield* countOf(["unknown"])
  const pending = (yield* openCounts).find(({ account, state }) =>
    account === Accounts.defaultAccount && state === "pending"
  )?.count ?? 0
  const shipments = Math.max(0, pending + again.shipments - ours.shipments)
  if (shipments === 0) return none
  if (pending > most) return { shipments }
  const all = plus(again, yield* countOf(["pending"]))
  // another process may have sent some meanwhile
  const others: Sums = {
    shipments: Math.max(0, all.shipments - ours.shipments),
    customers: Math.max(0, all.customers - ours.customers),
    orderSources: Math.max(0, all.orderSources - ours.orderSources)
  }
  return others
})

/**
 * What waits and isn't the file's, whatever else the file has. Of very many only that they are more than the file has
 * shipments: to compare them would take longer than a run that goes on should wait.
 */
export const othersThan = Effect.fnUntraced(function*(file: ShipmentsFile, total: number) {
  const { listAll, openCounts } = yield* Outbox.Outbox
  const pending = (yield* openCounts).find(({ account, state }) =>
    account === Accounts.defaultAccount && state === "pending"
  )?.count ?? 0
  const others: Additions["others"] = { shipments: Math.max(0, pending - total) }
  if (pending > most) return others
  const waiting = yield* listAll({ account: Accounts.defaultAccount, states: ["pending", "unknown"] }).pipe(
    Stream.filter((row) => row.state === "pending" || isToBeSentAgain(row)),
    Stream.runFold(
      new Map<string, FulfillmentInput>(),
      (waiting, { input }) => waiting.set(input.shipment_id, input)
    )
  )
  if (waiting.size > 0) {
    // no further than to the last of them
    yield* Stream.runForEachWhile(file.rows, (row) =>
      Effect.sync(() => {
        if (Either.isRight(row)) waiting.delete(row.right.input.shipment_id)
        return waiting.size > 0
      }))
  }
  const all: Additions["others"] = Array.reduce(waiting.values(), none, add)
  return all
})

/** Whether there is anything to ask. */
export const isEmpty = ({ again, others, shipments }: Additions): boolean =>
  again.shipments + others.shipments + shipments === 0

/** Would somebody be notified of what isn't the file's, if the mode weren't silent? Of very many it isn't known. */
const notifiesOfOthers = ({ others }: Additions): boolean =>
  ("customers" in others ? others.customers + others.orderSources : others.shipments) > 0

/** Why others aren't sent along unasked, if they aren't. */
export const refusal = (
  additions: Additions,
  { limit, max, mode }: {
    readonly limit: number | undefined
    readonly max: number | undefined
    readonly mode: Mode
  }
): string | undefined => {
  const { again, others, shipments } = additions
  if (others.shipments === 0) return undefined
  const because = mode === "silent" && notifiesOfOthers(additions)
    ? "those who are to be notified of them never would be, as the mode is silent"
    : max !== undefined && shipments + again.shipments + others.shipments > max
    ? `--max says ${number(max)}`
    : limit !== undefined
    ? `--limit says ${number(limit)}`
    : undefined
  return because === undefined ?
    undefined :
    `${count(others.shipments, "other")} that ${
      others.shipments === 1 ? "waits" : "wait"
    } in the outbox would be sent too, and ${because}`
}

/** For a person, before the question. `where` is who sends it, or where to. */
export const describe = (
  additions: Additions,
  { batchSize, mode, others: files, rows, where }: {
    readonly batchSize: number
    /** Files whose imports haven't ended. */
    readonly others: ReadonlyArray<string>
    readonly mode: Mode
    readonly rows: number
    readonly where: string
  }
): string => {
  const { again, others, shipments } = additions
  return [
    `${count(rows, "shipment")}: ${number(shipments)} to be sent in ${
      count(Math.ceil(shipments / batchSize), "request")
    } ${where}` + (shipments < rows
      ? `, ${number(rows - shipments)} ${rows - shipments === 1 ? "is" : "are"} done or under way`
      : ""),
    ...(mode === "silent" ? [] : [`To be notified: ${notified(additions)}`]),
    ...(others.shipments === 0 ? [] : [describeOthers(others, { mode, others: files })]),
    ...(again.shipments === 0 ? [] : [
      `${count(again.shipments, "unknown one")} will be looked up, and sent again where ShipStation has none`
      + (mode === "silent" ? "" : `, and notified: ${notified(again)}`)
    ]),
    ...(mode === "silent" ? ["Nobody is notified: the mode is silent"] : []),
    ...(mode === "silent" && notifiesOfOthers(additions)
      ? ["Of the others somebody is to be notified, and never would be"]
      : [])
  ].join("\n")
}

/** For a person: what is sent along, and of which files it may be. */
export const describeOthers = (
  others: Additions["others"],
  { mode, others: files }: { readonly mode: Mode; readonly others: ReadonlyArray<string> }
): string => {
  const named = files.slice(0, 5).map((file) => printable(file, 100)).join(", ")
  return `${count(others.shipments, "other")} that ${
    others.shipments === 1 ? "waits" : "wait"
  } in the outbox will be sent too`
    + (mode !== "silent" && "customers" in others ? `, and notified: ${notified(others)}` : "")
    + (named === "" ? "" : `. Imports that haven't ended: ${named}${files.length > 5 ? ", …" : ""}`)
}

const notified = ({ customers, orderSources }: Sums): string =>
  `${count(customers, "customer")}, and the order source of ${count(orderSources, "shipment")}`

/** What is asked. */
export const question = ({ again, customers, others, shipments }: Additions, mode: Mode): string => {
  const mailed = "customers" in others
    ? count(customers + others.customers + again.customers, "customer")
    : `${count(customers + again.customers, "customer")} and those of the ${count(others.shipments, "other")}`
  return `Mark ${again.shipments > 0 ? "up to " : ""}${
    count(shipments + others.shipments + again.shipments, "shipment")
  } as shipped${mode === "silent" ? "?" : `, and mail ${mailed}?`}`
}
