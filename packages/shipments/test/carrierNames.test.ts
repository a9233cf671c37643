/** What names of carriers mean. */
import type { Carrier } from "@effect-shipstation/schema"
import { CarrierMatch, Carriers } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc, Schema } from "effect"

const carrier = (
  carrier_code: string,
  friendly_name: string,
  services: Readonly<Record<string, string>> = {},
  nickname: string | null = null
): Carrier.Carrier => ({
  carrier_code,
  friendly_name,
  nickname,
  services: Object.entries(services).map(([service_code, name]) => ({ service_code, name }))
})

/** An American account with labels of ShipStation's own. */
const american = [
  carrier("stamps_com", "Stamps.com", { usps_priority_mail: "USPS Priority Mail" }),
  carrier("ups_walleted", "UPS by ShipStation", { ups_ground: "UPS® Ground" }),
  carrier("ups", "UPS", { ups_ground: "UPS® Ground" }, "Warehouse Élan"),
  carrier("fedex", "FedEx", { fedex_home_delivery: "FedEx Home Delivery®" }),
  carrier("dhl_express_worldwide", "DHL Express", {}, "Export"),
  carrier("globegistics", "Globegistics", { globegistics_priority: "UPS Priority International" }),
  carrier("ontrac", "OnTrac")
]

const british = [
  carrier("royal_mail", "Royal Mail"),
  carrier("hermes", "Evri"),
  carrier("dpd", "DPD"),
  carrier("dhl_ecommerce", "DHL eCommerce"),
  carrier("dhl_express", "DHL Express"),
  carrier("amazon_shipping_uk", "Amazon Shipping")
]

const several = [
  carrier("usps", "USPS"),
  carrier("stamps_com", "Stamps.com"),
  carrier("endicia", "Endicia"),
  carrier("royal_mail", "Royal Mail", {}, "Main"),
  carrier("royal_mail_walleted", "Royal Mail by ShipStation", {}, "main"),
  carrier("ups", "UPS"),
  carrier("ups", "UPS", {}, "second account"),
  carrier("fedex_walleted", "FedEx by ShipStation", { fedex_ground: "FedEx Ground" }),
  carrier("third_party", "Third Party", { tp_ground: "FedEx Ground", shared: "Overnight" }),
  carrier("other", "Other", { shared: "Overnight" })
]

const says = (match: CarrierMatch.CarrierMatch): string =>
  CarrierMatch.match(match, {
    Found: ({ carrier_code }) => carrier_code,
    NotFound: ({ means, nearest }) => `none of [${means}], near [${nearest}]`,
    Ambiguous: ({ carrier_codes }) => carrier_codes.toSorted().join(" or ")
  })

describe("a name on an American account", () => {
  it.each([
    ["ups", "ups"],
    ["UPS", "ups"],
    [" UPS ", "ups"],
    ["U.P.S.", "none of [], near [ups]"],
    ["UPS® Ground", "ups"],
    ["UPS Ground®", "ups"],
    ["ups_ground", "ups"],
    ["UPS®Ground", "ups"],
    ["UPS-Ground", "ups"],
    ["UPS Next Day Air®", "ups"],
    ["UPS by ShipStation", "ups_walleted"],
    ["warehouse elan", "ups"],
    ["United Parcel Service", "ups"],
    ["USPS", "stamps_com"],
    ["U.S.P.S.", "stamps_com"],
    ["UPS Worldwide Express Saver®", "ups"],
    ["USPS First Class", "stamps_com"],
    ["USPS First-Class Mail®", "stamps_com"],
    ["USPS Priority Mail", "stamps_com"],
    ["Priority Mail Express", "stamps_com"],
    ["stamps.com", "stamps_com"],
    ["Stamps", "stamps_com"],
    ["FedEx", "fedex"],
    ["FedEx Home Delivery", "fedex"],
    ["FedEx Home Delivery®", "fedex"],
    ["FEDEX 2Day®", "fedex"],
    ["Fed Ex", "fedex"],
    ["Federal Express", "fedex"],
    ["DHL Express", "dhl_express_worldwide"],
    ["DHL Express Worldwide", "dhl_express_worldwide"],
    ["DHL", "dhl_express_worldwide"],
    ["export", "dhl_express_worldwide"],
    ["UPS Priority International", "globegistics"],
    ["DHL eCommerce", "none of [dhl_ecommerce,dhl_global_mail], near [dhl_express_worldwide]"],
    ["Royal Mail", "none of [royal_mail,royal_mail_walleted], near []"],
    ["Royal Mail Tracked 48", "none of [royal_mail,royal_mail_walleted], near []"],
    ["UPS Grund", "none of [], near [ups_walleted,ups]"],
    ["UPSx", "none of [], near [ups]"],
    ["Ground", "none of [], near []"],
    ["Home Delivery", "none of [], near []"],
    ["ontrack", "none of [], near [ontrac]"],
    ["", "none of [], near []"],
    ["®", "none of [], near []"]
  ])("%j means %s", (name, expected) => {
    const match = Carriers.match(american, name)
    expect(says(match)).toBe(expected)
    expect(match.name).toBe(name)
    expect(Carriers.match(name)(american)).toEqual(match)
  })
})

describe("a name on a British account", () => {
  it.each([
    ["Royal Mail", "royal_mail"],
    ["Royal Mail Tracked 48®", "royal_mail"],
    ["RoyalMail", "royal_mail"],
    ["Royal Mail 24", "royal_mail"],
    ["Royal Mail Tracked 48 Signed", "royal_mail"],
    ["Evri", "hermes"],
    ["Hermes", "hermes"],
    ["myHermes", "hermes"],
    ["DPD Next Day", "dpd"],
    ["DHL", "dhl_ecommerce or dhl_express"],
    ["DHL eCommerce", "dhl_ecommerce"],
    ["DHL Express", "dhl_express"],
    ["Amazon Shipping", "amazon_shipping_uk"],
    ["Amazon Logistics", "amazon_shipping_uk"],
    ["UPS Ground", "none of [ups,ups_walleted], near []"]
  ])("%j means %s", (name, expected) => {
    expect(says(Carriers.match(british, name))).toBe(expected)
  })
})

describe("a name that several carriers of an account may have", () => {
  it.each([
    ["USPS", "usps"],
    ["USPS First Class", "usps"],
    ["Priority Mail", "endicia or stamps_com or usps"],
    ["Main", "royal_mail or royal_mail_walleted"],
    ["UPS", "ups"],
    ["UPS Ground", "ups"],
    ["second account", "ups"],
    ["Overnight", "other or third_party"],
    // both offer it, and one is called so
    ["FedEx Ground", "fedex_walleted"],
    ["other", "other"]
  ])("%j means %s", (name, expected) => {
    expect(says(Carriers.match(several, name))).toBe(expected)
  })

  it("is ambiguous where its service is another carrier's", () => {
    const account = [carrier("third_party", "Third Party", { x: "FedEx Ground" }), carrier("fedex", "FedEx")]
    expect(says(Carriers.match(account, "FedEx Ground"))).toBe("fedex or third_party")
  })

  it("is that of the carrier that is called so, and not of one with another of its names", () => {
    const account = [carrier("dhl_ecommerce", "DHL eCommerce"), carrier("dhl_global_mail", "DHL Global Mail")]
    expect(says(Carriers.match(account, "DHL eCommerce Expedited"))).toBe("dhl_ecommerce")
    expect(says(Carriers.match(account, "DHL Globalmail"))).toBe("dhl_ecommerce or dhl_global_mail")
  })

  it("goes by the code itself, whatever others are called", () => {
    const account = [carrier("ups", "UPS"), carrier("ups_walleted", "UPS by ShipStation", {}, "UPS")]
    expect(says(Carriers.match(account, "ups"))).toBe("ups")
    expect(says(Carriers.match(account, "UPS"))).toBe("ups or ups_walleted")
  })
})

describe("carriers that tell little", () => {
  it("are no match for an empty name, and need not have any field", () => {
    const account: ReadonlyArray<Carrier.Carrier> = [
      {},
      { carrier_code: null, friendly_name: "UPS" },
      { carrier_code: "", nickname: "UPS" },
      { carrier_code: "fedex", friendly_name: null, services: null }
    ]
    expect(says(Carriers.match(account, ""))).toBe("none of [], near []")
    expect(says(Carriers.match(account, "UPS"))).toBe("none of [ups,ups_walleted], near []")
    expect(says(Carriers.match(account, "FedEx Ground"))).toBe("fedex")
  })
})

it("a match is a code that the account has, whatever the name, and can be stored", () => {
  const encode = Schema.encodeSync(CarrierMatch.CarrierMatch)
  const decode = Schema.decodeSync(CarrierMatch.CarrierMatch)
  const codes: ReadonlySet<string> = new Set(several.map(({ carrier_code }) => carrier_code ?? ""))
  const word = fc.constantFrom("UPS", "usps", "FedEx", "DHL", "Ground", "first", "Class", "®", "mail", "Royal", "Main")
  const name = fc.oneof(fc.string({ unit: "binary" }), fc.array(word).map((words) => words.join(" ")))
  fc.assert(fc.property(name, (name) => {
    const match = Carriers.match(several, name)
    expect(decode(encode(match))).toEqual(match)
    CarrierMatch.match(match, {
      Found: ({ carrier_code }) => expect(codes.has(carrier_code)).toBe(true),
      NotFound: ({ nearest }) => expect(nearest.every((code) => codes.has(code))).toBe(true),
      Ambiguous: ({ carrier_codes }) => {
        expect(carrier_codes.length).toBeGreaterThan(1)
        expect(carrier_codes.every((code) => codes.has(code))).toBe(true)
      }
    })
  }))
})
