import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import { ShipStationUnexpectedResponseError } from "@effect-shipstation/http-client/ShipStationError"

/** A success that could be decoded, and doesn't say what it should. */
export const unexpected = ({ method, requestId, status, url }: Success<unknown>, message: string) =>
  new ShipStationUnexpectedResponseError({
    delivery: "unknown",
    message: `Status ${status}: ${message}`,
    method,
    url,
    status,
    requestId,
    errors: []
  })
