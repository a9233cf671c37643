/** Claims: taking rows for a while, and what becomes of them. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { OutboxClaimLost } from "../../OutboxError.js"
import { isIn, type OutboxRow } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import type { AccountState, Claim, ClaimOptions, Evidence, Service } from "../service.js"
import { clean, type Ended } from "../told.js"
import { type Change, changes as changesOf, late, transition } from "../transitions.js"
import { announce, believed, chunk, held, inChunks, save } from "./shared.js"

const claimRows = Effect.fnUntraced(
  function*(port: OutboxRows.Service, state: "pending" | "unknown", options: ClaimOptions) {
    const { account, lease, limit, worker } = options
    return yield* port.transaction(Effect.gen(function*() {
      const now = yield* port.now
      const token = yield* freshToken(now)
      const held = yield* port.account(account, "shared")
      const why = heldBy(believed(held, now), now, state)
      if (why !== undefined) return { token, at: now, rows: [], held: why }
      const due = yield* port.due({ state, account, now, limit })
      const until = DateTime.addDuration(now, lease)
      const isSuspect = held.suspectSince !== undefined
      const claimed = due.flatMap((row) =>
        changesOf(transition(row, { _tag: "Claimed", token, worker, until, isSuspect }, now))
      )
      yield* save(port, claimed)
      return { token, at: now, rows: claimed.map(({ row }) => row) }
    }))
  }
)

/** Takes rows, keeps them, and gives them back. */
export const make = (
  port: OutboxRows.Service
): Pick<Service, "claim" | "claimUnknown" | "renew" | "release" | "dueAccounts"> => ({
  claim: (options) => claimRows(port, "pending", options),
  claimUnknown: (options) => claimRows(port, "unknown", options),
  renew: ({ ids, token }, lease) =>
    port.transaction(Effect.gen(function*() {
      const { ours } = yield* held(port, token, ids)
      const now = yield* port.now
      const rows = ours.filter(({ due }) => DateTime.greaterThan(due, now))
      const until = DateTime.addDuration(now, lease)
      yield* save(port, rows.flatMap((row) => changesOf(transition(row, { _tag: "Renewed", until }, now))))
      return rows.map(({ id }) => id)
    })),
  release: ({ ids, token }) =>
    port.transaction(Effect.gen(function*() {
      const { ours } = yield* held(port, token, ids)
      const now = yield* port.now
      if (ours.length === 0) return
      const changes = ours.flatMap((row) => changesOf(transition(row, { _tag: "Released" }, now)))
      yield* save(port, changes)
      yield* announce(port, changes)
    })),
  dueAccounts: Effect.flatMap(port.now, port.dueAccounts)
})

/** Writes down what is to be sent, and what became of it. */
export const makeTold = (port: OutboxRows.Service): Pick<Service, "intend" | "settle" | "looked" | "expire"> => ({
  intend: ({ ids, token }, { account, lease, sendFor }) =>
    port.transaction(Effect.gen(function*() {
      const state = yield* port.account(account, "shared")
      const { ours } = yield* held(port, token, ids)
      const now = yield* port.now
      const sendBefore = DateTime.addDuration(now, sendFor)
      const until = DateTime.addDuration(now, Duration.max(lease, sendFor))
      const ready = ours
        .filter((row) =>
          DateTime.greaterThan(row.due, now)
          // it was claimed before: nobody has looked it up
          && (state?.suspectSince === undefined || row.readBackFirst)
        )
        .flatMap((row) => changesOf(transition(row, { _tag: "Intended", sendBefore, until }, now)))
      if (state?.paused !== undefined) return yield* new OutboxClaimLost({ ids })
      if (ready.length < ids.length) {
        return yield* new OutboxClaimLost({ ids: Array.difference(ids, ready.map(({ row }) => row.id)) })
      }
      yield* save(port, ready)
    })),
  settle: (token, results, policy) =>
    port.transaction(Effect.gen(function*() {
      const { all } = yield* held(port, token, results.map(({ id }) => id))
      const now = yield* port.now
      const rows = new Map(all.map((row) => [row.id, row]))
      const evidence: Array<Evidence> = []
      const changes = results.flatMap(({ ended, id }): ReadonlyArray<Change> => {
        const row = rows.get(id)
        if (row?.claim?.token === token) {
          const change = transition(row, ended, now, policy)
          if (change._tag === "Change") return [change]
        }
        if (row !== undefined && isWritten(row, token, ended)) return []
        evidence.push({ id, token, at: now, ended: clean(ended) })
        return row === undefined ? [] : changesOf(late(row, ended, now, policy))
      })
      if (changes.length + evidence.length > 0) yield* port.update({ rows: changes, evidence })
      return evidence.map(({ id }) => id)
    })),
  looked: (token, results, policy) =>
    port.transaction(Effect.gen(function*() {
      const { ours } = yield* held(port, token, results.map(({ id }) => id))
      const now = yield* port.now
      const rows = new Map(ours.map((row) => [row.id, row]))
      const changes = results.flatMap(({ id, looked }) => {
        const row = rows.get(id)
        return row !== undefined && isIn(row, "unknown") ? changesOf(transition(row, looked, now, policy)) : []
      })
      yield* save(port, changes)
      yield* announce(port, changes.filter(({ row }) => row.state === "pending"))
    })),
  expire: inChunks(port.transaction(Effect.gen(function*() {
    const now = yield* port.now
    const rows = yield* port.due({ state: "sending", now, limit: chunk })
    const changes = rows.flatMap((row) => changesOf(transition(row, { _tag: "Expired" }, now)))
    yield* save(port, changes)
    return changes.length
  })))
})

/** No two are equal. Of one row the claims are one after the other, so their times differ too. */
export const freshToken = (now: DateTime.Utc) =>
  Effect.map(
    Effect.all([Random.nextIntBetween(0, 2 ** 31), Random.nextIntBetween(0, 2 ** 31)]),
    (numbers) => [DateTime.toEpochMillis(now), ...numbers].map((n) => n.toString(36)).join("-")
  )

/** What keeps an account's rows from being worked on. */
export const heldBy = (
  { notBefore, paused }: AccountState,
  now: DateTime.Utc,
  what: "pending" | "unknown"
): Claim["held"] => {
  if (paused !== undefined) return "paused"
  return what === "pending" && notBefore !== undefined && DateTime.greaterThan(notBefore, now) ? notBefore : undefined
}

const stateAfter = {
  Fulfilled: "fulfilled",
  Rejected: "rejected",
  Conflict: "conflict",
  NotDone: "pending",
  Unknown: "unknown"
} as const

/** It was written before, but the answer to that got lost. */
const isWritten = (row: OutboxRow, token: string, ended: Ended): boolean =>
  row.lastToken === token && row.state === stateAfter[ended._tag]
