/** The operations of the store, over any place where rows are kept: read with a lock, decide, write. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type Answer, decide, type Existing, type NewRow } from "../Offer.js"
import { OutboxClaimLost, OutboxRowNotFound, OutboxStateError } from "../OutboxError.js"
import { isIn, operator, type OutboxRow, type State } from "../OutboxRow.js"
import type { Backend } from "./backend.js"
import type { AccountState, Claim, ClaimOptions, Evidence, Service } from "./service.js"
import { clean, cleanError, type Ended } from "./told.js"
import { type Change, changes as changesOf, type Event, late, transition } from "./transitions.js"

/** How many rows are read and written at once. */
const chunk = 500

export const makeStore = (backend: Backend): Service => {
  const save = Effect.fnUntraced(function*(changes: ReadonlyArray<Change>) {
    if (changes.length === 0) return
    yield* backend.update(changes.map(({ row }) => row))
    const told = changes.flatMap(({ history, row }) => history.map((entry) => ({ id: row.id, entry })))
    if (told.length > 0) yield* backend.addHistory(told)
  })

  const announceAll = (changes: ReadonlyArray<Change>) =>
    Effect.forEach(new Set(changes.map(({ row }) => row.account)), backend.announce, { discard: true })

  const offerChunk = Effect.fnUntraced(function*(
    account: string,
    inputs: Parameters<Service["offer"]>[1],
    now: DateTime.Utc
  ) {
    const existing = new Map(
      yield* backend.existing(account, Array.dedupe(inputs.map(({ input }) => input.shipment_id)), "lock")
    )
    const answers = new Map<number, Answer>()
    const inserts = new Map<string, { readonly row: NewRow; readonly index: number }>()
    const changes = new Map<number, Change>()
    const later: Array<(typeof inputs)[number]> = []
    for (const { index, input } of inputs) {
      const { shipment_id } = input
      if (inserts.has(shipment_id)) {
        later.push({ index, input })
        continue
      }
      const { answer, change, insert } = decide({ account, index, input, existing: existing.get(shipment_id) }, now)
      answers.set(index, answer)
      if (insert !== undefined) inserts.set(shipment_id, { row: insert, index })
      if (change !== undefined) {
        const before = changes.get(change.row.id)?.history ?? []
        changes.set(change.row.id, { ...change, history: [...before, ...change.history] })
        const replaced: Existing = { _tag: "Row", row: change.row }
        existing.set(shipment_id, replaced)
      }
    }
    yield* save([...changes.values()])
    const inserted = inserts.size === 0
      ? new Set<string>()
      : yield* backend.insert(Array.fromIterable(inserts.values()).map(({ row }) => row))
    for (const [shipmentId, { index, row }] of inserts) {
      if (!inserted.has(shipmentId)) {
        // another process was faster, and its row is there now
        answers.delete(index)
        later.push({ index, input: row.input })
      }
    }
    return { answers, later, isDue: changes.size > 0 || inserted.size > 0 }
  })

  const offer: Service["offer"] = (account, inputs) =>
    backend.transaction(Effect.gen(function*() {
      const now = yield* backend.now
      const all = new Map<number, Answer>()
      const chunks = Array.chunksOf(inputs, chunk)
      let isDue = false
      for (let next = chunks.shift(); next !== undefined; next = chunks.shift()) {
        const done = yield* offerChunk(account, next, now)
        for (const [index, answer] of done.answers) all.set(index, answer)
        if (Array.isNonEmptyArray(done.later)) chunks.unshift(done.later)
        isDue ||= done.isDue
      }
      if (isDue) yield* backend.announce(account)
      return inputs.flatMap(({ index }) => all.get(index) ?? [])
    }))

  /** What is locked must be there. Another may write it down at the same moment, and then what it says counts. */
  const accountOf = (account: string, lock: "shared" | "exclusive") =>
    Effect.flatMap(
      backend.account(account, lock),
      (state) =>
        state !== undefined ? Effect.succeed(state) : Effect.zipRight(
          backend.addAccount(account),
          Effect.map(backend.account(account, lock), (state): AccountState => state ?? { account })
        )
    )

  const claimRows = Effect.fnUntraced(function*(state: "pending" | "unknown", options: ClaimOptions) {
    const { account, lease, limit, worker } = options
    return yield* backend.transaction(Effect.gen(function*() {
      const now = yield* backend.now
      const token = yield* freshToken(now)
      const held = yield* accountOf(account, "shared")
      const why = heldBy(believed(held, now), now, state)
      if (why !== undefined) return { token, at: now, rows: [], held: why }
      const due = yield* backend.due({ state, account, now, limit })
      const until = DateTime.addDuration(now, lease)
      const isDistrusted = held.distrustedSince !== undefined
      const claimed = due.flatMap((row) =>
        changesOf(transition(row, { _tag: "Claimed", token, worker, until, isDistrusted }, now))
      )
      yield* save(claimed)
      return { token, at: now, rows: claimed.map(({ row }) => row) }
    }))
  })

  /** The rows that are still the token's, and the ids of the others. */
  const held = Effect.fnUntraced(function*(token: string, ids: ReadonlyArray<number>) {
    const rows = yield* backend.byIds(ids)
    return { all: rows, ours: rows.filter(({ claim }) => claim?.token === token) }
  })

  const intend: Service["intend"] = ({ ids, token }, { account, lease, sendFor }) =>
    backend.transaction(Effect.gen(function*() {
      const state = yield* backend.account(account, "shared")
      const { ours } = yield* held(token, ids)
      const now = yield* backend.now
      const sendBefore = DateTime.addDuration(now, sendFor)
      const until = DateTime.addDuration(now, Duration.max(lease, sendFor))
      const ready = ours
        .filter((row) =>
          DateTime.greaterThan(row.due, now)
          // it was claimed before: nobody has looked it up
          && (state?.distrustedSince === undefined || row.readBackFirst)
        )
        .flatMap((row) => changesOf(transition(row, { _tag: "Intended", sendBefore, until }, now)))
      if (state?.paused !== undefined) return yield* new OutboxClaimLost({ ids })
      if (ready.length < ids.length) {
        return yield* new OutboxClaimLost({ ids: Array.difference(ids, ready.map(({ row }) => row.id)) })
      }
      yield* save(ready)
    }))

  const settle: Service["settle"] = (token, results, policy) =>
    backend.transaction(Effect.gen(function*() {
      const { all } = yield* held(token, results.map(({ id }) => id))
      const now = yield* backend.now
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
        return row === undefined ? [] : changesOf(late(row, ended, now))
      })
      yield* save(changes)
      if (evidence.length > 0) yield* backend.addEvidence(evidence)
      return evidence.map(({ id }) => id)
    }))

  const looked: Service["looked"] = (token, results, policy) =>
    backend.transaction(Effect.gen(function*() {
      const { ours } = yield* held(token, results.map(({ id }) => id))
      const now = yield* backend.now
      const rows = new Map(ours.map((row) => [row.id, row]))
      const changes = results.flatMap(({ id, looked }) => {
        const row = rows.get(id)
        return row !== undefined && isIn(row, "unknown") ? changesOf(transition(row, looked, now, policy)) : []
      })
      yield* save(changes)
      yield* announceAll(changes.filter(({ row }) => row.state === "pending"))
    }))

  const changeAccount = (
    account: string,
    change: (state: AccountState, now: DateTime.Utc) => AccountState
  ) =>
    backend.transaction(Effect.gen(function*() {
      const state = yield* accountOf(account, "exclusive")
      const now = yield* backend.now
      const after = change(believed(state, now), now)
      yield* backend.saveAccount(after)
      return after
    }))

  const operate = (
    id: number,
    operation: OutboxStateError["operation"],
    event: Event,
    ifState?: State
  ) =>
    backend.transaction(Effect.gen(function*() {
      const [row] = yield* backend.byIds([id])
      if (row === undefined) return yield* new OutboxRowNotFound({ id })
      const isMeant = row.state === (ifState ?? row.state)
      const [change] = isMeant ? changesOf(transition(row, event, yield* backend.now)) : []
      if (change === undefined) return yield* new OutboxStateError({ id, state: row.state, operation })
      yield* save([change])
      yield* backend.announce(row.account)
      return change.row
    }))

  /** Until there are no more: no transaction holds more than a few rows. Of those that can't be read it knows nothing. */
  const inChunks = <E>(some: Effect.Effect<number, E>): Effect.Effect<number, E> =>
    Effect.flatMap(
      some,
      (count) => count === 0 ? Effect.succeed(0) : Effect.map(inChunks(some), (n) => n + count)
    )

  return {
    offer,
    claim: (options) => claimRows("pending", options),
    claimUnknown: (options) => claimRows("unknown", options),
    renew: ({ ids, token }, lease) =>
      backend.transaction(Effect.gen(function*() {
        const { ours } = yield* held(token, ids)
        const now = yield* backend.now
        const rows = ours.filter(({ due }) => DateTime.greaterThan(due, now))
        const until = DateTime.addDuration(now, lease)
        yield* save(rows.flatMap((row) => changesOf(transition(row, { _tag: "Renewed", until }, now))))
        return rows.map(({ id }) => id)
      })),
    release: ({ ids, token }) =>
      backend.transaction(Effect.gen(function*() {
        const { ours } = yield* held(token, ids)
        const now = yield* backend.now
        if (ours.length === 0) return
        const changes = ours.flatMap((row) => changesOf(transition(row, { _tag: "Released" }, now)))
        yield* save(changes)
        yield* announceAll(changes)
      })),
    intend,
    settle,
    looked,
    expire: inChunks(backend.transaction(Effect.gen(function*() {
      const now = yield* backend.now
      const rows = yield* backend.due({ state: "sending", now, limit: chunk })
      const changes = rows.flatMap((row) => changesOf(transition(row, { _tag: "Expired" }, now)))
      yield* save(changes)
      return changes.length
    }))),

    accounts: Effect.zipWith(
      backend.accounts,
      backend.now,
      (all, now) => all.map((state) => believed(state, now))
    ),
    pause: (account, by, error) =>
      Effect.asVoid(
        changeAccount(account, (state, at) => paused(state, { at, by, error: error && cleanError(error) }))
      ),
    resume: (account) =>
      Effect.zipRight(
        changeAccount(account, resumed),
        Effect.zipRight(backend.resumeLimiter(account), backend.announce(account))
      ),
    resumeRefused: (account) =>
      Effect.map(
        Effect.zipLeft(
          changeAccount(account, (state) => state.paused?.by._tag === "Operator" ? state : resumed(state)),
          backend.announce(account)
        ),
        (state) => state.paused === undefined
      ),
    distrust: (account) =>
      // paused, so that what is claimed already isn't sent either
      Effect.asVoid(changeAccount(account, (state, at) => ({
        ...paused(state, { at, by: operator }),
        distrustedSince: state.distrustedSince ?? at
      }))),
    trust: (account) => Effect.asVoid(changeAccount(account, (state) => ({ ...state, distrustedSince: undefined }))),
    holdBack: (account, duration) =>
      Effect.asVoid(changeAccount(account, (state, now) => {
        const end = DateTime.addDuration(now, Duration.min(duration, longestHold))
        return { ...state, notBefore: DateTime.max(state.notBefore ?? end, end) }
      })),

    counts: backend.counts,
    list: (filter) =>
      Effect.map(backend.list({ ...filter, limit: filter.limit + 1 }), (rows) => ({
        rows: rows.slice(0, filter.limit),
        next: rows.length > filter.limit ? rows[filter.limit - 1]?.id : undefined
      })),
    get: (id) =>
      backend.transaction(Effect.gen(function*() {
        const [row] = yield* backend.byIds([id])
        if (row === undefined) return yield* new OutboxRowNotFound({ id })
        return { row, history: yield* backend.history(id), evidence: yield* backend.evidence(id) }
      })),
    find: Effect.fnUntraced(function*(account, shipmentIds) {
      const found = new Map<string, Existing>()
      // a statement takes so many values only
      for (const ids of Array.chunksOf(shipmentIds, chunk)) {
        for (const [id, one] of yield* backend.existing(account, ids, "look")) found.set(id, one)
      }
      return found
    }),
    retry: (id, options) => operate(id, "retry", { _tag: "Retried" }, options?.ifState),
    discard: (id, options) => operate(id, "discard", { _tag: "Discarded" }, options?.ifState),
    hasten: (account) =>
      Effect.zipLeft(
        inChunks(backend.transaction(Effect.gen(function*() {
          const now = yield* backend.now
          const rows = yield* backend.waiting(account, now, chunk)
          // whoever has claimed one can't write the intent any more
          yield* save(rows.flatMap((row) => changesOf(transition(row, { _tag: "Hastened" }, now))))
          return rows.length
        }))),
        backend.announce(account)
      ),
    reconcile: Effect.fnUntraced(function*(account) {
      let after: number | undefined
      let count = 0
      do {
        const page: ReadonlyArray<OutboxRow> = yield* backend.list({
          account,
          states: ["unknown"],
          after,
          limit: chunk
        })
        count += yield* backend.transaction(Effect.gen(function*() {
          const rows = yield* backend.byIds(page.map(({ id }) => id))
          const now = yield* backend.now
          const idle = rows.filter((row) => isIn(row, "unknown") && row.claim === undefined)
          yield* save(idle.flatMap((row) => changesOf(transition(row, { _tag: "Hastened" }, now))))
          return idle.length
        }))
        after = page.length < chunk ? undefined : page.at(-1)?.id
      } while (after !== undefined)
      yield* backend.announce(account)
      return count
    }),
    prune: (olderThan) =>
      inChunks(backend.transaction(Effect.gen(function*() {
        const now = yield* backend.now
        const rows = yield* backend.endedBefore(DateTime.subtractDuration(now, olderThan), chunk)
        if (rows.length > 0) yield* backend.prune(rows)
        return rows.length
      }))),

    dueAccounts: Effect.flatMap(backend.now, backend.dueAccounts),
    announcements: backend.announcements,
    poll: backend.poll
  }
}

/** No two are equal. Of one row the claims are one after the other, so their times differ too. */
const freshToken = (now: DateTime.Utc) =>
  Effect.map(
    Effect.all([Random.nextIntBetween(0, 2 ** 31), Random.nextIntBetween(0, 2 ** 31)]),
    (numbers) => [DateTime.toEpochMillis(now), ...numbers].map((n) => n.toString(36)).join("-")
  )

/** An operator's pause takes a worker's place, or it would end as soon as the key is another. */
const paused = (state: AccountState, pause: NonNullable<AccountState["paused"]>): AccountState =>
  state.paused !== undefined && (pause.by._tag !== "Operator" || state.paused.by._tag === "Operator")
    ? state
    : { ...state, paused: { ...pause, error: pause.error ?? state.paused?.error } }

const resumed = ({ account, distrustedSince }: AccountState): AccountState => ({ account, distrustedSince })

/** Nobody is held back for longer: what says so was written by an older version, which believed all that it was told. */
const longestHold = Duration.hours(1)

const believed = (state: AccountState, now: DateTime.Utc): AccountState => {
  const { notBefore } = state
  const isTooFar = notBefore !== undefined && DateTime.greaterThan(notBefore, DateTime.addDuration(now, longestHold))
  return isTooFar ? { ...state, notBefore: undefined } : state
}

/** What keeps an account's rows from being worked on. */
const heldBy = ({ notBefore, paused }: AccountState, now: DateTime.Utc, what: "pending" | "unknown"): Claim["held"] => {
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
