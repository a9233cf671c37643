import { Offer, OutboxRow } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Move from "../src/internal/move.js"

const now = DateTime.unsafeMake(1_000_000)
const later = DateTime.unsafeMake(2_000_000)
const input = { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" }

const row = <S extends OutboxRow.State>(state: S): OutboxRow.RowIn<S> => ({
  id: 1,
  account: "default",
  input,
  state,
  attempts: 1,
  failures: 0,
  due: now,
  claim: { token: "token", worker: "worker" },
  resendWhenAbsent: false,
  readBackFirst: false,
  createdAt: now,
  updatedAt: now
})

const states = OutboxRow.State.literals

const error = { _tag: "E", message: "e" }
const endings: ReadonlyArray<Move.Ended> = [
  { _tag: "Fulfilled" },
  { _tag: "Rejected", error },
  { _tag: "Conflict", found: {} },
  { _tag: "NotDone", error, delay: 1 },
  { _tag: "NotDone", error, delay: "again" },
  { _tag: "Unknown", error }
]
const looks: ReadonlyArray<Move.Looked> = [
  { _tag: "Fulfilled", found: {} },
  { _tag: "Conflict", found: {} },
  { _tag: "Absent" },
  { _tag: "Failed", error, delay: 1 }
]
const patience = (resendAfter: number): Move.Patience => ({ resendAfter, nextLook: () => 1_000 })

/** Everything that can happen to a row in a state, and the state after it. */
const edges = (state: OutboxRow.State): ReadonlyArray<OutboxRow.State> => {
  const any = row(state)
  const after: Array<OutboxRow.State> = []
  const add = (change: Move.Change | undefined) => {
    if (change !== undefined) after.push(change.row.state)
  }
  if (OutboxRow.isIn(any, "pending")) after.push(Move.intend(any, { now, sendBefore: now, until: now }).state)
  if (OutboxRow.isIn(any, "sending")) {
    endings.forEach((ended) => add(Move.end(any, ended, now)))
    add(Move.expire(any, now))
  }
  if (OutboxRow.isIn(any, "unknown")) {
    for (const looked of looks) {
      add(Move.look(any, looked, now, patience(0)))
      add(Move.look({ ...any, absent: { looks: 9, since: now } }, looked, later, patience(0)))
      add(Move.look({ ...any, resendWhenAbsent: true }, looked, now, patience(Infinity)))
    }
  }
  add(Move.retry(any, now))
  add(Move.discard(any, now))
  for (const tracking_number of ["1Z1", "other"]) {
    for (const carrier_code of ["ups", "fedex"]) {
      const offered = { ...input, tracking_number, carrier_code }
      add(
        Offer.decide({ account: "default", index: 0, input: offered, existing: { _tag: "Row", row: any } }, now).change
      )
    }
  }
  return after
}

describe("the edges", () => {
  it.each(states)("from %s are those of the table, all of them and no other", (state) => {
    const reached = new Set(edges(state).filter((next) => next !== state))
    // the only edge of two steps
    expect([...reached].toSorted()).toEqual([...OutboxRow.transitions[state]].toSorted())
  })

  it("what comes too late makes an unknown row fulfilled, and what is about to be sent again too", () => {
    const fulfilled = states.filter((state) =>
      Move.late(row(state), { _tag: "Fulfilled" }, now)?.row.state === "fulfilled"
    )
    expect(fulfilled.toSorted()).toEqual(["pending", "unknown"])
    for (const state of states) {
      for (const ended of endings.slice(1)) expect(Move.late(row(state), ended, now)).toBeUndefined()
    }
  })

  it("of what comes too late, with another number than the row has by now, lead to a conflict", () => {
    for (const state of states) {
      const told = (sent: string) => Move.late(row(state), { _tag: "Fulfilled", sent }, now)?.row
      const isOpen = state === "pending" || state === "unknown"
      expect(told("OTHER")?.state).toBe(isOpen ? "conflict" : undefined)
      expect(told("OTHER")?.found).toEqual(isOpen ? { tracking_number: "OTHER" } : undefined)
      expect(told(" 1z1")?.state).toBe(isOpen ? "fulfilled" : undefined)
      // nothing was sent, and it was found
      const found = { _tag: "Fulfilled", found: { tracking_number: "OTHER" } } as const
      expect(Move.late(row(state), found, now)?.row.state).toBe(isOpen ? "conflict" : undefined)
    }
  })

  it("that don't exist don't compile", () => {
    const to: Record<OutboxRow.State, OutboxRow.RowIn<OutboxRow.State>> = {
      pending: row("pending"),
      sending: row("sending"),
      unknown: row("unknown"),
      rejected: row("rejected"),
      conflict: row("conflict"),
      fulfilled: row("fulfilled"),
      discarded: row("discarded")
    }
    expect(Object.keys(to)).toEqual([...states])
    Move.move(row("pending"), "sending", now)
    // @ts-expect-error a row that wasn't sent can't be fulfilled
    Move.move(row("pending"), "fulfilled", now)
    // @ts-expect-error what may have been sent isn't sent again before it is read back
    Move.move(row("sending"), "sending", now)
    // @ts-expect-error what is fulfilled stays so
    Move.move(row("fulfilled"), "pending", now)
    // @ts-expect-error of several states, each must have the edge
    Move.move(row<"pending" | "unknown">("pending"), "sending", now)
    Move.move(row<"pending" | "unknown">("pending"), "discarded", now)
  })
})

describe("an absent row", () => {
  const absent = (looks: number, minutes: number, resendAfter: number) =>
    Move.look(
      { ...row("unknown"), ...(looks > 1 ? { absent: { looks: looks - 1, since: now } } : {}) },
      { _tag: "Absent" },
      DateTime.add(now, { minutes }),
      patience(resendAfter)
    ).row.state

  it.each([
    [1, 90, 60, "unknown"],
    [2, 90, 60, "unknown"],
    [3, 59, 60, "unknown"],
    [3, 60, 60, "pending"],
    [100, 10_000, Infinity, "unknown"]
  ])("after %d looks in %d minutes, with %d to wait, is %3$s", (looks, minutes, resendAfter, state) => {
    expect(absent(looks, minutes, resendAfter * 60_000)).toBe(state)
  })

  it("is looked up before each time that it is sent, also where an operator decided", () => {
    for (const resendWhenAbsent of [true, false]) {
      const before = { ...row("unknown"), resendWhenAbsent, absent: { looks: 9, since: now } }
      const pending = Move.look(before, { _tag: "Absent" }, later, patience(0)).row
      expect(pending).toMatchObject({ state: "pending", readBackFirst: true, resendWhenAbsent: false })
      const sending = Move.intend({ ...pending, state: "pending" }, { now, sendBefore: now, until: now })
      const refused = { ...sending, state: "sending" } as const
      expect(Move.end(refused, { _tag: "NotDone", error, delay: 1 }, now).row.readBackFirst).toBe(true)
      const rejected = Move.end(refused, { _tag: "Rejected", error }, now).row
      expect(Move.retry(rejected, now)?.row.readBackFirst).toBe(true)
    }
  })

  it("is looked for at the end of the time at the latest", () => {
    const { row: next } = Move.look(row("unknown"), { _tag: "Absent" }, now, { resendAfter: 5, nextLook: () => 1_000 })
    expect(DateTime.distance(now, next.due)).toBe(5)
  })
})

describe("an offer", () => {
  const relations: Record<Offer.Relation, typeof input> = {
    equal: input,
    sameTracking: { ...input, tracking_number: " 1z1", carrier_code: "fedex" },
    otherTracking: { ...input, tracking_number: "2Z" }
  }

  it.each(
    states.flatMap((state) =>
      (["equal", "sameTracking", "otherTracking"] as const).map((relation) => [state, relation] as const)
    )
  )("for a %s shipment, %s, is answered as the table says", (state, relation) => {
    const { answer, change, insert } = Offer.decide(
      { account: "default", index: 7, input: relations[relation], existing: { _tag: "Row", row: row(state) } },
      now
    )
    expect(answer._tag).toBe(Offer.answers[state][relation])
    expect(answer).toMatchObject({ index: 7, shipment_id: "se-1" })
    expect(insert).toBeUndefined()
    const isTaken = answer._tag === "Replaced" || answer._tag === "Requeued"
    expect(change?.row.input).toEqual(isTaken ? relations[relation] : undefined)
    expect(change?.row.claim).toBeUndefined()
    // another fulfillment may still be there
    expect(change?.row.readBackFirst).toBe(isTaken ? state === "conflict" : undefined)
  })

  it("for a shipment whose row was pruned is no first one", () => {
    for (const state of ["fulfilled", "rejected", "conflict", "discarded"] as const) {
      const existing = { _tag: "Kept", kept: { shipment_id: "se-1", tracking_number: "1Z1", state } } as const
      const { answer, insert } = Offer.decide({ account: "default", index: 0, input, existing }, now)
      expect(answer._tag).toBe(Offer.answers[state].equal)
      expect(insert).toBeUndefined()
    }
  })
})
