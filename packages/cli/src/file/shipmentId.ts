/**
 * The cell that says which shipment is meant.
 */
import type { Reference } from "../resolve/Reference.js"
import * as Cells from "./cells.js"

/** A shipment's id, or what isn't one. */
export interface Reading {
  readonly id: string
  readonly removed: Cells.Removed
  /** What to write instead, where it can be told. */
  readonly remedy?: string
}

const dashes = /[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/g

/** Reads a cell that should hold an id such as `se-12345678`. `orderId`: the column that may have v1's. */
export const read = (cell: string, orderId?: string): Reading => {
  if (/^se-[a-z\d-]+$/.test(cell)) return { id: cell, removed: [] }
  const { removed, text } = Cells.clean(
    cell,
    Cells.withoutInvisible,
    Cells.withoutGuard,
    Cells.inAscii,
    (text) => text.startsWith("#") ? { text, removed: [] } : Cells.withoutMarks(text)
  )
  const hyphens = text.replaceAll(dashes, "-")
  const id = /^SE-[A-Z\d-]+$/i.test(hyphens) ? hyphens.toLowerCase() : hyphens
  const told = [
    ...removed,
    ...(hyphens === text ? [] : ["a dash for its hyphen"]),
    ...(id === hyphens ? [] : ["its capitals"])
  ]
  return { id, removed: told, ...remedyOf(id, orderId) }
}

const remedyOf = (id: string, orderId = "its column"): { readonly remedy?: string } => {
  const [, digits] = /^se[_ .:]?(\d+)$/i.exec(id) ?? []
  if (digits !== undefined) return { remedy: `write se-${digits}` }
  if (/^#?\d{1,12}$/.test(id)) {
    return {
      remedy:
        "if it is the order's number, say --map order_number=\"its column\"; if it is an orderId of API v1, say --map "
        + `v1_order_id="${orderId}"; if it is a shipmentId of API v1, it is another shipment's number here: take its orderId`
    }
  }
  return {}
}

/** Reads a cell that says it in another way. Empty: it doesn't. */
export const readReference = (
  field: Reference["_tag"],
  cell: string
): { readonly reference: Reference; readonly removed: Cells.Removed } => {
  const { removed, text } = Cells.clean(cell, Cells.withoutInvisible, Cells.withoutGuard)
  return { reference: { _tag: field, value: text.trim() }, removed }
}

/** Whether it is several numbers, and not one with commas between its thousands. */
export const areSeveral = (value: string): boolean =>
  !/^\d{1,3}(?:,\d{3})+$/.test(value)
  && /^[^\s,;&]*\d[^\s,;&]*(?:\s*(?:[,;&\n]|\s(?:and|und|et|y|e|en)\s)\s*[^\s,;&]*\d[^\s,;&]*)+$/.test(value)

/** What a spreadsheet made of a number. */
export const lostBy = (value: string): { readonly reason: string; readonly remedy: string } | undefined => {
  if (/^\d(?:[.,]\d+)?E\+\d+$/i.test(value)) {
    return { reason: "was turned into a rounded number by a spreadsheet", remedy: "write the number itself, as text" }
  }
  const [, whole] = /^(\d+)[.,]0+$/.exec(value) ?? []
  return whole === undefined ? undefined : {
    reason: "was turned into a number with decimals by a spreadsheet",
    remedy: `if ${whole} is meant, write that, as text`
  }
}
