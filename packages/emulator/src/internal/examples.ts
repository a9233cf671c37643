import type {
  ApiError,
  Carrier,
  CreateFulfillments,
  ListFulfillments,
  ListShipments,
  Shipment
} from "@effect-shipstation/schema"

/** Examples of bodies, named: of the `request`, and of the answer with each status. */
export interface Examples {
  readonly [body: string]: {
    readonly [name: string]: { readonly summary: string; readonly value: unknown }
  }
}

const refused = {
  "400": {
    noBody: {
      summary: "Nothing was sent",
      value: {
        request_id: "aa3d8e8e-462b-4476-9618-72db7f7b7009",
        errors: [{
          error_source: "ShipStation",
          error_type: "validation",
          error_code: "request_body_required",
          message: "Body of request cannot be null."
        }]
      } satisfies typeof ApiError.ErrorBody.Encoded
    }
  },
  "401": {
    wrongKey: {
      summary: "The key is missing or wrong",
      value: {
        errors: [{
          error_source: "shipengine",
          error_type: "security",
          error_code: "unauthorized",
          message: "Access denied."
        }]
      } satisfies typeof ApiError.ErrorBody.Encoded
    }
  }
}

export const create: Examples = {
  ...refused,
  request: {
    one: {
      summary: "One shipment",
      value: {
        fulfillments: [{
          shipment_id: "se-12345678",
          tracking_number: "1Z12345E6605272234",
          carrier_code: "ups",
          ship_date: "2024-01-15T10:00:00Z",
          notify_customer: true,
          notify_order_source: true
        }]
      } satisfies typeof CreateFulfillments.Request.Encoded
    }
  },
  "200": {
    created: {
      summary: "It was created",
      value: {
        has_errors: false,
        fulfillments: [{ shipment_id: "se-12345678", shipment_number: "ORDER-001", error_message: null }]
      } satisfies typeof CreateFulfillments.Response.Encoded
    },
    partial: {
      summary: "One was created, one wasn't",
      value: {
        has_errors: true,
        fulfillments: [
          { shipment_id: "se-12345678", shipment_number: "ORDER-001", error_message: null },
          { shipment_id: "se-12345679", shipment_number: "ORDER-002", error_message: "Any text that says why" }
        ]
      } satisfies typeof CreateFulfillments.Response.Encoded
    }
  }
}

export const list: Examples = {
  ...refused,
  "200": {
    first: {
      summary: "The first of two pages",
      value: {
        fulfillments: [{
          fulfillment_id: "se-900000001",
          shipment_id: "se-12345678",
          shipment_number: "ORDER-001",
          tracking_number: "1Z12345E6605272234",
          created_at: "2024-01-15T18:00:00Z",
          ship_date: "2024-01-15T10:00:00Z",
          voided_at: null,
          delivered_at: null,
          fulfillment_carrier_friendly_name: "UPS",
          fulfillment_fee: { currency: "usd", amount: 0 },
          void_requested: false,
          voided: false,
          order_source_notified: true,
          notification_error_message: null
        }],
        total: 2,
        page: 1,
        pages: 2,
        links: {
          first: { href: "https://api.shipstation.com/v2/fulfillments?page_size=1&page=1" },
          last: { href: "https://api.shipstation.com/v2/fulfillments?page_size=1&page=2" },
          prev: {},
          next: { href: "https://api.shipstation.com/v2/fulfillments?page_size=1&page=2" }
        }
      } satisfies typeof ListFulfillments.Page.Encoded
    }
  }
}

const shipment = {
  shipment_id: "se-12345678",
  shipment_number: "ORDER-001",
  external_shipment_id: "shop-001",
  sales_order_id: null,
  store_id: "se-1",
  carrier_id: null,
  service_code: null,
  shipment_status: "pending",
  created_at: "2024-01-15T18:00:00Z",
  modified_at: "2024-01-15T18:00:00Z",
  ship_to: { name: "Jane Doe", postal_code: "01234", country_code: "US" },
  items: [{ name: "Mug", quantity: 2, sku: "M-1" }],
  packages: [{ package_code: "package" }],
  tags: []
} satisfies typeof Shipment.Shipment.Encoded

export const getShipment: Examples = {
  ...refused,
  "200": { one: { summary: "A shipment that waits to be fulfilled", value: shipment } }
}

export const listShipments: Examples = {
  ...refused,
  "200": {
    first: {
      summary: "The only one of its number",
      value: {
        shipments: [shipment],
        total: 1,
        page: 1,
        pages: 1,
        links: {
          first: { href: "https://api.shipstation.com/v2/shipments?shipment_number=ORDER-001&page=1" },
          last: { href: "https://api.shipstation.com/v2/shipments?shipment_number=ORDER-001&page=1" },
          prev: {},
          next: {}
        }
      } satisfies typeof ListShipments.Page.Encoded
    }
  }
}

export const listCarriers: Examples = {
  ...refused,
  "200": {
    one: {
      summary: "One carrier",
      value: {
        carriers: [{
          carrier_id: "se-800000001",
          carrier_code: "ups",
          account_number: "account-1",
          nickname: "The warehouse's",
          friendly_name: "UPS",
          connection_status: "approved",
          requires_funded_amount: false,
          balance: 0,
          primary: true,
          services: [{ service_code: "ups_ground", name: "UPS® Ground", domestic: true, international: false }]
        }],
        errors: []
      } satisfies typeof Carrier.ListCarriers.Encoded
    }
  }
}
