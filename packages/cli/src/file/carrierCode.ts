/**
 * The cell that says which carrier it is.
 */
import type { Account } from "../resolve/Resolver.js"
import * as Cells from "./cells.js"

/** A code, or a name that has none yet. */
export type Reading =
  | { readonly _tag: "Code"; readonly code: string }
  /** A word that isn't written as codes are: a name of the account's carriers, or else the code in capitals. */
  | { readonly _tag: "Word"; readonly name: string; readonly code: string }
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

/** The code of what was read, or the one that it is likely to have. */
export const likely = (reading: Reading): string => reading._tag === "Name" ? hint(reading.name) ?? "" : reading.code

/** Compares names as people write them: without case, marks of registration, and doubled spaces. */
export const plain = (name: string): string =>
  name.normalize("NFC").toLowerCase().replaceAll(/[®™©\p{Cf}]/gu, "").replaceAll(/[\s\u00A0]+/g, " ").trim()

/** Reads a cell. `known` are the codes that the user gave to names, by `plain`. */
export const read = (cell: string, known: ReadonlyMap<string, string>): Reading => {
  if (isCode(cell) && known.size === 0 && cell !== "other") return { _tag: "Code", code: cell }
  const text = Cells.clean(cell, Cells.withoutInvisible, Cells.withoutGuard, Cells.withoutQuotes).text.trim()
  const name = plain(text)
  const given = known.get(name)
  if (given !== undefined) return { _tag: "Code", code: given }
  if (text !== "" && (!isCode(name) || name === "other")) return { _tag: "Name", name: text }
  return text === name ? { _tag: "Code", code: name } : { _tag: "Word", name: text, code: name }
}

/** A word that means its own code, or of which nothing else is known, is that code. */
export const withMeaning = (reading: Reading, meaningOf: Account["meaningOf"] | undefined): Reading => {
  if (reading._tag !== "Word" || meaningOf === undefined) return reading
  const meant = meaningOf(reading.name)
  return meant === undefined || (meant._tag === "Found" && meant.value === reading.code)
    ? { _tag: "Code", code: reading.code }
    : reading
}
