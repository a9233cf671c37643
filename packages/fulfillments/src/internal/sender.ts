/**
 * Sends tickets: past the gate, in one request, and where a request is refused for what it holds, in halves.
 */
import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import { isTransient, type ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import * as Gate from "./gate.js"
import type { Ledger } from "./ledger.js"
import type { Lookup } from "./lookup.js"
import type { ReadBack } from "./options.js"
import * as Request from "./request.js"
import type { Refusal, Results, Tickets } from "./ticket.js"

const outcomes = MetricKey.counter("shipstation.fulfillments", {
  description: "Shipments, by what became of them",
  incremental: true
})

/**
 * Counts what became of shipments, by `outcome`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const outcomeCount: Metric.Metric.Counter<number> = Metric.fromMetricKey(outcomes)

interface Needs {
  readonly client: Client
  readonly ledger: Ledger
  readonly lookup: Lookup
  readonly toWire: (input: FulfillmentInput) => FulfillmentInput
}

/**
 * One request at most. Fails with the caller's own error, or when the same refusal is all that became of the tickets.
 * Whoever has no result wasn't wanted any more.
 */
export type Send = <E, R>(tickets: Tickets, options: Request.Options<E, R>) => Effect.Effect<Results, E | Refusal, R>

export const make = (needs: Needs): Send => {
  const { client, ledger } = needs
  const tell = makeTell(client.account)
  const gate = Gate.make(needs)
  const post = Request.make({ ...needs, gate })

  const send = <E, R>(tickets: Tickets, options: Request.Options<E, R>) =>
    ledger.exclusively(
      tickets,
      Effect.gen(function*() {
        const results = yield* gate.clear(tickets, options.readBack === "before")
        if (results.size === 0) return yield* post(tickets, options)
        const rest = tickets.filter((ticket) => !results.has(ticket))
        if (Array.isNonEmptyReadonlyArray(rest)) {
          for (const [ticket, result] of yield* post(rest, options)) results.set(ticket, result)
        }
        return results
      })
    )

  return (tickets, options) =>
    send(tickets, options).pipe(
      Effect.catchAll(({ cause }) => Effect.failCause(cause)),
      Effect.flatMap((results) => {
        const refusal = refusalOfAll(results)
        return refusal === undefined
          ? Effect.as(tell(tickets.length, results), results)
          : Effect.fail(refusal)
      }),
      Effect.withSpan("Fulfillments.create", {
        captureStackTrace: false,
        attributes: { "shipstation.account": client.account, "shipstation.batch_size": tickets.length }
      })
    )
}

const refusalOfAll = (results: Results): Refusal | undefined => {
  let refusal: Refusal | undefined
  for (const result of results.values()) {
    if (Either.isRight(result) || (refusal !== undefined && refusal !== result.left)) return undefined
    refusal = result.left
  }
  return refusal
}

const makeTell = (account: string) => {
  // tagged once each, and by their keys: what `Metric.tagged` makes is looked up at each update
  const counted = new Map<string, typeof outcomeCount>()
  const countOf = (outcome: FulfillmentOutcome["_tag"]) => {
    const labels = [MetricLabel.make("outcome", outcome), MetricLabel.make("account", account)]
    const metric = counted.get(outcome) ?? Metric.fromMetricKey(MetricKey.taggedWithLabels(outcomes, labels))
    counted.set(outcome, metric)
    return metric
  }

  return Effect.fnUntraced(function*(batchSize: number, results: Results) {
    const counts = new Map<FulfillmentOutcome["_tag"], number>()
    let requestId: string | undefined
    for (const result of results.values()) {
      const tag = Either.isRight(result) ? result.right._tag : "NotSent"
      counts.set(tag, (counts.get(tag) ?? 0) + 1)
      if (Either.isRight(result) && tag === "Unknown") requestId ??= result.right.requestId
    }
    const count = (...tags: ReadonlyArray<FulfillmentOutcome["_tag"]>) =>
      tags.reduce((sum, tag) => sum + (counts.get(tag) ?? 0), 0)
    const unknown = count("Unknown")
    yield* Effect.annotateCurrentSpan({
      "shipstation.fulfilled": count("Created", "AlreadyFulfilled"),
      "shipstation.rejected": count("Rejected", "Conflict"),
      "shipstation.unsettled": unknown + count("NotSent")
    })
    for (const [outcome, length] of counts) yield* Metric.update(countOf(outcome), length)
    if (unknown === 0) return
    yield* Effect.annotateLogs(Effect.logWarning("It is not known whether shipments were fulfilled"), {
      "shipstation.batch_size": batchSize,
      "shipstation.unsettled": unknown,
      ...requestId === undefined ? {} : { "shipstation.request_id": requestId }
    })
  })
}

/** The parts of a request that are to be sent by themselves after it. */
export const partsToSend = (
  tickets: Tickets,
  results: Results,
  readBack: ReadBack,
  isPatient: boolean
): ReadonlyArray<Tickets> => {
  const refused = tickets.filter((ticket) => {
    const result = results.get(ticket)
    return result !== undefined && Either.isLeft(result) && isAboutContent(result.left)
  })
  if (refused.length > 1 && Array.isNonEmptyReadonlyArray(refused)) return halves(refused)
  // the gate knows when they may go
  const absent = readBack === "none" ? [] : tickets.filter((ticket) => {
    const outcome = Either.getOrUndefined(results.get(ticket) ?? Either.left(undefined))
    return outcome?._tag === "Unknown" && outcome.readBackError === undefined && isAboutContent(outcome.error)
  })
  if (!Array.isNonEmptyReadonlyArray(absent)) return []
  // some were found to be fulfilled, which explains the refusal
  if (absent.length < tickets.length) return [absent]
  return isPatient && absent.length > 1 ? halves(absent) : []
}

const halves = (tickets: Tickets): ReadonlyArray<Tickets> => Array.chunksOf(tickets, Math.ceil(tickets.length / 2))

/** Refused for what some of its items hold; the others may pass. */
const isAboutContent = (error: ShipStationError): boolean => error.concerns === "content" && !isTransient(error)

/** What is wrong with the key or the account is wrong for all requests. */
export const isDoom = (error: ShipStationError): boolean => error.concerns === "account" && !isTransient(error)
