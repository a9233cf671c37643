/** The requests that this package makes. */
import * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { ListCarriers } from "@effect-shipstation/schema/Carrier"
import * as ListShipments from "@effect-shipstation/schema/ListShipments"
import * as Paging from "@effect-shipstation/schema/Paging"
import { Shipment } from "@effect-shipstation/schema/Shipment"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { unexpected } from "./unexpected.js"

const WholePage = Paging.withoutErrors(ListShipments.Page)

const encodeQuery = Schema.encodeSync(ListShipments.Query)

/** Makes the requests. A query has been checked before. */
export const make = (client: ShipStationClient.Service) => {
  const page = (query: ListShipments.Query) =>
    Effect.suspend(() =>
      client.request("GET", "/v2/shipments", { query: { ...encodeQuery(query) }, response: WholePage })
    ).pipe(
      Effect.filterOrElse(
        ({ status }) => status !== 206 && status !== 207,
        (answer) => unexpected(answer, "The list isn't whole")
      )
    )

  const one = (path: string, field: "shipment_id" | "external_shipment_id", id: string) =>
    client.request("GET", path, { response: Shipment }).pipe(
      Effect.flatMap((answer) =>
        answer.body[field] === id && typeof answer.body.shipment_id === "string"
          ? Effect.succeed(Option.some(answer.body))
          : unexpected(answer, "It is another shipment than was asked for")
      ),
      Effect.catchIf(saysAbsent, () => Effect.succeedNone)
    )

  return {
    page,
    byId: (id: string) => one(ShipStationClient.path`/v2/shipments/${id}`, "shipment_id", id),
    byExternalId: (id: string) =>
      one(ShipStationClient.path`/v2/shipments/external_shipment_id/${id}`, "external_shipment_id", id),
    carriers: client.request("GET", "/v2/carriers", {
      query: { include_extended_details: "false" },
      response: ListCarriers
    })
  }
}

/** The requests that this package makes. */
export interface Requests extends ReturnType<typeof make> {}

/** Does the API itself say that there is none? A page of some gateway with status 404 doesn't, nor what concerns more. */
const saysAbsent = ({ _tag, concerns, delivery, errors, status }: ShipStationError): boolean =>
  delivery === "rejected" && concerns === "content" && _tag !== "ShipStationIntegrationsError" &&
  (status === 404 ||
    (status === 400 && errors.length > 0 && errors.every(({ error_code }) => error_code === "invalid_identifier")))
