import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Types from "effect/Types"
import { PCGRandom } from "effect/Utils"
import type { FaultRule } from "../Fault.js"
import { defaultCarriers } from "./defaultCarriers.js"
import {
  defaultApiKey,
  type Fulfillment,
  type Notification,
  type Options,
  type Request,
  type Seed,
  type SeedCarrier,
  type Shipment,
  type WebhookDelivery,
  type WebhookSubscription
} from "./model.js"

/** A shipment, with its defaults filled in. */
export type KnownShipment = Pick<
  Fulfillment,
  "account" | "shipment_id" | "shipment_number" | "order_source_id" | "ship_to"
>

/** A shipment, with all that its list tells. */
export interface StoredShipment extends KnownShipment {
  readonly external_shipment_id: string
  readonly sales_order_id: string | undefined
  readonly created_at: DateTime.Utc
  readonly modified_at: DateTime.Utc
  readonly tags: ReadonlyArray<string>
}

/** A line of the journal, which is completed while the request is under way. */
export type Entry = Types.Mutable<Request>

/** A rule, and what has become of it. */
export interface ArmedRule {
  readonly rule: FaultRule
  /** How many requests met its conditions. */
  seen: number
  /** To how many it applied. */
  applied: number
}

/** Everything that the emulator knows. It is changed in place, within one tick. */
export interface State {
  readonly acceptAnyShipment: boolean | undefined
  readonly alreadyFulfilled: NonNullable<Options["alreadyFulfilled"]>
  readonly accountDefaultNotify: NonNullable<Options["accountDefaultNotify"]>
  readonly maxBatchSize: number
  readonly emptyBatch: NonNullable<Options["emptyBatch"]>
  readonly resultOrder: NonNullable<Options["resultOrder"]>
  /** Milliseconds. */
  readonly orderSourceNotifiedAfter: number
  readonly rateLimit: NonNullable<Options["rateLimit"]>
  /** When each account made the requests that count for its limit. */
  readonly accepted: Map<string, Array<number>>
  readonly accountOfKey: Map<string, string>
  /** Names of accounts. */
  readonly unverified: Set<string>
  readonly carriers: Map<string, SeedCarrier>
  readonly shipments: Map<string, StoredShipment>
  /** Ids of shipments. */
  readonly cancelled: Set<string>
  /** What the order sources of some shipments say instead of being told. */
  readonly refusing: Map<string, string>
  readonly fulfillments: Array<Fulfillment>
  readonly fulfillmentsOfShipment: Map<string, Array<Fulfillment>>
  readonly notifications: Array<Notification>
  /** How many of a kind went out for each shipment. */
  readonly notified: Map<string, number>
  /** How many notifications were not the first of their kind for their shipment. */
  notifiedAgain: number
  /** How often it was seeded. */
  seedings: number
  readonly requests: Array<Entry>
  requestCount: number
  readonly startedAt: DateTime.Utc
  rules: Array<ArmedRule>
  /** For faults. */
  readonly random: PCGRandom
  readonly seed: number
  /** For the order of results: faults stay the same when it is an other. */
  readonly shuffling: PCGRandom
  /** Where held requests wait. */
  readonly held: Effect.Latch
  readonly subscriptions: Array<WebhookSubscription>
  readonly webhookRetries: ReadonlyArray<Duration.DurationInput>
  /** Those that were sent. */
  readonly webhooks: Array<WebhookDelivery>
}

/** The state that the options describe. */
export const make = (options: Options, startedAt: DateTime.Utc): State => {
  const randomSeed = options.seed ?? 0
  const state: State = {
    acceptAnyShipment: options.acceptAnyShipment,
    alreadyFulfilled: options.alreadyFulfilled ?? "item",
    accountDefaultNotify: options.accountDefaultNotify ?? { customer: true, orderSource: true },
    maxBatchSize: options.maxBatchSize ?? 500,
    emptyBatch: options.emptyBatch ?? "refuse",
    resultOrder: options.resultOrder ?? "request",
    orderSourceNotifiedAfter: Duration.toMillis(options.orderSourceNotifiedAfter ?? "1 minute"),
    rateLimit: options.rateLimit ?? {},
    accepted: new Map(),
    accountOfKey: new Map(),
    unverified: new Set(),
    carriers: new Map(),
    shipments: new Map(),
    cancelled: new Set(),
    refusing: new Map(),
    fulfillments: [],
    fulfillmentsOfShipment: new Map(),
    notifications: [],
    notified: new Map(),
    notifiedAgain: 0,
    seedings: 0,
    requests: [],
    requestCount: 0,
    startedAt,
    rules: (options.faults ?? []).map(arm),
    seed: randomSeed,
    random: new PCGRandom(randomSeed),
    shuffling: new PCGRandom(randomSeed),
    held: Effect.unsafeMakeLatch(),
    subscriptions: [],
    webhookRetries: options.webhookRetries ?? ["10 seconds", "1 minute", "10 minutes"],
    webhooks: []
  }
  seed(state, {
    accounts: options.accounts ?? [{ name: "default", apiKey: defaultApiKey }],
    carriers: options.carriers ?? defaultCarriers,
    shipments: options.shipments,
    fulfillments: options.fulfillments,
    webhooks: options.webhooks
  }, startedAt)
  return state
}

/** Adds to the state; what exists under the same id, code or key is replaced. */
export const seed = (
  state: State,
  { accounts = [], carriers = {}, fulfillments = [], shipments = [], webhooks = [] }: Seed,
  now: DateTime.Utc
): void => {
  state.seedings++
  state.subscriptions.push(...webhooks)
  for (const { apiKey, name, verified } of accounts) {
    state.accountOfKey.set(apiKey, name)
    if (verified === false) state.unverified.add(name)
    else if (verified === true) state.unverified.delete(name)
  }
  for (const [code, carrier] of Object.entries(carriers)) {
    state.carriers.set(code, typeof carrier === "string" ? { friendly_name: carrier } : carrier)
  }
  const [firstAccount = "default"] = state.accountOfKey.values()
  for (const shipment of shipments) {
    state.shipments.set(shipment.shipment_id, withDefaults(shipment, shipment.account ?? firstAccount, now))
    if (shipment.cancelled === true) state.cancelled.add(shipment.shipment_id)
    else state.cancelled.delete(shipment.shipment_id)
    if (shipment.notification_error_message === undefined) state.refusing.delete(shipment.shipment_id)
    else state.refusing.set(shipment.shipment_id, shipment.notification_error_message)
  }
  for (const { account, created_at = now, shipment_id, ...fulfillment } of fulfillments) {
    const shipment = state.shipments.get(shipment_id) ?? withDefaults({ shipment_id }, firstAccount, now)
    add(state, {
      ...asKnown(shipment),
      account: account ?? shipment.account,
      tracking_number: fulfillment.tracking_number,
      carrier_code: fulfillment.carrier_code ?? "ups",
      ship_date: fulfillment.ship_date ?? created_at,
      created_at: DateTime.toUtc(created_at),
      notify_customer: false,
      notify_order_source: false,
      voided: fulfillment.voided ?? false
    })
  }
}

/** A rule that no request has met yet. */
export const arm = (rule: FaultRule): ArmedRule => ({ rule, seen: 0, applied: 0 })

/** Whether shipments exist that nobody gave. */
export const acceptsAnyShipment = ({ acceptAnyShipment, shipments }: State): boolean =>
  acceptAnyShipment ?? shipments.size === 0

/** The shipment, if this account has it. */
export const findShipment = (state: State, account: string, shipmentId: string): StoredShipment | undefined => {
  const shipment = state.shipments.get(shipmentId)
  if (shipment !== undefined) return shipment.account === account ? shipment : undefined
  return acceptsAnyShipment(state)
    ? withDefaults({ shipment_id: shipmentId }, account, state.startedAt)
    : undefined
}

/** The shipments of an account that somebody gave, or that have a fulfillment. */
export const shipmentsOf = (state: State, account: string): ReadonlyArray<StoredShipment> => {
  const shipments = [...state.shipments.values()].filter((shipment) => shipment.account === account)
  for (const [shipment_id, fulfillments] of state.fulfillmentsOfShipment) {
    if (state.shipments.has(shipment_id) || !fulfillments.some((fulfillment) => fulfillment.account === account)) {
      continue
    }
    shipments.push(withDefaults({ shipment_id }, account, state.startedAt))
  }
  return shipments
}

/** The fulfillments of a shipment, in order. */
export const fulfillmentsOf = (state: State, shipmentId: string): ReadonlyArray<Fulfillment> =>
  state.fulfillmentsOfShipment.get(shipmentId) ?? []

/** Creates a fulfillment and sends out its notifications. */
export const commit = (state: State, fulfillment: Omit<Fulfillment, "fulfillment_id" | "voided">): void => {
  const { created_at, notify_customer, notify_order_source, shipment_id } = fulfillment
  const fulfillment_id = add(state, { ...fulfillment, voided: false })
  const notify = (kind: Notification["kind"]) => {
    const key = `${kind} ${shipment_id} ${fulfillment.account}`
    const nth = (state.notified.get(key) ?? 0) + 1
    state.notified.set(key, nth)
    if (nth > 1) state.notifiedAgain++
    state.notifications.push({ kind, shipment_id, fulfillment_id, at: created_at, nth })
  }
  if (notify_customer) notify("customer")
  if (notify_order_source && !state.refusing.has(shipment_id)) notify("order_source")
}

/** The results of a create, in the order in which they are told. */
export const inResultOrder = <A>({ resultOrder, shuffling }: State, results: ReadonlyArray<A>): ReadonlyArray<A> => {
  switch (resultOrder) {
    case "request":
      return results
    case "reverse":
      return results.toReversed()
    case "shuffled":
      return results
        .map((result) => ({ result, place: shuffling.number() }))
        .toSorted((self, that) => self.place - that.place)
        .map(({ result }) => result)
  }
}

/** An id in the form of a UUID, the next in a row. */
export const nextRequestId = (state: State): string =>
  `00000000-0000-4000-8000-${String(++state.requestCount).padStart(12, "0")}`

const requestsKept = 10_000

// with both, 100,000 requests leave some 10 MB
const bodiesKept = 1_000

/** Adds to the journal. */
export const recordRequest = (
  state: State,
  request: Pick<Request, "requestId" | "at" | "method" | "path" | "account" | "limited" | "requestBody">
): Entry => {
  const entry: Entry = {
    ...request,
    status: undefined,
    committed: 0,
    fulfillmentIds: [],
    responseBody: undefined,
    answer: "pending",
    faults: []
  }
  state.requests.push(entry)
  const old = state.requests.at(-1 - bodiesKept)
  if (old !== undefined) {
    old.requestBody = undefined
    old.responseBody = undefined
  }
  // in bulk: taking one off the front of a long array each time is slow
  if (state.requests.length >= 2 * requestsKept) state.requests.splice(0, requestsKept)
  return entry
}

/** The journal. */
export const lastRequests = (state: State): ReadonlyArray<Request> =>
  state.requests.slice(-requestsKept).map((entry) => ({ ...entry }))

const firstFulfillmentId = 900_000_001

/** The fulfillment with this id. */
export const findFulfillment = ({ fulfillments }: State, fulfillmentId: string): Fulfillment | undefined =>
  fulfillments[Number(fulfillmentId.slice("se-".length)) - firstFulfillmentId]

const add = (state: State, fulfillment: Omit<Fulfillment, "fulfillment_id">): string => {
  const fulfillment_id = `se-${firstFulfillmentId + state.fulfillments.length}`
  const created = { ...fulfillment, fulfillment_id }
  state.fulfillments.push(created)
  const ofShipment = state.fulfillmentsOfShipment.get(created.shipment_id)
  if (ofShipment === undefined) state.fulfillmentsOfShipment.set(created.shipment_id, [created])
  else ofShipment.push(created)
  return fulfillment_id
}

/** What a fulfillment tells of its shipment. */
export const asKnown = (shipment: StoredShipment): KnownShipment => ({
  account: shipment.account,
  shipment_id: shipment.shipment_id,
  shipment_number: shipment.shipment_number,
  order_source_id: shipment.order_source_id,
  ship_to: shipment.ship_to
})

const withDefaults = (shipment: Shipment, account: string, now: DateTime.Utc): StoredShipment => {
  const { created_at = now, modified_at = created_at, shipment_id } = shipment
  return {
    account,
    shipment_id,
    shipment_number: shipment.shipment_number ?? shipment_id.replace("se-", "ORDER-"),
    order_source_id: shipment.order_source_id ?? "se-1",
    ship_to: shipment.ship_to,
    external_shipment_id: shipment.external_shipment_id ?? shipment_id,
    sales_order_id: shipment.sales_order_id,
    created_at: DateTime.toUtc(created_at),
    modified_at: DateTime.toUtc(modified_at),
    tags: shipment.tags ?? []
  }
}
