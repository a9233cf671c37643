/** The file of 250 shipments, and a ShipStation that it is for. */
import { Emulator, type Fault } from "@effect-shipstation/emulator"
import { Array, Effect, Stream } from "effect"
import { fileURLToPath } from "node:url"
import * as ShipmentsFile from "../src/file/ShipmentsFile.js"
import * as Resolver from "../src/resolve/Resolver.js"

export const shipments = fileURLToPath(new URL("shipments.csv", import.meta.url))

/** Shipments that ShipStation refuses. Three more have a carrier that isn't set up. */
const notThere = ["se-880132363", "se-880103433", "se-880118173", "se-880160323"]
const cancelled = ["se-880138806", "se-880106959"]

/** What is sent a second time is done and mailed a second time, or nothing would be proven here. */
export const options: Emulator.Options = {
  acceptAnyShipment: false,
  carriers: { ups: "UPS", fedex: "FedEx", usps: "USPS", dhl_express: "DHL Express", canada_post: "Canada Post" },
  alreadyFulfilled: "accept"
}

/** Fills the emulator with the shipments of the file. */
export const seed = Effect.gen(function*() {
  const { rows } = yield* Effect.provide(
    ShipmentsFile.open({ file: shipments, notify: { customer: true, orderSource: false }, anyShipDate: true }),
    Resolver.layerNone
  )
  const ids = Array.map(Array.getRights(yield* Stream.runCollect(rows)), ({ input }) => input.shipment_id)
  const { seed } = yield* Emulator.Emulator
  yield* seed({
    shipments: Array.difference(ids, notThere).map((shipment_id) => ({
      shipment_id,
      cancelled: cancelled.includes(shipment_id)
    }))
  })
})

/** One of each of four requests of ten, in the middle: so many are under way at once. */
export const inTheMiddle = ["se-880141725", "se-880145831", "se-880148294", "se-880154095"]

/** A request with one of these is done, and its answer waits. */
export const holding = (shipmentIds: ReadonlyArray<string>): ReadonlyArray<Fault.FaultRule> =>
  shipmentIds.map((shipmentId) => ({ endpoint: "create", shipmentId, action: { _tag: "Hold", when: "after" } }))
