/**
 * What is known about the two endpoints, as an `HttpApi` and as an OpenAPI document. The emulator doesn't serve by it: what
 * the API does with a request that doesn't fit can't be said in it.
 *
 * It is made of the schemas that the client and the emulator use, so it is as tolerant as they are: few fields of an
 * answer are required, since live answers leave some out that the vendor's page requires.
 */
import { ApiError, CreateFulfillments, ListFulfillments } from "@effect-shipstation/schema"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as examples from "./internal/examples.js"
import { badRequest, complete, withoutDecodeError } from "./internal/operation.js"
import { Query } from "./internal/query.js"

/** The header `api-key`. */
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

/** `POST` and `GET /v2/fulfillments`. */
export const api = HttpApi.make("ShipStation")
  .add(
    HttpApiGroup.make("fulfillments", { topLevel: true })
      .add(create)
      .add(list)
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
      .middleware(ApiKey)
      .annotate(OpenApi.Description, "Shipments marked as shipped")
  )
  // defines them under their own descriptions, before the statuses above give them others
  .annotate(HttpApi.AdditionalSchemas, [ApiError.ErrorBody, CreateFulfillments.Response])
  .annotateContext(OpenApi.annotations({
    title: "ShipStation API: fulfillments",
    version: "2.0.0",
    description:
      "What the vendor publishes about two endpoints, and what live answers were seen to be. Not by the vendor. "
      + "The statuses 403 and 409 are known from the vendor's sibling API. Answers may hold more fields, and other "
      + "texts where values are listed.",
    servers: [{ url: "https://api.shipstation.com", description: "Live: it e-mails real customers" }],
    transform: withoutDecodeError
  }))

/** `api` as an OpenAPI 3.1 document. */
export const openApi = OpenApi.fromApi(api, { additionalPropertiesStrategy: "allow" })
