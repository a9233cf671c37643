/** Each word that is said to the ledger, by what it knew before. */
import { ShipStationConnectionLostError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Ledger from "../src/internal/ledger.js"
import * as Ticket from "../src/internal/ticket.js"
import { serve } from "./gateSupport.js"
import { input } from "./support.js"

const [ticket, other] = [Ticket.make(0, input(1)), Ticket.make(1, input(2))]

const left: Ledger.Departure = { at: 1_000 }

const lost = new ShipStationConnectionLostError({
  delivery: "unknown",
  reason: "reset",
  message: "lost",
  method: "POST",
  url: "/v2/fulfillments",
  errors: []
})

const fulfillment: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z1", fulfillment_id: "f-1" }

/** A ledger of its own. */
const fresh = Effect.map(serve({}), ({ client }) => Ledger.of(client))

type Say = (ledger: Ledger.Ledger) => void

const sent: Say = (ledger) => ledger.sent([ticket], left)

const refused: Say = (ledger) => {
  sent(ledger)
  ledger.refused([ticket], Ticket.closed)
}

const cleared: Say = (ledger) => {
  refused(ledger)
  ledger.cleared(ticket)
}

const created: Say = (ledger) => {
  sent(ledger)
  ledger.fulfilled(ticket, fulfillment)
}

const voidedBefore: Say = (ledger) => {
  created(ledger)
  ledger.voided(ticket, ["f-0"])
}

const own = { left, trackingNumber: "1Z1", voided: [] }

const suspect = { ...own, _tag: "Suspect", error: undefined }

const fulfilled = { _tag: "Fulfilled", left, voided: [], fulfillment }

const before = {
  idle: () => undefined,
  sent,
  refused,
  cleared,
  created,
  found: (ledger) => ledger.fulfilled(ticket, fulfillment),
  voidedBefore
} satisfies Record<
  string,
  Say
>

const again: Ledger.Departure = { at: 2_000 }

const words: Record<string, readonly [Say, Partial<Record<keyof typeof before, unknown>>]> = {
  nothing: [() => undefined, {
    sent: suspect,
    refused: { ...own, _tag: "Refused", error: Ticket.closed },
    created: fulfilled,
    found: { ...fulfilled, left: undefined },
    voidedBefore: { ...fulfilled, voided: ["f-0"] }
  }],
  "sent again": [(ledger) => ledger.sent([ticket], again), {
    idle: { ...suspect, left: again },
    sent: { ...suspect, left: again },
    refused: { ...suspect, left: again },
    cleared: { ...suspect, left: again },
    created: { ...suspect, left: again },
    found: { ...suspect, left: again },
    voidedBefore: { ...suspect, left: again, voided: ["f-0"] }
  }],
  lost: [(ledger) => ledger.lost([ticket], lost), {
    sent: { ...suspect, error: lost },
    refused: { ...own, _tag: "Refused", error: Ticket.closed },
    created: fulfilled,
    found: { ...fulfilled, left: undefined },
    voidedBefore: { ...fulfilled, voided: ["f-0"] }
  }],
  refused: [(ledger) => ledger.refused([ticket], Ticket.closed), {
    sent: { ...suspect, _tag: "Refused", error: Ticket.closed },
    refused: { ...own, _tag: "Refused", error: Ticket.closed },
    cleared: { ...own, _tag: "Refused", error: Ticket.closed },
    created: fulfilled,
    found: { ...fulfilled, left: undefined },
    voidedBefore: { ...fulfilled, voided: ["f-0"] }
  }],
  cleared: [(ledger) => ledger.cleared(ticket), {
    created: fulfilled,
    found: { ...fulfilled, left: undefined },
    voidedBefore: { ...fulfilled, voided: ["f-0"] }
  }],
  fulfilled: [(ledger) => ledger.fulfilled(ticket, { ...fulfillment, fulfillment_id: "f-2" }), {
    idle: { ...fulfilled, left: undefined, fulfillment: { ...fulfillment, fulfillment_id: "f-2" } },
    sent: { ...fulfilled, fulfillment: { ...fulfillment, fulfillment_id: "f-2" } },
    refused: { ...fulfilled, fulfillment: { ...fulfillment, fulfillment_id: "f-2" } },
    cleared: { ...fulfilled, fulfillment: { ...fulfillment, fulfillment_id: "f-2" } },
    created: { ...fulfilled, fulfillment: { ...fulfillment, fulfillment_id: "f-2" } },
    found: { ...fulfilled, left: undefined, fulfillment: { ...fulfillment, fulfillment_id: "f-2" } },
    voidedBefore: { ...fulfilled, voided: ["f-0"], fulfillment: { ...fulfillment, fulfillment_id: "f-2" } }
  }],
  "nothing was done": [(ledger) => ledger.idle([ticket]), {
    created: fulfilled,
    found: { ...fulfilled, left: undefined },
    voidedBefore: { ...fulfilled, voided: ["f-0"] }
  }],
  voided: [(ledger) => ledger.voided(ticket, ["f-1"]), {
    sent: { ...suspect, voided: ["f-1"] },
    refused: { ...own, _tag: "Refused", error: Ticket.closed, voided: ["f-1"] },
    created: { ...fulfilled, voided: ["f-1"] },
    found: { ...fulfilled, left: undefined, voided: ["f-1"] },
    voidedBefore: { ...fulfilled, voided: ["f-1"] }
  }],
  "seen, as it was sent": [(ledger) => ledger.seen([fulfillment], left.at), {
    sent: fulfilled,
    refused: fulfilled,
    cleared: fulfilled,
    created: fulfilled,
    found: { ...fulfilled, left: undefined },
    voidedBefore: { ...fulfilled, voided: ["f-0"] }
  }],
  forgotten: [(ledger) => ledger.forget(["se-1"]), {}],
  "forgotten by its own name": [(ledger) => ledger.forget("se-1"), {}],
  "forgotten with all others": [(ledger) => ledger.forget(), {}]
}

const isBefore = (name: string): name is keyof typeof before => name in before

const cases = Object.entries(words).flatMap(([word, [say, after]]) =>
  Object.keys(before).filter(isBefore).map((state) => ({ word, state, say, expected: after[state] }))
)

describe("the ledger", () => {
  it.scoped.each(cases)("$word: what was $state", ({ expected, say, state, word }) =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      ledger.sent([other], left)
      before[state](ledger)
      say(ledger)
      expect(ledger.get(ticket)).toEqual(expected)
      // what is said of one changes no other
      const isOfAll = word === "forgotten with all others"
      expect(ledger.get(other)).toEqual(isOfAll ? undefined : { ...suspect, trackingNumber: "1Z2" })
    }))

  it.scoped("what was voided before goes with what is sent from then on", () =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      voidedBefore(ledger)
      ledger.sent([ticket], again)
      // the older one, as a list that lags shows it
      ledger.seen([{ ...fulfillment, fulfillment_id: "f-0" }], again.at)
      expect(ledger.get(ticket)?._tag).toBe("Suspect")
      ledger.seen([fulfillment], again.at)
      expect(ledger.get(ticket)?._tag).toBe("Fulfilled")
    }))

  it.scoped.each<readonly [string, Fulfillment, number]>([
    ["by a look that asked before it was sent", fulfillment, left.at - 1],
    ["with another tracking number", { ...fulfillment, tracking_number: "1Z2" }, left.at],
    ["without a tracking number", { shipment_id: "se-1" }, left.at],
    ["without a shipment", { tracking_number: "1Z1" }, left.at],
    ["of another shipment", { ...fulfillment, shipment_id: "se-3" }, left.at]
  ])("isn't changed by what was seen %s", ([, seen, askedAt]) =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      sent(ledger)
      ledger.seen([seen], askedAt)
      expect(ledger.get(ticket)).toEqual(suspect)
      expect(ledger.get(Ticket.make(0, input(3)))).toBeUndefined()
    }))

  it.scoped("keeps copies of what others may change", () =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      const given = { ...fulfillment }
      ledger.fulfilled(ticket, given)
      given.tracking_number = "another"
      expect(ledger.get(ticket)).toMatchObject({ fulfillment })
    }))

  it.scoped("tells refusals, and only those", () =>
    Effect.gen(function*() {
      const answers: Array<unknown> = []
      for (const say of Object.values(before)) {
        const ledger = yield* fresh
        say(ledger)
        answers.push(ledger.refusalOf(ticket))
      }
      expect(answers).toEqual(Object.keys(before).map((state) => state === "refused" ? Ticket.closed : undefined))
    }))

  it.scoped("tells a call what others saw of its shipments since it has them", () =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      cleared(ledger)
      ledger.sent([other], left)
      expect(ledger.isInFlight(ticket)).toBe(false)
      const seen = yield* ledger.exclusively(
        [ticket],
        Effect.sync(() => {
          expect(ledger.isInFlight(ticket)).toBe(true)
          expect(ledger.seenSince([ticket]).size).toBe(0)
          ledger.seen([fulfillment, { shipment_id: "se-2", tracking_number: "1Z2" }], left.at)
          const seen = [...ledger.seenSince([ticket])]
          // sent after it was voided, it is another
          ledger.voided(ticket, ["f-1"])
          expect(ledger.seenSince([ticket]).size).toBe(0)
          return seen
        })
      )
      expect(seen).toEqual([["se-1", fulfilled]])
      expect(ledger.seenSince([ticket]).size).toBe(0)
      expect(ledger.isInFlight(ticket)).toBe(false)
    }))

  it.scoped("doesn't forget what a call holds, or what is under way", () =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      const forget = Effect.sync(() => {
        ledger.forget(["se-1"])
        ledger.forget()
      })
      for (const keep of [ledger.exclusively, ledger.whileUnderWay]) {
        sent(ledger)
        ledger.sent([other], left)
        yield* keep([ticket], forget)
        expect(ledger.get(ticket)).toEqual(suspect)
        expect(ledger.get(other)).toBeUndefined()
      }
      yield* forget
      expect(ledger.get(ticket)).toBeUndefined()
    }))

  it.scoped("forgets the oldest of a hundred thousand of a kind, and no suspect for those of other kinds", () =>
    Effect.gen(function*() {
      const ledger = yield* fresh
      sent(ledger)
      const many = Array.from(
        { length: 200_001 },
        (_, n) => Ticket.make(0, { ...input(0), shipment_id: `se-${10 + n}` })
      )
      ledger.sent(many, left)
      expect(ledger.get(ticket)).toBeUndefined()
      sent(ledger)
      ledger.refused(many, Ticket.closed)
      ledger.sent(many.slice(0, 99_999), left)
      for (const one of many.slice(0, 99_999)) ledger.fulfilled(one, {})
      expect(ledger.get(ticket)).toEqual(suspect)
    }))

  it.scoped("is one for all clients of a configuration, and another for others", () =>
    Effect.gen(function*() {
      const [one, another] = [yield* serve({}), yield* serve({})]
      expect(Ledger.of(one.client)).toBe(Ledger.of(one.client))
      expect(Ledger.of({ ...one.client })).toBe(Ledger.of(one.client))
      expect(Ledger.of(another.client)).not.toBe(Ledger.of(one.client))
    }))
})
