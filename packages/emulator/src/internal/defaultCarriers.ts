import type { SeedCarrier } from "./model.js"

const usps = {
  usps_first_class_mail: "USPS First Class Mail",
  usps_priority_mail: "USPS Priority Mail",
  usps_ground_advantage: "USPS Ground Advantage"
}

const ups = { ups_ground: "UPS® Ground", ups_next_day_air: "UPS Next Day Air®" }

/** The carriers of an account where nobody says which there are. */
export const defaultCarriers: Readonly<Record<string, SeedCarrier>> = {
  ups: { friendly_name: "UPS", services: ups },
  ups_walleted: { friendly_name: "UPS by ShipStation", services: ups },
  fedex: {
    friendly_name: "FedEx",
    services: { fedex_ground: "FedEx Ground®", fedex_home_delivery: "FedEx Home Delivery®" }
  },
  usps: { friendly_name: "USPS", services: usps },
  stamps_com: { friendly_name: "Stamps.com", services: usps },
  dhl_express: {
    friendly_name: "DHL Express",
    services: { dhl_express_worldwide: "DHL Express Worldwide" }
  },
  dhl_ecommerce: { friendly_name: "DHL eCommerce", services: { dhl_ecommerce_ground: "DHL SmartMail Ground" } },
  canada_post: { friendly_name: "Canada Post" },
  australia_post: { friendly_name: "Australia Post" },
  royal_mail: { friendly_name: "Royal Mail", services: { royal_mail_tracked_48: "Royal Mail Tracked 48" } },
  ontrac: { friendly_name: "OnTrac" },
  other: { friendly_name: "Other" }
}
