import type { Service as Client } from "@effect-shipstation/http-client/ShipStationClient"
import {
  ShipStationConnectionLostError,
  type ShipStationError,
  ShipStationUnexpectedResponseError
} from "@effect-shipstation/http-client/ShipStationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Item } from "./item.js"
import { type Memory, monotonicNow } from "./memory.js"
import { makeUnknown, type Outcomes } from "./outcomes.js"
import type { Look, ReadBack } from "./readBack.js"

interface Needs {
  readonly client: Client
  readonly memory: Memory
  readonly readBack: ReadBack
}

/**
 * Reads back what an earlier request may have done, so that nothing is sent again blindly. An item that has no outcome
 * then may be sent: the earlier request is over, and the list, looked at repeatedly, doesn't have it.
 */
export const settle = Effect.fnUntraced(function*(
  { client, memory, readBack }: Needs,
  suspects: ReadonlyArray<Item>
) {
  const outcomes: Outcomes = new Map()
  let left = suspects
  let error: ShipStationError | undefined
  const add = (look: Look) => {
    for (const [item, outcome] of look.found) outcomes.set(item, outcome)
    left = left.filter((item) => !outcomes.has(item))
    error = look.error
  }
  if (suspects.length === 0) return outcomes

  const times = suspects.flatMap((item) => (memory.unsettled(item) ?? memory.fulfilled(item))?.sentAt ?? [])
  // what wasn't sent by this layer may be old
  const sentAt = times.length < suspects.length ? undefined : Math.min(...times)
  add(yield* readBack.sentSince(left, sentAt))
  if (left.length > 0) add(yield* readBack.repeatedly(left, sentAt))

  // the server may still work on a request whose end we didn't see, as long as an answer may take
  const lastSentAt = Math.max(...left.flatMap((item) => memory.unsettled(item)?.sentAt ?? []))
  const patience = Math.min(Duration.toMillis(client.timeout), longestPatience)
  const wait = lastSentAt + patience - (yield* monotonicNow)
  if (wait > 0) {
    yield* Effect.sleep(wait)
    add(yield* readBack.repeatedly(left, sentAt))
  }

  for (const item of left) {
    const fulfilled = memory.fulfilled(item)
    if (error === undefined) {
      if (fulfilled === undefined) continue
      const isOld = (yield* monotonicNow) - fulfilled.knownAt > aMinute
      // what was voided may be sent again; soon after it the list may still show one that was voided before
      if (isOld && (yield* readBack.isVoided(item))) continue
      // otherwise the list isn't to be trusted: it lacks what is known to be there
    }
    const why = memory.unsettled(item)?.error ?? (fulfilled === undefined ? interruptedEarlier : notListed)
    outcomes.set(item, makeUnknown(item, why, error))
  }
  return outcomes
})

const aMinute = 60_000

/** For time-outs that never come. */
const longestPatience = 5 * aMinute

const notListed = new ShipStationUnexpectedResponseError({
  delivery: "unknown",
  message: "An earlier call fulfilled this shipment, and the list of fulfillments doesn't have it",
  method: "GET",
  url: "/v2/fulfillments",
  errors: []
})

const interruptedEarlier = new ShipStationConnectionLostError({
  delivery: "unknown",
  reason: "reset",
  message: "Another call for this shipment ended before it was known what became of it",
  method: "POST",
  url: "/v2/fulfillments",
  errors: []
})
