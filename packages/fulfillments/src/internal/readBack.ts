/**
 * Reading back: what the list of fulfillments says about shipments.
 */
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import type { Service as Client, Success } from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import { type Fulfillment, isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import type * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import { constFalse } from "effect/Function"
import * as Schedule from "effect/Schedule"
import { AlreadyFulfilled, Conflict } from "../FulfillmentOutcome.js"
import type { Item } from "./item.js"
import { monotonicNow } from "./memory.js"
import { trusted } from "./outcomes.js"
import { unexpected } from "./unexpected.js"

/** What was found. An item that isn't in `found` has no fulfillment, as far as the list tells. */
export interface Look {
  readonly found: ReadonlyMap<Item, AlreadyFulfilled | Conflict>
  /** Why the last look failed; what it would have found isn't known. */
  readonly error: ShipStationError | undefined
}

export interface ReadBack {
  /** One request for each item. */
  readonly byShipment: (items: ReadonlyArray<Item>) => Effect.Effect<Look>
  /** For items that were sent at that time, by `monotonicNow`: in whichever way takes fewer requests. */
  readonly sentSince: (items: ReadonlyArray<Item>, sentAt: number | undefined) => Effect.Effect<Look>
  /** Looks as often as the schedule says, or until all are found. The schedule's first delay comes before the first look. */
  readonly repeatedly: (items: ReadonlyArray<Item>, sentAt: number | undefined) => Effect.Effect<Look>
  /** Had it fulfillments, and were all of them voided? */
  readonly isVoided: (item: Item) => Effect.Effect<boolean>
}

export const make = (client: Client, schedule: Schedule.Schedule<unknown>): ReadBack => {
  const ofShipment = (item: Item) => {
    const { shipment_id } = item.input
    return Effect.flatMap(
      client.listFulfillments({ shipment_id, page_size: pageSize }),
      (page) =>
        page.body.fulfillments.every((fulfillment) => (fulfillment.shipment_id ?? shipment_id) === shipment_id)
          ? Effect.succeed(settle(item, page.body.fulfillments, page.requestId))
          : unexpected(page, "The list holds other shipments than were asked for")
    )
  }

  const byShipment = Effect.fnUntraced(function*(items: ReadonlyArray<Item>) {
    const found = new Map<Item, AlreadyFulfilled | Conflict>()
    const some = yield* Effect.makeSemaphore(4)
    const looks = Effect.forEach(items, (item) =>
      Effect.map(ofShipment(item), (outcome) => {
        if (outcome !== undefined) found.set(item, outcome)
      }).pipe(some.withPermits(1), Effect.forkScoped))
    // Effect.forEach with `concurrency` may wait for ever when it is interrupted right when it starts (effect 3.22)
    const result = yield* looks.pipe(
      Effect.flatMap(Effect.forEach(Fiber.join, { discard: true })),
      Effect.scoped,
      Effect.either
    )
    return look(found, result)
  })

  /**
   * The pages of what was created since the items were sent, five minutes before included. What counts is the server's
   * clock: if ours turns out to be more than a minute ahead of it, the pages are asked for anew by the server's.
   */
  const createdSince = Effect.fnUntraced(function*(sentAt: number, mostPages: number) {
    const start = (now: DateTime.Utc) =>
      Effect.map(
        monotonicNow,
        (monotonic) => now.pipe(DateTime.subtract({ millis: monotonic - sentAt }), DateTime.subtract({ minutes: 5 }))
      )
    const query = (create_date_start: DateTime.Utc, page: number) =>
      client.listFulfillments({ create_date_start, page, page_size: pageSize })

    let since = yield* Effect.flatMap(DateTime.now, start)
    let page = yield* query(since, 1)
    if (page.date === undefined) return undefined
    if (DateTime.distance(page.date, yield* DateTime.now) > aMinute) {
      since = yield* start(page.date)
      page = yield* query(since, 1)
    }
    if ((page.body.pages ?? 1) > mostPages) return undefined
    const fulfillments = [...page.body.fulfillments]
    for (let number = 1; hasMore(page, number); number++) {
      if (number === mostPages) return undefined
      page = yield* query(since, number + 1)
      fulfillments.push(...page.body.fulfillments)
    }
    return { fulfillments, requestId: page.requestId }
  })

  const sentSince = Effect.fnUntraced(function*(items: ReadonlyArray<Item>, sentAt: number | undefined) {
    if (items.length < 2 || sentAt === undefined) return yield* byShipment(items)
    const list = yield* Effect.either(createdSince(sentAt, items.length))
    if (Either.isLeft(list)) return look(new Map(), list)
    // too many pages, or a server that doesn't tell its time
    if (list.right === undefined) return yield* byShipment(items)
    const { fulfillments, requestId } = list.right
    const byId = Array.groupBy(fulfillments, ({ shipment_id }) => shipment_id ?? "")
    const found = new Map<Item, AlreadyFulfilled | Conflict>()
    for (const item of items) {
      const outcome = settle(item, byId[item.input.shipment_id] ?? [], requestId)
      if (outcome !== undefined) found.set(item, outcome)
    }
    return look(found, list)
  })

  const repeatedly = Effect.fnUntraced(function*(items: ReadonlyArray<Item>, sentAt: number | undefined) {
    const found = new Map<Item, AlreadyFulfilled | Conflict>()
    let error: ShipStationError | undefined
    const driver = yield* Schedule.driver(schedule)
    while (found.size < items.length && (yield* Effect.isSuccess(driver.next(undefined)))) {
      const latest = yield* sentSince(items.filter((item) => !found.has(item)), sentAt).pipe(
        // the schedule decides when to look again
        RetryPolicy.withRetryPolicy(RetryPolicy.none)
      )
      for (const [item, outcome] of latest.found) found.set(item, outcome)
      error = latest.error
    }
    return { found, error }
  })

  const isVoided = ({ input: { shipment_id } }: Item) =>
    client.listFulfillments({ shipment_id, page_size: pageSize }).pipe(
      Effect.map(({ body: { fulfillments } }) => fulfillments.length > 0 && !fulfillments.some(isValid)),
      Effect.orElseSucceed(constFalse)
    )

  return { byShipment, sentSince, repeatedly, isVoided }
}

/** The most that a page of the list takes. */
const pageSize = 500

const aMinute = 60_000

const look = (found: Look["found"], result: Either.Either<unknown, ShipStationError>): Look => ({
  found,
  error: Either.isLeft(result) ? result.left : undefined
})

/** Ours among several wins. A voided one doesn't count. */
const settle = (
  { index, input }: Item,
  fulfillments: ReadonlyArray<Fulfillment>,
  requestId: string | undefined
): AlreadyFulfilled | Conflict | undefined => {
  const valid = fulfillments.filter(isValid)
  const ours = valid.find(({ tracking_number }) => isSameTrackingNumber(tracking_number ?? "", input.tracking_number))
  if (ours !== undefined) return new AlreadyFulfilled({ index, input, requestId, fulfillment: ours }, trusted)
  const [other] = valid
  return other && new Conflict({ index, input, requestId, fulfillment: other }, trusted)
}

const isValid = ({ voided, voided_at }: Fulfillment): boolean => voided !== true && (voided_at ?? null) === null

const hasMore = ({ body }: Success<ListFulfillments.Page>, page: number): boolean =>
  body.pages === undefined || body.pages === null ? body.fulfillments.length === pageSize : page < body.pages
