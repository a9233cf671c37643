import type { Carrier } from "@effect-shipstation/schema"
import type { Answer } from "./answer.js"
import type { State } from "./state.js"

/** Answers `GET /v2/carriers`. */
export const listCarriers = (state: State, query: URLSearchParams): Answer => {
  // packages and options
  const details = query.get("include_extended_details") === "false" ? {} : { packages: [], options: [] }
  const body: typeof Carrier.ListCarriers.Encoded = {
    carriers: [...state.carriers].map(([carrier_code, { friendly_name, nickname = null, services = {} }], index) => {
      const carrier_id = `se-${firstCarrierId + index}`
      return {
        carrier_id,
        carrier_code,
        account_number: `account-${index + 1}`,
        requires_funded_amount: false,
        balance: 0,
        nickname,
        friendly_name,
        connection_status: null,
        primary: index === 0,
        services: Object.entries(services).map(([service_code, name]) => ({
          carrier_id,
          carrier_code,
          service_code,
          name,
          domestic: true,
          international: false
        })),
        ...details
      }
    }),
    errors: []
  }
  return { status: 200, body }
}

const firstCarrierId = 800_000_001
