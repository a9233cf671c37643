/** The checks of the crash campaign, each shown what it is there to find. That the campaign can fail its control shows. */
import type { Emulator } from "@effect-shipstation/emulator"
import { OutboxRow } from "@effect-shipstation/outbox"
import { DateTime } from "effect"
import { describe, expect, it } from "vitest"
import { check, edges, edgesOf, type Ledger, mostWithin } from "../campaigns/outbox/check.js"
import { ofSeed } from "../campaigns/outbox/plan.js"
import { points } from "../campaigns/worker/Point.js"

const now = DateTime.unsafeMake(0)

const by = OutboxRow.worker("worker")

type Row = Ledger["rows"][number]

const row = (state: Row["row"]["state"], history: Row["history"] = []): Row => ({
  row: {
    id: 1,
    account: "default",
    input: { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" },
    state,
    attempts: 1,
    failures: 0,
    due: now,
    resendWhenAbsent: false,
    readBackFirst: false,
    createdAt: now,
    updatedAt: now
  },
  history,
  evidence: []
})

const fulfillment: Emulator.Fulfillment = {
  fulfillment_id: "se-9",
  account: "default",
  shipment_id: "se-1",
  shipment_number: "1",
  order_source_id: "se-1",
  ship_to: undefined,
  tracking_number: "1Z1",
  carrier_code: "ups",
  ship_date: now,
  created_at: now,
  notify_customer: true,
  notify_order_source: true,
  voided: false
}

const notification = (nth: number): Emulator.Notification => ({
  kind: "customer",
  shipment_id: "se-1",
  fulfillment_id: "se-9",
  at: now,
  nth
})

const well: Ledger = {
  packed: ["se-1"],
  orders: ["se-1"],
  rows: [row("fulfilled")],
  fulfillments: [fulfillment],
  notifications: [notification(1)]
}

describe("what the campaign checks", () => {
  it("finds nothing where all is well", () => {
    expect(check(well)).toEqual([])
  })

  const cases: ReadonlyArray<readonly [name: string, broken: Partial<Ledger>, problem: RegExp]> = [
    ["a row that is lost", { rows: [], orders: [] }, /se-1: lost/],
    ["an order without its fulfillment", { rows: [], packed: [] }, /an order without its fulfillment/],
    ["a fulfillment without its order", { orders: [] }, /a fulfillment without its order/],
    ["somebody who was told twice", { notifications: [notification(1), notification(2)] }, /notified twice/],
    ["what was done twice", { fulfillments: [fulfillment, fulfillment] }, /fulfilled twice/],
    ["what is said to be done, and isn't", { fulfillments: [] }, /nothing was done/],
    ["what is said to be rejected, and was done", { rows: [row("rejected")] }, /is rejected, and was fulfilled/],
    ["what never ends", { rows: [row("unknown")] }, /is still unknown/],
    [
      "what is unknown and sent again, though nobody said so",
      {
        rows: [row("fulfilled", [
          { at: now, from: "sending", to: "unknown", by },
          { at: now, from: "unknown", to: "pending", by }
        ])]
      },
      /sent again unasked/
    ]
  ]
  it.each(cases)("finds %s", (_, broken, problem) => {
    expect(check({ ...well, ...broken }).join()).toMatch(problem)
  })

  it("counts the edges that a row went", () => {
    expect(edgesOf([{ at: now, from: "sending", to: "fulfilled", by, startedAt: now }])).toEqual([
      "pending → sending",
      "sending → fulfilled"
    ])
    expect(edges).toContain("unknown → pending")
    expect(edges).toContain("fulfilled → unknown")
    expect(edges.length).toBe(16)
  })

  it("counts the most requests within a window, by account", () => {
    const at = (account: string, millis: number): Emulator.Request => ({
      requestId: "",
      at: DateTime.unsafeMake(millis),
      method: "POST",
      path: "/v2/fulfillments",
      account,
      status: 200,
      limited: false,
      committed: 0,
      fulfillmentIds: [],
      answer: "sent",
      faults: [],
      requestBody: undefined,
      responseBody: undefined
    })
    expect(mostWithin([at("a", 0), at("a", 500), at("a", 999), at("a", 1_400), at("b", 1)], 1_000)).toBe(3)
  })

  it("kills at every point within a dozen histories", () => {
    const drawn = Array.from({ length: 12 }, (_, n) => ofSeed(n + 1).lives).flat()
    const killed = new Set(drawn.flatMap(({ end }) => end._tag === "Point" ? [end.point] : []))
    expect(points.filter((point) => !killed.has(point))).toEqual([])
  })
})
