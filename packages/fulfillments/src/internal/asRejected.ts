import { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import * as Schema from "effect/Schema"

const encode = Schema.encodeSync(ShipStationError)
const decode = Schema.decodeSync(ShipStationError)

/** The same error, once it is known that nothing was done. */
export const asRejected = (error: ShipStationError): ShipStationError =>
  decode({ ...encode(error), delivery: "rejected" })
