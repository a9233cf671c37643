/**
 * What may happen to a row, in which states, and which states may follow: the one table. Types, code, docs and tests come
 * from it.
 */
import type { State } from "../OutboxRow.js"

/**
 * By event and by the state before. What isn't here is refused. What is known of a pending row before it was sent goes as
 * if it had been `Intended` first.
 */
export const table = {
  Claimed: { pending: ["pending"], unknown: ["unknown"] },
  Renewed: { pending: ["pending"], sending: ["sending"], unknown: ["unknown"] },
  Intended: { pending: ["sending"] },
  Fulfilled: { sending: ["fulfilled", "conflict"], unknown: ["fulfilled", "conflict"] },
  Rejected: { sending: ["rejected"] },
  Conflict: { pending: ["pending"], sending: ["conflict"], unknown: ["unknown", "conflict"] },
  NotDone: { pending: ["pending"], sending: ["pending"] },
  Unknown: { sending: ["unknown"] },
  Unlisted: { unknown: ["unknown"] },
  Absent: { unknown: ["unknown", "pending"] },
  Failed: { unknown: ["unknown"] },
  Expired: { sending: ["unknown"] },
  Released: { pending: ["pending"], sending: ["unknown"], unknown: ["unknown"] },
  Offered: {
    pending: ["pending"],
    unknown: ["unknown"],
    rejected: ["pending"],
    conflict: ["pending"],
    fulfilled: ["unknown"]
  },
  Retried: {
    pending: ["pending"],
    unknown: ["unknown"],
    rejected: ["pending"],
    conflict: ["pending"],
    fulfilled: ["unknown"]
  },
  MadeDue: { pending: ["pending"], unknown: ["unknown"] },
  Discarded: { pending: ["discarded"], unknown: ["discarded"], rejected: ["discarded"], conflict: ["discarded"] }
} as const satisfies Record<string, { readonly [From in State]?: ReadonlyArray<State> }>

/** What may happen to a row. */
export type EventTag = keyof typeof table

/** What each of them is, for people. */
export const meanings: { readonly [E in EventTag]: string } = {
  Claimed: "a worker takes it for a while",
  Renewed: "the worker still has it",
  Intended: "the worker is about to send it",
  Fulfilled: "it is done: by the answer, or found in the list",
  Rejected: "ShipStation refuses it",
  Conflict: "the shipment has another tracking number (while its own request may still land, it waits)",
  NotDone: "nothing was done",
  Unknown: "it may have been done",
  Unlisted: "it isn't among the newest fulfillments",
  Absent: "it was looked up by its own id, and isn't there (often and long enough: it may be sent again)",
  Failed: "it couldn't be looked up",
  Expired: "its worker wasn't heard of in time",
  Released: "its worker gives it back",
  Offered: "it is offered with other content (for one that was fulfilled only if that was voided, which is looked up)",
  Retried: "an operator wants it to be sent (one that is fulfilled only if it was voided, which is looked up)",
  MadeDue: "an operator doesn't want it to wait",
  Discarded: "an operator gives it up"
}

/** The states in which it may happen. */
export type Before<E extends EventTag> = Extract<keyof (typeof table)[E], State>

/** The states from which it may lead to a state. */
type Leads<E extends EventTag, To extends State> = {
  [From in Before<E>]: (typeof table)[E][From] extends infer States extends ReadonlyArray<State>
    ? To extends States[number] ? From : never
    : never
}[Before<E>]

/** The states that may follow by an event; from several states, those that may follow each of them. */
export type After<E extends EventTag, From extends State> = {
  [To in State]: [From] extends [Leads<E, To>] ? To : never
}[State]

/** The states that may follow. None where it is refused. */
export const after = (event: EventTag, from: State): ReadonlyArray<State> => {
  const row: { readonly [From in State]?: ReadonlyArray<State> } = table[event]
  return row[from] ?? []
}
