/**
 * The forms of tracking numbers, as the carriers' own pages have them, with their check digits.
 *
 * UPS, FedEx, USPS (Publication 199), DHL, OnTrac, Amazon, Purolator, and S10 of the Universal Postal Union for the posts.
 */

/** A form of a number: capitals and digits, without spaces. */
interface Form {
  readonly pattern: RegExp
  /** Whether the check digit is right. Left out where the form has none, or it isn't known. */
  readonly check?: (match: RegExpExecArray) => boolean
}

const digitsOf = (text: string): ReadonlyArray<number> => Array.from(text, Number)

/** GS1: weights 3, 1, 3, … from the right. The last digit is the check digit. */
const gs1 = (digits: string): boolean => {
  let sum = 0
  for (let at = digits.length - 2, weight = 3; at >= 0; at--, weight = 4 - weight) sum += Number(digits[at]) * weight
  return (10 - sum % 10) % 10 === Number(digits.at(-1))
}

/** UPS: each second character counts twice, and letters are 2, 3, …, in tens. */
const ups = (text: string): boolean => {
  let sum = 0
  for (let at = 0; at < text.length - 1; at++) {
    const code = text.charCodeAt(at)
    sum += (code < 58 ? code - 48 : (code - 63) % 10) * (at % 2 + 1)
  }
  return (10 - sum % 10) % 10 === Number(text.at(-1))
}

/** FedEx: weights 1, 3, 7, … from the right, modulo 11. */
const fedex = (digits: string): boolean => {
  const weights = [1, 3, 7]
  const all = digitsOf(digits)
  const sum = all.slice(0, -1).toReversed().reduce((sum, digit, at) => sum + digit * (weights[at % 3] ?? 0), 0)
  return sum % 11 % 10 === all.at(-1)
}

/** Universal Postal Union, S10. */
const s10 = (digits: string): boolean => {
  const all = digitsOf(digits)
  const sum = [8, 6, 4, 2, 3, 5, 9, 7].reduce((sum, weight, at) => sum + weight * (all[at] ?? 0), 0)
  const rest = 11 - sum % 11
  return all[8] === (rest === 10 ? 0 : rest === 11 ? 5 : rest)
}

const form = (pattern: RegExp, check?: (text: string) => boolean): Form =>
  check === undefined ? { pattern } : { pattern, check: (match) => check(match[1] ?? match[0]) }

const post: ReadonlyArray<Form> = [form(/^[A-Z]{2}(\d{9})[A-Z]{2}$/, s10)]

/** What USPS delivers, for whomever: 20 to 26 digits, behind the ZIP code that the barcode may have. */
const deliveredByUsps: ReadonlyArray<Form> = [form(/^(?:420\d{5}(?:\d{4})?)?(9[1-5]\d{18}(?:\d\d(?:\d{2,4})?)?)$/, gs1)]

/** The same, of those who number in ways of their own. */
const handedToUsps: ReadonlyArray<Form> = [form(/^(?:420\d{5}(?:\d{4})?)?9[1-6]\d{17,25}$/)]

/** A carrier by the beginning of its code. */
interface Carrier {
  readonly name: string
  readonly forms: ReadonlyArray<Form>
  /** Whether all of its forms are here, so that another one is doubted. */
  readonly isComplete: boolean
}

const carriers: { readonly [start: string]: Carrier } = {
  ups: {
    name: "UPS",
    isComplete: true,
    forms: [
      form(/^1Z([A-Z\d]{15}\d)$/, ups),
      form(/^[AHJKTV]\d{10}$/),
      form(/^(?:\d{9}|\d{12}|MI\d{6}[A-Z\d]{1,22}|80\d{16})$/),
      ...handedToUsps
    ]
  },
  fedex: {
    name: "FedEx",
    isComplete: true,
    forms: [
      form(/^\d{12}$/, fedex),
      form(/^\d{15}$/, gs1),
      form(/^00(\d{16}|\d{18})$/, gs1),
      form(/^96\d{5}(\d{15})$/, gs1),
      // of 34 digits, and without what is before the ZIP code
      form(/^(?:96\d{18}|[0-8]\d{19}|10\d{3})(\d{14})$/, fedex),
      // of 32 digits, for FedEx's own scanners
      form(/^3\d{15}(\d{12})\d{4}$/, fedex),
      form(/^DT\d{12}$/),
      // SmartPost, without the 92 that belongs to it
      form(/^\d{20}$/, (digits) => gs1(digits) || gs1(`92${digits}`)),
      ...handedToUsps
    ]
  },
  usps: {
    name: "USPS",
    isComplete: true,
    // of 20 digits, without the 91 that may belong to it
    forms: [
      ...deliveredByUsps,
      form(/^\d{20}$/, (digits) => gs1(digits) || gs1(`91${digits}`)),
      form(/^82\d{8}$/),
      ...post
    ]
  },
  dhl: {
    name: "DHL",
    isComplete: true,
    forms: [
      form(/^\d{10,11}$/),
      form(/^(?:\d{12}|\d{14}|\d{16}|\d{20})$/),
      form(/^J[A-Z]{1,3}\d{9,24}$/),
      form(/^(?:3S[A-Z\d]{8,18}|[A-Z]{2,4}\d{9,39}|[A-Z]{5}\d{10}|GM(?=.*\d)[A-Z\d]{10,39})$/),
      ...handedToUsps,
      ...post
    ]
  },
  ontrac: {
    name: "OnTrac",
    isComplete: true,
    forms: [form(/^[CD]\d{14}$/), form(/^(?:1LS|LS|LX)[A-Z\d]{8,20}$/), ...handedToUsps]
  },
  amazon: { name: "Amazon", isComplete: false, forms: [form(/^TB[ABCM]\d{12}$/)] },
  purolator: { name: "Purolator", isComplete: false, forms: [form(/^\d{12}$/), form(/^[A-Z]{3}\d{9}$/)] },
  post: { name: "a post", isComplete: false, forms: post }
}

const aliases: { readonly [start: string]: string } = {
  stamps: "usps",
  endicia: "usps",
  royal: "post",
  parcelforce: "post",
  canada: "post",
  australia: "post",
  nz: "post",
  deutsche: "post",
  la: "post",
  colissimo: "post",
  chronopost: "post",
  postnl: "post",
  posten: "post",
  postnord: "post",
  bpost: "post",
  swiss: "post",
  poste: "post",
  correos: "post",
  ctt: "post",
  singapore: "post",
  hongkong: "post",
  japan: "post",
  china: "post",
  ems: "post",
  an: "post",
  sendle: "post"
}

/** The carrier that a code is of, if it is one of ours. */
const carrierOf = (carrierCode: string): Carrier | undefined => {
  const [start = ""] = carrierCode.split("_", 1)
  const name = Object.hasOwn(aliases, start) ? aliases[start] ?? start : start
  return Object.hasOwn(carriers, name) ? carriers[name] : undefined
}

/** Whose code it is, where that can be told. */
export const companyOf = (carrierCode: string): string | undefined => {
  const carrier = carrierOf(carrierCode)
  return carrier?.isComplete === true ? carrier.name : undefined
}

/** How far a number has a form: not at all, with a wrong check digit, without one, or with a right one. */
type Fit = "none" | "wrong" | "form" | "checked"

const fit = (number: string, { forms }: Carrier): Fit => {
  let best: Fit = "none"
  for (const { check, pattern } of forms) {
    const match = pattern.exec(number)
    if (match === null) continue
    if (check === undefined) best = "form"
    else if (check(match)) return "checked"
    else if (best === "none") best = "wrong"
  }
  return best
}

const plain = (trackingNumber: string): string => trackingNumber.replaceAll(/[^a-zA-Z\d]/g, "").toUpperCase()

/** Whether a number has a form of some carrier, with a check digit that is right. */
export const isChecked = (trackingNumber: string, carrierCode?: string): boolean => {
  const number = plain(trackingNumber)
  const own = carrierCode === undefined ? undefined : carrierOf(carrierCode)
  return (carrierCode === undefined ? Object.values(carriers) : own === undefined ? [] : [own]).some((carrier) =>
    fit(number, carrier) === "checked"
  )
}

/** Whether the carrier's numbers are letters and digits only, as far as they are known. */
export const isKnown = (carrierCode: string): boolean => carrierOf(carrierCode)?.isComplete === true

/** A reason to look at a number again, in words. */
export interface Doubt {
  readonly kind: string
  readonly reason: string
}

/** Whether a spreadsheet, which keeps 15 digits, may have put zeros in place of the others. */
export const isRounded = (number: string): boolean => /^\d{15}0{3,}$/.test(number)

const isMadeUp: Doubt = { kind: "looks made up", reason: "looks made up" }

/** Such as 11111111. */
const repeated = (number: string): Doubt | undefined => /^(\d)\1{7,}$/.test(number) ? isMadeUp : undefined

/** The same, and 12345678, which people write where there is no number yet. */
const madeUp = (number: string): Doubt | undefined =>
  number.length >= 8 && "12345678901234567890".startsWith(number) ? isMadeUp : repeated(number)

/** What is odd about a number of a carrier. */
export const doubtOf = (trackingNumber: string, carrierCode: string): Doubt | undefined => {
  const own = carrierOf(carrierCode)
  const number = plain(trackingNumber)
  if (own === undefined) return madeUp(number) ?? unlikely(number)
  // one rounded number in ten has a check digit that is right
  if (isRounded(number)) {
    const reason = "has only zeros behind its 15th digit: a spreadsheet may have rounded it"
    return { kind: reason, reason }
  }
  const found = fit(number, own)
  if (found === "checked") return undefined
  // carriers' own examples are of nines, and count
  if (found === "form") return /^[0-8]/.test(number) ? repeated(number) : undefined
  const zero = found === "none" ? zeroLost(number, own) : undefined
  if (zero !== undefined) return zero
  const looks = lookAlike(number, own)
  if (looks !== undefined) return looks
  const other = Object.values(carriers).find((other) => other !== own && fit(number, other) === "checked")
  // both have forms that no post has
  const isCertain = other?.name === "UPS" || (other?.name === "USPS" && /^9[2-5]\d{20}$/.test(number))
  if (other !== undefined && (own.isComplete || (isCertain && own.name === "a post"))) {
    const reason = `is a number of ${other.name}, not of ${carrierCode}`
    return { kind: reason, reason }
  }
  if (found === "wrong") {
    const reason = `its check digit is wrong for ${carrierCode}`
    return { kind: reason, reason }
  }
  const reason = `has no form of ${carrierCode} that is known`
  return own.isComplete ? { kind: reason, reason } : madeUp(number) ?? unlikely(number)
}

/** A spreadsheet takes the zeros away that a number begins with. */
const zeroLost = (number: string, own: Carrier): Doubt | undefined => {
  if (!/^[1-9]\d{8,}$/.test(number)) return undefined
  for (const zeros of ["a 0", "00"]) {
    const fits = fit(zeros.replace("a ", "") + number, own)
    if (fits === "none") continue
    const reason = `with ${zeros} before it it would ${
      fits === "wrong" ? `have a form of ${own.name}` : "be valid"
    }: a spreadsheet may have taken it away`
    return { kind: reason, reason }
  }
  return undefined
}

/** Forms that can be told from others wherever they stand. */
const certain = String.raw`1Z[A-Z\d]{16}|[A-Z]{2}\d{9}[A-Z]{2}|TB[ABCM]\d{12}|1LS[A-Z\d]{12}|JJ?D\d{18}|[CD]\d{14}`
  + String.raw`|(?:420\d{5}(?:\d{4})?)?9[1-5]\d{20}`

const whole = new RegExp(`^(?:${certain})$`, "i")

/** Whether a number can be told from other words wherever it stands. */
export const isCertain = (number: string): boolean => whole.test(number)

/** Two of those, the same letters before digits twice, or the same number twice. */
const twice = [
  new RegExp(`^(?:${certain}){2,}$`),
  /^([A-Z]{1,5})\d{8,}(?:\1\d{8,})+$/,
  /^(?!(\d)\1*$|1234567890)([A-Z\d]{10,})\2+$/
]

/** How long numbers of digits only are, whose check digits tell two of them. */
const checkedLengths = [12, 15, 20, 22, 34]

/** Whether digits are two numbers of a carrier, by their check digits. */
const areTwo = (number: string, carrier: Carrier): boolean =>
  number.length >= 24 && /^\d+$/.test(number) && fit(number, carrier) === "none"
  && checkedLengths.some((length) =>
    checkedLengths.includes(number.length - length)
    && fit(number.slice(0, length), carrier) === "checked" && fit(number.slice(length), carrier) === "checked"
  )

/** Whether it is two numbers without anything between them. */
export const isGlued = (trackingNumber: string, carrierCode: string): boolean => {
  if (trackingNumber.length < 20) return false
  const number = plain(trackingNumber)
  const own = carrierOf(carrierCode)
  return twice.some((pattern) => pattern.test(number)) || (own !== undefined && areTwo(number, own))
}

/** What is odd about a number whose carrier's forms aren't known. */
const unlikely = (number: string): Doubt | undefined => {
  const doubt = (reason: string): Doubt => ({ kind: reason, reason })
  if (number.length < 5) return doubt("is very short for a tracking number")
  if (/^[45]\d{4}$/.test(number)) return doubt("may be a day, as a spreadsheet counts them")
  if (/^\d{5}$/.test(number) || /^[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}$/.test(number)) return doubt("may be a postal code")
  if (/^20[23]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(number)) return doubt("may be a date")
  const two = Object.values(carriers).find((carrier) => areTwo(number, carrier))
  return two === undefined ? undefined : doubt(`may be two numbers of ${two.name}`)
}

/** Letters that look like digits. */
const lookAlike = (number: string, own: Carrier): Doubt | undefined => {
  if (!/[OIL]/.test(number)) return undefined
  const inDigits = number.replaceAll("O", "0").replaceAll(/[IL]/g, "1")
  return fit(inDigits, own) === "checked"
    ? { kind: "look-alike", reason: `with 0 for O and 1 for I it would be valid: ${inDigits}` }
    : undefined
}
