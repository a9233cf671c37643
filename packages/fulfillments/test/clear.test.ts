/** What the gate makes of what is known and of looks: who is sent, and what the others are told. */
import {
  ShipStationConnectionLostError,
  type ShipStationError,
  ShipStationValidationError
} from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, type Duration, Effect, Either, TestClock } from "effect"
import { AlreadyFulfilled, Conflict } from "../src/FulfillmentOutcome.js"
import * as Gate from "../src/internal/gate.js"
import * as Ledger from "../src/internal/ledger.js"
import type { Found, Look, Lookup, Voided } from "../src/internal/lookup.js"
import * as Ticket from "../src/internal/ticket.js"
import { serve } from "./gateSupport.js"
import { input } from "./support.js"

const [one, two] = [Ticket.make(0, input(1)), Ticket.make(1, input(2))]

const own: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z1", fulfillment_id: "f-1" }

const others: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z9", fulfillment_id: "f-9" }

const foundOwn = new AlreadyFulfilled({ index: 0, input: one.input, fulfillment: own })

const foundOthers = new Conflict({ index: 0, input: one.input, fulfillment: others })

const foundTwo = new AlreadyFulfilled({ index: 1, input: two.input, fulfillment: { shipment_id: "se-2" } })

const lostFor = (message: string) =>
  new ShipStationConnectionLostError({
    delivery: "unknown",
    reason: "reset",
    message,
    method: "POST",
    url: "/v2/fulfillments",
    errors: []
  })

const [lost, notRead] = [lostFor("the request"), lostFor("the look")]

const look = (some: Partial<Look> = {}): Look => ({
  found: new Map(),
  voided: new Map(),
  absent: new Set(),
  unlisted: new Set(),
  error: undefined,
  ...some
})

const absent = (...tickets: ReadonlyArray<Ticket.Ticket>) => look({ absent: new Set(tickets) })

const found = (...all: ReadonlyArray<readonly [Ticket.Ticket, Found]>) => look({ found: new Map(all) })

/** A gate whose looks say this, one after the other, and how it asked: in which second, in which way, for whom, since when. */
const scene = Effect.fnUntraced(function*(...looks: ReadonlyArray<Look>) {
  const { client } = yield* serve({})
  const ledger = Ledger.of(client)
  const asked: Array<ReadonlyArray<unknown>> = []
  /** Whether these would settle what is looked for again and again. */
  const settled: Array<boolean> = []
  const rest = [...looks]
  const answer = (way: string, tickets: ReadonlyArray<Ticket.Ticket>, ...more: ReadonlyArray<unknown>) =>
    Effect.map(Ticket.monotonicNow, (now) => {
      asked.push([now / 1_000, way, tickets.map(({ shipmentId }) => shipmentId), ...more])
      return rest.shift() ?? expect.unreachable("One look more")
    })
  const lookup: Lookup = {
    byId: (tickets) => answer("byId", tickets),
    once: (tickets, since) => answer("once", tickets, since),
    repeatedly: (tickets, since, settles) => {
      settled.push(settles(one, foundOwn), settles(one, foundOthers))
      return answer("repeatedly", tickets, since)
    }
  }
  const gate = Gate.make({ client, ledger, lookup })
  /** Asks at that time. */
  const clear = Effect.fnUntraced(
    function*(tickets: ReadonlyArray<Ticket.Ticket>, options: { at?: Duration.DurationInput; before?: boolean } = {}) {
      yield* TestClock.setTime(0)
      yield* TestClock.adjust(options.at ?? 0)
      const clearing = yield* Effect.fork(gate.clear(tickets, options.before ?? false))
      yield* TestClock.adjust("1 hour")
      const results = yield* clearing
      return tickets.map((ticket) => results.get(ticket))
    }
  )
  return { asked, clear, gate, ledger, settled }
})

const unknown = (ticket: Ticket.Ticket, error: ShipStationError | undefined, readBackError?: ShipStationError) =>
  Either.right(expect.objectContaining({
    _tag: "Unknown",
    index: ticket.index,
    error: error ?? expect.objectContaining({
      message: expect.stringContaining("Another call sent this shipment"),
      delivery: "unknown",
      errors: []
    }),
    readBackError
  }))

describe("what nothing is known of", () => {
  it.scoped("is sent without a look", () =>
    Effect.gen(function*() {
      const { asked, clear } = yield* scene()
      expect(yield* clear([one, two])).toEqual([undefined, undefined])
      expect(asked).toEqual([])
    }))

  it.scoped("is looked up before, where that is wished, and only what isn't there is sent", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene({ ...found([one, foundOwn]), absent: new Set([two]) })
      expect(yield* clear([one, two], { before: true })).toEqual([Either.right(foundOwn), undefined])
      expect(asked).toEqual([[0, "byId", ["se-1", "se-2"]]])
      expect(ledger.get(one)?._tag).toBe("Fulfilled")
    }))

  it.scoped.each<readonly [string, Look, ReadonlyArray<unknown>]>([
    ["of all is refused", look({ error: Ticket.closed }), [Either.left(Ticket.closed), Either.left(Ticket.closed)]],
    ["fails", look({ error: notRead }), [unknown(one, notRead), unknown(two, notRead)]],
    [
      "is refused, where one isn't there",
      { ...absent(one), error: Ticket.closed },
      [undefined, unknown(two, Ticket.closed)]
    ],
    [
      "is refused, where one was found",
      { ...found([one, foundOwn]), error: Ticket.closed },
      [Either.right(foundOwn), unknown(two, Ticket.closed)]
    ]
  ])("isn't sent where the look before %s", ([, said, expected]) =>
    Effect.gen(function*() {
      const { clear } = yield* scene(said)
      expect(yield* clear([one, two], { before: true })).toEqual(expected)
    }))

  it.scoped("is sent where a look has no reason not to", () =>
    Effect.gen(function*() {
      const { clear } = yield* scene(look())
      expect(yield* clear([one], { before: true })).toEqual([undefined])
    }))
})

describe("what was fulfilled", () => {
  it.scoped("is told from memory, with the number that is asked for or another", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(look())
      ledger.sent([one], { at: 0 })
      ledger.fulfilled(one, own)
      ledger.fulfilled(two, { ...others, shipment_id: "se-2" })
      // a look before is only for what isn't known
      expect(yield* clear([one, two], { before: true })).toEqual([
        Either.right(foundOwn),
        Either.right(expect.objectContaining({ _tag: "Conflict", index: 1, input: two.input }))
      ])
      // one of them was found, and may be old
      expect(asked).toEqual([[0, "once", ["se-1", "se-2"], undefined]])
    }))

  const at = (seconds: number) => DateTime.unsafeMake(Date.UTC(2026, 2, 1) + 1_000 * seconds)

  const withoutId: Fulfillment = { shipment_id: "se-1", tracking_number: "1Z1" }

  interface Case {
    readonly known?: Fulfillment
    readonly seen: Fulfillment
    readonly voided?: Partial<Voided>
    readonly isFound?: boolean
    readonly before?: ReadonlyArray<string>
    readonly isOurs: boolean
  }

  it.scoped.each<readonly [string, Case]>([
    ["its id", { seen: own, isOurs: true }],
    ["its number, and another id", { seen: { ...own, fulfillment_id: "f-2" }, isOurs: false }],
    ["its number, where the list tells no id", { seen: withoutId, isOurs: true }],
    ["its number, where no id is known", { known: withoutId, seen: own, isOurs: true }],
    ["another number", { known: withoutId, seen: others, isOurs: false }],
    ["no number", { known: withoutId, seen: { shipment_id: "se-1" }, isOurs: false }],
    ["its number, where no number is known", { known: { shipment_id: "se-1" }, seen: own, isOurs: false }],
    ["its number, and it was voided before", { known: withoutId, seen: own, before: ["f-1"], isOurs: false }],
    ["its id, and it was voided before", { seen: own, before: ["f-1"], isOurs: false }],
    [
      "its number, before the list has had the time",
      { known: withoutId, seen: own, voided: { at: 29_999 }, isOurs: false }
    ],
    [
      "its number, at once, where it was found",
      { known: withoutId, seen: own, voided: { at: 0 }, isFound: true, isOurs: true }
    ],
    [
      "its number, and made before it was sent",
      { known: withoutId, seen: { ...own, created_at: at(-1) }, voided: { date: at(30) }, isOurs: false }
    ],
    [
      "its number, and voided before it was sent",
      { known: withoutId, seen: { ...own, voided_at: at(-1) }, voided: { date: at(30) }, isOurs: false }
    ],
    [
      "its number, and made when it was sent",
      {
        known: withoutId,
        seen: { ...own, created_at: at(0), voided_at: at(-1) },
        voided: { date: at(30) },
        isOurs: true
      }
    ],
    ["its number, and no date", { known: withoutId, seen: own, voided: { date: at(30) }, isOurs: true }],
    [
      "its number, and a date, by a server that tells none of its own",
      { known: withoutId, seen: { ...own, created_at: at(-1) }, isOurs: true }
    ]
  ])(
    "may be sent again only if it is what was voided: by %s",
    ([, { before, isFound, isOurs, known = own, seen, voided }]) =>
      Effect.gen(function*() {
        const fulfillments = [{ ...others, fulfillment_id: "f-0" }, seen]
        const { clear, ledger } = yield* scene(look({
          voided: new Map([[one, { fulfillments, date: undefined, at: 30_000, ...voided }]])
        }))
        if (isFound !== true) ledger.sent([one], { at: 0 })
        ledger.fulfilled(one, known)
        ledger.voided(one, before ?? [])
        const [result] = yield* clear([one])
        expect(result === undefined).toBe(isOurs)
        const ids = seen.fulfillment_id === undefined ? ["f-0"] : ["f-0", seen.fulfillment_id]
        expect(ledger.get(one)?.voided).toEqual(isOurs ? ids : before ?? [])
      })
  )

  it.scoped("isn't sent again where another is there that wasn't voided", () =>
    Effect.gen(function*() {
      const { clear, ledger } = yield* scene({
        ...found([one, foundOthers]),
        voided: new Map([[one, { fulfillments: [own], date: undefined, at: 30_000 }]])
      })
      ledger.sent([one], { at: 0 })
      ledger.fulfilled(one, own)
      expect(yield* clear([one])).toEqual([Either.right(foundOthers)])
      expect(ledger.get(one)).toMatchObject({ _tag: "Fulfilled", fulfillment: others, voided: ["f-1"] })
    }))
})

describe("what was refused", () => {
  it.scoped.each<readonly [string, Look, ReadonlyArray<unknown>]>([
    ["isn't there", absent(one), [undefined]],
    ["isn't among those since then", look({ unlisted: new Set([one]) }), [undefined]],
    ["can't be looked up", look({ error: notRead }), [Either.left(Ticket.closed)]],
    ["is there", found([one, foundOwn]), [Either.right(foundOwn)]]
  ])("is sent again if it isn't there: it %s", ([, said, expected]) =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(said)
      ledger.sent([one], { at: 0 })
      ledger.refused([one], Ticket.closed)
      expect(yield* clear([one], { at: "1 second" })).toEqual(expected)
      expect(asked).toEqual([[1, "once", ["se-1"], 0]])
      // or it would be looked up again
      if (expected[0] === undefined) expect(ledger.get(one)).toBeUndefined()
      else expect(ledger.get(one)).toBeDefined()
    }))
})

describe("what was refused for what it had", () => {
  const delivery = "rejected"
  const said = { delivery, message: "no such carrier", method: "POST", url: "/v2/fulfillments", errors: [] } as const
  const rejected: Ticket.Refusal = Object.assign(new ShipStationValidationError(said), { delivery } as const)

  it.scoped.each<readonly [string, Look, RegExp]>([
    ["nothing says whether it is there", look(), /^no such carrier$/],
    ["it can't be looked up", look({ error: notRead }), /^Not sent: it was refused, and can't be looked up: the look$/],
    ["the look is refused", look({ error: Ticket.closed }), /^Not sent: its scope was closed first$/]
  ])("is told why it isn't sent: where %s", ([, looked, message]) =>
    Effect.gen(function*() {
      const { clear, ledger } = yield* scene(looked)
      ledger.sent([one], { at: 0 })
      ledger.refused([one], rejected)
      const [result] = yield* clear([one])
      expect(result).toMatchObject({ left: { message: expect.stringMatching(message) } })
    }))
})

describe("a suspect", () => {
  it.scoped("is sent again at once where it isn't there when it can't land any more", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(absent(one))
      ledger.sent([one], { at: 0 })
      expect(yield* clear([one], { at: "30 seconds" })).toEqual([undefined])
      expect(asked).toEqual([[30, "once", ["se-1"], 0]])
    }))

  it.scoped("is told at once where it is there", () =>
    Effect.gen(function*() {
      const { clear, ledger } = yield* scene(found([one, foundOwn]))
      ledger.sent([one], { at: 0 })
      expect(yield* clear([one])).toEqual([Either.right(foundOwn)])
    }))

  it.scoped("is looked for by its own id where a look since then doesn't say that it isn't there", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(look({ unlisted: new Set([one]) }), absent(one))
      ledger.sent([one], { at: 0 })
      expect(yield* clear([one], { at: "30 seconds" })).toEqual([undefined])
      expect(asked).toEqual([[30, "once", ["se-1"], 0], [30, "byId", ["se-1"]]])
    }))

  it.scoped("is waited for until it can't land any more, and looked for again", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger, settled } = yield* scene(absent(one, two), look(), absent(one), absent(one, two))
      ledger.sent([one], { at: 2_000 })
      ledger.sent([two], { at: 5_000 })
      expect(yield* clear([one, two], { at: "6 seconds" })).toEqual([undefined, undefined])
      const both = ["se-1", "se-2"]
      expect(asked).toEqual([
        [6, "once", both, 2_000],
        [6, "repeatedly", both, 2_000],
        [35, "repeatedly", both, 2_000],
        // one of them isn't known to be absent
        [35, "byId", both]
      ])
      // another number says nothing of what was sent, until it is late
      expect(settled).toEqual([true, false, true, true])
    }))

  it.scoped("isn't looked for by its id where it is known that it isn't there", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(look(), look(), absent(one))
      ledger.sent([one], { at: 0 })
      expect(yield* clear([one])).toEqual([undefined])
      expect(asked.map(([at, way]) => [at, way])).toEqual([[0, "once"], [0, "repeatedly"], [30, "repeatedly"]])
    }))

  it.scoped("isn't looked for any more once it was found", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(look(), found([one, foundOwn]), found([two, foundTwo]))
      ledger.sent([one, Ticket.make(1, { ...two.input, tracking_number: "" })], { at: 0 })
      expect(yield* clear([one, two])).toEqual([Either.right(foundOwn), Either.right(foundTwo)])
      expect(asked.map(([, way, shipments]) => [way, shipments])).toEqual([
        ["once", ["se-1", "se-2"]],
        ["repeatedly", ["se-1", "se-2"]],
        ["repeatedly", ["se-2"]]
      ])
    }))

  it.scoped("isn't waited for once all were found", () =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(look(), found([one, foundOwn]))
      ledger.sent([one], { at: 0 })
      expect(yield* clear([one])).toEqual([Either.right(foundOwn)])
      expect(asked.map(([, way]) => way)).toEqual(["once", "repeatedly"])
    }))

  it.scoped("with another number there is a conflict when it is late, and not before", () =>
    Effect.gen(function*() {
      const conflict = found([one, foundOthers])
      const { asked, clear, ledger } = yield* scene(conflict, conflict, conflict)
      ledger.sent([one], { at: 0 })
      expect(yield* clear([one], { at: "1 second" })).toEqual([Either.right(foundOthers)])
      expect(asked.map(([at]) => at)).toEqual([1, 1, 30])
    }))

  it.scoped.each<readonly [string, ShipStationError | undefined]>([
    ["and why it was lost", lost],
    ["and that another call sent it", undefined]
  ])("is unknown when it can't be looked for, and tells why, %s", ([, error]) =>
    Effect.gen(function*() {
      const { asked, clear, ledger } = yield* scene(look(), absent(one), absent(two), look({ error: notRead }))
      ledger.sent([one, two], { at: 0 })
      if (error !== undefined) ledger.lost([one, two], error)
      // what an earlier look said counts no more
      expect(yield* clear([one, two])).toEqual([unknown(one, error, notRead), unknown(two, error, notRead)])
      expect(asked.length).toBe(4)
      expect(ledger.get(one)?._tag).toBe("Suspect")
    }))

  it.scoped("isn't waited for longer than five minutes", () =>
    Effect.gen(function*() {
      const long = yield* scene(look())
      long.ledger.sent([one], { at: 270_001 })
      expect(yield* long.clear([one])).toEqual([unknown(one, undefined)])
      expect(long.asked.length).toBe(1)
      const short = yield* scene(look(), look(), absent(one))
      short.ledger.sent([one], { at: 270_000 })
      expect(yield* short.clear([one])).toEqual([undefined])
      expect(short.asked.map(([at]) => at)).toEqual([0, 0, 300])
    }))
})

describe("what isn't sent", () => {
  type Say = (ledger: Ledger.Ledger) => void
  const sent: Say = (ledger) => ledger.sent([one], { at: 0 })
  const andLost: Say = (ledger) => {
    sent(ledger)
    ledger.lost([one], lost)
  }
  const andRefused: Say = (ledger) => {
    sent(ledger)
    ledger.refused([one], Ticket.closed)
  }
  const refusal = Either.left(Ticket.closed)

  it.scoped.each<readonly [string, Say, unknown, unknown]>([
    ["nothing is known of", () => undefined, refusal, refusal],
    // the call that has it tells what becomes of it
    ["is under way", sent, unknown(one, undefined), refusal],
    ["was lost", andLost, unknown(one, lost), unknown(one, lost)],
    ["was refused", andRefused, refusal, refusal],
    ["was found", (ledger) => ledger.fulfilled(one, own), Either.right(foundOwn), Either.right(foundOwn)]
  ])("tells first what became of an earlier request: it %s", ([, say, expected, inFlight]) =>
    Effect.gen(function*() {
      const { ledger } = yield* scene()
      say(ledger)
      const told = Effect.sync(() => Gate.notSent(ledger, one, Ticket.closed))
      expect(yield* told).toEqual(expected)
      expect(yield* ledger.exclusively([one], told)).toEqual(inFlight)
    }))
})

describe("what was cleared and waits", () => {
  it.scoped("isn't sent where another call's look has come upon it since", () =>
    Effect.gen(function*() {
      const { gate, ledger } = yield* scene()
      ledger.sent([one, two], { at: 0 })
      ledger.cleared(one)
      yield* ledger.exclusively(
        [one, two],
        Effect.sync(() => {
          expect(gate.seenSince([one, two]).size).toBe(0)
          ledger.seen([own], 0)
          expect([...gate.seenSince([one, two])]).toEqual([[one, Either.right(foundOwn)]])
        })
      )
    }))
})
