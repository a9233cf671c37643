/** Reads back what a webhook points at, from where the account's key may go. */
import type * as ShipStationClient from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as Paging from "@effect-shipstation/schema/Paging"
import type { Event } from "@effect-shipstation/schema/Webhook"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { WebhookResourceError } from "../WebhookError.js"

/** The query of the list of fulfillments that a webhook points at. */
export type Pointer = ReadonlyArray<readonly [name: string, value: string]>

/** Where an event points, if that is the list of fulfillments below this base URL. */
export const pointerOf = (
  { resource_url: given }: Event,
  baseUrl: string
): Either.Either<Pointer, WebhookResourceError> => {
  const refuse = (reason: string) => Either.left(new WebhookResourceError({ reason }))
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  const url = URL.canParse(given ?? "") ? new URL(given ?? "") : undefined
  if (base === undefined) return refuse("baseUrl is not a URL")
  if (url === undefined) return refuse("it has no resource_url, or one that is none")
  if (url.origin !== base.origin) {
    return refuse(`it is at ${url.origin}, and the API key goes to baseUrl only, ${base.origin}`)
  }
  const list = `${base.pathname.replace(/\/+$/, "")}/v2/fulfillments`
  if (url.pathname.replace(/\/+$/, "") !== list) {
    return refuse(`it is no list of fulfillments, but ${url.pathname.slice(0, 100)}`)
  }
  const pointer = [...url.searchParams].filter(([, value]) => value !== "")
  return pointer.some(([name]) => Object.hasOwn(ListFulfillments.Query.fields, name) && !others.has(name))
    ? Either.right(pointer)
    : refuse("it doesn't say which fulfillments it is about")
}

/** Which of them, and in which order, and not what they are. */
const others: ReadonlySet<string> = new Set(["page", "page_size", "sort_by", "sort_dir"])

/** All fulfillments that it points at, page by page. The client builds the URL, so that it can't lead elsewhere. */
export const readAll = (
  client: ShipStationClient.Service,
  pointer: Pointer
): Effect.Effect<ReadonlyArray<Fulfillment>, ShipStationError | WebhookResourceError> =>
  Effect.gen(function*() {
    const filters = pointer.filter(([name]) => name !== "page")
    const found: Array<Fulfillment> = []
    for (let number = 1; number <= mostPages; number++) {
      const { body } = yield* client.request("GET", "/v2/fulfillments", {
        query: [...filters, ["page", String(number)]],
        response: ListFulfillments.Page
      })
      const rows = body.fulfillments.length
      found.push(...body.fulfillments)
      if (Paging.isLast(body, { number, rows, seen: found.length, size: usualPage })) {
        return found.filter(isMeant(pointer))
      }
    }
    return yield* new WebhookResourceError({ reason: `it has more than ${mostPages} pages` })
  })

/** A list may ignore what it is asked for, and what others did isn't what the webhook is about. */
const isMeant = (pointer: Pointer) => (fulfillment: Fulfillment): boolean =>
  (["shipment_id", "fulfillment_id"] as const).every((field) => {
    const ids = idsIn(field, pointer)
    return ids.length === 0 || ids.includes(fulfillment[field] ?? "")
  })

/** One, or several of them. */
const idsIn = (field: string, pointer: Pointer): ReadonlyArray<string> =>
  pointer.flatMap(([name, value]) => name === field ? value.split(",") : [])

/** A webhook is about one fulfillment, or a few. */
const mostPages = 10

/** How many rows a page has where nothing is said. */
const usualPage = 25

/** The ids in these fields, of what it points at and of what was read, each once. */
export const idsOf = (
  field: "shipment_id" | "fulfillment_id",
  pointer: Pointer,
  fulfillments: ReadonlyArray<Fulfillment>
): ReadonlyArray<string> => [
  ...new Set([
    ...idsIn(field, pointer),
    ...fulfillments.flatMap((fulfillment) => fulfillment[field] ?? [])
  ])
]
