/**
 * What carriers and their services are called where people have them from: shops, carriers' own programs, ShipStation's pages.
 * Folded: lower case, no signs. A name leads only to a code that the account has, so that a code too many does no harm.
 */

/** A carrier by the names that people know it by. */
interface WellKnown {
  readonly names: ReadonlyArray<string>
  /** The codes that ShipStation may have for it. */
  readonly codes: ReadonlyArray<string>
  /** What may stand after one of the names. */
  readonly services: ReadonlyArray<string>
}

export const wellKnown: ReadonlyArray<WellKnown> = [
  {
    names: ["ups", "united parcel service"],
    codes: ["ups", "ups_walleted"],
    services: [
      "ground",
      "ground saver",
      "surepost",
      "mail innovations",
      "standard",
      "next day air",
      "next day air early",
      "next day air early am",
      "next day air saver",
      "2nd day air",
      "2nd day air am",
      "second day air",
      "3 day select",
      "three day select",
      "express",
      "express plus",
      "express saver",
      "expedited",
      "worldwide express",
      "worldwide express plus",
      "worldwide express saver",
      "worldwide expedited",
      "worldwide saver",
      "worldwide economy"
    ]
  },
  {
    names: ["fedex", "federal express", "fed ex"],
    codes: ["fedex", "fedex_walleted"],
    services: [
      "ground",
      "home delivery",
      "smartpost",
      "ground economy",
      "2day",
      "2 day",
      "2day am",
      "2day one rate",
      "express saver",
      "priority overnight",
      "standard overnight",
      "first overnight",
      "one rate",
      "international economy",
      "international priority",
      "international first",
      "international ground",
      "international connect plus",
      "freight"
    ]
  },
  {
    names: ["usps", "u s p s", "us postal service", "united states postal service", "u s postal service", "us mail"],
    codes: ["usps", "stamps_com", "endicia"],
    services: [
      "first class",
      "first class mail",
      "first class package",
      "first class package service",
      "1st class",
      "first class mail international",
      "first class package international service",
      "ground advantage",
      "parcel select",
      "parcel select ground",
      "retail ground",
      "media mail",
      "library mail",
      "priority",
      "priority mail",
      "priority mail express",
      "priority mail flat rate",
      "priority mail international",
      "priority mail express international",
      "express mail"
    ]
  },
  {
    // trade marks of the US Postal Service
    names: ["priority mail", "priority mail express", "first class mail", "ground advantage", "media mail"],
    codes: ["usps", "stamps_com", "endicia"],
    services: ["international"]
  },
  { names: ["stamps", "stamps com"], codes: ["stamps_com"], services: [] },
  {
    // of which of its companies, only the account can tell
    names: ["dhl"],
    codes: [
      "dhl_express",
      "dhl_express_worldwide",
      "dhl_express_canada",
      "dhl_express_uk",
      "dhl_express_australia",
      "dhl_ecommerce",
      "dhl_global_mail",
      "dhl_paket",
      "dhl_parcel_uk"
    ],
    services: []
  },
  {
    names: ["dhl express"],
    codes: [
      "dhl_express",
      "dhl_express_worldwide",
      "dhl_express_canada",
      "dhl_express_uk",
      "dhl_express_australia"
    ],
    services: ["worldwide", "9 00", "10 30", "12 00", "domestic", "easy", "economy select"]
  },
  {
    names: ["dhl ecommerce", "dhl e commerce", "dhl global mail", "dhl globalmail"],
    codes: ["dhl_ecommerce", "dhl_global_mail"],
    services: [
      "ground",
      "expedited",
      "expedited max",
      "smartmail ground",
      "smartmail parcel ground",
      "smartmail parcel expedited",
      "smartmail parcel plus ground",
      "parcel international direct",
      "parcel international standard",
      "packet international"
    ]
  },
  { names: ["dhl paket", "dhl germany", "deutsche post dhl"], codes: ["dhl_paket"], services: [] },
  { names: ["deutsche post"], codes: ["deutsche_post"], services: [] },
  {
    names: ["royal mail", "royalmail"],
    codes: ["royal_mail", "royal_mail_walleted"],
    services: [
      "1st class",
      "2nd class",
      "first class",
      "second class",
      "24",
      "48",
      "tracked 24",
      "tracked 48",
      "tracked 24 signed",
      "tracked 48 signed",
      "special delivery",
      "special delivery guaranteed",
      "special delivery guaranteed by 1pm",
      "international tracked",
      "international standard",
      "international economy",
      "signed for 1st class",
      "signed for 2nd class"
    ]
  },
  { names: ["parcelforce", "parcelforce worldwide"], codes: ["parcelforce"], services: ["express24", "express48"] },
  { names: ["evri", "hermes", "myhermes", "hermes uk"], codes: ["evri", "hermes"], services: ["standard", "next day"] },
  { names: ["yodel"], codes: ["yodel"], services: [] },
  { names: ["dpd", "dpd uk"], codes: ["dpd", "dpd_uk", "dpd_local"], services: ["next day", "classic"] },
  { names: ["dpd local"], codes: ["dpd_local"], services: ["next day"] },
  {
    names: ["canada post", "postes canada"],
    codes: ["canada_post", "canada_post_walleted"],
    services: [
      "regular parcel",
      "expedited parcel",
      "xpresspost",
      "priority",
      "tracked packet usa",
      "small packet usa air",
      "expedited parcel usa",
      "xpresspost usa"
    ]
  },
  { names: ["purolator"], codes: ["purolator", "purolator_ca"], services: ["express", "ground"] },
  { names: ["canpar", "canpar express"], codes: ["canpar"], services: ["ground"] },
  {
    names: ["australia post", "auspost", "aus post"],
    codes: ["australia_post", "australia_post_walleted", "australia_post_my_post_business"],
    services: ["express post", "parcel post", "eparcel", "regular parcel"]
  },
  { names: ["startrack", "star track"], codes: ["star_track", "startrack"], services: ["express", "premium"] },
  { names: ["sendle"], codes: ["sendle"], services: [] },
  { names: ["aramex"], codes: ["aramex", "aramex_au"], services: [] },
  { names: ["couriers please", "couriersplease"], codes: ["couriers_please", "couriersplease"], services: [] },
  { names: ["new zealand post", "nz post"], codes: ["nz_post", "new_zealand_post"], services: [] },
  { names: ["ontrac", "on trac"], codes: ["ontrac"], services: ["ground"] },
  { names: ["lasership", "laser ship"], codes: ["lasership", "ontrac"], services: ["next day"] },
  { names: ["lso", "lone star overnight"], codes: ["lso", "lone_star"], services: ["ground"] },
  { names: ["gls", "gls us", "gso"], codes: ["gls_us", "gls", "gso"], services: ["ground"] },
  { names: ["tnt"], codes: ["tnt", "tnt_australia", "tnt_uk"], services: ["express"] },
  { names: ["amazon buy shipping"], codes: ["amazon_buy_shipping"], services: [] },
  {
    names: ["amazon shipping", "amazon logistics", "amzl"],
    codes: ["amazon_shipping_us", "amazon_shipping_uk", "amazon_shipping"],
    services: ["ground", "one day"]
  },
  { names: ["asendia", "asendia us"], codes: ["asendia"], services: [] },
  { names: ["apc", "apc postal logistics"], codes: ["apc"], services: [] },
  { names: ["globegistics"], codes: ["globegistics"], services: [] },
  { names: ["firstmile", "first mile"], codes: ["firstmile"], services: ["ground", "xparcel ground"] },
  { names: ["rr donnelley", "rrd", "epg"], codes: ["rr_donnelley", "epost_global"], services: [] },
  { names: ["epost global", "epostglobal"], codes: ["epost_global"], services: [] },
  { names: ["newgistics", "pitney bowes"], codes: ["newgistics", "pitney_bowes"], services: [] },
  { names: ["seko", "seko omni channel", "seko logistics"], codes: ["seko", "seko_ltl"], services: [] },
  { names: ["landmark global"], codes: ["landmark_global"], services: [] },
  { names: ["sf express"], codes: ["sf_express"], services: [] },
  { names: ["veho"], codes: ["veho"], services: [] },
  { names: ["uniuni"], codes: ["uniuni"], services: [] },
  { names: ["better trucks"], codes: ["better_trucks"], services: [] },
  { names: ["an post"], codes: ["an_post"], services: [] },
  { names: ["la poste", "colissimo"], codes: ["colissimo", "la_poste"], services: [] },
  { names: ["chronopost"], codes: ["chronopost"], services: [] },
  { names: ["postnl", "post nl"], codes: ["postnl", "post_nl"], services: [] },
  { names: ["bpost"], codes: ["bpost"], services: [] },
  { names: ["correos"], codes: ["correos"], services: [] },
  { names: ["poste italiane"], codes: ["poste_italiane"], services: [] },
  { names: ["swiss post"], codes: ["swiss_post"], services: [] },
  { names: ["mondial relay"], codes: ["mondial_relay"], services: [] }
]
