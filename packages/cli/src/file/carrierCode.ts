/**
 * The cell that says which carrier it is.
 */
import * as Cells from "./cells.js"

/** A code, or a name that has none yet. */
export type Reading =
  | { readonly _tag: "Code"; readonly code: string }
  | { readonly _tag: "Name"; readonly name: string }

const isCode = (text: string): boolean => /^[a-z\d]+(?:_[a-z\d]+)*$/.test(text)

/** What many call a carrier, without case, and its usual code. Others aren't guessed. */
const codes: ReadonlyArray<readonly [RegExp, string]> = [
  [/^ups\b/i, "ups"],
  [/^(?:usps|us postal|united states postal)/i, "usps"],
  [/^fed ?ex\b/i, "fedex"],
  [/^stamps\.?com/i, "stamps_com"],
  [/^dhl e-?commerce/i, "dhl_ecommerce"],
  [/^dhl\b/i, "dhl_express"],
  [/^royal ?mail/i, "royal_mail"],
  [/^canada ?post/i, "canada_post"],
  [/^australia ?post/i, "australia_post"],
  [/^on ?trac/i, "ontrac"],
  [/^purolator/i, "purolator_ca"],
  [/^amazon/i, "amazon_buy_shipping"]
]

/** The code that a name is likely to have, for a person to confirm. */
export const hint = (name: string): string | undefined => codes.find(([pattern]) => pattern.test(name.trim()))?.[1]

/** Compares names as people write them: without case, marks of registration, and doubled spaces. */
export const plain = (name: string): string =>
  name.normalize("NFC").toLowerCase().replaceAll(/[®™©\p{Cf}]/gu, "").replaceAll(/[\s\u00A0]+/g, " ").trim()

/** Reads a cell. `known` are the codes that the user gave to names, by `plain`. One word in capitals is the code in them. */
export const read = (cell: string, known: ReadonlyMap<string, string>): Reading => {
  if (isCode(cell) && known.size === 0 && cell !== "other") return { _tag: "Code", code: cell }
  const text = Cells.clean(cell, Cells.withoutInvisible, Cells.withoutGuard, Cells.withoutQuotes).text.trim()
  const name = plain(text)
  const given = known.get(name)
  if (given !== undefined) return { _tag: "Code", code: given }
  return text === "" || (/^[a-z\d_]+$/.test(name) && isCode(name) && name !== "other")
    ? { _tag: "Code", code: name }
    : { _tag: "Name", name: text }
}
