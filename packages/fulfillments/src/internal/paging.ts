import type { Success } from "@effect-shipstation/http-client/ShipStationClient"
import type * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as Paging from "@effect-shipstation/schema/Paging"

/** Whether a page is the last one, after so many fulfillments in all. */
export const isLast = (
  { body }: Success<ListFulfillments.Page>,
  place: { readonly number: number; readonly seen: number; readonly size: number }
): boolean => Paging.isLast(body, { ...place, rows: body.fulfillments.length })

/** An end that isn't one: the list told of more than it gave. */
export const isCutShort = ({ body }: Success<ListFulfillments.Page>, number: number, seen: number): boolean =>
  Paging.isCutShort(body, { number, seen })
