import {
  defaultApiKey,
  type Fulfillment,
  type Notification,
  type Options,
  type Request,
  type Seed,
  type Shipment
} from "./model.js"

/** A shipment, with its defaults filled in. */
export type KnownShipment = Pick<
  Fulfillment,
  "account" | "shipment_id" | "shipment_number" | "order_source_id" | "ship_to"
>

/** Everything that the emulator knows. It is changed in place, within one tick. */
export interface State {
  readonly acceptAnyShipment: boolean | undefined
  readonly alreadyFulfilled: NonNullable<Options["alreadyFulfilled"]>
  readonly accountDefaultNotify: NonNullable<Options["accountDefaultNotify"]>
  readonly maxBatchSize: number
  readonly accountOfKey: Map<string, string>
  readonly carriers: Map<string, string>
  readonly shipments: Map<string, KnownShipment>
  readonly fulfillments: Array<Fulfillment>
  readonly fulfillmentsOfShipment: Map<string, Array<Fulfillment>>
  readonly notifications: Array<Notification>
  readonly requests: Array<Request>
  requestCount: number
}

const defaultCarriers: Seed["carriers"] = {
  ups: "UPS",
  ups_walleted: "UPS by ShipStation",
  fedex: "FedEx",
  usps: "USPS",
  stamps_com: "Stamps.com",
  dhl_express: "DHL Express",
  dhl_ecommerce: "DHL eCommerce",
  canada_post: "Canada Post",
  australia_post: "Australia Post",
  royal_mail: "Royal Mail",
  ontrac: "OnTrac",
  other: "Other"
}

/** The state that the options describe. */
export const make = (options: Options): State => {
  const state: State = {
    acceptAnyShipment: options.acceptAnyShipment,
    alreadyFulfilled: options.alreadyFulfilled ?? "item",
    accountDefaultNotify: options.accountDefaultNotify ?? { customer: true, orderSource: true },
    maxBatchSize: options.maxBatchSize ?? 500,
    accountOfKey: new Map(),
    carriers: new Map(),
    shipments: new Map(),
    fulfillments: [],
    fulfillmentsOfShipment: new Map(),
    notifications: [],
    requests: [],
    requestCount: 0
  }
  seed(state, {
    accounts: options.accounts ?? [{ name: "default", apiKey: defaultApiKey }],
    carriers: options.carriers ?? defaultCarriers,
    shipments: options.shipments
  })
  return state
}

/** Adds to the state; what exists under the same id, code or key is replaced. */
export const seed = (state: State, { accounts = [], carriers = {}, shipments = [] }: Seed): void => {
  for (const { apiKey, name } of accounts) state.accountOfKey.set(apiKey, name)
  for (const [code, friendlyName] of Object.entries(carriers)) state.carriers.set(code, friendlyName)
  const [firstAccount = "default"] = state.accountOfKey.values()
  for (const shipment of shipments) {
    state.shipments.set(shipment.shipment_id, withDefaults(shipment, shipment.account ?? firstAccount))
  }
}

/** The shipment, if this account has it. */
export const findShipment = (state: State, account: string, shipmentId: string): KnownShipment | undefined => {
  const shipment = state.shipments.get(shipmentId)
  if (shipment !== undefined) return shipment.account === account ? shipment : undefined
  return state.acceptAnyShipment ?? state.shipments.size === 0
    ? withDefaults({ shipment_id: shipmentId }, account)
    : undefined
}

/** The fulfillments of a shipment, in order. */
export const fulfillmentsOf = (state: State, shipmentId: string): ReadonlyArray<Fulfillment> =>
  state.fulfillmentsOfShipment.get(shipmentId) ?? []

/** Creates a fulfillment and sends out its notifications. */
export const commit = (
  state: State,
  fulfillment: Omit<Fulfillment, "fulfillment_id">
): void => {
  const { created_at, notify_customer, notify_order_source, shipment_id } = fulfillment
  const fulfillment_id = `se-${900_000_001 + state.fulfillments.length}`
  const created = { ...fulfillment, fulfillment_id }
  state.fulfillments.push(created)
  const ofShipment = state.fulfillmentsOfShipment.get(shipment_id)
  if (ofShipment === undefined) state.fulfillmentsOfShipment.set(shipment_id, [created])
  else ofShipment.push(created)
  const row = { shipment_id, fulfillment_id, at: created_at }
  if (notify_customer) state.notifications.push({ kind: "customer", ...row })
  if (notify_order_source) state.notifications.push({ kind: "order_source", ...row })
}

/** An id in the form of a UUID, the next in a row. */
export const nextRequestId = (state: State): string =>
  `00000000-0000-4000-8000-${String(++state.requestCount).padStart(12, "0")}`

const requestsKept = 10_000

/** Adds to the journal. */
export const recordRequest = (state: State, request: Request): void => {
  state.requests.push(request)
  // in bulk: taking one off the front of a long array each time is slow
  if (state.requests.length >= 2 * requestsKept) state.requests.splice(0, requestsKept)
}

/** The journal. */
export const lastRequests = (state: State): ReadonlyArray<Request> => state.requests.slice(-requestsKept)

const withDefaults = (shipment: Shipment, account: string): KnownShipment => ({
  account,
  shipment_id: shipment.shipment_id,
  shipment_number: shipment.shipment_number ?? shipment.shipment_id.replace("se-", "ORDER-"),
  order_source_id: shipment.order_source_id ?? "se-1",
  ship_to: shipment.ship_to
})
