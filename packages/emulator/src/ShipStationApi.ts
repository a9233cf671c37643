/**
 * What is known about the endpoints, as an `HttpApi` and as an OpenAPI document. The emulator doesn't serve by it: what
 * the API does with a request that doesn't fit can't be said in it.
 *
 * It is made of the schemas that the client and the emulator use, so it is as tolerant as they are: few fields of an
 * answer are required, since live answers leave some out that the vendor's page requires.
 *
 * @since 0.1.0
 */
import {
  ApiError,
  Carrier,
  CreateFulfillments,
  ListFulfillments,
  ListShipments,
  Shipment
} from "@effect-shipstation/schema"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as examples from "./internal/examples.js"
import { badRequest, complete, withoutDecodeError } from "./internal/operation.js"
import { Query, ShipmentsQuery } from "./internal/query.js"

/**
 * The header `api-key`.
 *
 * @since 0.1.0
 * @category tags
 */
export class ApiKey extends HttpApiMiddleware.Tag<ApiKey>()("@effect-shipstation/emulator/ShipStationApi/ApiKey", {
  security: {
    api_keys: HttpApiSecurity.annotate(
      HttpApiSecurity.apiKey({ key: "api-key" }),
      OpenApi.Description,
      "A key of the ShipStation API v2. Keys of API v1 are refused."
    )
  }
}) {}

// annotations take the name away, and with it the reference to the schema
const described = <A, I>(schema: Schema.Schema<A, I>, description: string, status: number) =>
  schema.annotations(HttpApiSchema.annotations({
    identifier: Option.getOrThrow(SchemaAST.getIdentifierAnnotation(schema.ast)),
    description,
    status
  }))

const refused = (status: number, description: string) => described(ApiError.ErrorBody, description, status)

const create = HttpApiEndpoint.post("createFulfillments", "/v2/fulfillments")
  .setPayload(CreateFulfillments.Request)
  .addSuccess(described(
    CreateFulfillments.Response,
    "What became of each shipment. Some may have failed: has_errors and error_message tell",
    200
  ))
  .addError(refused(409, "A conflict, such as a shipment that has been shipped already"))
  .annotateContext(OpenApi.annotations({
    summary: "Create fulfillments",
    description: "Marks shipments as shipped with tracking information. This will notify customers and marketplaces "
      + "according to the account's configuration, and can't be undone. There is no idempotency key: a repeated "
      + "request is a new one.",
    transform: complete(examples.create)
  }))

const list = HttpApiEndpoint.get("listFulfillments", "/v2/fulfillments")
  .setUrlParams(Query)
  .addSuccess(ListFulfillments.Page)
  .annotateContext(OpenApi.annotations({
    summary: "List fulfillments",
    description: "Lists fulfillments that match all parameters. Leave a parameter out rather than send it empty.",
    transform: complete(examples.list)
  }))

const listShipments = HttpApiEndpoint.get("listShipments", "/v2/shipments")
  .setUrlParams(ShipmentsQuery)
  .addSuccess(ListShipments.Page)
  .annotateContext(OpenApi.annotations({
    summary: "List shipments",
    description: "Lists shipments, which elsewhere are called orders, that match all parameters. There is no parameter "
      + "for several numbers at once.",
    transform: complete(examples.listShipments)
  }))

const getShipment = HttpApiEndpoint.get("getShipment", "/v2/shipments/:shipment_id")
  .setPath(Schema.Struct({ shipment_id: Schema.String.annotations({ description: "The shipment's id" }) }))
  .addSuccess(Shipment.Shipment)
  .annotateContext(OpenApi.annotations({
    summary: "Get a shipment",
    description: "Finds a shipment by its id: se- and the orderId of API v1.",
    transform: complete(examples.getShipment)
  }))

const getShipmentByExternalId = HttpApiEndpoint
  .get("getShipmentByExternalId", "/v2/shipments/external_shipment_id/:external_shipment_id")
  .setPath(Schema.Struct({
    external_shipment_id: Schema.String.annotations({ description: "The caller's own id of the shipment" })
  }))
  .addSuccess(Shipment.Shipment)
  .annotateContext(OpenApi.annotations({
    summary: "Get a shipment by the caller's own id",
    description: "Finds a shipment by the id that its creator gave it: the orderKey of API v1.",
    transform: complete(examples.getShipment)
  }))

const listCarriers = HttpApiEndpoint.get("listCarriers", "/v2/carriers")
  .setUrlParams(Schema.Struct({
    include_extended_details: Schema.optional(Schema.Literal("true", "false")).annotations({
      description: "Whether packages and options are told too; they are when it is left out"
    })
  }))
  .addSuccess(described(Carrier.ListCarriers, "The carriers that are set up on the account", 200))
  .addSuccess(described(Carrier.ListCarriers, "Not all of them could be asked: errors tells why", 207))
  .annotateContext(OpenApi.annotations({
    summary: "List carriers",
    description:
      "Lists the carriers that are set up on the account: the only carrier codes that a fulfillment may have.",
    transform: complete(examples.listCarriers)
  }))

/**
 * `POST` and `GET /v2/fulfillments`, the shipments and the carriers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const api = HttpApi.make("ShipStation")
  .add(
    HttpApiGroup.make("fulfillments", { topLevel: true })
      .add(create)
      .add(list)
      .middleware(ApiKey)
      .annotate(OpenApi.Description, "Shipments marked as shipped")
  )
  .add(
    HttpApiGroup.make("shipments", { topLevel: true })
      .add(listShipments)
      .add(getShipmentByExternalId)
      .add(getShipment)
      .middleware(ApiKey)
      .annotate(OpenApi.Description, "Shipments, which elsewhere are called orders")
  )
  .add(
    HttpApiGroup.make("carriers", { topLevel: true })
      .add(listCarriers)
      .middleware(ApiKey)
      .annotate(OpenApi.Description, "The carriers that are set up on the account")
  )
  .addError(refused(400, badRequest.description))
  .addError(refused(401, "The key is missing or wrong"))
  .addError(refused(403, "The key may not do this"))
  .addError(refused(404, "There is no such resource"))
  .addError(refused(429, "Too many requests. The header Retry-After tells when to come again"))
  .addError(
    HttpApiSchema.Empty(500).annotations({
      description: "An unexpected error, with no body. Whether anything was created is unknown"
    })
  )
  // defines them under their own descriptions, before the statuses above give them others
  .annotate(HttpApi.AdditionalSchemas, [ApiError.ErrorBody, CreateFulfillments.Response, Carrier.ListCarriers])
  .annotateContext(OpenApi.annotations({
    title: "ShipStation API: fulfillments",
    version: "2.0.0",
    description:
      "What the vendor publishes about these endpoints, and what live answers were seen to be. Not by the vendor. "
      + "The statuses 403 and 409 are known from the vendor's sibling API. Answers may hold more fields, and other "
      + "texts where values are listed.",
    servers: [{ url: "https://api.shipstation.com", description: "Live: it e-mails real customers" }],
    transform: withoutDecodeError
  }))

/**
 * `api` as an OpenAPI 3.1 document.
 *
 * @since 0.1.0
 * @category constants
 */
export const openApi = OpenApi.fromApi(api, { additionalPropertiesStrategy: "allow" })
