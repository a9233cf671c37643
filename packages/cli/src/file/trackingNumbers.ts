/**
 * What of a cell is the tracking number, and what can't be one, for every carrier.
 */
import * as Cells from "./cells.js"
import * as Forms from "./trackingForms.js"

/** Why a cell isn't sent. */
export interface Flaw {
  readonly reason: string
  readonly remedy: string
}

/** A cell as it is read. */
export interface Reading {
  readonly number: string
  /** What isn't part of it. */
  readonly removed: Cells.Removed
  readonly flaw?: Flaw
}

const asText = "format the column as text before the numbers are put in, and save the file again"
const onlyNumber = "put only the number in"
const foreign: Flaw = { reason: "has characters that no tracking number has", remedy: "remove them" }
const noNumber: Flaw = { reason: "is no tracking number", remedy: "put the number in, or leave the row out" }
const several: Flaw = {
  reason: "has more than one number",
  remedy: "leave one: after it is marked as shipped, a shipment can't get another"
}
const count: Flaw = { reason: "has something beside the number", remedy: onlyNumber }
const rounded: Flaw = { reason: "was turned into a rounded number by a spreadsheet", remedy: asText }

/** What is wrong with a cell as it stands, before anything is taken out. */
const flawOfCell = (text: string): Flaw | undefined => {
  if (/^[-+]?\d+(?:[.,]\d+)?\s*E\s*\+\s*\d+$/i.test(text) || /^[-+]?\d(?:[.,]\d+E\d+|E[1-4]\d)$/i.test(text)) {
    return rounded
  }
  if (/^\d+[.,]0+$/.test(text)) return { reason: "was turned into a number with decimals", remedy: asText }
  if (
    /^#(?:n\/?a|ref!?|value!?|name\??|div\/0!?|num!?|null!?|spill!?|calc!?|field!?|getting_data|err(?:or)?:?\d*|#+)$/i
      .test(text)
  ) {
    return { reason: "is an error of a spreadsheet", remedy: "correct its formula, or make its column wider" }
  }
  if (/^(?:n\/?a|null|nil|none|nan|undefined|unknown|tbd|tba|tbc|pending|-+|\?+|\.+|x+)$/i.test(text)) {
    return noNumber
  }
  if (/[^\s@]@[^\s@]+\.[^\s@]/.test(text)) return { reason: "is an e-mail address", remedy: onlyNumber }
  if (/:\/\/|^www\.|\.(?:com|net|org|info|html?|php|aspx)\b/i.test(text)) {
    return { reason: "is a link", remedy: onlyNumber }
  }
  if (isDate(text)) return { reason: "is a date", remedy: onlyNumber }
  if (/^\d{3}-\d{7}-\d{7}$/.test(text)) return { reason: "is an order number of Amazon", remedy: onlyNumber }
  if (/\d(?:\.{2,}|\u2026)$/.test(text)) return { reason: "is cut off", remedy: "put the whole number in" }
  if (/^[-\u2212](?:[\s-]?[a-z\d]){2,}$/i.test(text)) return { reason: "has a minus before it", remedy: onlyNumber }
  if (/\s[x×]\s*\d{1,3}$/i.test(text) || /\d\s+\d{1,3}\s+of\s+\d{1,3}$/i.test(text)) {
    return { reason: "has a quantity behind it", remedy: onlyNumber }
  }
  if (/^se-\d+$/i.test(text)) return { reason: "is the id of a shipment", remedy: onlyNumber }
  return hasSeveral(text) ? several : undefined
}

const isDate = (text: string): boolean =>
  /^(?:(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d)(?:[T ]\d{1,2}:.*)?$/.test(text)

const numberLike = /^[#'"(]*(?=[A-Z\d]*\d[A-Z\d]*\d)[A-Z\d]{6,}[)'".]*$/i

const hasSeveral = (text: string): boolean => {
  const parts = text.split(/<br\s*\/?>|[,;|/\\\n\r\t&+]|\s+(?:and|und|et|y)\s+|\s-\s/i).filter((part) =>
    part.trim() !== ""
  )
  if (parts.filter((part) => numberLike.test(part.replaceAll(/[\s-]/g, ""))).length > 1) return true
  const words = text.split(/[\s-]+/).filter((word) => numberLike.test(word) && word.length >= 8)
  return words.length > 1 && !Forms.isChecked(text)
}

/** What is wrong with letters and digits. */
const flawOfNumber = (number: string, carrierCode: string): Flaw | undefined => {
  if (!/\d/.test(number)) {
    return number === ""
      ? undefined
      : { ...noNumber, reason: "is a word, and no tracking number" }
  }
  if (Forms.isGlued(number, carrierCode)) return several
  if (/^1ZX*$/i.test(number)) return noNumber
  if (number.length > 45) return { reason: "is too long for one tracking number", remedy: onlyNumber }
  if (/^\d+$/.test(number)) {
    if (/^0+$/.test(number)) return noNumber
    return Forms.isRounded(number) && !Forms.isChecked(number, carrierCode)
      ? { reason: "has only zeros behind its 15th digit, so a spreadsheet has rounded it", remedy: asText }
      : undefined
  }
  const isWord = /[a-z]{6}/i.test(number) && number.replaceAll(/\D/g, "").length < 6
  return isWord && !Forms.isCertain(number) ? wordInIt : undefined
}

const wordInIt: Flaw = { reason: "has words in it", remedy: onlyNumber }

/** Prefixes that numbers have. Other letters without digits are words. */
const prefixes = /^(?:[A-Z]{1,2}|TB[ABCM]|JJD|JVGL|1LS|[A-Z]{3}(?=\s\d{9}$))$/i

const companies = /^(?:ups|usps|dhl|tnt|gls|dpd|fedex|no|nr|num|ref|box|pkg|for|the|via|see)$/i

/** Between few digits they are no prefixes: `1 of 2`, `3 kg`. */
const small = /^(?:of|kg|lb|oz|am|pm|st|nd|rd|th|ct|pc|pk|ea|to|at|in|on|or|x|rm|po)$/i

const hasWords = (text: string): boolean => {
  const words = text.split(/[\s-]+/).filter((word) => /^[a-z]+$/i.test(word))
  return words.some((word) => companies.test(word) || !prefixes.test(word))
    || (text.replaceAll(/\D/g, "").length < 6 && words.some((word) => small.test(word)))
}

/** Whether a cell may hold a phone number instead. Nothing else groups ten digits like this. */
export const isLikePhone = (cell: string): boolean => /^(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/.test(cell.trim())

/** Reads a cell of any form. */
export const read = (cell: string, carrierCode: string): Reading => {
  if (/^[a-z\d]{4,45}$/i.test(cell)) return withFlaw({ number: cell, removed: [] }, flawOfWhole(cell, carrierCode))
  const seen = Cells.clean(cell, Cells.withoutInvisible)
  const guarded = Cells.clean(seen.text, Cells.withoutGuard, Cells.inAscii)
  const flaw = flawOfCell(guarded.text)
  if (flaw !== undefined) return { number: guarded.text, removed: [], flaw }
  const marks = Cells.withoutMarks(guarded.text)
  const removed = [...seen.removed, ...guarded.removed, ...marks.removed]
  if (guarded.text !== "" && marks.text === "") return { number: guarded.text, removed: [], flaw: noNumber }
  const odd = /[^ -~\s]/u.exec(marks.text)?.[0]
  if (odd !== undefined) {
    return {
      number: guarded.text,
      removed: [],
      flaw: /\p{L}|\p{N}/u.test(odd)
        ? {
          reason: `has ${odd} (${Cells.named(odd)}), which only looks like another character`,
          remedy: "type it anew"
        }
        : foreign
    }
  }
  if (!/^[a-z\d\s-]*$/i.test(marks.text)) {
    return {
      number: guarded.text,
      removed: [],
      flaw: /[a-z]{4}/i.test(marks.text) && /\s/.test(marks.text) ? wordInIt : foreign
    }
  }
  return withoutGaps(marks.text, removed, carrierCode)
}

const flawOfWhole = (text: string, carrierCode: string): Flaw | undefined =>
  (/^(?:\d+E\d+|null|none|undefined|unknown|pending|x+)$/i.test(text) ? flawOfCell(text) : undefined)
    ?? flawOfNumber(text, carrierCode)

/** A whole number beside a few characters: how many parcels there are, or the number of a line. */
const hasCount = (text: string, carrierCode: string): boolean => {
  const isWhole = (number: string) =>
    Forms.isChecked(number, carrierCode) || Forms.isCertain(number.replaceAll(/[\s-]/g, ""))
  const rests = [text.replace(/[\s-]+\w{1,3}$/, ""), text.replace(/^\w{1,3}[\s-]+/, "")]
  return !isWhole(text) && rests.some((rest) => rest !== text && isWhole(rest))
}

/** Spaces group the digits of a number; hyphens do so for carriers whose numbers have none. */
const withoutGaps = (text: string, removed: Cells.Removed, carrierCode: string): Reading => {
  if (hasWords(text) && /\d/.test(text)) return { number: text, removed: [], flaw: wordInIt }
  if (hasCount(text, carrierCode)) return { number: text, removed: [], flaw: count }
  const gaps = /\s/.test(text) ? ["spaces"] : []
  const joined = text.replaceAll(/\s+/g, "")
  const hyphens = joined.includes("-") && Forms.isKnown(carrierCode)
  const number = hyphens ? joined.replaceAll("-", "") : joined
  return withFlaw(
    { number, removed: [...removed, ...gaps, ...(hyphens ? ["hyphens"] : [])] },
    flawOfNumber(number, carrierCode)
  )
}

const withFlaw = (reading: Reading, flaw: Flaw | undefined): Reading =>
  flaw === undefined ? reading : { ...reading, flaw }
