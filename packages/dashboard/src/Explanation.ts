/**
 * Why a row is as it is, and what a person can do about it. Pure.
 *
 * @since 0.1.0
 */
import type { HistoryEntry, OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import type { AccountState, Evidence } from "@effect-shipstation/outbox/OutboxStore"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { customerOf, inShipStation, isUnsettled, mayHaveLeft } from "./internal/customer.js"
import { isLongAgo } from "./internal/longAgo.js"
import { administrator, operator, sentence, stepsOfPause, whyPaused, whyResumed } from "./internal/people.js"

/**
 * What a person can do with a row, or with its account.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Action = Schema.Literal("retry", "discard", "resume")

/**
 * What a person can do with a row, or with its account.
 *
 * @since 0.1.0
 * @category models
 */
export type Action = typeof Action.Type

/**
 * Why a row is as it is, and what to do about it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Explanation = Schema.Struct({
  /** What is known of it, in a sentence or two. */
  why: Schema.String,
  /** What to do, a step each, none where nothing is to be done. */
  steps: Schema.Array(Schema.String),
  /** Which of the steps, from 0, are alternatives: one of them is to be done, whichever holds. They stand together. */
  alternatives: Schema.optional(Schema.Array(Schema.Int)),
  /** Whether the customer was told, as far as is known. */
  customer: Schema.optional(Schema.String),
  /** What is possible now, what is meant first. */
  actions: Schema.Array(Action)
}).annotations({ identifier: "OutboxExplanation" })

/**
 * Why a row is as it is, and what to do about it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation extends Schema.Schema.Type<typeof Explanation> {}

/**
 * What else is known of a row, and of its account.
 *
 * @since 0.1.0
 * @category models
 */
export interface Circumstances {
  /** ShipStation answered with 429: none of the account's requests leaves before. */
  readonly limitedUntil?: DateTime.Utc | undefined
  /** Rows of the account could be sent since then, and none was. */
  readonly idleSince?: DateTime.Utc | undefined
  /** The minute in which one was sent last, or found. */
  readonly lastDone?: DateTime.Utc | undefined
  /** What happened to the row, the oldest first. */
  readonly history?: ReadonlyArray<HistoryEntry> | undefined
  /** What workers told of it too late. */
  readonly evidence?: ReadonlyArray<Evidence> | undefined
}

/**
 * Explains a row, by what is known of its account, at that moment.
 *
 * @since 0.1.0
 * @category constructors
 */
export const explain = (
  row: OutboxRow,
  account: AccountState | undefined,
  now: DateTime.Utc,
  circumstances: Circumstances = {}
): Explanation => {
  const { actions, steps, why } = explainState(row, account, now, circumstances)
  const all = steps.flatMap((step) => typeof step === "string" ? [{ step, isOneOf: false }] : step.map(alternative))
  return {
    why,
    steps: all.map(({ step }) => step),
    alternatives: all.flatMap(({ isOneOf }, index) => isOneOf ? [index] : []),
    customer: customerOf(row, circumstances),
    actions
  }
}

const alternative = (step: string) => ({ step, isOneOf: true })

/** Why a row is as it is. Steps that stand in a list of their own are alternatives. */
interface Explained {
  readonly why: string
  readonly steps: ReadonlyArray<string | ReadonlyArray<string>>
  readonly actions: ReadonlyArray<Action>
}

const explainState = (
  row: OutboxRow,
  account: AccountState | undefined,
  now: DateTime.Utc,
  circumstances: Circumstances
): Explained => {
  switch (row.state) {
    case "pending":
      return explainPending(row, account, now, circumstances)
    case "sending":
      return explainSending(row, now)
    case "unknown":
      return explainUnknown(row, account, now, circumstances)
    case "fulfilled":
      return explainFulfilled(row)
    case "rejected":
      return explainRejected(row, circumstances)
    case "conflict":
      return explainConflict(row)
    case "discarded":
      return explainDiscarded(row, circumstances)
  }
}

const explainSending = ({ due }: OutboxRow, now: DateTime.Utc): Explained =>
  isLongAgo(due, now)
    ? {
      why: `It was about to be sent, and what became of it was to be told until ${
        DateTime.formatIso(due)
      }. Nobody did: perhaps no worker runs. It may have been sent.`,
      steps: [
        `Ask ${operator}: is a worker running? A worker is what sends, and looks what became of it.`,
        "Nothing is lost meanwhile, and it isn't sent again before it was looked for."
      ],
      actions: []
    }
    : {
      why: "It is being sent right now. If its worker is gone, it becomes unknown when the worker's claim is over.",
      steps: ["Wait a minute, and look again."],
      actions: []
    }

const explainRejected = (row: OutboxRow, circumstances: Circumstances): Explained => ({
  why: `ShipStation refused it, and nothing was done: the customer wasn't told.${causeOf(row, circumstances)}`,
  steps: ["Read what went wrong: it says what is to be mended.", [
    `Either it is in ShipStation: a carrier or a store isn't connected (ask ${administrator} to connect it), or something of the shipment is wrong (correct it there). Then retry, on this page.`,
    "Or it is the tracking number, the carrier or the date: correct it where the shipment comes from, and have it sent here again from there. It needs no retry then."
  ]],
  actions: ["retry", "discard"]
})

const explainPending = (
  row: OutboxRow,
  account: AccountState | undefined,
  now: DateTime.Utc,
  circumstances: Circumstances
): Explained => {
  const { idleSince, lastDone, limitedUntil } = circumstances
  const cause = causeOf(row, circumstances)
  if (account?.paused !== undefined) {
    return {
      why: `Its account is paused, so nothing of it is sent. ${whyPaused(account.paused)}`,
      steps: stepsOfPause(account.paused),
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
  if (limitedUntil !== undefined && DateTime.greaterThan(limitedUntil, now)) {
    return {
      why:
        `ShipStation answered that the limit of requests was used up (429), so all requests of its account wait until ${
          DateTime.formatIso(limitedUntil)
        }.`,
      steps: ["Nothing: it goes on by itself. To end that wait, resume the account."],
      actions: ["resume", "discard"]
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
    why: `It waits to be sent.${
      idleSince === undefined
        ? ""
        : ` Shipments of its account could be sent since ${DateTime.formatIso(idleSince)}, and none was.${
          lastDone === undefined ? "" : ` The last one was done at about ${DateTime.formatIso(lastDone)}.`
        }`
    }${whyResumed(row, account)}${cause}`,
    steps: idleSince === undefined
      ? [`If it waits for long, ask ${operator}: is a worker running that works for this account?`]
      : [
        `Ask ${operator}: is a worker running that works for account ${row.account}? A worker is what sends.`,
        "Nothing is lost meanwhile: it is sent as soon as one runs. Nothing on this page makes it quicker."
      ],
    actions: ["discard"]
  }
}

const explainUnknown = (
  row: OutboxRow,
  account: AccountState | undefined,
  now: DateTime.Utc,
  circumstances: Circumstances
): Explained => {
  if (row.wasFulfilled === true) return explainVoided(row, account, now)
  const { shipment_id, tracking_number } = row.input
  const paused = account?.paused
  const isOverdue = paused === undefined && isLongAgo(row.due, now)
  const isToBeSoon = row.resendWhenAbsent && (row.claim !== undefined || DateTime.lessThanOrEqualTo(row.due, now))
  return {
    why:
      `It was sent, and no answer told what became of it: the customer may have been told, or not. It is looked for in ShipStation's list, and isn't sent meanwhile.${
        looks(row)
      }${causeOf(row, circumstances)}${
        paused === undefined
          ? nextLook(row, now)
          : ` Its account is paused, so it isn't looked for now. ${whyPaused(paused)}`
      }`,
    steps: [
      ...isOverdue
        ? [
          `Ask ${operator}: is a worker running that works for account ${row.account}? A worker is what sends, and looks.`
        ]
        : [],
      `Look for shipment ${shipment_id} in ShipStation.`,
      [
        `If it is marked as shipped there, with ${tracking_number}, do nothing: this page says fulfilled when the list shows it.`,
        absentIn(row, isOverdue)
      ],
      ...paused === undefined ? [] : stepsOfPause(paused)
    ],
    actions: [...paused === undefined ? [] : ["resume"] as const, ...isToBeSoon ? [] : ["retry"] as const, "discard"]
  }
}

/** What a person can do about an unknown one that isn't in ShipStation. */
const absentIn = ({ resendWhenAbsent }: OutboxRow, isOverdue: boolean): string => {
  const as = isOverdue ? "as soon as a worker runs" : "again and again"
  return resendWhenAbsent
    ? `If it isn't, wait: a person retried it, so it is looked for twice${
      isOverdue ? ` ${as}` : ""
    }, and sent if it still isn't there.`
    : `If it isn't, you can wait: it is looked for ${as}, and if it isn't there for an hour it is sent again by itself. That is so unless the program is set to another time, or to never. To have it sent sooner, retry: it is looked for twice more before.`
}

const nextLook = ({ claim, due }: OutboxRow, now: DateTime.Utc): string => {
  // a claim that is over is of a worker that is gone
  if (claim !== undefined && !isLongAgo(due, now)) return " It is being looked for right now."
  if (DateTime.greaterThan(due, now)) return ` It is looked for next at ${DateTime.formatIso(due)}.`
  return isLongAgo(due, now)
    ? ` It was to be looked for at ${
      DateTime.formatIso(due)
    }, and wasn't: perhaps no worker runs. Without one it is neither looked for nor sent.`
    : ` It was to be looked for at ${
      DateTime.formatIso(due)
    }. If that is long ago, ask ${operator}: is a worker running?`
}

/** Whoever says that it was voided needn't be right. */
const explainVoided = (row: OutboxRow, account: AccountState | undefined, now: DateTime.Utc): Explained => ({
  why: `It was fulfilled, and somebody takes that for voided: it is looked up, and sent only if that is so.${
    looks(row)
  }${
    account?.paused === undefined
      ? nextLook(row, now)
      : ` Its account is paused, so it isn't looked up now. ${whyPaused(account.paused)}`
  }`,
  steps: [`Void the fulfillment of shipment ${row.input.shipment_id} in ShipStation, if it isn't yet.`],
  actions: []
})

const explainConflict = (row: OutboxRow): Explained => {
  const { tracking_number } = row.input
  const other = row.found?.tracking_number
  return {
    why: `In ShipStation the shipment has another tracking number${
      other === undefined ? "" : `, ${other}`
    }. The customer may have been told of that number. ${
      mayHaveLeft(row)
        ? `This one, ${tracking_number}, may have been sent before. It isn't sent again, as the customer could be told of a second parcel.`
        : `This one, ${tracking_number}, wasn't sent, as the customer would be told of a second parcel.`
    }`,
    steps: ["Look at the label on the parcel: the number on it is right.", [
      `If the label has ${other ?? "the number in ShipStation"}, discard this one.`,
      `If the label has ${tracking_number}, void the other one in ShipStation (cancel that it is marked as shipped), and then retry. The customer is told of ${tracking_number} then.`
    ]],
    actions: ["discard", "retry"]
  }
}

const explainDiscarded = (row: OutboxRow, circumstances: Circumstances): Explained => {
  const last = circumstances.history?.findLast(({ to }) => to === "discarded")
  const reason = last?.by._tag === "Operator" ? last.by.reason : undefined
  const why = `A person gave it up.${reason === undefined ? "" : ` The reason: ${sentence(reason)}`}`
  const forGood = "It can't be sent from here any more: it is refused if it comes in again."
  const there = inShipStation(row, circumstances)
  if (there !== undefined) {
    return {
      why: `${why} In ShipStation it has ${
        there.number ?? "another number"
      }; the customer may have been told of that number. It isn't sent any more.`,
      steps: [
        `Nothing: it is marked as shipped there, and once more would tell the customer of a second parcel. ${forGood}`
      ],
      actions: []
    }
  }
  return {
    why: `${why} ${
      isUnsettled(row, circumstances)
        ? "It may have been sent before: whether the customer was told isn't known. It isn't sent any more."
        : "It isn't sent any more."
    }`,
    steps: [[
      "If that was right, nothing.",
      `If the customer is to be told all the same: look for shipment ${row.input.shipment_id} in ShipStation first. If it is marked as shipped there, with whatever number, leave it: the customer may have been told. Only if it isn't, mark it as shipped there by hand. ${forGood}`
    ]],
    actions: []
  }
}

const explainFulfilled = ({ input, orderSource }: OutboxRow): Explained => {
  if (orderSource?.state === "notNotified") {
    return {
      why: `The shipment is marked as shipped, but the shop or marketplace wasn't told.${
        orderSource.message === undefined ? "" : ` It says: ${sentence(orderSource.message)}`
      }`,
      steps: [
        `Ask ${administrator} to fix what it says: most often the connection to the store.`,
        `Then have ShipStation tell the shop, or mark the order of ${input.shipment_id} as shipped in the shop by hand.`,
        "On this page there is nothing to do: it isn't sent again, and goes on saying so until it is looked up again."
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

/** What went wrong last, and whether that was before somebody had it tried anew. */
const causeOf = ({ lastError }: OutboxRow, { history = [] }: Circumstances): string => {
  if (lastError === undefined) return ""
  const isAgain = ({ at, by, to }: HistoryEntry) =>
    by._tag !== "Worker" && to !== "discarded" && DateTime.greaterThanOrEqualTo(at, lastError.at)
  const again = history.findLast(isAgain)
  const said = sentence(lastError.message)
  if (again === undefined) return ` The last thing that went wrong: ${said}`
  return again.by._tag === "Operator"
    ? ` What went wrong before it was retried: ${said}`
    : ` What went wrong before it came in again: ${said}`
}

const looks = ({ absent }: OutboxRow): string =>
  absent === undefined
    ? ""
    : ` ${absent.looks} ${absent.looks === 1 ? "look" : "looks"} didn't find it, since ${
      DateTime.formatIso(absent.since)
    }.`
