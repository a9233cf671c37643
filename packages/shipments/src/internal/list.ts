import * as Options from "@effect-shipstation/http-client/Options"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import * as ListShipments from "@effect-shipstation/schema/ListShipments"
import * as Paging from "@effect-shipstation/schema/Paging"
import type { Shipment } from "@effect-shipstation/schema/Shipment"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { InvalidShipmentsQueryError } from "../InvalidShipmentsQueryError.js"
import { pageSize } from "./estimate.js"
import type { Requests } from "./requests.js"

type ListError = ShipStationError | InvalidShipmentsQueryError

/** A copy, with what it inherits: a filter that is dropped would list too much. */
const own = (query: ListShipments.Query = {}) => Options.withInherited(ListShipments.Query, query)

/** Lists shipments: one page, or all of them page by page as they are pulled. */
export const make = (requests: Requests) => {
  const list = Effect.fnUntraced(
    function*(query?: ListShipments.Query) {
      const checked = yield* Either.mapLeft(
        ListShipments.validateQuery(own(query)),
        (issues) => new InvalidShipmentsQueryError({ issues })
      )
      const { body } = yield* requests.page(checked)
      return body
    },
    Effect.withSpan("Shipments.list", { captureStackTrace: false })
  )

  const listAll = (given?: ListShipments.Query): Stream.Stream<Shipment, ListError> => {
    const query = own(given)
    const size = query.page_size ?? pageSize
    const first = query.page ?? 1
    return Stream.paginateChunkEffect(
      { number: first, seen: (first - 1) * size },
      ({ number, seen }) =>
        Effect.gen(function*() {
          const page = yield* list({ ...query, page: number, page_size: size })
          const rows = page.shipments.length
          const place = { number, rows, seen: seen + rows, size }
          const isEnd = Paging.isLast(page, place)
          if (isEnd && first === 1 && Paging.isCutShort(page, place)) {
            yield* Effect.logWarning("The list of shipments ended before it had told all that it says it has")
          }
          return [
            Chunk.fromIterable(page.shipments),
            isEnd ? Option.none() : Option.some({ number: number + 1, seen: place.seen })
          ]
        })
    )
  }

  return { list, listAll }
}
