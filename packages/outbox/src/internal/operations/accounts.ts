/** Pausing, holding back, and suspecting accounts. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { OutboxStoreError } from "../../OutboxError.js"
import { operator } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { AccountState, Service } from "../service.js"
import { cleanError } from "../told.js"
import { believed, longestHold } from "./shared.js"

const changeAccount = (
  port: OutboxRows.Service,
  account: string,
  change: (state: AccountState, now: DateTime.Utc) => AccountState
): Effect.Effect<AccountState, OutboxStoreError> =>
  port.transaction(Effect.gen(function*() {
    const state = yield* port.account(account, "exclusive")
    const now = yield* port.now
    const after = change(believed(state, now), now)
    yield* port.saveAccount(after)
    return after
  }))

/** Steers accounts. */
export const make = (
  port: OutboxRows.Service
): Pick<Service, "accounts" | "pause" | "resume" | "resumeRefused" | "suspect" | "trust" | "holdBack"> => ({
  accounts: Effect.zipWith(
    port.accounts,
    port.now,
    (all, now) => all.map((state) => believed(state, now))
  ),
  pause: (account, by, error) =>
    Effect.asVoid(
      changeAccount(port, account, (state, at) => paused(state, { at, by, error: error && cleanError(error) }))
    ),
  resume: (account) =>
    Effect.zipRight(
      changeAccount(port, account, resumed),
      Effect.zipRight(port.resumeLimiter?.(account) ?? Effect.void, port.announce(account))
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
    : { ...state, paused: { ...pause, error: pause.error ?? state.paused?.error } }

const resumed = ({ account, suspectSince }: AccountState): AccountState => ({ account, suspectSince })
