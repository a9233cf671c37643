/** What the tests of stores share. */
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import { expect } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Utils from "effect/Utils"
import * as OutboxStore from "../../OutboxStore.js"

let last = 0

/** A shipment that no other test has. */
export const fresh = (more: Partial<FulfillmentInput> = {}): FulfillmentInput => {
  last++
  return { shipment_id: `se-${last}`, tracking_number: `1Z${last}`, carrier_code: "ups", ...more }
}

/** An account that no other test has. */
export const freshAccount = () => `account-${++last}`

/** Tests by name. */
export type Tests = Readonly<Record<string, Effect.Effect<void, never, OutboxStore.OutboxStore>>>

/** What it fails with may be flipped. */
type Step = Utils.YieldWrap<Effect.Effect<unknown, object | void, OutboxStore.OutboxStore>>

/** A test of a store, with an account of its own. */
export const test = (
  body: (of: { readonly store: OutboxStore.Service; readonly account: string }) => Generator<Step, void, never>
): Tests[string] =>
  Effect.flatMap(
    OutboxStore.OutboxStore,
    (store) => Effect.orDie(Effect.gen(() => body({ store, account: freshAccount() })))
  )

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

/** A row of which it isn't known what became of it. */
export const unknown = Effect.fnUntraced(function*(account: string) {
  const store = yield* OutboxStore.OutboxStore
  const mine = yield* sending(account, [fresh()])
  const [id = 0] = ids(mine)
  yield* store.settle(mine.token, [{ id, ended: endings.unknown }])
  return id
})

/** An unknown row is looked up, and isn't there. */
export const absent = Effect.fnUntraced(function*(account: string, id: number, policy: OutboxStore.Policy) {
  const store = yield* OutboxStore.OutboxStore
  const { rows, token } = yield* store.claimUnknown({ account, worker: "w", limit: 10, lease: minute })
  expect(rows.length).toBe(1)
  yield* store.looked(token, [{ id, looked: { _tag: "Absent" } }], policy)
})

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

export const endings = {
  fulfilled: { _tag: "Fulfilled", requestId: "request-1" },
  rejected: { _tag: "Rejected", error: { _tag: "Rejected", message: "no", requestId: "request-1" } },
  conflict: { _tag: "Conflict", found: { tracking_number: "other" } },
  pending: { _tag: "NotDone", error: { _tag: "ShipStationNetworkError", message: "refused" }, delay: 60_000 },
  unknown: { _tag: "Unknown", error: { _tag: "ShipStationConnectionLostError", message: "cut" } }
} as const satisfies Record<string, OutboxStore.Ended>

export const never: OutboxStore.Policy = { resendAfter: Infinity, nextLook: () => 60_000 }
export const atOnce: OutboxStore.Policy = { resendAfter: 0, nextLook: () => 0 }
