export { type Client, createClient } from "./Client.js"

export type { AllOptions, ClientOptions, CreateOptions, LogEntry } from "./Options.js"

export {
  AbortedError,
  ClosedError,
  type Concerns,
  type Delivery,
  InvalidFulfillmentError,
  ShipStationAccountStatusError,
  ShipStationBusinessRulesError,
  ShipStationConfigError,
  ShipStationConnectionLostError,
  ShipStationError,
  ShipStationIntegrationsError,
  ShipStationNetworkError,
  ShipStationRateLimitError,
  ShipStationSecurityError,
  ShipStationSystemError,
  ShipStationUnexpectedResponseError,
  ShipStationValidationError
} from "./ClientError.js"

export type {
  AlreadyFulfilled,
  Conflict,
  Created,
  Fulfillment,
  FulfillmentInput,
  NotSent,
  Outcome,
  Rejected,
  Unknown
} from "./Outcome.js"
