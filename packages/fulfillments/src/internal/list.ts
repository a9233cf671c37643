import * as Options from "@effect-shipstation/http-client/Options"
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { InvalidFulfillmentError } from "../InvalidFulfillmentError.js"
import { isCutShort, isLast } from "./paging.js"

type ListError = ShipStationError | InvalidFulfillmentError

/** A copy, with what it inherits: a filter that is dropped would list too much. */
const own = (query: ListFulfillments.Query = {}) => Options.withInherited(ListFulfillments.Query, query)

/** Lists fulfillments: one page, or all of them page by page as they are pulled. */
export const make = (client: Client) => {
  const pageOf = Effect.fnUntraced(
    function*(query: ListFulfillments.Query) {
      const checked = yield* Either.mapLeft(
        ListFulfillments.validateQuery(query),
        (issues) => new InvalidFulfillmentError({ issues: issues.map((issue) => ({ index: 0, ...issue })) })
      )
      return yield* client.listFulfillments(checked)
    },
    Effect.withSpan("Fulfillments.list", { captureStackTrace: false })
  )

  const list = (query?: ListFulfillments.Query) => Effect.map(pageOf(own(query)), ({ body }) => body)

  const listAll = (given?: ListFulfillments.Query): Stream.Stream<Fulfillment, ListError> => {
    const query = own(given)
    const size = query.page_size ?? 500
    const first = query.page ?? 1
    return Stream.paginateChunkEffect(
      { number: first, seen: (first - 1) * size },
      ({ number, seen }) =>
        Effect.gen(function*() {
          const page = yield* pageOf({ ...query, page: number, page_size: size })
          const { fulfillments } = page.body
          const next = { number: number + 1, seen: seen + fulfillments.length }
          const isEnd = isLast(page, { number, seen: next.seen, size })
          if (isEnd && first === 1 && isCutShort(page, number, next.seen)) {
            yield* Effect.logWarning("The list of fulfillments ended before it had told all that it says it has")
          }
          return [Chunk.fromIterable(fulfillments), isEnd ? Option.none() : Option.some(next)]
        })
    )
  }

  return { list, listAll }
}
