/**
 * A history: who calls what and when, and how the server misbehaves. Plain data, drawn from a seed.
 *
 * A history stays within what is promised, as beyond it nobody can know:
 *
 * - What a request does is listed half a minute after it was sent, at the latest: whatever waits before the commit, how
 *   late it lands, and how much the list lags, add up to less.
 * - What the list has, it has under the id of its shipment. Filters by date may be off, fields missing, pages short; but
 *   not so that nobody could tell: of `voided` and `voided_at` one is there, and of `pages`, `total` and `links` too.
 * - All callers share one layer, as the memory is the layer's. What was fulfilled before was voided.
 *
 * A refusal at the door may have done a part all the same; how that counts is said where it is checked.
 */
import type { Fault } from "@effect-shipstation/emulator"
import { FastCheck as fc } from "effect"
import { anyTime, just, moments, shipments } from "./draw.js"
import { faults } from "./faults.js"

export { shipments } from "./draw.js"

export { releaseEvery } from "./faults.js"

/** What somebody asks for. */
export interface Wish {
  /** Which shipment. */
  readonly shipment: number
  /** Which of some tracking numbers. */
  readonly tracking: number
  /** What is wrong with it. A carrier that isn't set up is seen by the server only. */
  readonly flaw: "none" | "carrier" | "blank"
}

/** What somebody does around a call. Times are milliseconds. */
export type Way =
  | { readonly _tag: "Retry"; readonly times: number; readonly delay: number }
  /** Calls again as long as it doesn't know of each shipment what became of it. */
  | { readonly _tag: "UntilKnown"; readonly times: number; readonly delay: number }
  | { readonly _tag: "Timeout"; readonly after: number }
  | { readonly _tag: "Interrupt"; readonly after: number }
  /** Does it twice at once, and interrupts the slower. */
  | { readonly _tag: "Race" }

/** A fiber that calls. */
export interface Caller {
  /** When it starts, in milliseconds. */
  readonly at: number
  readonly call: "create" | "createOne" | "createAll"
  readonly wishes: ReadonlyArray<Wish>
  readonly readBack: "none" | "unknown" | "all" | "before"
  /** What it does around the call, from the inside out. */
  readonly ways: ReadonlyArray<Way>
  /** Of `createAll`. */
  readonly batchSize: number
  readonly concurrency: number
  readonly unordered: boolean
  /** Between two inputs of `createAll`, in milliseconds. */
  readonly pace: number
  /** After so many outcomes of `createAll` the consumer stops. */
  readonly takes: number | null
}

/** When the API key can't be read, in milliseconds. */
export interface KeyTrouble {
  readonly from: number
  readonly lasts: number
  readonly how: "fails" | "dies"
}

/** Everything that happens is derived from it. */
export interface History {
  /** Of the emulator's randomness and of the program's jitter. */
  readonly seed: number
  /** Requests a minute. */
  readonly limit: number
  /** Of the client, in milliseconds. */
  readonly timeout: number
  /** Each fiber makes way for the others after so many steps. */
  readonly yieldAfter: number
  /** How much the client's wall clock is ahead of the server's, in milliseconds. */
  readonly clockAhead: number
  /** Which shipments are cancelled. */
  readonly cancelled: ReadonlyArray<number>
  /** Which have a fulfillment that was voided before. */
  readonly voided: ReadonlyArray<number>
  /**
   * How the HTTP client was made: it tries again by itself (`retries`), or one around it does (`repeats`).
   */
  readonly transport: "plain" | "retries" | "repeats"
  readonly keyTrouble: ReadonlyArray<KeyTrouble>
  /** When the server takes the new key only, and how much later or earlier the program has it. */
  readonly rotation: { readonly at: number; readonly knownAfter: number } | null
  readonly callers: ReadonlyArray<Caller>
  readonly faults: ReadonlyArray<Fault.FaultRule>
}

const way: fc.Arbitrary<Way> = fc.oneof(
  fc.record({ _tag: just("Retry"), times: fc.integer({ min: 1, max: 4 }), delay: anyTime }),
  fc.record({ _tag: just("UntilKnown"), times: fc.integer({ min: 1, max: 4 }), delay: anyTime }),
  fc.record({ _tag: just("Timeout"), after: anyTime }),
  fc.record({ _tag: just("Interrupt"), after: anyTime }),
  fc.record({ _tag: just("Race") })
)

const wish: fc.Arbitrary<Wish> = fc.record({
  shipment: fc.nat(shipments - 1),
  tracking: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  flaw: fc.oneof(
    { weight: 20, arbitrary: just("none") },
    { weight: 1, arbitrary: just("carrier", "blank") }
  )
})

const caller: fc.Arbitrary<Caller> = fc.record({
  at: anyTime,
  call: just("create", "createOne", "createAll"),
  wishes: fc.array(wish, { minLength: 1, maxLength: 6 }),
  readBack: fc.oneof({ weight: 3, arbitrary: just("all") }, {
    weight: 1,
    arbitrary: just("unknown", "none", "before")
  }),
  ways: fc.array(way, { maxLength: 3 }),
  batchSize: fc.integer({ min: 1, max: 6 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  unordered: fc.boolean(),
  pace: fc.oneof(fc.constant(0), moments(20, 500, 1_000, 5_000)),
  takes: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) })
})

const keyTrouble: fc.Arbitrary<KeyTrouble> = fc.record({
  from: anyTime,
  lasts: moments(1, 500, 3_000, 20_000),
  how: just("fails", "dies")
})

/** Any history. */
export const history: fc.Arbitrary<History> = fc.noBias(fc.record({
  seed: fc.nat(1_000_000),
  limit: just(3, 10, 20, 200),
  timeout: just(1_000, 5_000, 30_000, 30_000),
  yieldAfter: just(20, 100, 2_048),
  clockAhead: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, {
    weight: 1,
    arbitrary: moments(-7_200_000, 7_200_000)
  }),
  cancelled: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, {
    weight: 1,
    arbitrary: fc.array(fc.nat(shipments - 1), { maxLength: 2 })
  }),
  voided: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, {
    weight: 1,
    arbitrary: fc.uniqueArray(fc.nat(shipments - 1), { maxLength: 3 })
  }),
  transport: fc.oneof({ weight: 4, arbitrary: just("plain") }, { weight: 1, arbitrary: just("retries", "repeats") }),
  keyTrouble: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, {
    weight: 1,
    arbitrary: fc.array(keyTrouble, { maxLength: 3 })
  }),
  rotation: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, {
    weight: 1,
    arbitrary: fc.record({ at: anyTime, knownAfter: moments(-1_000, 0, 500, 5_000, 20_000) })
  }),
  callers: fc.record({
    callers: fc.array(caller, { minLength: 1, maxLength: 8 }),
    // often fewer, so that more collide
    of: just(1, 2, shipments)
  }).map(({ callers, of }) =>
    callers.map((caller) => ({
      ...caller,
      wishes: caller.wishes.map((wish) => ({ ...wish, shipment: wish.shipment % of }))
    }))
  ),
  faults: fc.oneof({ weight: 9, arbitrary: faults }, { weight: 1, arbitrary: fc.constant([]) })
}))
