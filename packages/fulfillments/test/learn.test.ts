/** What a look settles, by what is known. */
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { constFalse, constTrue } from "effect/Function"
import { AlreadyFulfilled, Conflict } from "../src/FulfillmentOutcome.js"
import { learn, settles } from "../src/internal/learn.js"
import * as Ledger from "../src/internal/ledger.js"
import * as Ticket from "../src/internal/ticket.js"
import { serve } from "./gateSupport.js"
import { input } from "./support.js"

const ticket = Ticket.make(0, input(1))

const own: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z1", fulfillment_id: "f-1" }

const others: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z2", fulfillment_id: "f-2" }

const found = (fulfillment: Fulfillment, index = 0) =>
  fulfillment.tracking_number === "1Z1"
    ? new AlreadyFulfilled({ index, input: ticket.input, fulfillment })
    : new Conflict({ index, input: ticket.input, fulfillment })

const left: Ledger.Departure = { at: 1_000 }

const sent = { left, trackingNumber: "1Z1", voided: [] }

const entries = {
  suspect: { ...sent, _tag: "Suspect", error: undefined },
  "suspect of another number": { ...sent, _tag: "Suspect", error: undefined, trackingNumber: "1Z2" },
  refused: { ...sent, _tag: "Refused", error: Ticket.closed },
  created: { _tag: "Fulfilled", left, voided: [], fulfillment: own },
  "created, without its id": { _tag: "Fulfilled", left, voided: [], fulfillment: { tracking_number: "1Z1" } },
  "created, without its number": { _tag: "Fulfilled", left, voided: [], fulfillment: { fulfillment_id: "f-2" } },
  "created, without either": { _tag: "Fulfilled", left, voided: [], fulfillment: {} },
  found: { _tag: "Fulfilled", left: undefined, voided: [], fulfillment: own }
} satisfies Record<string, Ledger.Entry>

const withoutId: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z2" }

describe("what was found", () => {
  it.each<readonly [string, Ledger.Entry | undefined, Fulfillment, boolean]>([
    ["of what nothing is known of", undefined, others, true],
    ["of a suspect, as it was sent", entries.suspect, own, true],
    ["of a suspect, with another number", entries.suspect, others, false],
    ["of a suspect, as it was sent by who asked for another", entries["suspect of another number"], others, true],
    ["of a suspect, without a number", entries.suspect, { shipment_id: "se-1" }, false],
    ["of what was refused", entries.refused, others, true],
    ["of what was created, the same", entries.created, own, true],
    ["of what was created, with another number and id", entries.created, others, false],
    ["of what was created, by its number", entries["created, without its id"], own, true],
    ["of what was created, by its id", entries["created, without its number"], others, true],
    ["of what was created, by neither", entries["created, without its id"], withoutId, false],
    ["of what was created, of which no id is known", { ...entries["created, without either"] }, others, false],
    ["of what was created, and has no id", entries["created, without its number"], withoutId, false],
    ["of what was found before, another", entries.found, others, true]
  ])("%s", (_, entry, fulfillment, expected) => {
    expect(settles(entry, found(fulfillment))).toBe(expected)
    expect(settles(entry, found(fulfillment), constFalse)).toBe(expected)
  })

  it.each(["suspect", "refused", "created", "found"] as const)("that was voided before settles nothing: %s", (name) => {
    for (const fulfillment of [own, others]) {
      const voided = [fulfillment.fulfillment_id ?? ""]
      expect(settles({ ...entries[name], voided }, found(fulfillment), constTrue)).toBe(false)
      // without an id nobody knows
      const { fulfillment_id: _, ...rest } = fulfillment
      expect(settles({ ...entries[name], voided: ["f-9"] }, found({ ...rest, tracking_number: "1Z1" }))).toBe(true)
    }
  })

  it("settles a suspect, with another number too, when what was sent can't land any more", () => {
    const asked: Array<unknown> = []
    const isLate = (entry: Ledger.Suspect) => asked.push(entry) > 0
    expect(settles(entries.suspect, found(others), isLate)).toBe(true)
    expect(asked).toEqual([entries.suspect])
    expect(settles(entries.created, found(others), isLate)).toBe(false)
  })

  /** What the ledger and the results have after a look. */
  const after = (say: (ledger: Ledger.Ledger) => void, fulfillment: Fulfillment, isLate?: () => boolean) =>
    Effect.map(serve({}), ({ client }) => {
      const ledger = Ledger.of(client)
      say(ledger)
      const outcome = found(fulfillment)
      const results: Ticket.Results = new Map()
      const look = { found: new Map([[ticket, outcome]]), voided: new Map(), absent: new Set<Ticket.Ticket>() }
      learn(ledger, { ...look, unlisted: new Set(), error: undefined }, results, isLate)
      const result = results.get(ticket)
      return {
        state: ledger.get(ticket)?._tag,
        outcome: result === undefined ? undefined : Either.getOrThrow(result)._tag
      }
    })

  const suspect = (trackingNumber: string) => (ledger: Ledger.Ledger) =>
    ledger.sent([Ticket.make(0, { ...ticket.input, tracking_number: trackingNumber })], left)

  it.scoped("is written down, and told", () =>
    Effect.gen(function*() {
      expect(yield* after(() => undefined, others)).toEqual({ state: "Fulfilled", outcome: "Conflict" })
      expect(yield* after(suspect("1Z1"), own)).toEqual({ state: "Fulfilled", outcome: "AlreadyFulfilled" })
    }))

  it.scoped("is neither, of a suspect, with another number before it is late", () =>
    Effect.gen(function*() {
      expect(yield* after(suspect("1Z1"), others)).toEqual({ state: "Suspect", outcome: undefined })
      expect(yield* after(suspect("1Z1"), others, constTrue)).toEqual({ state: "Fulfilled", outcome: "Conflict" })
    }))

  it.scoped("is told, and not written down, where it is what is asked for now", () =>
    Effect.gen(function*() {
      expect(yield* after(suspect("1Z9"), own)).toEqual({ state: "Suspect", outcome: "AlreadyFulfilled" })
    }))

  it.scoped("is neither, if it was seen voided", () =>
    Effect.gen(function*() {
      const voided = (ledger: Ledger.Ledger) => {
        suspect("1Z1")(ledger)
        ledger.voided(ticket, ["f-1"])
      }
      expect(yield* after(voided, own, constTrue)).toEqual({ state: "Suspect", outcome: undefined })
    }))
})
