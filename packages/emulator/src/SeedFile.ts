/**
 * A JSON document of what there is before the first request: shipments, fulfillments, carriers, accounts and faults.
 *
 * @example
 * ```ts
 * import { Emulator, SeedFile } from "@effect-shipstation/emulator"
 * import { Either } from "effect"
 *
 * const text = `{ "shipments": [{ "shipment_id": "se-1", "shipment_number": "A-1" }] }`
 *
 * // it fits the options, and `Emulator.seed` too
 * export const layer = Emulator.layerServer(Either.getOrThrow(SeedFile.decode(text)))
 * ```
 *
 * @since 0.1.0
 */
import { Fulfillment as Wire } from "@effect-shipstation/schema"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { FaultRule } from "./Fault.js"
import { decodeJson, type Issue } from "./internal/issues.js"
import type { Seed } from "./internal/model.js"

export type { Issue } from "./internal/issues.js"

const Shipment = Schema.Struct({
  shipment_id: Wire.ShipmentId,
  shipment_number: Schema.optional(Schema.String),
  external_shipment_id: Schema.optional(Schema.String),
  sales_order_id: Schema.optional(Schema.String),
  order_source_id: Schema.optional(Schema.String),
  ship_to: Schema.optional(Wire.Address),
  account: Schema.optional(Schema.String),
  cancelled: Schema.optional(Schema.Boolean),
  notification_error_message: Schema.optional(Schema.String),
  created_at: Schema.optional(Wire.ShipDate),
  modified_at: Schema.optional(Wire.ShipDate),
  tags: Schema.optional(Schema.Array(Schema.String))
})

const Carrier = Schema.Struct({
  friendly_name: Schema.String,
  nickname: Schema.optional(Schema.String),
  services: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
})

const Fulfillment = Schema.Struct({
  shipment_id: Wire.ShipmentId,
  tracking_number: Wire.TrackingNumber,
  carrier_code: Schema.optional(Wire.CarrierCode),
  created_at: Schema.optional(Wire.ShipDate),
  ship_date: Schema.optional(Wire.ShipDate),
  voided: Schema.optional(Schema.Boolean),
  account: Schema.optional(Schema.String)
})

const Account = Schema.Struct({
  name: Schema.String,
  apiKey: Schema.String.pipe(
    // the text itself is not in the message
    Schema.pattern(/^[\x21-\x7e]+$/, { message: () => "must be printable ASCII without spaces, and not empty" })
  ),
  verified: Schema.optional(Schema.Boolean)
})

const Webhook = Schema.Struct({
  url: Schema.String.pipe(
    Schema.filter((url) => /^https?:/.test(url) && URL.canParse(url), { message: () => "must be a URL with http" })
  ),
  events: Schema.optional(Schema.Array(Schema.String)),
  account: Schema.optional(Schema.String)
})

/**
 * A seed file. Its fields are those of `Emulator.Seed`, and `faults`; unknown ones are refused.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SeedFile = Schema.Struct({
  shipments: Schema.optional(Schema.Array(Shipment)),
  fulfillments: Schema.optional(Schema.Array(Fulfillment)),
  carriers: Schema.optional(Schema.Record({ key: Wire.CarrierCode, value: Schema.Union(Schema.String, Carrier) })),
  accounts: Schema.optional(Schema.Array(Account)),
  webhooks: Schema.optional(Schema.Array(Webhook)),
  faults: Schema.optional(Schema.Array(FaultRule))
}).annotations({
  identifier: "SeedFile",
  description: "What there is before the first request",
  parseOptions: { onExcessProperty: "error" }
})

/**
 * A seed file. It fits `Emulator.Options` and `Emulator.Seed`.
 *
 * @since 0.1.0
 * @category models
 */
export interface SeedFile extends Seed {
  /** What goes wrong. Default: nothing. */
  readonly faults?: ReadonlyArray<FaultRule> | undefined
}

/**
 * Reads the text of a seed file, or tells all that is wrong with it, and where.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode: (text: string) => Either.Either<SeedFile, ReadonlyArray<Issue>> = decodeJson(SeedFile)
