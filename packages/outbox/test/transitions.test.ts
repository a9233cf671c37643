/** The table of transitions: what it says is what happens, in all states and for all events. */
import { OutboxRow } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Record } from "effect"
import { after, type EventTag, meanings, table } from "../src/internal/table.js"
import * as Transitions from "../src/internal/transitions.js"
import * as Waiting from "../src/internal/waiting.js"
import { changedBy, input, later, now, row } from "./rows.js"

const states = OutboxRow.State.literals

const error = { _tag: "E", message: "e" }

const policy = (resendAfter: number): Waiting.Policy => ({ resendAfter, nextLook: () => 1_000 })

/** Examples of each event. */
const events: { readonly [E in EventTag]: ReadonlyArray<Extract<Transitions.Event, { readonly _tag: E }>> } = {
  Claimed: [{ _tag: "Claimed", token: "t", worker: "w", until: later, isSuspect: false }],
  Renewed: [{ _tag: "Renewed", until: later }],
  Intended: [{ _tag: "Intended", sendBefore: later, until: later }],
  Fulfilled: [{ _tag: "Fulfilled" }, { _tag: "Fulfilled", sent: "OTHER" }],
  Rejected: [{ _tag: "Rejected", error }],
  Conflict: [{ _tag: "Conflict", found: {} }],
  NotDone: [{ _tag: "NotDone", error, delay: 1 }, { _tag: "NotDone", error, delay: "again" }],
  Unknown: [{ _tag: "Unknown", error }],
  Unlisted: [{ _tag: "Unlisted" }],
  Absent: [{ _tag: "Absent" }],
  Failed: [{ _tag: "Failed", error, delay: 1 }],
  Expired: [{ _tag: "Expired" }],
  Released: [{ _tag: "Released" }],
  Offered: [{ _tag: "Offered", input: { ...input, carrier_code: "fedex" } }],
  Retried: [{ _tag: "Retried" }],
  MadeDue: [{ _tag: "MadeDue" }],
  Discarded: [{ _tag: "Discarded" }]
}

/** Rows in a state that differ in what transitions look at. */
const variants = <S extends OutboxRow.State>(state: S): ReadonlyArray<OutboxRow.RowIn<S>> => [
  row(state),
  { ...row(state), attempt: { startedAt: now, sendBefore: now } },
  { ...row(state), absent: { looks: 9, since: now } },
  { ...row(state), resendWhenAbsent: true },
  { ...row(state), wasFulfilled: true }
]

const all = Record.keys(table).flatMap((event) => states.map((state) => [event, state] as const))

/** What the event makes of rows in the state. None where it is refused. */
const reached = (event: EventTag, state: OutboxRow.State): ReadonlyArray<OutboxRow.State> => {
  const next = new Set<OutboxRow.State>()
  for (const one of events[event]) {
    for (const before of variants(state)) {
      for (const moment of [now, later]) {
        for (const resendAfter of [0, Number.POSITIVE_INFINITY]) {
          const result = Transitions.transition(before, one, moment, policy(resendAfter))
          if (result._tag === "Change") next.add(result.row.state)
        }
      }
    }
  }
  return [...next].toSorted()
}

/** What is known of a pending row before it was sent goes through `sending`. */
const through = (event: EventTag, state: OutboxRow.State): ReadonlyArray<OutboxRow.State> => {
  const known: ReadonlyArray<EventTag> = ["Fulfilled", "Rejected", "Conflict", "Unknown"]
  return state === "pending" && known.includes(event) ? after(event, "sending") : []
}

describe("the table", () => {
  it.each(all)("says what %s does to a %s row", (event, state) => {
    const expected = new Set([...after(event, state), ...through(event, state)])
    expect(reached(event, state)).toEqual([...expected].toSorted())
  })

  it("leads from state to state as `OutboxRow.transitions` says", () => {
    for (const state of states) {
      const next = new Set(Record.keys(table).flatMap((event) => after(event, state)).filter((to) => to !== state))
      expect([...next].toSorted()).toEqual([...OutboxRow.transitions[state]].toSorted())
    }
  })

  it("explains each event", () => {
    expect(Object.keys(meanings)).toEqual(Object.keys(table))
  })

  it("tells of each change of state but the intent, and else of looks and people only", () => {
    const more: ReadonlyArray<EventTag> = ["Unlisted", "Absent", "Failed", "Conflict", "Offered", "Retried"]
    const told = all.flatMap(([event, state]) =>
      events[event].flatMap((one) => {
        const result = Transitions.transition(row(state), one, now)
        if (result._tag === "Refused") return []
        const isChange = result.row.state !== state && event !== "Intended"
        const expected = more.includes(event) ? result.history.length : isChange ? 1 : 0
        return [{
          event,
          state,
          told: result.history.length,
          expected,
          to: result.history.map(({ to }) => to),
          row: result.row
        }]
      })
    )
    expect(told.length).toBeGreaterThan(30)
    for (const one of told) {
      expect(one).toMatchObject({ told: one.expected, to: one.to.map(() => one.row.state) })
    }
  })

  it("that doesn't have an edge doesn't let it compile", () => {
    Transitions.enter("Intended", row("pending"), "sending", now)
    // @ts-expect-error a row that wasn't sent can't be fulfilled
    Transitions.enter("Fulfilled", row("pending"), "fulfilled", now)
    // @ts-expect-error what may have been sent isn't sent again before it is read back
    Transitions.enter("Intended", row("sending"), "sending", now)
    // @ts-expect-error what is fulfilled stays so
    Transitions.enter("Retried", row("fulfilled"), "pending", now)
    // @ts-expect-error of several states, each must have the edge
    Transitions.enter("Retried", row<"rejected" | "unknown">("rejected"), "pending", now)
    // @ts-expect-error it is known, and not expected
    Transitions.enter("Expired", row("sending"), "fulfilled", now)
    Transitions.enter("Discarded", row<"pending" | "unknown">("pending"), "discarded", now)
  })
})

describe("what comes too late", () => {
  it("makes an unknown row fulfilled, and what is about to be sent again too", () => {
    const fulfilled = states.filter((state) => {
      const result = Transitions.late(row(state), { _tag: "Fulfilled" }, now)
      return result._tag === "Change" && result.row.state === "fulfilled"
    })
    expect(fulfilled.toSorted()).toEqual(["pending", "unknown"])
    for (const state of states) {
      for (const told of [...events.Rejected, ...events.Conflict, ...events.NotDone, ...events.Unknown]) {
        expect(Transitions.late(row(state), told, now)._tag).toBe("Refused")
      }
    }
  })

  it("with another number than the row has by now, leads to a conflict", () => {
    for (const state of states) {
      const told = (sent: string) => changedBy(Transitions.late(row(state), { _tag: "Fulfilled", sent }, now))
      const isOpen = state === "pending" || state === "unknown"
      expect(told("OTHER")?.state).toBe(isOpen ? "conflict" : undefined)
      expect(told("OTHER")?.found).toEqual(isOpen ? { tracking_number: "OTHER" } : undefined)
      expect(told(" 1z1")?.state).toBe(isOpen ? "fulfilled" : undefined)
      // nothing was sent, and it was found
      const found = { _tag: "Fulfilled", found: { tracking_number: "OTHER" } } as const
      expect(changedBy(Transitions.late(row(state), found, now))?.state).toBe(isOpen ? "conflict" : undefined)
    }
  })
})

describe("an absent row", () => {
  const absent = (how: "Absent" | "Unlisted", looks: number, minutes: number, resendAfter: number) =>
    changedBy(Transitions.transition(
      { ...row("unknown"), ...(looks > 1 ? { absent: { looks: looks - 1, since: now } } : {}) },
      { _tag: how },
      DateTime.add(now, { minutes }),
      policy(resendAfter)
    ))?.state

  const cases = [
    [1, 90, 60, "unknown"],
    [2, 90, 60, "unknown"],
    [3, 59, 60, "unknown"],
    [3, 60, 60, "pending"],
    [100, 10_000, Infinity, "unknown"]
  ] as const
  it.each(cases)("after %d looks in %d minutes, with %d to wait, is %3$s", (looks, minutes, resendAfter, state) => {
    expect(absent("Absent", looks, minutes, resendAfter * 60_000)).toBe(state)
    expect(absent("Unlisted", looks, minutes, resendAfter * 60_000)).toBe("unknown")
  })

  it.each(cases)("is looked up by its own id, at look %d after %d minutes, if that may decide", (looks, ...rest) => {
    const [minutes, resendAfter, state] = rest
    const before = { ...row("unknown"), ...(looks > 1 ? { absent: { looks: looks - 1, since: now } } : {}) }
    expect(Waiting.isLastLook(before, DateTime.add(now, { minutes }), policy(resendAfter * 60_000))).toBe(
      state === "pending"
    )
  })

  it("is looked up by its own id once where it never is sent again, and where an operator decided", () => {
    const last = (looks: number, resendWhenAbsent = false) =>
      Waiting.isLastLook(
        { ...row("unknown"), resendWhenAbsent, absent: { looks, since: now } },
        now,
        policy(Infinity)
      )
    expect([1, 2, 3, 4].map((looks) => last(looks))).toEqual([false, true, false, false])
    expect(last(0, true)).toBe(true)
  })

  it("is looked up before each time that it is sent, also where an operator decided", () => {
    for (const resendWhenAbsent of [true, false]) {
      const before = { ...row("unknown"), resendWhenAbsent, absent: { looks: 9, since: now } }
      const pending = changedBy(Transitions.transition(before, { _tag: "Absent" }, later, policy(0)))
      expect(pending).toMatchObject({ state: "pending", readBackFirst: true, resendWhenAbsent: false })
      const sending = { ...row("sending"), readBackFirst: true }
      const after = (event: Transitions.Event) => changedBy(Transitions.transition(sending, event, now))
      expect(after({ _tag: "NotDone", error, delay: 1 })?.readBackFirst).toBe(true)
      const rejected = after({ _tag: "Rejected", error }) ?? sending
      expect(changedBy(Transitions.transition(rejected, { _tag: "Retried" }, now))?.readBackFirst).toBe(true)
    }
  })

  it("is looked for at the end of the time at the latest", () => {
    const result = Transitions.transition(row("unknown"), { _tag: "Absent" }, now, {
      resendAfter: 5,
      nextLook: () => 1_000
    })
    expect(DateTime.distance(now, changedBy(result)?.due ?? now)).toBe(5)
  })
})

describe("another fulfillment of its shipment", () => {
  const sent = { ...row("unknown"), attempt: { startedAt: now, sendBefore: DateTime.add(now, { seconds: 30 }) } }
  const hour = policy(60 * 60_000)
  const conflict = { _tag: "Conflict", found: { tracking_number: "OTHER" } } as const

  it("says nothing about a row whose request may still land, and is looked at again when it can't", () => {
    const soon = DateTime.add(now, { minutes: 20, seconds: 29 })
    const landed = DateTime.add(now, { minutes: 20, seconds: 30 })
    for (const before of [sent, { ...sent, state: "pending" } as const]) {
      expect(changedBy(Transitions.transition(before, conflict, soon, hour))).toMatchObject({
        state: before.state,
        claim: undefined,
        due: landed,
        lastError: { _tag: "AnotherFulfillment" }
      })
      expect(changedBy(Transitions.transition(before, conflict, landed, hour))?.state).toBe("conflict")
    }
  })

  it("counts as a look that didn't find it, or whoever waits for two of them would wait for long", () => {
    const first = changedBy(Transitions.transition(sent, conflict, now, hour))
    expect(first).toMatchObject({ absent: { looks: 1, since: now }, due: DateTime.add(now, { seconds: 1 }) })
    const second = changedBy(Transitions.transition(first ?? sent, conflict, later, hour))
    expect(second?.state).toBe("conflict")
  })

  it("is a conflict at once where nothing was sent, and where the sender himself tells it", () => {
    expect(changedBy(Transitions.transition(row("pending"), conflict, now, hour))?.state).toBe("conflict")
    expect(changedBy(Transitions.transition({ ...sent, state: "sending" }, conflict, now, hour))?.state).toBe(
      "conflict"
    )
  })
})

describe("a fulfilled row that an operator wants to be sent", () => {
  const step = (before: OutboxRow.OutboxRow | undefined, event: Transitions.Event, moment = later) =>
    changedBy(Transitions.transition(before ?? row("discarded"), event, moment, hour))
  const hour: Waiting.Policy = { resendAfter: 60 * 60_000, nextLook: () => 1_000 }
  const attempt = { startedAt: now, sendBefore: DateTime.add(now, { seconds: 30 }) }
  const asked = step({ ...row("fulfilled"), attempt }, { _tag: "Retried" }, now)

  it("is looked up, and not sent before the list must show what was done", () => {
    expect(asked).toMatchObject({ state: "unknown", due: now, wasFulfilled: true, resendWhenAbsent: false })
    const again = step(asked, { _tag: "Retried" }, now)
    expect(again).toMatchObject({ state: "unknown", resendWhenAbsent: false })
    const soon = step(again, { _tag: "Absent" }, DateTime.add(now, { minutes: 20 }))
    expect(soon).toMatchObject({ state: "unknown", due: DateTime.add(now, { minutes: 20, seconds: 1 }) })
    const last = DateTime.add(now, { minutes: 20, seconds: 30 })
    expect(step(soon, { _tag: "Absent" }, last)).toMatchObject({
      state: "pending",
      readBackFirst: true,
      wasFulfilled: undefined
    })
    expect(step(soon, { _tag: "Unlisted" }, last)?.state).toBe("unknown")
  })

  it("forgets that it was, whatever becomes of it", () => {
    const conflict = step(asked, { _tag: "Conflict", found: { tracking_number: "OTHER" } })
    expect(conflict).toMatchObject({ state: "conflict", wasFulfilled: undefined })
    expect(step(asked, { _tag: "Fulfilled", found: { tracking_number: "OTHER" } })).toMatchObject({
      state: "conflict",
      wasFulfilled: undefined
    })
    expect(step(asked, { _tag: "Fulfilled", found: { tracking_number: "1Z1" } })).toMatchObject({
      state: "fulfilled",
      wasFulfilled: undefined,
      lastError: { _tag: "NotVoided" }
    })
  })

  it("isn't called fulfilled by what an old worker tells too late", () => {
    expect(Transitions.late(asked ?? row("discarded"), { _tag: "Fulfilled" }, later)._tag).toBe("Refused")
  })
})

describe("texts that no database or file takes", () => {
  const bad = "zero \0, half \ud800"
  const good = "zero \uFFFD, half \uFFFD"
  const told = { _tag: bad, message: bad, requestId: bad }
  const texts = (change: Transitions.Change | Transitions.Refused) =>
    change._tag === "Change" ? JSON.stringify([change.row, change.history]) : ""
  const cases: ReadonlyArray<readonly [OutboxRow.State, Transitions.Event]> = [
    ["sending", { _tag: "Fulfilled", requestId: bad, found: { fulfillment_id: bad } }],
    ["sending", { _tag: "Rejected", error: told }],
    ["sending", { _tag: "Conflict", requestId: bad, found: { tracking_number: bad, fulfillment_id: bad } }],
    ["sending", { _tag: "NotDone", error: told, delay: 1 }],
    ["sending", { _tag: "Unknown", error: told }],
    ["unknown", { _tag: "Failed", error: told, delay: 1 }],
    ["unknown", { _tag: "Absent", requestId: bad }]
  ]
  it.each(cases)("are cleaned where they enter a %s row, by $1._tag", (state, event) => {
    const stored = texts(Transitions.transition(row(state), event, now))
    expect(stored).toContain(good)
    expect(stored).not.toMatch(/\\u0000|\\ud800/)
  })
})
