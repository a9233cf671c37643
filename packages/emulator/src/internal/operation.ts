import type * as OpenApi from "@effect/platform/OpenApi"
import * as Struct from "effect/Struct"
import type { Examples } from "./examples.js"

/** A part of `OpenApi.OpenAPISpecOperation`. */
interface Operation {
  readonly requestBody?: OpenApi.OpenAPISpecRequestBody
  readonly responses?: OpenApi.OpenAPISpecResponses
}

/** Says what an `HttpApiEndpoint` can't: the headers of answers, and examples of bodies. */
export const complete = (examples: Examples) => ({ requestBody, responses = {}, ...operation }: Operation) => ({
  ...operation,
  ...(requestBody === undefined
    ? {}
    : { requestBody: { ...requestBody, content: withExamples(requestBody.content, examples["request"]) } }),
  responses: Object.fromEntries(
    Object.entries({ ...responses, 400: badRequest }).map(([status, { content, description }]) => [status, {
      description,
      headers: status === "429" ? { ...requestId, ...retryAfter } : requestId,
      ...(content === undefined ? {} : { content: withExamples(content, examples[status]) })
    }])
  )
})

/** Status 400. An `HttpApi` has an answer of its own to what it can't decode, and would mix the two. */
export const badRequest: OpenApi.OpenApiSpecResponse = {
  description: "The request is wrong, or against a rule; nothing was created",
  content: { "application/json": { schema: { $ref: "#/components/schemas/ShipStationErrorBody" } } }
}

/** Takes out the schemas of that other answer. */
export const withoutDecodeError = ({ components, ...document }: {
  readonly components?: OpenApi.OpenAPIComponents
}) => ({
  ...document,
  components: {
    ...components,
    schemas: Struct.omit(components?.schemas ?? {}, "HttpApiDecodeError", "Issue", "PropertyKey")
  }
})

const withExamples = (content: OpenApi.OpenApiSpecContent, examples: Examples[string] | undefined) => ({
  "application/json": { ...content["application/json"], ...(examples === undefined ? {} : { examples }) }
})

const requestId = {
  "x-shipengine-requestid": {
    description: "Identifies the request, for the vendor's support team",
    schema: { type: "string" }
  }
}

const retryAfter = {
  "Retry-After": {
    description: "Seconds to wait. It is meant for all requests of the account, not only for this one.",
    required: true,
    schema: { type: "integer", minimum: 0 }
  }
}
