import type * as Control from "../Control.js"
import { acceptsAnyShipment, type State } from "./state.js"

/** What the route `state` tells. API keys are not part of it. */
export const describe = (
  state: State,
  clock: typeof Control.ClockState.Type
): typeof Control.State.Type => ({
  clock,
  counts: {
    shipments: state.shipments.size,
    fulfillments: state.fulfillments.length,
    notifications: state.notifications.length,
    notifiedAgain: state.notifiedAgain,
    requests: state.requestCount,
    faults: state.rules.length
  },
  accounts: [...new Set(state.accountOfKey.values())],
  options: {
    acceptAnyShipment: acceptsAnyShipment(state),
    alreadyFulfilled: state.alreadyFulfilled,
    accountDefaultNotify: state.accountDefaultNotify,
    maxBatchSize: state.maxBatchSize,
    emptyBatch: state.emptyBatch,
    resultOrder: state.resultOrder,
    orderSourceNotifiedAfter: state.orderSourceNotifiedAfter,
    rateLimit: state.rateLimit,
    seed: state.seed
  }
})
