/**
 * What columns are called in files that people have: our own names, those of ShipStation's reports, and of well-known exports.
 */
import type { Field } from "./fields.js"

/**
 * Other names of the fields, without case, spaces and marks. Those of a later line are taken only if no column has a name of
 * an earlier one.
 */
const names: { readonly [field in Field]: ReadonlyArray<ReadonlyArray<string>> } = {
  shipment_id: [["shipmentid", "shipment"], ["shipstationshipmentid", "shipstationid"]],
  order_number: [
    ["ordernumber", "orderno", "ordernr", "order", "ordernum", "shipmentnumber", "salesordernumber"],
    // ShipStation; Amazon, Shopify, WooCommerce; Royal Mail; Pirate Ship and carriers' histories
    ["ordernumberordernumber", "ordername", "orderid", "amazonorderid", "orderreference", "orderref"],
    [
      "name",
      "reference",
      "reference1",
      "referencenumber",
      "referencenumber1",
      "customerreference",
      "shipmentreference",
      "packagereference",
      "packagereferenceno1"
    ]
  ],
  external_shipment_id: [["externalshipmentid", "externalid", "orderkey"]],
  sales_order_id: [["salesorderid"]],
  v1_order_id: [["v1orderid"]],
  tracking_number: [
    ["trackingnumber", "tracking", "trackingno", "trackingnr", "trackingnum", "trackingid"],
    ["shipmenttrackingnumber", "packagetrackingnumber", "piecetrackingnumber", "trackingreference", "parcelnumber"],
    ["mastertrackingnumber", "leadtrackingnumber", "trackingcode", "awb", "awbnumber", "consignmentnumber", "barcode"]
  ],
  carrier_code: [
    ["carriercode", "carrier"],
    ["shipmentcarrier", "packagecarrier", "trackingprovider", "trackingcompany", "shippingcarrier", "carriername"],
    ["courier", "shippingprovider", "provider"]
  ],
  ship_date: [
    ["shipdate", "shippeddate", "shippingdate", "dateshipped", "shippedat", "shippedon", "shippedondate"],
    ["dateshippeddate", "shipmentdate", "packageshipmentdate", "despatchdate", "dispatchdate", "dateofshipment"],
    ["collectiondate", "pickupdate", "processeddate", "labelcreateddate", "fulfilledat"]
  ],
  notify_customer: [["notifycustomer"]],
  notify_order_source: [["notifyordersource", "notifymarketplace"]]
}

/** Without case, spaces and marks. */
export const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** How well a name fits a field: 0 is best; undefined where it doesn't. */
export const rank = (field: Field, name: string): number | undefined => {
  const wanted = plain(name)
  const found = names[field].findIndex((same) => same.includes(wanted))
  return found < 0 ? undefined : found
}

/** Without accents too: `Numéro de suivi` is `numerodesuivi`. */
export const folded = (name: string): string =>
  plain(name.normalize("NFD").replaceAll(/\p{M}/gu, "")).replaceAll("ß", "ss")

/**
 * What names of columns are like that probably are a field: in English, German, French, Spanish, Italian and Dutch. A column
 * isn't taken for a field by it, as who reads its name may be wrong: a person is told of it.
 */
const alike: { readonly [field in Field]?: ReadonlyArray<RegExp> } = {
  order_number: [
    /^(?:(?:bestell|auftrags|bestel|order)(?:ung)?(?:s)?(?:nummer|nr|no|id)|bestellung|auftrag)$/,
    /^(?:numero|no|n|ref|reference)?(?:de|della|dell|di|du|la|l)*(?:commande|pedido|orden|ordine)(?:no|id|numero)?$/
  ],
  tracking_number: [
    // ShipStation's own id of a shipment is a Sendungs-ID, a zendings-id
    /(?:paket|pakket)(?:nummer|nr|no|id|code)|(?:sendungs?|sendungsverfolgungs?|zendings?)(?:nummer|nr|no|code)/,
    /^sendungsverfolgung$/,
    /tracking(?:nummer|nr|code|number|no|num|id)|track(?:en|and)?trace/,
    /(?:numero|no|n|code|codigo|codice|cod)(?:de|di|del|d)*(?:suivi|colis|seguimiento|rastreo|guia|tracciamento|tracking)/,
    /^(?:suivi|guia|seguimiento|tracciamento)$/
  ],
  carrier_code: [
    /versanddienst|paketdienst|spediteur|frachtfuhrer|zusteller|transportunternehmen/,
    /transporteur|transportista|(?:empresa|compania)de(?:transporte|envio)|paqueteria|mensajeria/,
    /corriere|vettore|spedizioniere|vervoerder|bezorgdienst/
  ],
  ship_date: [
    /(?:versand|versend|verschick|verzend|abhol|absende)(?:e?t|ungs?|ings?)?(?:datum|tag|zeit|am|op)/,
    /datum(?:van|der|des)*(?:versand|versendung|verzend)|verzondenop/,
    /date(?:de|d|l)*(?:expedition|envoi|livraisonautransporteur)|expediele|envoyele/,
    /fecha(?:de|del)*(?:envio|despacho|salida)|enviadoel/,
    /data(?:di|della|d)*(?:spedizione|invio)|speditoil/
  ],
  notify_customer: [
    /^(?:e?mail|inform|alert|message|tell|notify)(?:the|to|our)?(?:customer|buyer|recipient|client|consignee)s?$/,
    /^send(?:shipping|shipment|tracking|customer)?(?:e?mail|notification|notice|confirmation)s?$/,
    /benachrichtig(?:en|ung)?$|(?:kunden?|empfanger)(?:per)?(?:e?mail)?(?:informieren|mailen|anschreiben)/,
    /(?:avertir|prevenir|informer|aviser)(?:le|la)?client|client(?:a|est)?(?:prevenir|averti|prevenu)$/,
    /(?:avisar|informar|notificar)(?:al|a)?(?:cliente|comprador)/,
    /(?:avvisa|informa|notifica)(?:re)?(?:il|al)?cliente/,
    /klant(?:en)?(?:informeren|mailen|verwittigen|inlichten|berichten|opdehoogte)/
  ]
}

/** What of a shop or marketplace, and not of a customer, a name is about. */
const isLikeShop = (folded: string): boolean =>
  /shop|store|market|markt|marche|mercado|channel|kanal|canal|ordersource|boutique|tienda|negozio|winkel/.test(folded)

/** Whether a name is probably a field's. */
export const isLike = (field: Field, name: string): boolean => {
  const text = folded(name)
  const matches = (field: Field) => (alike[field] ?? []).some((pattern) => pattern.test(text))
  switch (field) {
    case "ship_date":
      return matches(field) || isLikeShipDate(text)
    case "notify_customer":
      return matches(field) && !isLikeShop(text)
    case "notify_order_source":
      return (matches("notify_customer") || /^(?:inform|tell|update|notify)/.test(text)) && isLikeShop(text)
    case "tracking_number":
      return matches(field) && rank(field, name) === undefined && !/return|retour|ruck|devol|reso/.test(text)
    default:
      // one that is known was left for a better one
      return matches(field) && rank(field, name) === undefined
  }
}

/** Whether a column may say the carrier among other things, where none is called so: `Ship Method` has `UPS Ground`. */
export const mayBeCarrier = (name: string): boolean =>
  /^(?:(?:ship(?:ping|ment)?|postal|delivery|carrier|requested|selected)(?:method|service|via)(?:name|requested)?|service(?:name|level)?|vendor)$/
    .test(folded(name))

/** Whether a name is about a day on which something was shipped, in English. */
const isLikeShipDate = (text: string): boolean =>
  /date|day|time|shippedat|shippedon/.test(text) && /ship|desp|disp|collect|pick|process|fulfil|label|sent/.test(text)

/** Whether a column may be about the day of shipping, if all that it has are dates: its name says no other day. */
export const mayBeShipDate = (name: string): boolean =>
  !/order|bestell|commande|pedido|ordine|purchase|sale|bought|paid|pay|bezahl|invoice|rechnung|factur|fattura/.test(
    folded(name)
  )
  && !/created|creat|placed|update|modif|changed|import|export|download|birth|due|deadline|deliver|liefer|arriv|eta|expected/
    .test(folded(name))
  && !/estimat|promis|return|refund|cancel|void|expir|valid|exp$|batch|received|start|end$/.test(folded(name))

const shops =
  "store|shop|channel|market(?:place)?|merchant|client|customer|partner|source|external|original|web(?:site|shop)?|site"
  + "|shopify|amazon|ebay|etsy|walmart|woo(?:commerce)?|wc|platform"

/** Of a shop or marketplace, beside that of a warehouse or another program. */
const ofShop = new RegExp(
  `^(?:${shops})(?:s)?(?:order|ref(?:erence)?)(?:id|no|nr|number|num|name|ref|reference|code)?$`
)

/** Whether an order may be known by this column, where `used` is the one that is taken for its number. */
export const mayBeOrder = (name: string, used: string): boolean => {
  const usedRank = rank("order_number", used)
  if (usedRank === undefined || usedRank === 0) return false
  return ofShop.test(folded(name))
    // who has ids of its own calls others references
    || (plain(used) === "orderid" && /^(?:ref|reference)(?:id|no|nr|num|number)?$/.test(folded(name)))
}

/** Whether a name is about notifications, other than their address. */
export const isLikeNotify = (name: string): boolean =>
  plain(name).startsWith("notif") && !/mail|phone|address|sms|date|time|sent/.test(plain(name))

const message = "(?:e?mail|notif|contact|inform|alert|messag|confirm|tell)"

/** Where it is said that somebody isn't to be told, in English, German, French, Spanish, Italian, Dutch and Portuguese. */
const optOut = new RegExp(
  `opt(?:ed)?out|unsubscrib|desinscri|desabon|${message}\\w{0,20}(?:disabled|suppressed|blocked|off)$`
    + "|^(?:customer|buyer|recipient|kunden?|clientes?|klant)?(?:"
    + "(?:(?:do|does)?(?:not|nt)|no|never|without|skip|suppress|disable|omit|block|exclude|mute)"
    + "(?:to|be|send|sent|customer|buyer|recipient|shop|store|marketplace|channel|shipping|shipment|tracking|an?y?|the)*"
    + message
    + "|kein(?:e|en)?(?:versand)?(?:e?mail|benachricht|nachricht)|nicht(?:benachricht|informier|mailen|anschreiben)"
    + "|ohne(?:e?mail|benachricht)|ne?pas(?:notif|aver|preven|inform|envoy|contact)|sans(?:e?mail|notif|courriel)"
    + "|pasd(?:e)?(?:e?mail|notif|courriel)|no(?:notific|avis|inform|enviarcorreo|molest)"
    + "|sin(?:correo|e?mail|notific|aviso)|non(?:notific|avvis|inform)|senza(?:e?mail|notific|avvis)"
    + "|niet(?:inform|mailen|bericht)|geen(?:e?mail|bericht|notific|melding)|nao(?:notific|avis|inform)"
    + "|sem(?:e?mail|notific|avis))"
)

/** Who isn't to be told of a shipment where a column of that name says so. Advertising is something else. */
export const optOutOf = (name: string): "notify_customer" | "notify_order_source" | undefined => {
  const text = folded(name)
  if (!optOut.test(text) || /market(?!place)|news|promo|werb|publi|sms|phone|deliver/.test(text)) return undefined
  return isLikeShop(text) ? "notify_order_source" : "notify_customer"
}
