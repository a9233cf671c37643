/** Pausing, holding back, and suspecting accounts. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equivalence from "effect/Equivalence"
import { OutboxAccountChanged, type OutboxStoreError } from "../../OutboxError.js"
import { operator } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { AccountEntry, AccountSeen, AccountState, Service } from "../service.js"
import { cleanError } from "../told.js"
import { believed, longestHold } from "./shared.js"

const changeAccount = <E = never>(
  port: OutboxRows.Service,
  account: string,
  change: (state: AccountState, now: DateTime.Utc) => AccountState,
  check?: (state: AccountState) => Effect.Effect<void, E>
): Effect.Effect<AccountState, OutboxStoreError | E> =>
  port.transaction(Effect.gen(function*() {
    const state = yield* port.account(account, "exclusive")
    if (check !== undefined) yield* check(state)
    const now = yield* port.now
    const after = change(believed(state, now), now)
    yield* port.update({ account: after, accountEntry: entryOf(state, after, now) })
    return after
  }))

/** Steers accounts. */
export const make = (
  port: OutboxRows.Service
): Pick<
  Service,
  "accounts" | "accountHistory" | "pause" | "resume" | "steer" | "resumeRefused" | "suspect" | "trust" | "holdBack"
> => ({
  accounts: Effect.zipWith(
    port.accounts,
    port.now,
    (all, now) => all.map((state) => believed(state, now))
  ),
  accountHistory: Effect.fnUntraced(function*(account, limit) {
    const last = (yield* port.accounts).flatMap((state) => state.account === account ? lastOf(state) : [])
    const kept = yield* port.accountHistory?.(account, limit) ?? Effect.succeed([])
    // an older version, at work beside this one, doesn't write it down
    const missing = last.filter(({ at }) => kept.every((entry) => DateTime.lessThan(entry.at, at)))
    return Array.take([...missing, ...kept], limit)
  }),
  pause: (account, by, error) =>
    Effect.asVoid(
      changeAccount(port, account, (state, at) => paused(state, { at, by, error: error && cleanError(error) }))
    ),
  resume: (account, by = operator) =>
    Effect.zipRight(
      changeAccount(port, account, (state, at) => ({ ...resumed(state), resumed: { at, by } })),
      port.announce(account)
    ),
  steer: (account, operation, { by, ifSeen }) =>
    Effect.zipRight(
      changeAccount(
        port,
        account,
        (state, at) => operation === "pause" ? paused(state, { at, by }) : { ...resumed(state), resumed: { at, by } },
        (state) => isAsSeen(state, ifSeen) ? Effect.void : Effect.fail(changed(state))
      ),
      operation === "pause" ? Effect.void : port.announce(account)
    ),
  resumeRefused: (account) =>
    Effect.map(
      Effect.zipLeft(
        changeAccount(port, account, (state) => state.paused?.by._tag === "Operator" ? state : resumed(state)),
        port.announce(account)
      ),
      (state) => state.paused === undefined
    ),
  suspect: (account) =>
    // paused, so that what is claimed already isn't sent either
    Effect.asVoid(changeAccount(port, account, (state, at) => ({
      ...paused(state, { at, by: operator }),
      suspectSince: state.suspectSince ?? at
    }))),
  trust: (account) => Effect.asVoid(changeAccount(port, account, (state) => ({ ...state, suspectSince: undefined }))),
  holdBack: (account, duration) =>
    Effect.asVoid(changeAccount(port, account, (state, now) => {
      const end = DateTime.addDuration(now, Duration.min(duration, longestHold))
      return { ...state, notBefore: DateTime.max(state.notBefore ?? end, end) }
    }))
})

/** An operator's pause takes a worker's place, or it would end as soon as the key is another. */
const paused = (state: AccountState, pause: NonNullable<AccountState["paused"]>): AccountState =>
  state.paused !== undefined && (pause.by._tag !== "Operator" || state.paused.by._tag === "Operator")
    ? state
    : { ...state, resumed: undefined, paused: { ...pause, error: pause.error ?? state.paused?.error } }

const resumed = ({ account, suspectSince }: AccountState): AccountState => ({ account, suspectSince })

/** What an account's state tells of what was done to it last. */
const lastOf = ({ account, paused, resumed }: AccountState): ReadonlyArray<AccountEntry> => {
  if (paused !== undefined) return [{ account, isPaused: true, ...paused }]
  return resumed === undefined ? [] : [{ account, isPaused: false, ...resumed }]
}

/** What was done to it, if it was paused or resumed. */
const entryOf = (before: AccountState, after: AccountState, now: DateTime.Utc): AccountEntry | undefined => {
  const [entry] = lastOf(after)
  if (entry === undefined) {
    return before.paused === undefined ? undefined : { account: after.account, at: now, isPaused: false }
  }
  return entry.at === (entry.isPaused ? before.paused : before.resumed)?.at ? undefined : entry
}

/** Was it neither paused nor resumed since? */
export const isAsSeen = ({ paused, resumed }: AccountState, { pausedAt, resumedAt }: AccountSeen): boolean =>
  isSame(paused?.at, pausedAt) && isSame(resumed?.at, resumedAt)

const isSame = Equivalence.make<DateTime.Utc | undefined>((one, other) =>
  one !== undefined && other !== undefined && DateTime.Equivalence(one, other)
)

const changed = ({ account, paused, resumed }: AccountState): OutboxAccountChanged => {
  const last = paused ?? resumed
  return new OutboxAccountChanged({ account, isPaused: paused !== undefined, at: last?.at, by: last?.by })
}
