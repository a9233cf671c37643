/** Accounts that could send and don't, seen from look to look: nothing else tells that no worker works for them. */
import type { Service as Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import type { DueAccount } from "@effect-shipstation/outbox/OutboxStore"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Idle, Overview } from "../DashboardApi.js"
import { after, isLongAgo } from "./longAgo.js"

/** So far back a dashboard that has just begun sees whether anything was sent. */
const atFirst = Duration.hours(1)

/** Histories are read so often at most. */
export const between = Duration.seconds(10)

/** What was seen of an account. */
interface Seen {
  readonly since: DateTime.Utc
  readonly pending: number
}

type Look = Pick<Overview, "at" | "accounts" | "counts" | "limits"> & {
  /** The accounts that have something to do. */
  readonly due: ReadonlyArray<DueAccount>
  /** Those of which rows are being sent, and their worker may be gone. */
  readonly stuck: ReadonlySet<string>
}

/** What a look told, by account. */
const byAccount = ({ accounts, at, counts, limits, stuck }: Look) => {
  const of = (state: "pending" | "sending") =>
    new Map(counts.flatMap((one) => one.state === state && one.count > 0 ? [[one.account, one]] : []))
  const sending = of("sending")
  for (const account of stuck) sending.delete(account)
  return {
    at,
    states: new Map(accounts.map((one) => [one.account, one])),
    limits: new Map(limits.map((one) => [one.account, one])),
    pending: of("pending"),
    sending
  }
}

type Known = ReturnType<typeof byAccount>

/** When something of each account was done last. */
const makeLastDone = Effect.fnUntraced(function*(outbox: Outbox) {
  // as far as it was looked for
  const known = new Map<string, DateTime.Utc>()
  const done = new Map<string, DateTime.Utc>()
  const look = Effect.fnUntraced(function*(back: Duration.Duration) {
    const since = DateTime.subtractDuration(yield* DateTime.now, back)
    for (const { account, from, state } of yield* outbox.changes({ since, per: "minute" })) {
      // a person does these too
      if (state === "pending" || state === "discarded") continue
      known.set(account, DateTime.max(known.get(account) ?? from, from))
      // and this is what becomes of what is fulfilled, when a person retries it
      if (state !== "unknown") done.set(account, DateTime.max(done.get(account) ?? from, from))
    }
  })
  const lately = yield* Effect.cachedWithTTL(look(after), between)
  const longAgo = yield* Effect.cachedWithTTL(look(atFirst), between)
  /** Within that minute, at its end perhaps. */
  const end = (account: string, at: DateTime.Utc) => {
    const from = known.get(account)
    return from && DateTime.min(DateTime.addDuration(from, "1 minute"), at)
  }
  return { done, end, lately, longAgo }
})

/** Tells of each look which accounts are idle. */
export const make = Effect.fnUntraced(function*(outbox: Outbox) {
  const lastDone = yield* makeLastDone(outbox)
  let seen: ReadonlyMap<string, Seen> | undefined
  let told: ReadonlySet<string> = new Set()

  return Effect.fnUntraced(function*(look: Look): Effect.fn.Return<ReadonlyArray<Idle>, OutboxStoreError> {
    const { at, due } = look
    const known = byAccount(look)
    const isLong = ({ since }: Seen) => isLongAgo(since, at)
    const next = new Map<string, Seen>()
    for (const { account, state } of due) {
      if (state !== "pending" || isHeld(known, account)) continue
      const pending = known.pending.get(account)?.count ?? 0
      next.set(account, { pending, since: since(seen, known, account, pending) })
    }
    seen = next
    if (![...next.values()].some(isLong)) {
      told = new Set()
      return []
    }
    const idle = () =>
      [...next].flatMap(([account, before]): ReadonlyArray<Idle> => {
        const one = { ...before, since: DateTime.max(before.since, lastDone.end(account, at) ?? before.since) }
        return isLong(one) ? [{ account, since: one.since, lastDone: lastDone.done.get(account) }] : []
      })
    // more may have been offered than was sent, so that counts alone don't tell
    yield* lastDone.lately
    if (idle().some(({ account }) => !told.has(account))) yield* lastDone.longAgo
    const all = idle()
    told = new Set(all.map(({ account }) => account))
    return all
  })
})

const since = (
  seen: ReadonlyMap<string, Seen> | undefined,
  known: Known,
  account: string,
  pending: number
): DateTime.Utc => {
  if (seen === undefined) return knownAtFirst(known, account)
  const before = seen.get(account)
  return before === undefined || pending < before.pending ? known.at : before.since
}

/** Since when it could have sent, as far as is stored. */
const knownAtFirst = ({ at, pending, states }: Known, account: string): DateTime.Utc => {
  const state = states.get(account)
  return [pending.get(account)?.oldest ?? at, state?.resumed?.at, state?.notBefore].reduce<DateTime.Utc>(
    (last, one) => one === undefined ? last : DateTime.max(last, one),
    DateTime.subtractDuration(at, atFirst)
  )
}

/** It sends right now, or isn't meant to. */
const isHeld = ({ at, limits, sending, states }: Known, account: string): boolean => {
  const state = states.get(account)
  const until = [state?.notBefore, limits.get(account)?.pausedUntil]
  return state?.paused !== undefined || sending.has(account) ||
    until.some((moment) => moment !== undefined && DateTime.greaterThan(moment, at))
}
