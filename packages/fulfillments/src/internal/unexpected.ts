import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import { ShipStationUnexpectedResponseError } from "@effect-shipstation/http-client/ShipStationError"
import * as Effect from "effect/Effect"
import { place } from "./ticket.js"

/** Something broke, and how far the request had come isn't known. */
export const broken = new ShipStationUnexpectedResponseError({
  delivery: "unknown",
  message: "The request or its answer could not be processed",
  ...place
})

/** Without the shipments, which are customers'. The client has taken the key out of what it throws. */
export const logDefect = (defect: unknown) =>
  Effect.annotateLogs(
    Effect.logError("A request or its answer could not be processed"),
    "error.message",
    defect instanceof Error ? defect.stack ?? defect.message : typeof defect === "string" ? defect : "no message"
  )

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
