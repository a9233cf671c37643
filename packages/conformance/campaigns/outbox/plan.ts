/** What happens in a history of the crash campaign, drawn from its seed. */
import type { Emulator, Fault } from "@effect-shipstation/emulator"
import { FastCheck as fc } from "effect"
import type { Order } from "../worker/Job.js"
import { type Point, points } from "../worker/Point.js"

/** How a process ends: killed at a point, or so many milliseconds after it began. */
export type End =
  | { readonly _tag: "Point"; readonly point: Point; readonly nth: number }
  | { readonly _tag: "Time"; readonly after: number }

/** One process after the other. */
export interface Life {
  readonly end: End
  readonly stopAfter: number | undefined
  readonly orders: ReadonlyArray<ReadonlyArray<Order>>
}

export interface Plan {
  readonly faults: ReadonlyArray<Fault.FaultRule>
  readonly lives: ReadonlyArray<Life>
  readonly seed: Emulator.Seed
  readonly number: number
}

/** Processes that are killed in one history. */
export const livesOf = 10

const commits = fc.constantFrom(0, 1, 2, "all" as const)

const create: fc.Arbitrary<Fault.FaultAction> = fc.oneof(
  fc.record({
    _tag: fc.constant("Delay" as const),
    when: fc.constantFrom("before" as const, "after" as const),
    duration: fc.integer({ min: 50, max: 900 })
  }),
  fc.record({ _tag: fc.constant("Reset" as const), commits }),
  fc.record({ _tag: fc.constant("CutBody" as const), commits }),
  fc.record({ _tag: fc.constant("Stall" as const), commits }),
  fc.record({ _tag: fc.constant("RawBody" as const), commits, status: fc.constantFrom(200, 500, 502, 503) }),
  fc.record({ _tag: fc.constant("ErrorBody" as const), commits, status: fc.constantFrom(500, 503) }),
  fc.record({
    _tag: fc.constant("ErrorBody" as const),
    status: fc.constantFrom(400, 401, 403, 404, 409, 413),
    commits: fc.constant(0)
  }),
  fc.constant({ _tag: "ErrorBody" as const, status: 429, retryAfter: 1 }),
  fc.constant({ _tag: "RefuseConnection" as const }),
  fc.record({
    _tag: fc.constant("ChangeResults" as const),
    drop: fc.constantFrom(0, 1, 2),
    duplicate: fc.constantFrom("same" as const, "contradicting" as const)
  })
)

const list: fc.Arbitrary<Fault.FaultAction> = fc.oneof(
  fc.record({ _tag: fc.constant("Delay" as const), duration: fc.integer({ min: 50, max: 700 }) }),
  fc.record({ _tag: fc.constant("LaggingList" as const), lag: fc.integer({ min: 50, max: 300 }) }),
  fc.constant({ _tag: "ErrorBody" as const, status: 500 }),
  fc.constant({ _tag: "CutBody" as const }),
  fc.constant({ _tag: "Reset" as const })
)

const probability = fc.constantFrom(0.05, 0.1, 0.2)

const faults = fc.tuple(
  fc.array(fc.record({ endpoint: fc.constant("create" as const), probability, action: create }), {
    minLength: 2,
    maxLength: 5
  }),
  fc.array(fc.record({ endpoint: fc.constant("list" as const), probability, action: list }), { maxLength: 3 })
)

/** Its points come in turn, so that none is left out. */
const ends = (number: number): fc.Arbitrary<ReadonlyArray<End>> =>
  fc.tuple(...Array.from({ length: livesOf }, (_, index) => {
    const time: fc.Arbitrary<End> = fc.record({
      _tag: fc.constant("Time" as const),
      after: fc.integer({ min: 0, max: 1_200 })
    })
    // three of ten die at any moment
    if (index % 10 > 6) return time
    const point = points[(number * 7 + index) % points.length] ?? "POST: written"
    return fc.record({
      _tag: fc.constant("Point" as const),
      point: fc.constant(point),
      nth: /^(claim|expire|take|GET)/.test(point) ? fc.constantFrom(1, 1, 2, 4) : fc.constantFrom(1, 1, 2)
    })
  }))

export const ofSeed = (number: number): Plan => {
  const plan = fc.tuple(
    faults,
    ends(number),
    fc.array(
      fc.tuple(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }), fc.nat(9), fc.nat(500)),
      {
        minLength: livesOf,
        maxLength: livesOf
      }
    )
  )
  const [drawn] = fc.sample(plan, { seed: number, numRuns: 1 })
  if (drawn === undefined) throw new Error("fast-check gave nothing")
  const [[ofCreate, ofList], drawnEnds, drawnLives] = drawn
  let last = 0
  const lives = drawnLives.map(([sizes, stops, stopAfter], index): Life => {
    const end = drawnEnds[index] ?? { _tag: "Time", after: 0 }
    // only who is told to stop gives rows back
    const isStopped = stops === 0 || (end._tag === "Point" && end.point.startsWith("release"))
    return {
      end,
      stopAfter: isStopped ? 100 + stopAfter : undefined,
      orders: sizes.map((size) =>
        Array.from({ length: size }, () => {
          last++
          return { account: "default", shipment_id: `se-${number}-${last}`, tracking_number: `1Z${number}N${last}` }
        })
      )
    }
  })
  const ids = lives.flatMap(({ orders }) => orders.flat().map(({ shipment_id }) => shipment_id))
  const taken = ids.filter((_, index) => index % 17 === 8)
  return {
    number,
    lives,
    seed: {
      shipments: ids.filter((_, index) => index % 13 === 4).map((shipment_id) => ({ shipment_id, cancelled: true })),
      fulfillments: taken.map((shipment_id) => ({ shipment_id, tracking_number: "OTHER" }))
    },
    faults: [
      ...ofCreate,
      ...ofList,
      // what somebody else has fulfilled is found only where the answer doesn't tell
      ...taken.map((shipmentId): Fault.FaultRule => ({
        endpoint: "create",
        shipmentId,
        action: { _tag: "Reset", commits: 0 }
      }))
    ]
  }
}
