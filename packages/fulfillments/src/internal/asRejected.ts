import { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const encode = Schema.encodeSync(ShipStationError)
const decode = Schema.decodeUnknownOption(ShipStationError)

/** The same error, once it is known that nothing was done; itself where its class never says so. */
export const asRejected = (error: ShipStationError): ShipStationError =>
  Option.getOrElse(decode({ ...encode(error), delivery: "rejected" }), () => error)
