import * as Schema from "effect/Schema"
import { ErrorDetail } from "./ApiError.js"
import {
  answerField,
  answerFlag,
  answerList,
  answerNumber,
  answerText,
  openEnum,
  wordsOf
} from "./internal/tolerant.js"

/**
 * Whether the carrier's account may be used yet; null for most.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ConnectionStatus = openEnum("pending_approval", "approved").annotations({
  identifier: "ShipStationConnectionStatus",
  description: "Whether the carrier's account may be used yet"
})

/**
 * One of the two known states, or the text that the API sent.
 *
 * @since 0.1.0
 * @category models
 */
export type ConnectionStatus = typeof ConnectionStatus.Type

/**
 * A service of a carrier.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CarrierService = Schema.Struct({
  /** The carrier account that offers it. */
  carrier_id: answerText,
  /** The carrier that offers it. */
  carrier_code: answerText,
  /** The service's code, such as `ups_ground`. */
  service_code: answerText,
  /** The service's name for people, such as `UPS® Ground`. */
  name: answerText,
  /** Whether it goes within the country. */
  domestic: answerFlag(),
  /** Whether it goes abroad. */
  international: answerFlag()
}).annotations({ identifier: "ShipStationCarrierService", description: "A service of a carrier" })

/**
 * A service of a carrier. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface CarrierService extends Schema.Schema.Type<typeof CarrierService> {}

/**
 * A carrier that is set up on the account, as `GET /v2/carriers` lists it. Several accounts with one carrier have the same
 * `carrier_code`. Any field may be missing or null, and an unknown one is dropped.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Carrier = Schema.Struct({
  /** The id of this account with the carrier, such as `se-28529731`. */
  carrier_id: answerText,
  /** What a fulfillment names the carrier by, such as `ups` or `dhl_express`. */
  carrier_code: answerText,
  /** The number of the account with the carrier. */
  account_number: answerText,
  /** What the user calls this account. */
  nickname: answerText,
  /** The carrier's name for people, such as `UPS`. */
  friendly_name: answerText,
  /** Whether the account may be used yet; null for most. */
  connection_status: answerField(ConnectionStatus),
  /** Whether labels are paid from a balance. */
  requires_funded_amount: answerFlag(),
  /** How much money is left. */
  balance: answerNumber,
  /** Whether it is used where nothing else is said. */
  primary: answerFlag(),
  /** What it offers. One that isn't an object is `{}`. */
  services: answerField(answerList(CarrierService, (): CarrierService => ({})))
}).annotations({ identifier: "ShipStationCarrier", description: "A carrier that is set up on the account" })

/**
 * A carrier that is set up on the account. Any field may be missing or null.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carrier extends Schema.Schema.Type<typeof Carrier> {}

/**
 * The answer to `GET /v2/carriers`, which has no pages. Status 207 says that not all of them could be asked: `errors` then
 * tells why, and the list may be short.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ListCarriers = Schema.Struct({
  /** The carriers. A row that isn't an object is `{}`. */
  carriers: answerList(Carrier, (): Carrier => ({})),
  /** ShipStation's id of the request. */
  request_id: answerText,
  /** Why the list may be short; missing or empty when it isn't. */
  errors: answerField(answerList(ErrorDetail, (json): ErrorDetail => ({ message: wordsOf(json) })))
}).annotations({ identifier: "ShipStationListCarriers", description: "The carriers that are set up on the account" })

/**
 * The answer to `GET /v2/carriers`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListCarriers extends Schema.Schema.Type<typeof ListCarriers> {}
