import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Control from "../Control.js"
import type { WebhookDelivery } from "./model.js"
import { type Entry, findFulfillment, fulfillmentsOf, type KnownShipment, type State } from "./state.js"

/** How much of each kind an event holds, whatever happened meanwhile. */
const most = 300

const createdShown = 20

/** Reads what there is. */
export interface Source {
  /** An other one after a reset. */
  readonly current: () => State
  /** How often the clock was changed. */
  readonly clockChanges: () => number
  readonly describe: Effect.Effect<typeof Control.State.Type>
}

/**
 * Server-sent events of what changes. Each reader looks for itself, ten times a second at most and only when it took
 * what it got: a slow one gets less often what is then more, and nothing waits for it in memory.
 */
export const make = (source: Source): Stream.Stream<Uint8Array> =>
  Stream.suspend(() =>
    Stream.repeatEffectWithSchedule(watch(source), Schedule.spaced("100 millis")).pipe(
      Stream.filterMap((event) => event),
      Stream.encodeText
    )
  )

const encode = Schema.encodeSync(Schema.parseJson(Control.Changes))

// so that a connection that is gone is noticed, in numbers of looks
const beat = 150

/** What the next event is, if anything happened since the last. */
const watch = ({ clockChanges, current, describe }: Source): Effect.Effect<Option.Option<string>> => {
  let last: Marks | undefined
  let idle = 0
  /** The requests that were told of and aren't done, as they were. */
  const pending = new Map<Entry, string>()
  /** The same of webhooks. */
  const unanswered = new Set<WebhookDelivery>()

  return Effect.map(describe, (described) => {
    const state = current()
    const before = last?.state === state ? last : undefined
    if (before === undefined) {
      pending.clear()
      unanswered.clear()
    }
    const answered = Array.from(unanswered).filter(({ answer }) => answer !== "pending")
    const changed = Array.from(pending).filter(([entry, was]) => looks(entry) !== was).map(([entry]) => entry)
    const marks = marksOf(state, clockChanges())
    if (before !== undefined && changed.length + answered.length === 0 && isSame(before, marks)) {
      idle = (idle + 1) % beat
      return idle === 0 ? Option.some(":\n\n") : Option.none()
    }
    last = marks
    idle = 0
    const requests = [...changed, ...entriesAfter(state, before?.lastRequest)].slice(-most)
    for (const entry of requests) {
      if (entry.answer === "pending" || entry.faults.includes("LandLate")) pending.set(entry, looks(entry))
      else pending.delete(entry)
    }
    for (const entry of Array.from(pending.keys()).slice(0, -most)) pending.delete(entry)
    const webhooks = [...answered, ...state.webhooks.slice(Math.max(before?.webhooks ?? 0, marks.webhooks - most))]
    for (const webhook of webhooks) {
      if (webhook.answer === "pending") unanswered.add(webhook)
      else unanswered.delete(webhook)
    }
    for (const webhook of Array.from(unanswered).slice(0, -most)) unanswered.delete(webhook)
    const data = encode({
      state: described,
      shipments: (before === undefined || before.seedings !== marks.seedings
        ? lastShipments(state)
        : shipmentsAfter(state, before.fulfillments)).map((shipment) => shipmentRow(state, shipment)),
      notifications: state.notifications.slice(Math.max(before?.notifications ?? 0, marks.notifications - most)),
      requests: requests.map((entry) => requestRow(state, entry)),
      webhooks: webhooks.slice(-most),
      faults: state.rules
    })
    return Option.some(`event: ${before === undefined ? "snapshot" : "changes"}\ndata: ${data}\n\n`)
  })
}

/** How far a reader has come. When none of it is different, nothing happened but to pending requests. */
const marksOf = (state: State, clockChanges: number) => ({
  state,
  clockChanges,
  requestCount: state.requestCount,
  lastRequest: state.requests.at(-1),
  fulfillments: state.fulfillments.length,
  notifications: state.notifications.length,
  webhooks: state.webhooks.length,
  seedings: state.seedings,
  rules: state.rules,
  ruleCount: state.rules.length,
  ruleUse: state.rules.reduce((sum, { applied, seen }) => sum + applied + seen, 0)
})

interface Marks extends ReturnType<typeof marksOf> {}

const isSame = (self: Marks, that: Marks): boolean => {
  const values = Object.values(that)
  return Object.values(self).every((value, index) => value === values[index])
}

const looks = ({ answer, committed, faults, status }: Entry): string =>
  `${answer} ${status} ${committed} ${faults.length}`

const entriesAfter = ({ requests }: State, last: Entry | undefined): ReadonlyArray<Entry> => {
  const recent = requests.slice(-most)
  return recent.slice(last === undefined ? 0 : recent.lastIndexOf(last) + 1)
}

/** The shipments of the fulfillments from this number on, each once, the last one last. */
const shipmentsAfter = ({ fulfillments }: State, start: number): ReadonlyArray<KnownShipment> => {
  const found = new Map<string, KnownShipment>()
  for (let index = fulfillments.length - 1; index >= start && found.size < most; index--) {
    const fulfillment = fulfillments[index]
    if (fulfillment === undefined) break
    const key = `${fulfillment.shipment_id} ${fulfillment.account}`
    if (!found.has(key)) found.set(key, fulfillment)
  }
  return Array.from(found.values()).toReversed()
}

/** Those that nothing happened to, the first ones last, and then those that were fulfilled. */
const lastShipments = (state: State): ReadonlyArray<KnownShipment> => {
  const fulfilled = shipmentsAfter(state, 0)
  const ids = new Set(fulfilled.map(({ shipment_id }) => shipment_id))
  const others: Array<KnownShipment> = []
  for (const shipment of state.shipments.values()) if (!ids.has(shipment.shipment_id)) others.push(shipment)
  return [...others.toReversed(), ...fulfilled].slice(-most)
}

const shipmentRow = (
  state: State,
  { account, shipment_id, shipment_number }: KnownShipment
): typeof Control.Shipment.Type => {
  const all = fulfillmentsOf(state, shipment_id).filter((fulfillment) => fulfillment.account === account)
  const valid = all.filter(({ voided }) => !voided)
  return {
    shipment_id,
    shipment_number,
    account,
    state: valid.length > 1
      ? "fulfilled twice"
      : valid.length === 1
      ? "fulfilled"
      : state.cancelled.has(shipment_id)
      ? "cancelled"
      : all.length > 0
      ? "voided"
      : "waiting",
    fulfillments: valid.length,
    tracking_number: valid.at(-1)?.tracking_number
  }
}

const requestRow = (state: State, entry: Entry): typeof Control.Changes.Type["requests"][number] => ({
  ...entry,
  created: entry.fulfillmentIds.slice(0, createdShown).flatMap((id) => findFulfillment(state, id) ?? [])
})
