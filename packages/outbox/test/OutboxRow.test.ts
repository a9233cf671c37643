import { Offer, OutboxRow } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { input, now, row } from "./rows.js"

const states = OutboxRow.State.literals

describe("an actor", () => {
  const encode = Schema.encodeSync(OutboxRow.Actor)
  const decode = Schema.decodeSync(OutboxRow.Actor)

  it.each(["operator", "offer", "me", "worker:me"])("that is a worker named %s is no person", (name) => {
    const actor = OutboxRow.worker(name)
    expect(decode(encode(actor))).toEqual(actor)
  })

  it("is read as older versions wrote it", () => {
    expect(["operator", "offer", "worker-1"].map((text) => decode(text))).toEqual([
      OutboxRow.operator,
      OutboxRow.offerer,
      OutboxRow.worker("worker-1")
    ])
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
    for (const state of ["fulfilled", "conflict", "discarded"] as const) {
      const existing = { _tag: "Pruned", remembered: { shipment_id: "se-1", tracking_number: "1Z1", state } } as const
      const { answer, insert } = Offer.decide({ account: "default", index: 0, input, existing }, now)
      expect(answer._tag).toBe(Offer.answers[state].equal)
      expect(insert).toBeUndefined()
    }
  })
  it("for a rejected shipment whose row was pruned is taken again, with whatever content", () => {
    const existing = {
      _tag: "Pruned",
      remembered: { shipment_id: "se-1", tracking_number: "1Z1", state: "rejected" }
    } as const
    for (const offered of Object.values(relations)) {
      const { answer, insert } = Offer.decide({ account: "default", index: 0, input: offered, existing }, now)
      expect(answer).toMatchObject({ _tag: "Requeued", state: "rejected" })
      // it may have been sent before
      expect(insert).toMatchObject({ state: "pending", input: offered, readBackFirst: true })
    }
  })
})
