/**
 * Compares a row with its other columns, where one may be what another is.
 */
import * as CarrierCode from "./carrierCode.js"
import type { Found } from "./found.js"
import { companyOf } from "./trackingForms.js"
import * as TrackingNumbers from "./trackingNumbers.js"

/** Complains of a carrier that is another one in a column like its own. */
export const compareCarrier = (
  { complain, nameOf, own }: Found,
  carrier: CarrierCode.Reading,
  { carrierRivals, carriers, columns }: {
    /** That may be the carrier as well. */
    readonly carrierRivals: ReadonlyArray<number>
    readonly carriers: ReadonlyMap<string, string>
    readonly columns: ReadonlyArray<string>
  }
): void => {
  const company = companyOf(CarrierCode.likely(carrier))
  if (company === undefined) return
  for (const index of carrierRivals) {
    const cell = own[index] ?? ""
    const other = companyOf(CarrierCode.likely(CarrierCode.read(cell, carriers)))
    if (other === undefined || other === company) continue
    const reason = `isn't what "${columns[index]}" has, which may be the carrier too: ${cell.trim()}`
    const remedy = `say which is meant: --map carrier_code="${nameOf("carrier_code")}" or "${columns[index]}"`
    return complain("carrier_code", reason, remedy, `isn't what "${columns[index]}" has`)
  }
}

/** Columns that the tracking number is compared with. */
export interface OtherColumns {
  /** That may be the tracking number as well. */
  readonly rivals: ReadonlyArray<number>
  /** That say which shipment or order it is. */
  readonly own: ReadonlyArray<number>
}

const bare = (text: string): string => text.replaceAll(/[^a-zA-Z\d]/g, "").toUpperCase()

/** Complains of a number that is the order's or the shipment's, and of another one in a column like its own. */
export const compareNumber = (
  { complain, has, notes, own, line, nameOf, cellOf }: Found,
  trackingNumber: string,
  columns: OtherColumns,
  names: ReadonlyArray<string>
): void => {
  const number = bare(trackingNumber)
  if (number === "" || has("tracking_number")) return
  for (const index of columns.rivals) {
    const other = bare(own[index] ?? "")
    if (other === number || !/^(?=.*\d)[A-Z\d]{6,}$/.test(other)) continue
    const reason = `isn't what "${names[index]}" has, which may be the tracking number too: ${other}`
    const remedy = `say which is meant: --map tracking_number="${nameOf("tracking_number")}" or "${names[index]}"`
    complain("tracking_number", reason, remedy, `isn't what "${names[index]}" has`)
    return
  }
  // shorter ones are equal by chance
  const isOwn = number.length >= 4 &&
    columns.own.some((index) => bare(own[index] ?? "").replace(/^SE(?=\d)/, "") === number)
  if (isOwn) complain("tracking_number", "is the row's own order or shipment", "put the number of the label in")
  else if (TrackingNumbers.isLikePhone(cellOf("tracking_number"))) {
    notes.push({
      line,
      field: nameOf("tracking_number"),
      value: cellOf("tracking_number"),
      reason: "looks like a phone number",
      remedy: "compare it with the label"
    })
  }
}
