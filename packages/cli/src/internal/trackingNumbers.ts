/**
 * What can be told of a tracking number without asking anybody.
 */
import {
  amazon,
  dhl,
  fedex,
  getTracking,
  ontrac,
  s10,
  type TrackingCourier,
  type TrackingData,
  ups,
  usps
} from "ts-tracking-number"

interface Flaw {
  readonly reason: string
  readonly remedy: string
}

const exact = "format the column as text before the numbers are put in, and save the file again"

/** What can't be a tracking number. */
export const flawOf = (text: string): Flaw | undefined => {
  if (/^\d(?:[.,]\d+)?E\+\d+$/i.test(text) || /^\d[.,]\d+E\d+$/i.test(text)) {
    return { reason: "was turned into a rounded number by a spreadsheet", remedy: exact }
  }
  if (/^\d+[.,]0+$/.test(text)) return { reason: "was turned into a number with decimals", remedy: exact }
  if (text.startsWith("#")) return { reason: "is an error of a spreadsheet", remedy: "correct its formula" }
  if (/^(?:n\/?a|null|none|nan|undefined|tbd|pending|-+|\?+)$/i.test(text)) {
    return { reason: "is no tracking number", remedy: "put the number in, or leave the row out" }
  }
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}<>]|^[=@+]/u.test(text)) {
    return { reason: "has characters that no tracking number has", remedy: "remove them" }
  }
  return undefined
}

/** Whose numbers a carrier code may have. Of other carriers nothing is known. */
const couriersOf = (carrierCode: string): ReadonlyArray<TrackingCourier> => {
  const [first = ""] = carrierCode.split("_")
  switch (first) {
    case "ups":
      return [ups]
    case "fedex":
      return [fedex]
    case "usps":
    case "stamps":
    case "endicia":
      return [usps, s10]
    case "dhl":
      return [dhl, s10]
    case "ontrac":
      return [ontrac]
    case "amazon":
      return [amazon]
    default:
      return []
  }
}

const allCouriers: ReadonlyArray<TrackingCourier> = [ups, fedex, usps, dhl, ontrac, amazon, s10]

/** A reason to look at a number again, in words. The library's forms aren't complete, so it is no more than that. */
export const doubtOf = (trackingNumber: string, carrierCode: string): string | undefined => {
  const own = couriersOf(carrierCode)
  const [courier] = own
  if (courier === undefined) return undefined
  if (own.some((courier) => isValid(trackingNumber, courier))) return undefined
  const other = allCouriers.find((other) => !own.includes(other) && isValid(trackingNumber, other))
  if (other !== undefined) return `is a number of ${other.name}, not of ${carrierCode}`
  return own.some((courier) => formsOf(trackingNumber, courier).length > 0)
    ? `its check digit is wrong for ${carrierCode}`
    : `has no form of ${carrierCode} that is known`
}

interface Form {
  readonly pattern: RegExp
  readonly courier: TrackingCourier
}

/** The library compiles its patterns for each number; a look at them first makes it ten times as fast. */
const forms = new Map<TrackingCourier, ReadonlyArray<Form>>(allCouriers.map((courier) => [
  courier,
  courier.tracking_numbers.map((data): Form => ({
    pattern: new RegExp(`^(?:${regexOf(data)})$`),
    courier: { ...courier, tracking_numbers: [data] }
  }))
]))

const formsOf = (trackingNumber: string, courier: TrackingCourier): ReadonlyArray<Form> => {
  const plain = trackingNumber.replaceAll(/[^a-zA-Z\d]/g, "")
  return (forms.get(courier) ?? []).filter(({ pattern }) => pattern.test(plain))
}

const isValid = (trackingNumber: string, courier: TrackingCourier): boolean =>
  formsOf(trackingNumber, courier).some((form) => getTracking(trackingNumber, [form.courier]) !== undefined)

function regexOf({ regex }: TrackingData): string {
  return typeof regex === "string" ? regex : regex.join("")
}
