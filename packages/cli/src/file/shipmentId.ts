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

/** Reads a cell that should hold an id such as `se-12345678`. */
export const read = (cell: string): Reading => {
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
  return { id, removed: told, ...remedyOf(id) }
}

const remedyOf = (id: string): { readonly remedy?: string } => {
  const [, digits] = /^se[_ .:]?(\d+)$/i.exec(id) ?? []
  if (digits !== undefined) return { remedy: `write se-${digits}` }
  if (/^#?\d{1,12}$/.test(id)) {
    return {
      remedy:
        "if it is the order's number, say --map order_number=\"its column\"; if it is an orderId of API v1, say --map "
        + "v1_order_id=\"its column\""
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
