import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ShipStationApi from "../ShipStationApi.js"

// what a reader tries out on the page reaches the emulator, and no customer
const api = ShipStationApi.api.annotate(OpenApi.Servers, [{ url: "/", description: "The emulator" }])

// `fromApi` remembers it for the page, which asks without options
const document = OpenApi.fromApi(api, { additionalPropertiesStrategy: "allow" })

/** Answers `/openapi.json`, and `/docs` with a page that shows it, and reaches nothing but the emulator. */
export const make: Effect.Effect<HttpApp.Default> = HttpLayerRouter.toHttpEffect(Layer.merge(
  HttpLayerRouter.add("GET", "/openapi.json", Effect.orDie(HttpServerResponse.json(document))),
  HttpApiSwagger.layerHttpLayerRouter({ api, path: "/docs" })
)).pipe(
  Effect.scoped,
  Effect.map((routes) =>
    routes.pipe(
      Effect.map(HttpServerResponse.setHeader(
        "content-security-policy",
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'"
      )),
      Effect.catchTag("RouteNotFound", () => HttpServerResponse.empty({ status: 404 })),
      Effect.scoped
    )
  )
)
