/** Why a row is as it is, and what a person can do about it. Pure. */
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import type { AccountState } from "@effect-shipstation/outbox/OutboxStore"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"

/** What a person can do with a row, or with its account. */
export const Action = Schema.Literal("retry", "discard", "resume")

/** What a person can do with a row, or with its account. */
export type Action = typeof Action.Type

/** Why a row is as it is, and what to do about it. */
export const Explanation = Schema.Struct({
  /** What is known of it, in a sentence or two. */
  why: Schema.String,
  /** What to do, a step each, none where nothing is to be done. */
  steps: Schema.Array(Schema.String),
  /** What is possible now, what is meant first. */
  actions: Schema.Array(Action)
}).annotations({ identifier: "OutboxExplanation" })

/** Why a row is as it is, and what to do about it. */
export interface Explanation extends Schema.Schema.Type<typeof Explanation> {}

/** Explains a row, by what is known of its account, at that moment. */
export const explain = (row: OutboxRow, account: AccountState | undefined, now: DateTime.Utc): Explanation => {
  const cause = row.lastError === undefined ? "" : ` The last thing that went wrong: ${sentence(row.lastError.message)}`
  switch (row.state) {
    case "pending":
      return explainPending(row, account, now, cause)
    case "sending":
      return {
        why: "It is being sent right now. If its worker is gone, it becomes unknown when the worker's claim is over.",
        steps: ["Wait a minute, and look again."],
        actions: []
      }
    case "unknown":
      return {
        why:
          `It was sent, and no answer told what became of it: the customer may have been told, or not. It is looked for in ShipStation's list, and isn't sent meanwhile.${
            looks(row)
          }${cause}`,
        steps: [
          `Look for shipment ${row.input.shipment_id} in ShipStation.`,
          "If it is marked as shipped there, do nothing: the row becomes fulfilled when the list shows it.",
          "If it isn't, retry: it is looked up once more, and sent if it still isn't there."
        ],
        actions: ["retry", "discard"]
      }
    case "fulfilled":
      return explainFulfilled(row)
    case "rejected":
      return {
        why: `ShipStation refused it, and nothing was done: the customer wasn't told.${cause}`,
        steps: ["Mend what it says in ShipStation, or offer the shipment again with a corrected input. Then retry."],
        actions: ["retry", "discard"]
      }
    case "conflict":
      return {
        why: `The shipment has a fulfillment with another tracking number${
          row.found?.tracking_number === undefined ? "" : `, ${row.found.tracking_number}`
        }. This one wasn't sent, as the customer would be told of a second parcel.`,
        steps: [
          "If the other number is right, discard this row.",
          "If this one is right, void the other fulfillment in ShipStation, and retry."
        ],
        actions: ["discard", "retry"]
      }
    case "discarded":
      return { why: "A person gave it up. It isn't sent any more.", steps: [], actions: [] }
  }
}

const explainPending = (
  row: OutboxRow,
  account: AccountState | undefined,
  now: DateTime.Utc,
  cause: string
): Explanation => {
  if (account?.paused !== undefined) {
    const { by, error } = account.paused
    const isRefused = by._tag === "Worker"
    return {
      why: `Its account is paused, so nothing of it is sent. ${
        isRefused ? `A worker paused it: ${sentence(error?.message ?? "its key was refused")}` : "A person paused it."
      }`,
      steps: [
        ...(isRefused ? ["Mend what it says: most often the API key."] : ["Ask who paused it, and why."]),
        "Resume the account."
      ],
      actions: ["resume", "discard"]
    }
  }
  if (account?.notBefore !== undefined && DateTime.greaterThan(account.notBefore, now)) {
    return {
      why: `ShipStation couldn't be used, so its account waits until ${DateTime.formatIso(account.notBefore)}.${cause}`,
      steps: ["Nothing: it goes on by itself."],
      actions: ["discard"]
    }
  }
  if (DateTime.greaterThan(row.due, now)) {
    return {
      why: `Nothing was done yet, and it is tried again at ${DateTime.formatIso(row.due)}.${cause}`,
      steps: ["Nothing: it goes on by itself. To try now, retry."],
      actions: ["retry", "discard"]
    }
  }
  return {
    why: `It waits to be sent.${cause}`,
    steps: ["If it waits for long: is a worker running that works for this account?"],
    actions: ["discard"]
  }
}

const explainFulfilled = ({ input, orderSource }: OutboxRow): Explanation => {
  if (orderSource?.state === "notNotified") {
    return {
      why: `The shipment is marked as shipped, but the shop or marketplace wasn't told.${
        orderSource.message === undefined ? "" : ` It says: ${sentence(orderSource.message)}`
      }`,
      steps: [
        "Mend what it says in ShipStation: most often the connection to the store.",
        `Mark the order of ${input.shipment_id} as shipped in the shop by hand, if that doesn't help.`
      ],
      actions: []
    }
  }
  return {
    why: orderSource?.state === "notified"
      ? "The shipment is marked as shipped, and the shop or marketplace was told. If that was voided in ShipStation, retry sends it again."
      : "The shipment is marked as shipped. If that was voided in ShipStation, retry sends it again.",
    steps: [],
    actions: ["retry"]
  }
}

const looks = ({ absent }: OutboxRow): string =>
  absent === undefined
    ? ""
    : ` ${absent.looks} ${absent.looks === 1 ? "look" : "looks"} didn't find it, since ${
      DateTime.formatIso(absent.since)
    }.`

const sentence = (text: string): string => /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
