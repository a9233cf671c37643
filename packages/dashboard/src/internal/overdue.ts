/** Accounts of which rows were to be looked for and aren't, or were about to be sent and nobody told what became of them. */
import type { Service as Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import type { DueAccount } from "@effect-shipstation/outbox/OutboxStore"
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Overdue, Overview } from "../DashboardApi.js"
import * as Idle from "./idle.js"
import { isLongAgo } from "./longAgo.js"

/** So many rows of each state are read. */
const mostRows = 300

type Look = Pick<Overview, "at" | "accounts" | "counts" | "limits"> & { readonly due: ReadonlyArray<DueAccount> }

/** Somebody works on it right now, or did just before. */
const isSeenTo = ({ claim, due, updatedAt }: OutboxRow, now: DateTime.Utc): boolean =>
  (claim !== undefined && DateTime.greaterThan(due, now)) || !isLongAgo(updatedAt, now)

/** Tells of each look which accounts have such rows, and of which of them rows are being sent. */
export const make = Effect.fnUntraced(function*(outbox: Outbox) {
  const list = (state: "unknown" | "sending") =>
    Effect.cachedWithTTL(
      Effect.map(outbox.list({ states: [state], limit: mostRows }), ({ rows }) => rows),
      Idle.between
    )
  const [unknown, sending] = [yield* list("unknown"), yield* list("sending")]

  return Effect.fnUntraced(function*(look: Look): Effect.fn.Return<{
    readonly overdue: ReadonlyArray<Overdue>
    readonly stuck: ReadonlySet<string>
  }, OutboxStoreError> {
    const { at, counts, due } = look
    const rows = [
      ...due.some(({ state }) => state === "unknown") ? yield* unknown : [],
      ...counts.some(({ count, state }) => state === "sending" && count > 0) ? yield* sending : []
    ]
    const accounts = Array.groupBy(rows.filter(({ account }) => !isHeld(look, account)), ({ account }) => account)
    const overdue = Object.entries(accounts).flatMap(([account, its]): ReadonlyArray<Overdue> => {
      const late = its.filter(({ due }) => isLongAgo(due, at))
      const [first] = late
      if (first === undefined || its.some((row) => isSeenTo(row, at))) return []
      const since = late.reduce((since, { due }) => DateTime.min(since, due), first.due)
      return [{ account, count: late.length, since }]
    })
    const late = new Set(overdue.map(({ account }) => account))
    const stuck = rows.flatMap(({ account, state }) => state === "sending" && late.has(account) ? [account] : [])
    return { overdue, stuck: new Set(stuck) }
  })
})

/** It isn't meant to ask ShipStation. */
const isHeld = ({ accounts, at, limits }: Look, account: string): boolean => {
  const until = limits.find((one) => one.account === account)?.pausedUntil
  return accounts.some((one) => one.account === account && one.paused !== undefined) ||
    (until !== undefined && DateTime.greaterThan(until, at))
}
