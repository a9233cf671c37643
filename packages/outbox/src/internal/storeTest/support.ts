/** What the tests of stores share. */
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as OutboxStore from "../../OutboxStore.js"

let last = 0

/** A shipment that no other test has. */
export const fresh = (more: Partial<FulfillmentInput> = {}): FulfillmentInput => {
  last++
  return { shipment_id: `se-${last}`, tracking_number: `1Z${last}`, carrier_code: "ups", ...more }
}

/** An account that no other test has. */
export const freshAccount = () => `account-${++last}`

export const minute = Duration.minutes(1)

export const offer = (account: string, ...inputs: ReadonlyArray<FulfillmentInput>) =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => store.offer(account, inputs.map((input, index) => ({ index, input })))
  )

export const claim = (account: string, more: Partial<OutboxStore.ClaimOptions> = {}) =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => store.claim({ account, worker: "worker", limit: 100, lease: minute, ...more })
  )

export const ids = ({ rows }: OutboxStore.Claim) => rows.map(({ id }) => id)

export const claimed = (claim: OutboxStore.Claim): OutboxStore.Claimed => ({ token: claim.token, ids: ids(claim) })

export const sendFor = { sendFor: Duration.seconds(30), lease: minute }

/** Rows on their way to be sent. */
export const sending = Effect.fnUntraced(
  function*(account: string, inputs: ReadonlyArray<FulfillmentInput>, lease = minute) {
    const store = yield* OutboxStore.OutboxStore
    yield* offer(account, ...inputs)
    const mine = yield* claim(account)
    yield* store.intend(claimed(mine), { account, sendFor: Duration.min(lease, "30 seconds"), lease })
    return mine
  }
)

export const states = (account: string) =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => Effect.map(store.list({ account, limit: 1000 }), ({ rows }) => rows.map(({ state }) => state))
  )

export const oneOf = Effect.fnUntraced(function*(account: string) {
  const store = yield* OutboxStore.OutboxStore
  const { rows: [row] } = yield* store.list({ account, limit: 1 })
  if (row === undefined) return yield* Effect.dieMessage("no row")
  return row
})

export const endings: Record<string, OutboxStore.Ended> = {
  fulfilled: { _tag: "Fulfilled", requestId: "request-1" },
  rejected: { _tag: "Rejected", error: { _tag: "Rejected", message: "no", requestId: "request-1" } },
  conflict: { _tag: "Conflict", found: { tracking_number: "other" } },
  pending: { _tag: "NotDone", error: { _tag: "ShipStationNetworkError", message: "refused" }, delay: 60_000 },
  unknown: { _tag: "Unknown", error: { _tag: "ShipStationConnectionLostError", message: "cut" } }
}

export const never: OutboxStore.Policy = { resendAfter: Infinity, nextLook: () => 60_000 }
export const atOnce: OutboxStore.Policy = { resendAfter: 0, nextLook: () => 0 }
