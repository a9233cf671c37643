/**
 * Looking up: what the list of fulfillments says about tickets.
 *
 * Two ways. By its own id, one request for each: only this may conclude that a shipment has no fulfillment, or another's and
 * not ours. And the newest ones, page by page: one request finds a whole batch, if the list has it.
 */
import * as RetryPolicy from "@effect-shipstation/http-client/RetryPolicy"
import type { Service as Client, Success } from "@effect-shipstation/http-client/ShipStationClient"
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import {
  type Fulfillment,
  type FulfillmentInput,
  isSameTrackingNumber,
  isVoided
} from "@effect-shipstation/schema/Fulfillment"
import type * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { Absent, AlreadyFulfilled, Conflict } from "../FulfillmentOutcome.js"
import { checkInputs } from "./checkInputs.js"
import { isCutShort, isLast } from "./paging.js"
import { make as ticketOf, monotonicNow, type Ticket, unchecked } from "./ticket.js"
import { broken, logDefect, unexpected } from "./unexpected.js"

/** The fulfillments of a shipment that were voided. */
export interface Voided {
  readonly fulfillments: ReadonlyArray<Fulfillment>
  /** The server's clock when it said so. */
  readonly date: DateTime.Utc | undefined
  /** When that came, by `monotonicNow`. */
  readonly at: number
}

/** A fulfillment of the shipment that isn't voided: the ticket's own, or with another tracking number. */
export type Found = AlreadyFulfilled | Conflict

export interface Look {
  readonly found: Map<Ticket, Found>
  readonly voided: Map<Ticket, Voided>
  /** Not there, or voided only: looked up by its own id. */
  readonly absent: Set<Ticket>
  /** Not among all those that were created since it left, or voided only. */
  readonly unlisted: Set<Ticket>
  /** Why the last look failed; what it would have found isn't known. */
  readonly error: ShipStationError | undefined
}

export interface Lookup {
  /** One request for each. */
  readonly byId: (tickets: ReadonlyArray<Ticket>) => Effect.Effect<Look>
  /** For tickets that left at that moment, by `monotonicNow`: in whichever way takes fewer requests. */
  readonly once: (tickets: ReadonlyArray<Ticket>, since: number | undefined) => Effect.Effect<Look>
  /**
   * Looks as often as the schedule says, or until what was found settles them all. The schedule's first delay comes before
   * the first look.
   */
  readonly repeatedly: (
    tickets: ReadonlyArray<Ticket>,
    since: number | undefined,
    settles: (ticket: Ticket, found: Found) => boolean
  ) => Effect.Effect<Look>
}

interface Needs {
  readonly client: Client
  readonly schedule: Schedule.Schedule<unknown>
  /** Is told all that a look comes upon and that isn't voided, also of other shipments. */
  readonly seen: (fulfillments: ReadonlyArray<Fulfillment>, askedAt: number) => void
}

export const make = ({ client, schedule, seen }: Needs): Lookup => {
  const pageOf: PageOf = (query) =>
    Effect.zipWith(monotonicNow, client.listFulfillments(query), (askedAt, page) => {
      seen(page.body.fulfillments.filter(isValid), askedAt)
      return page
    })
  const { byId, newest } = makeWays(pageOf)

  const once = Effect.fnUntraced(function*(tickets: ReadonlyArray<Ticket>, since: number | undefined) {
    if (tickets.length < 2 || since === undefined) return yield* byId(tickets)
    const look = yield* Effect.either(newest(tickets, since))
    if (Either.isLeft(look)) return { ...nothing(), error: look.left }
    if (look.right === undefined) return yield* byId(tickets)
    const { found, unlisted, voided } = look.right
    const others = tickets.filter((ticket) => found.get(ticket)?._tag === "Conflict")
    if (others.length === 0) return look.right
    const own = yield* byId(others)
    for (const ticket of others) found.delete(ticket)
    return { ...own, found: new Map([...found, ...own.found]), voided: new Map([...voided, ...own.voided]), unlisted }
  })

  const repeatedly: Lookup["repeatedly"] = Effect.fnUntraced(function*(tickets, since, settles) {
    let look = nothing()
    const settled = new Map<Ticket, Found>()
    const driver = yield* Schedule.driver(schedule)
    while (settled.size < tickets.length && (yield* Effect.isSuccess(driver.next(undefined)))) {
      const latest = yield* once(tickets.filter((ticket) => !settled.has(ticket)), since).pipe(
        // the schedule decides when to look again
        RetryPolicy.withRetryPolicy(RetryPolicy.none)
      )
      for (const [ticket, found] of latest.found) if (settles(ticket, found)) settled.set(ticket, found)
      look = { ...latest, found: new Map([...latest.found, ...settled]) }
    }
    return look
  })

  // a schedule or a store that dies after a request was sent must not take with it what is known by then
  const safely = Effect.catchAllDefect((defect) => Effect.as(logDefect(defect), { ...nothing(), error: broken }))
  return {
    byId: (tickets) => safely(byId(tickets)),
    once: (tickets, since) => safely(once(tickets, since)),
    repeatedly: (tickets, since, settles) => safely(repeatedly(tickets, since, settles))
  }
}

type PageOf = Client["listFulfillments"]

/** The two ways of one look. */
const makeWays = (pageOf: PageOf) => {
  /** All fulfillments of one shipment. */
  const ofShipment = Effect.fnUntraced(function*({ input: { tracking_number }, shipmentId: shipment_id }: Ticket) {
    const rows: Array<Fulfillment> = []
    for (let number = 1;; number++) {
      const page = yield* pageOf({
        shipment_id,
        ...(number > 1 ? { page: number } : {}),
        page_size: pageSize
      })
      rows.push(...withoutThose(rows, page.body.fulfillments))
      if (rows.some((row) => (row.shipment_id ?? shipment_id) !== shipment_id)) {
        return yield* unexpected(page, "The list holds other shipments than were asked for")
      }
      if (rows.some(isUnreadable)) return yield* unexpected(page, "The list has a row that can't be read")
      if (!isLast(page, { number, seen: rows.length, size: pageSize })) {
        if (number < mostPages) continue
        return yield* unexpected(page, "The list has no end")
      }
      if (rows.some(isAnyones) && !rows.some((row) => isValid(row) && hasNumber(row, tracking_number))) {
        return yield* unexpected(page, "The list has a fulfillment without its tracking number")
      }
      return isCutShort(page, number, rows.length)
        ? yield* unexpected(page, "The list ends before it has told all that it says it has")
        : { rows, page }
    }
  })

  const byId = Effect.fnUntraced(function*(tickets: ReadonlyArray<Ticket>) {
    const look = nothing()
    const some = yield* Effect.makeSemaphore(4)
    const looks = Effect.forEach(
      tickets,
      (ticket) =>
        Effect.zipWith(ofShipment(ticket), monotonicNow, ({ page, rows }, now) => {
          see(look, ticket, rows, page, now)
          if (!look.found.has(ticket)) look.absent.add(ticket)
        }).pipe(some.withPermits(1), Effect.forkScoped)
    )
    // Effect.forEach with `concurrency` may wait for ever when it is interrupted right when it starts (effect 3.22)
    const result = yield* looks.pipe(
      Effect.flatMap(Effect.forEach(Fiber.join, { discard: true })),
      Effect.scoped,
      Effect.either
    )
    return { ...look, error: Either.isLeft(result) ? result.left : undefined }
  })

  /** The newest fulfillments, until the tickets are found, or there are none that were created after they left. */
  const newest = Effect.fnUntraced(function*(tickets: ReadonlyArray<Ticket>, since: number) {
    const look = nothing()
    const rows: Array<Fulfillment> = []
    for (let number = 1;; number++) {
      const page = yield* pageOf({ sort_dir: "desc", page: number, page_size: pageSize })
      rows.push(...withoutThose(rows, page.body.fulfillments))
      // rows of which it can't be told whether they are ours, and a server that doesn't tell its time: then only the ids help
      if (page.date === undefined || rows.some((row) => mayBeOf(tickets, row))) return undefined
      const byShipment = Array.groupBy(rows, ({ shipment_id }) => shipment_id ?? "")
      const now = yield* monotonicNow
      for (const ticket of tickets) see(look, ticket, byShipment[ticket.shipmentId] ?? [], page, now)
      const passed = now - since
      const start = page.date.pipe(DateTime.subtract({ millis: passed }), DateTime.subtract({ minutes: 5 }))
      const isEnd = isLast(page, { number, seen: rows.length, size: pageSize })
      // of a server that keeps pages short, dates count only where one says that they are right
      const isTrusted = rows.length >= number * pageSize || isSince(rows[0], start)
      if ((isTrusted && reachesBackTo(rows, start)) || (isEnd && !isCutShort(page, number, rows.length))) {
        for (const ticket of tickets) if (!look.found.has(ticket)) look.unlisted.add(ticket)
        return look
      }
      if (look.found.size === tickets.length) return look
      // one by one takes no more requests
      if (isEnd || number >= tickets.length || (page.body.pages ?? 0) > tickets.length) return undefined
    }
  })

  return { byId, newest }
}

/** What the list says about inputs that may never have been sent. */
export const readBack = (lookup: Lookup) =>
  Effect.fnUntraced(
    function*(inputs: Array.NonEmptyReadonlyArray<FulfillmentInput>) {
      const checked = yield* checkInputs(inputs, Number.POSITIVE_INFINITY)
      const tickets = Array.map(checked, (input, index) => ticketOf(index, input))
      const { error, found } = yield* lookup.byId(tickets)
      if (error !== undefined) return yield* error
      return Array.map(
        tickets,
        (ticket) => found.get(ticket) ?? unchecked(Absent, { _tag: "Absent", index: ticket.index, input: ticket.input })
      )
    },
    Effect.withSpan("Fulfillments.readBack", { captureStackTrace: false })
  )

/** No shipment has so many fulfillments that they would take more. */
const mostPages = 20

/** The most that a page of the list takes. */
const pageSize = 500

const nothing = (): Look => ({
  found: new Map(),
  voided: new Map(),
  absent: new Set(),
  unlisted: new Set(),
  error: undefined
})

/** Adds what these rows say about a ticket. Ours among several wins. A voided one doesn't count. */
const see = (
  { found, voided }: Look,
  ticket: Ticket,
  rows: ReadonlyArray<Fulfillment>,
  { date, requestId }: Success<ListFulfillments.Page>,
  at: number
): void => {
  const { index, input } = ticket
  const valid = rows.filter(isValid)
  const [fulfillment] = [...valid.filter((row) => hasNumber(row, input.tracking_number)), ...valid]
  if (valid.length < rows.length) voided.set(ticket, { fulfillments: rows.filter((row) => !isValid(row)), date, at })
  if (fulfillment === undefined) return
  const common = { index, input, requestId, fulfillment }
  found.set(
    ticket,
    hasNumber(fulfillment, input.tracking_number)
      ? unchecked(AlreadyFulfilled, { _tag: "AlreadyFulfilled", ...common })
      : unchecked(Conflict, { _tag: "Conflict", ...common })
  )
}

const isValid = (fulfillment: Fulfillment): boolean => !isVoided(fulfillment)

const hasNumber = ({ tracking_number }: Fulfillment, expected: string): boolean =>
  isSameTrackingNumber(tracking_number ?? "", expected)

/** Not told with which number: it may be ours, or another. */
const isAnyones = (row: Fulfillment): boolean => isValid(row) && (row.tracking_number ?? "").trim() === ""

/** It doesn't tell which shipment it is of, and its number doesn't say that it is of none of these. */
const mayBeOf = (tickets: ReadonlyArray<Ticket>, row: Fulfillment): boolean =>
  (row.shipment_id ?? "") === ""
    ? (row.tracking_number ?? "").trim() === "" || tickets.some(({ input }) => hasNumber(row, input.tracking_number))
    : isAnyones(row)

/** Those that no page before had. What moves to another page while they are read would hide one that isn't read then. */
const withoutThose = (before: ReadonlyArray<Fulfillment>, rows: ReadonlyArray<Fulfillment>) => {
  const ids = new Set(before.map(({ fulfillment_id }) => fulfillment_id))
  return rows.filter(({ fulfillment_id }) => (fulfillment_id ?? "") === "" || !ids.has(fulfillment_id))
}

const isUnreadable = ({ shipment_id, tracking_number }: Fulfillment): boolean =>
  (shipment_id ?? null) === null && (tracking_number ?? null) === null

const isSince = (row: Fulfillment | undefined, start: DateTime.Utc): boolean =>
  row?.created_at !== undefined && row.created_at !== null && DateTime.greaterThanOrEqualTo(row.created_at, start)

/**
 * Are these the newest, newest first, down to before that moment? Not if a date is missing, or the order isn't kept, or
 * can't be told as all are of one moment.
 */
const reachesBackTo = (rows: ReadonlyArray<Fulfillment>, start: DateTime.Utc): boolean => {
  let before: DateTime.Utc | undefined
  let descends = false
  for (const { created_at } of rows) {
    if (created_at === undefined || created_at === null) return false
    if (before !== undefined && DateTime.greaterThan(created_at, before)) return false
    if (before !== undefined && DateTime.lessThan(created_at, before)) descends = true
    before = created_at
  }
  return descends && before !== undefined && DateTime.lessThan(before, start)
}
