/**
 * Columns that say that a row is of no parcel on its way: its label is void, its order cancelled, it is a return, and so on. In
 * English, German, French, Spanish, Italian, Dutch, Portuguese and Polish.
 */
import { folded } from "./columnNames.js"
import * as Dates from "./dateForms.js"
import * as YesNo from "./yesNo.js"

/** What a cell says against sending its row. */
export interface Finding {
  /** Whether it is a problem, and not only to be looked at. */
  readonly isCertain: boolean
  readonly reason: string
  /** Whether the cell says when, and not what. */
  readonly isDate: boolean
}

/** A column that may say it. */
export interface Column {
  readonly index: number
  readonly name: string
  /** Undefined: it says nothing against it. The cell isn't blank. */
  readonly read: (cell: string) => Finding | undefined
}

const certain = (reason: string): Finding => ({ isCertain: true, reason, isDate: false })
const doubtful: Finding = { isCertain: false, reason: "is sent all the same", isDate: false }

const isVoid = certain("says that its label is void")
const isCancelled = certain("says that it is cancelled")
const isRefunded = certain("says that it is refunded")
const isReturn = certain("says that its label is of a return")
const isNotMeant = certain("says that it isn't to be shipped")

/** In English, German, French, Spanish, Italian, Dutch, Portuguese and Polish. */
const notToShip =
  /^(?:(?:(?:do|does)(?:not|nt)|notto(?:be)?)(?:ship|send|sent|fulfil)(?:l|led|ped)?$|noship|nicht(?:versenden|verschicken|liefern)|nepas(?:expedier|envoyer)|no(?:enviar|expedir)|non(?:spedire|inviare)|niet(?:verzenden|versturen)|nao(?:enviar|expedir)|niewysylac)/

/** Words of a status by how they begin, without case, accents, spaces and marks. */
const words: ReadonlyArray<readonly [RegExp, Finding]> = [
  [notToShip, isNotMeant],
  [/^(?:void|invalidat|ungultig)/, isVoid],
  [/^(?:cancel|deleted|stornier|storno|geloscht|annul|geannul|anulad|anulowan|usunie)/, isCancelled],
  [/^(?:refund|erstattet|ruckerstattet|rembours|reembols|rimbors|terugbetaald|zwrocon)/, isRefunded],
  [
    /^(?:returned|return$|retourn|retour$|retoure|zuruckgesendet|devuelt|devolvid|restituit|reso$|geretourneerd)/,
    doubtful
  ],
  [
    /^(?:onhold|hold$|held|angehalten|gesperrt|enattente|enespera|retenido|insospeso|inattesa|indewacht|wstrzyman)/,
    doubtful
  ],
  [
    /^(?:unshipped|notshipped|notyetshipped|unfulfilled|awaitingshipment|nichtversandt|nochnichtversandt|unversandt)/,
    doubtful
  ],
  [/^(?:offen$|nonexpedie|noenviado|nospedito|nonspedito|nietverzonden|naoenviado|niewyslan)/, doubtful],
  [/^(?:awaiting|unpaid|backorder|unbezahlt|wartetauf|impaye|sinpagar|nonpagato|onbetaald)/, doubtful],
  [/^(?:expired|draft|entwurf|brouillon|borrador|bozza|concept$|rascunho|szkic)/, doubtful],
  [/^(?:fail|fehlgeschlagen|echou|echec|fallid|fallit|mislukt|falhou|nieudan)/, doubtful],
  [/^(?:label(?:created|printed)|pretransit|etiketterstellt|etiquettecreee|etiquetacreada)/, doubtful]
]

/** What says of a flag, or by a date, that something is so. */
const flags: ReadonlyArray<readonly [RegExp, Finding]> = [
  [notToShip, isNotMeant],
  [/^(?:shipment|label)?(?:is)?void(?:ed)?(?:flag|indicator|status|at|on|date|time)?$|^datevoid(?:ed)?$/, isVoid],
  [
    /^(?:is|order|shipment|label)?(?:cancel(?:l?ed|lation)?|storniert|storno|annulee?|cancelad[oa]|anulad[oa]|annullato|geannuleerd|anulowan[eoay])(?:flag|at|on|date|time|am)?$/,
    isCancelled
  ],
  [/^(?:is|order)?refund(?:ed)?(?:at|on|date)?$|^(?:erstattet|rembourse|reembolsado|rimborsato)(?:am)?$/, isRefunded],
  [
    /^(?:is)?(?:return|returned|retoure?|rucksendung|devolucion|reso|zwrot)(?:label|flag|indicator|shipment)?$/,
    isReturn
  ],
  [/^(?:is)?(?:onhold|hold|held|angehalten|gesperrt|enattente|enespera|insospeso)(?:flag|until|date)?$/, doubtful],
  [/^(?:is)?test(?:label|order|shipment|mode)?$/, doubtful]
]

/** Flags that speak against it with no. */
const shipped =
  /^(?:is|was)?(?:shipped|sent|dispatched|despatched|fulfilled|versandt|versendet|verschickt|expediee?|envoyee?|enviad[oa]|spedito|verzonden|wyslan[eoay])$/

const kinds = /^(?:label|shipment|order|parcel)?(?:type|kind|direction)$/

const statuses =
  /^(?:(?:order|shipment|label|fulfill?ment|shipping|delivery|tracking|financial|payment)?(?:status|state)|statut|etat|estado|stato|zustand|stan|(?:versand|bestell|auftrags|sendungs|paket|bestel|verzend|zendings?)status|(?:statut|etat|estado|stato|status)(?:de|del|della|dell|do|da|d|l|la|le)*(?:commande|expedition|envoi|livraison|pedido|envio|ordine|spedizione))$/

/** Finds them. */
export const columnsOf = (
  columns: ReadonlyArray<string>,
  isIgnored: (index: number) => boolean
): ReadonlyArray<Column> =>
  columns.flatMap((name, index) => {
    const read = isIgnored(index) ? undefined : readerOf(folded(name))
    return read === undefined ? [] : [{ index, name, read: remembering(read) }]
  })

const readerOf = (name: string): Column["read"] | undefined => {
  const [, flag] = flags.find(([pattern]) => pattern.test(name)) ?? []
  if (flag !== undefined) return (cell) => readFlag(flag, cell)
  if (shipped.test(name)) return (cell) => YesNo.read(cell) === false ? doubtful : undefined
  if (kinds.test(name)) return (cell) => /^(?:retour|return(?!ing)|rma$|ruck)/.test(folded(cell)) ? isReturn : undefined
  if (!statuses.test(name)) return undefined
  return readStatus
}

/** Before a word they make it mean less, or nothing. */
const not = /^(?:not|never|no|un|nicht|kein|pas|non|sin|sans|niet|geen|nao|nie)$/
const partly = /^(?:part|teilweise|teil|gedeeltelijk|czesciowo)/

/** A status may be of several words, of which a later one tells: `Order cancelled`. */
const readStatus = (cell: string): Finding | undefined => {
  // what is longer is no status
  const parts = cell.slice(0, 200).split(/[^\p{L}\p{N}]+/u).map(folded)
  for (const at of parts.keys()) {
    const before = parts[at - 1] ?? ""
    const text = parts.slice(at).join("")
    const found = not.test(before) ? undefined : words.find(([pattern]) => pattern.test(text))?.[1]
    if (found !== undefined) return partly.test(before) ? doubtful : found
  }
  return undefined
}

/** As people tick a box. */
const ticked = /^[x✓✔☑]$/i

const readFlag = (flag: Finding, cell: string): Finding | undefined => {
  const says = words.some(([pattern, finding]) => finding === flag && pattern.test(folded(cell)))
  if (YesNo.read(cell) === true || ticked.test(cell.trim()) || says) {
    return flag
  }
  // some programs write that there is none as a date of zeros
  return Dates.parse(cell) !== undefined && /[1-9]/.test(cell.slice(0, 4)) ? { ...flag, isDate: true } : undefined
}

/** Columns like these have few values. */
const remembering = (read: Column["read"]): Column["read"] => {
  const known = new Map<string, Finding | undefined>()
  return (cell) => {
    if (known.has(cell)) return known.get(cell)
    const found = read(cell)
    if (known.size < 1000) known.set(cell, found)
    return found
  }
}
