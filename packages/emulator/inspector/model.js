/** @import { Control } from "@effect-shipstation/emulator" */
import { outcomeOf } from "./outcome.js"

/** @typedef {typeof Control.Changes.Encoded} Changes */

/** How much of each kind is kept: as much as the emulator sends to a fresh page. A search that finds nothing says so. */
export const most = 300

/**
 * What the page knows, oldest first.
 *
 * @typedef {object} Model
 * @property {Changes["state"] | undefined} state
 * @property {number} received when the state came, by the browser's clock
 * @property {Map<string, Changes["shipments"][number]>} shipments
 * @property {ReadonlyArray<Changes["notifications"][number]>} notifications
 * @property {Map<string, Changes["requests"][number]>} requests
 * @property {Map<number, Changes["webhooks"][number]>} webhooks
 * @property {Changes["faults"]} faults
 */

/** @returns {Model} */
export const empty = () => ({
  state: undefined,
  received: 0,
  shipments: new Map(),
  notifications: [],
  requests: new Map(),
  webhooks: new Map(),
  faults: []
})

/**
 * @param {Model} model
 * @param {Changes} changes
 */
export const apply = (model, changes) => {
  model.state = changes.state
  model.received = Date.now()
  model.faults = changes.faults
  model.notifications = [...model.notifications, ...changes.notifications].slice(-most)
  for (const request of changes.requests) model.requests.set(request.requestId, request)
  for (const webhook of changes.webhooks) model.webhooks.set(webhook.id, webhook)
  for (const shipment of changes.shipments) {
    const key = `${shipment.shipment_id} ${shipment.account}`
    // back in, as the last
    model.shipments.delete(key)
    model.shipments.set(key, shipment)
  }
  trim(model.requests)
  trim(model.shipments)
  trim(model.webhooks)
}

/**
 * @template Key
 * @param {Map<Key, unknown>} map
 */
const trim = (map) => {
  for (const key of Array.from(map.keys()).slice(0, -most)) map.delete(key)
}

/**
 * The emulator's time.
 *
 * @param {Model} model
 */
export const nowOf = ({ received, state }) =>
  state === undefined
    ? undefined
    : new Date(Date.parse(state.clock.now) + (state.clock.frozen ? 0 : Date.now() - received))

/**
 * What a person searches for, in any of the texts.
 *
 * @param {string} search
 * @param {ReadonlyArray<string | number | undefined>} texts
 */
const matches = (search, texts) => {
  const wanted = search.trim().toLowerCase()
  return wanted === "" || texts.some((text) => text !== undefined && String(text).toLowerCase().includes(wanted))
}

/**
 * What is shown, newest first.
 *
 * @param {Model} model
 * @param {{ readonly search: string, readonly outcome: string, readonly shipmentState: string }} filter
 */
export const select = (model, { outcome, search, shipmentState }) => ({
  requests: Array.from(model.requests.values()).toReversed().filter((request) => {
    const { kind, text } = outcomeOf(request)
    return (outcome === "" || outcome === kind) && matches(search, [
      text,
      request.method,
      request.path,
      request.status,
      request.account,
      request.requestId,
      request.requestBody,
      request.responseBody,
      ...request.faults,
      ...request.created.flatMap(({ fulfillment_id, shipment_id }) => [fulfillment_id, shipment_id])
    ])
  }),
  shipments: Array.from(model.shipments.values()).toReversed().filter((shipment) =>
    (shipmentState === "" || shipmentState === shipment.state) && matches(search, Object.values(shipment))
  ),
  notifications: model.notifications.toReversed().filter(({ fulfillment_id, kind, shipment_id }) =>
    matches(search, [fulfillment_id, shipment_id, kind])
  ),
  webhooks: Array.from(model.webhooks.values()).toReversed().filter((
    { faults, keyId, resource_type, resource_url, status, url }
  ) => matches(search, [resource_type, resource_url, url, keyId, status, ...faults]))
})
