/**
 * One request, and what became of each of its items: by the answer, and where the answer doesn't tell by reading back.
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import {
  isNotDone,
  type NotDone,
  type ShipStationConnectionLostError,
  type ShipStationError,
  ShipStationUnexpectedResponseError
} from "@effect-shipstation/http-client/ShipStationError"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constTrue } from "effect/Function"
import * as Metric from "effect/Metric"
import { type FulfillmentOutcome, NotSent, partition } from "../FulfillmentOutcome.js"
import { asRejected } from "./asRejected.js"
import type { Item, Items } from "./item.js"
import { matchResults } from "./matchResults.js"
import { type Memory, monotonicNow } from "./memory.js"
import { makeUnknown, type Outcomes, trusted } from "./outcomes.js"
import type { ReadBack } from "./readBack.js"
import { settle } from "./settle.js"

/** Nothing was done: it wasn't sent, or refused at the door. */
export type Refusal = NotDone<Exclude<ShipStationError, ShipStationConnectionLostError>>

/** Is it certain that nothing was done? */
export const isRefusal = (error: NotSent["error"]): error is Refusal =>
  error._tag !== "InvalidFulfillmentError" && error._tag !== "ShipStationConnectionLostError" && isNotDone(error)

export interface Options<E, R> {
  readonly beforeSend: Effect.Effect<void, E, R>
  readonly readBack: "none" | "unknown" | "all"
  /** Asked right before the send. What isn't wanted any more is left out, and has no outcome. */
  readonly isWanted?: ((item: Item) => boolean) | undefined
  /** Told of what the answer says was created, before anything else is looked up. */
  readonly onCreated?: ((outcomes: Outcomes) => void) | undefined
}

interface Needs {
  readonly client: Client
  readonly memory: Memory
  readonly readBack: ReadBack
  readonly toWire: (input: FulfillmentInput) => FulfillmentInput
}

/** Counts what became of shipments, by `outcome`. */
export const outcomeCount = Metric.counter("shipstation.fulfillments", {
  description: "Shipments, by what became of them",
  incremental: true
})

/** Fails only if nothing was done for any of the items. */
export type CreateItems = <E, R>(
  items: Items,
  options: Options<E, R>
) => Effect.Effect<Outcomes, Refusal | E, R>

export const make = ({ client, memory, readBack, toWire }: Needs): CreateItems => {
  /** Looks for what is unknown, and once for what was rejected, as it may have been fulfilled before. */
  const improve = Effect.fnUntraced(function*(
    outcomes: Outcomes,
    sentAt: number,
    allowed: Options<never, never>["readBack"]
  ) {
    const unknown = [...outcomes].flatMap(([item, outcome]) => outcome._tag === "Unknown" ? [{ item, outcome }] : [])
    if (allowed !== "none" && unknown.length > 0) {
      const { error, found } = yield* readBack.repeatedly(unknown.map(({ item }) => item), sentAt)
      for (const { item, outcome } of unknown) {
        outcomes.set(item, found.get(item) ?? makeUnknown(item, outcome.error, error))
      }
    }
    const rejected = [...outcomes].flatMap(([item, { _tag }]) => _tag === "Rejected" ? [item] : [])
    if (allowed === "all" && rejected.length > 0) {
      const { found } = yield* readBack.byShipment(rejected.slice(0, mostLooksForRejected))
      for (const [item, outcome] of found) outcomes.set(item, outcome)
    }
    return outcomes
  })

  const send = Effect.fnUntraced(function*<E, R>(items: Items, options: Options<E, R>) {
    const sent: { items: ReadonlyArray<Item>; at: number; really: boolean } = { items, at: 0, really: false }
    const notDone = () => {
      if (sent.really) memory.notDone(sent.items)
    }
    const request = Effect.gen(function*() {
      // an attempt before this one was refused, or there would be none
      notDone()
      yield* Effect.mapErrorCause(options.beforeSend, (cause) => Cause.fail<Stopped<E>>({ _tag: "Stopped", cause }))
      const wanted = items.filter(options.isWanted ?? constTrue)
      if (!Array.isNonEmptyReadonlyArray(wanted)) return yield* Effect.fail(nothingWanted)
      sent.items = wanted
      sent.at = yield* monotonicNow
      sent.really = true
      memory.sent(wanted, sent.at)
      return { fulfillments: Array.map(wanted, ({ input }) => toWire(input)) }
    })
    const answer = yield* client.createFulfillments(request).pipe(
      Effect.map((success) => matchResults(sent.items, success)),
      // the request may have left before something broke
      Effect.catchAllDefect(() => Effect.succeed(allUnknown(sent.items, broken))),
      Effect.either
    )
    if (Either.isRight(answer)) {
      options.onCreated?.(new Map([...answer.right].filter(([, { _tag }]) => _tag === "Created")))
      return yield* improve(answer.right, sent.at, options.readBack)
    }
    const error = answer.left
    switch (error._tag) {
      case "NothingWanted":
        return allUnknown([], broken)
      case "Stopped":
        return yield* Effect.fail(error)
      case "ShipStationConnectionLostError":
        return yield* improve(allUnknown(sent.items, error), sent.at, options.readBack)
    }
    if (isNotDone(error)) {
      notDone()
      // one shipment that is refused for its state is like a rejected item
      if (options.readBack === "all" && sent.items.length === 1 && isAboutState(error)) {
        const { found } = yield* readBack.byShipment(sent.items)
        if (found.size > 0) return new Map<Item, FulfillmentOutcome>(found)
      }
      return yield* Effect.fail(error)
    }
    const outcomes = yield* improve(allUnknown(sent.items, error), sent.at, options.readBack)
    if (options.readBack !== "none" && isRefused(error) && [...outcomes.values()].every(isAbsent)) {
      const refusal = asRejected(error)
      if (isRefusal(refusal)) {
        notDone()
        return yield* Effect.fail(refusal)
      }
    }
    return outcomes
  })

  const createItems = <E, R>(items: Items, options: Options<E, R>) =>
    memory.exclusively(
      items,
      Effect.gen(function*() {
        const suspects = items.filter((item) =>
          memory.fulfilled(item) !== undefined || memory.unsettled(item) !== undefined
        )
        const outcomes = yield* settle({ client, memory, readBack }, suspects)
        const rest = items.filter((item) => !outcomes.has(item))
        if (!Array.isNonEmptyReadonlyArray(rest)) return outcomes
        const sent = yield* Effect.either(send(rest, options))
        if (Either.isRight(sent)) {
          for (const [item, outcome] of sent.right) outcomes.set(item, outcome)
        } else if (outcomes.size === 0 || sent.left._tag === "Stopped") {
          return yield* Effect.fail(sent.left)
        } else {
          // an error would say that nothing was done for any
          for (const item of rest) outcomes.set(item, new NotSent({ ...item, error: sent.left }, trusted))
        }
        return outcomes
      })
    )

  return Effect.fnUntraced(
    function*<E, R>(items: Items, options: Options<E, R>) {
      const ended = yield* Effect.either(createItems(items, options))
      if (Either.isLeft(ended)) {
        return yield* ended.left._tag === "Stopped" ? Effect.failCause(ended.left.cause) : Effect.fail(ended.left)
      }
      const { fulfilled, rejected, unsettled } = partition(ended.right.values())
      yield* Effect.annotateCurrentSpan({
        "shipstation.fulfilled": fulfilled.length,
        "shipstation.rejected": rejected.length,
        "shipstation.unsettled": unsettled.length
      })
      const counts = Object.entries(Array.groupBy(ended.right.values(), ({ _tag }) => _tag))
      yield* Effect.forEach(
        counts,
        ([outcome, { length }]) => Metric.update(Metric.tagged(outcomeCount, "outcome", outcome), length)
      )
      if (unsettled.length > 0) {
        const requestId = unsettled[0]?.requestId
        yield* Effect.annotateLogs(Effect.logWarning("It is not known whether shipments were fulfilled"), {
          "shipstation.batch_size": items.length,
          "shipstation.unsettled": unsettled.length,
          ...requestId === undefined ? {} : { "shipstation.request_id": requestId }
        })
      }
      return ended.right
    },
    (create, items) =>
      Effect.withSpan(create, "Fulfillments.create", {
        captureStackTrace: false,
        attributes: { "shipstation.batch_size": items.length }
      })
  )
}

/** ShipStation's limit is for everybody: what was rejected for good reasons must not cost much of it. */
const mostLooksForRejected = 10

/** The caller's effect failed right before the send. */
export interface Stopped<E> {
  readonly _tag: "Stopped"
  readonly cause: Cause.Cause<E>
}

const nothingWanted: { readonly _tag: "NothingWanted" } = { _tag: "NothingWanted" }

/** A refusal that may mean: it is fulfilled already. How the API says so isn't published. */
const isAboutState = ({ _tag, errors }: ShipStationError): boolean =>
  _tag === "ShipStationBusinessRulesError" || errors.some(({ error_code }) => error_code === "invalid_status")

/** The whole request was refused. (After a 408 nobody knows how much of it was read.) */
const isRefused = ({ status = 0 }: ShipStationError): boolean => status >= 400 && status < 500 && status !== 408

/** Looked for, and not there. */
const isAbsent = (outcome: FulfillmentOutcome): boolean =>
  outcome._tag === "Unknown" && outcome.readBackError === undefined

const allUnknown = (items: ReadonlyArray<Item>, error: ShipStationError): Outcomes =>
  new Map(items.map((item) => [item, makeUnknown(item, error)]))

/** Something broke while the request was sent, or its answer read. */
export const broken = new ShipStationUnexpectedResponseError({
  delivery: "unknown",
  message: "The request or its answer could not be processed",
  method: "POST",
  url: "/v2/fulfillments",
  errors: []
})
