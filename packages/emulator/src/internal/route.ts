import * as Option from "effect/Option"
import type { By } from "./shipments.js"

/** What is at a path, with a method. */
export type Place =
  | { readonly endpoint: "create" | "list" | "shipments" | "carriers" }
  | { readonly endpoint: "shipment"; readonly by: By; readonly id: string }
  | {
    readonly endpoint: undefined
    /** The methods that there are at this path; undefined when nothing is there. */
    readonly allow: string | undefined
  }

/** Which endpoint a request is for. */
export const placeOf = (method: string, path: string): Place => {
  if (path === "/v2/fulfillments") {
    return method === "POST"
      ? { endpoint: "create" }
      : method === "GET"
      ? { endpoint: "list" }
      : { endpoint: undefined, allow: "GET, POST" }
  }
  const place = readable(path)
  return method === "GET" || place.endpoint === undefined ? place : { endpoint: undefined, allow: "GET" }
}

const readable = (path: string): Place => {
  if (path === "/v2/shipments") return { endpoint: "shipments" }
  if (path === "/v2/carriers") return { endpoint: "carriers" }
  const [, external, escaped] = /^\/v2\/shipments\/(external_shipment_id\/)?([^/]+)$/.exec(path) ?? []
  return Option.match(Option.flatMap(Option.fromNullable(escaped), decode), {
    onNone: () => ({ endpoint: undefined, allow: undefined }),
    onSome: (id) => ({
      endpoint: "shipment",
      by: external === undefined ? "shipment_id" : "external_shipment_id",
      id
    })
  })
}

const decode: (text: string) => Option.Option<string> = Option.liftThrowable(decodeURIComponent)
