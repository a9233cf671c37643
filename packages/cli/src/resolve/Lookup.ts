/**
 * Looks references and names up in ShipStation.
 */
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import type { Carrier } from "@effect-shipstation/schema/Carrier"
import * as CarrierMatch from "@effect-shipstation/shipments/CarrierMatch"
import * as Carriers from "@effect-shipstation/shipments/Carriers"
import * as ShipmentMatch from "@effect-shipstation/shipments/ShipmentMatch"
import type { ShipmentReference } from "@effect-shipstation/shipments/ShipmentReference"
import * as Shipments from "@effect-shipstation/shipments/Shipments"
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Progress } from "../terminal/Progress.js"
import { refuse } from "../terminal/refusal.js"
import { count, printable } from "../terminal/text.js"
import { nounOf, type Reference } from "./Reference.js"
import { type Account, type Answer, notCompared, type NotFound, Resolver } from "./Resolver.js"

const make = Effect.gen(function*() {
  const shipments = yield* Shipments.Shipments
  const carriers = yield* Carriers.Carriers
  const progress = yield* Progress
  let hasAnswered = false
  const answered = Effect.sync(() => {
    hasAnswered = true
  })

  const lookUp = Effect.fnUntraced(function*(references: ReadonlyArray<Reference>) {
    const wanted = references.map(toReference)
    const { duration, requests } = yield* shipments.plan(wanted)
    yield* Console.error(`Looking up ${describe(references)}: ${count(requests, "request")}, ${takes(duration)}`)
    const show = yield* progress.start
    const matches = yield* shipments.resolve(wanted, {
      onProgress: (now) =>
        show({
          unit: "requests",
          total: Math.max(requests, now.requests),
          done: now.requests,
          left: Math.max(requests, now.requests) - now.requests,
          rejected: 0,
          unknown: 0,
          limitedUntil: undefined
        })
    })
    yield* answered
    return Array.zipWith(references, matches, toAnswer)
  }, Effect.scoped)

  return Resolver.of({
    shipments: (references) => Effect.catchAll(lookUp(references), refuse),
    carriers: (names) =>
      carriers.list.pipe(
        Effect.tap(answered),
        Effect.map((list) => names.map((name) => toCarrier(Carriers.match(list, name)))),
        Effect.catchAll(refuse)
      ),
    account: yield* Effect.cached(carriers.list.pipe(
      // a check that isn't worth waiting for
      RetryPolicy.withRetryPolicy(RetryPolicy.none),
      Effect.tap(answered),
      Effect.map(toAccount),
      Effect.catchAll(notCompared)
    )),
    words: yield* Effect.cached(carriers.list.pipe(
      Effect.tap(answered),
      Effect.map((list) => toAccount(list).meaningOf),
      Effect.catchAll(refuse)
    )),
    hasAnswered: Effect.sync(() => hasAnswered)
  })
})

/** Looks everything up in one account. */
export const layerShipments: Layer.Layer<Resolver, never, Shipments.Shipments | Carriers.Carriers | Progress> = Layer
  .effect(Resolver, make)

const toReference = ({ _tag, value }: Reference): ShipmentReference => {
  switch (_tag) {
    case "ShipmentNumber":
      return { shipment_number: value }
    case "ExternalShipmentId":
      return { external_shipment_id: value }
    case "SalesOrderId":
      return { sales_order_id: value }
    case "V1OrderId":
      return { v1_order_id: value }
  }
}

const describe = (references: ReadonlyArray<Reference>): string => {
  const kinds = new Set(references.map(nounOf))
  const [noun = "order number"] = kinds
  return kinds.size === 1 && noun !== "orderId of API v1"
    ? count(references.length, noun)
    : count(references.length, "shipment")
}

const takes = (duration: Duration.Duration): string => {
  const seconds = Math.ceil(Duration.toSeconds(duration))
  return seconds <= 1 ? "about a second" : `${Duration.format(Duration.seconds(seconds))} at most`
}

const toAnswer = (reference: Reference, match: ShipmentMatch.ShipmentMatch): Answer => {
  const noun = nounOf(reference)
  return ShipmentMatch.match(match, {
    Found: ({ shipment_id }): Answer => ({ _tag: "Found", value: shipment_id }),
    NotFound: ({ problem }): Answer => ({
      _tag: "NotFound",
      reason: problem ?? `is the ${noun} of no shipment`,
      remedy: "compare it with ShipStation's page; what was imported there just now takes a while"
    }),
    Ambiguous: ({ shipments }): Answer => ({
      _tag: "NotFound",
      reason: `is the ${noun} of ${count(shipments.length, "shipment")}: ${
        shipments.map(({ shipment_id, shipment_status }) =>
          shipment_status === "cancelled" ? `${shipment_id} (cancelled)` : shipment_id
        ).join(", ")
      }`,
      remedy: "write the id of the one that is meant in its place",
      kind: `is the ${noun} of several shipments`,
      oneOf: shipments.flatMap(({ shipment_id }) => typeof shipment_id === "string" ? [shipment_id] : [])
    }),
    Cancelled: ({ shipments }): Answer => ({
      _tag: "NotFound",
      reason: `is the ${noun} of a cancelled shipment: ${shipments.map(({ shipment_id }) => shipment_id).join(", ")}`,
      remedy: "delete this row, or restore the shipment in ShipStation",
      kind: `is the ${noun} of a cancelled shipment`
    })
  })
}

const toCarrier = (match: CarrierMatch.CarrierMatch): Answer =>
  CarrierMatch.match(match, {
    Found: ({ carrier_code }): Answer => ({ _tag: "Found", value: carrier_code }),
    NotFound: ({ means, name, nearest }): Answer => ({
      _tag: "NotFound",
      reason: means.length === 0
        ? "is no carrier of this account"
        : `is ${means.join(" or ")}, which this account doesn't have`,
      remedy: `say --carrier-code "${printable(name, 60)}"=${nearest[0] ?? "its code"}${
        nearest.length === 0 ? "" : `, if ${nearest.join(" or ")} is meant`
      }`
    }),
    Ambiguous: ({ carrier_codes, name }): Answer => ({
      _tag: "NotFound",
      reason: `may be ${carrier_codes.join(" or ")}`,
      remedy: `say which: --carrier-code "${printable(name, 60)}"=${carrier_codes[0] ?? ""}`
    })
  })

const toAccount = (list: ReadonlyArray<Carrier>): Account => ({
  doubtOf: remembered((code) => toDoubt(list, Carriers.match(list, code))),
  meaningOf: remembered((name) => list.length === 0 ? undefined : toCarrier(Carriers.match(list, name)))
})

/** Thinks about each text once. */
const remembered = <A>(think: (text: string) => A) => {
  const known = new Map<string, { readonly thought: A }>()
  return (text: string): A => {
    const found = known.get(text) ?? { thought: think(text) }
    // a column of something else has a code of its own in each row
    if (known.size < 1000) known.set(text, found)
    return found.thought
  }
}

/** What to say of a code that no carrier of the account has, though one may be called so. */
const toDoubt = (list: ReadonlyArray<Carrier>, match: CarrierMatch.CarrierMatch): NotFound | undefined => {
  const codes = [...new Set(list.flatMap(({ carrier_code }) => carrier_code ?? []))].toSorted()
  if (codes.includes(match.name)) return undefined
  const meant = CarrierMatch.match(match, {
    Found: ({ carrier_code }) => [carrier_code],
    NotFound: ({ nearest }) => nearest,
    Ambiguous: ({ carrier_codes }) => carrier_codes
  })
  const all = codes.length === 0
    ? "it has none"
    : `it has ${codes.slice(0, 20).join(", ")}${codes.length > 20 ? ", …" : ""}`
  return {
    _tag: "NotFound",
    reason: "is no carrier that the account has, and is probably refused",
    remedy: meant[0] === undefined
      ? `${all}. Set it up in ShipStation, or correct it`
      : `if it is ${meant.join(" or ")}, say --carrier-code "${printable(match.name, 60)}"=${meant[0]}`
  }
}
