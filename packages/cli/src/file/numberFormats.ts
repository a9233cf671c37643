/**
 * What a person sees in a cell of a workbook that has a format: `0000000` shows 1003 as 0001003, and `"se-"0` shows 11 as se-11.
 */

/** A value as it is shown. Undefined: that can't be told. */
export type Show = (value: string, isText: boolean) => string | undefined

/** A place for a digit, or for the whole value, or a text that is shown as it stands. */
interface Part {
  readonly kind: "digit" | "value" | "text"
  readonly text: string
}

/** Colours, languages, and the widths of characters, which change nothing of what is read. */
const layout = /\[(?:black|blue|cyan|green|magenta|red|white|yellow|colou?r ?\d+|\$-[\dA-F]+)\]|_.|\*./gi

/** Between digits of which thousands are grouped: the number is the same. */
const grouping = /(?<=[0#?]),(?=[0#?])/g

/** Formats that show a whole number with its own digits, whatever comes behind the point. */
const plain = /^(?:general|[#?]*0?(?:\.[0#?]+)?(?:E[+-]?0+)?)$/i

/** How values of a format are shown. Undefined: as they are. */
export const compile = (code: string): Show | undefined => {
  const sections = code.match(/(?:"[^"]*"|\\.|[^;"])+|(?<=;|^)(?=;|$)/g)?.map((section) => section.replace(layout, ""))
    ?? []
  const [first = ""] = sections
  const ofText = sections.find((section) => /@/.test(section)) ?? "@"
  const numbers = first === ofText ? "general" : first.replaceAll(grouping, "")
  const isPlain = plain.test(numbers) && (numbers !== "" || sections.length < 2)
  if (isPlain && ofText === "@") return undefined
  const [parts, textParts] = [partsOf(numbers), partsOf(ofText)]
  return (value, isText) => {
    if (isText) return textParts?.map(({ kind, text }) => kind === "value" ? value : text).join("")
    // zeros and what is below have sections of their own
    const isOwn = /^[1-9]\d*$/.test(value) || (value === "0" && sections.length < 3)
    return isPlain ? value : isOwn && parts !== undefined ? fill(parts, value) : undefined
  }
}

/** Undefined: something in it isn't known here. */
const partsOf = (section: string): ReadonlyArray<Part> | undefined => {
  const parts: Array<Part> = []
  const tokens = /\\(.)|"([^"]*)"|\[\$([^\]-]*)(?:-[^\]]*)?\]|([0#?])|(general|@)|([\s$()+\-:!^&'~{}<>=])|[^]/gi
  for (const [all, escaped, quoted, currency, digit, value, sign] of section.matchAll(tokens)) {
    const text = escaped ?? quoted ?? currency ?? sign
    if (digit !== undefined) parts.push({ kind: "digit", text: digit })
    else if (value !== undefined) parts.push({ kind: "value", text: all })
    else if (text === undefined) return undefined
    else parts.push({ kind: "text", text })
  }
  return parts.some(({ kind }) => kind !== "text") ? parts : undefined
}

/** Digits fill the places from the right; those that are left come before the first. */
const fill = (parts: ReadonlyArray<Part>, digits: string): string => {
  const first = parts.findIndex(({ kind }) => kind === "digit")
  let left = digits === "0" ? "" : digits
  return parts.reduceRight((shown, { kind, text }, index) => {
    if (kind === "value") return digits + shown
    if (kind === "text") return text + shown
    const taken = index === first ? left : left.slice(-1)
    left = index === first ? "" : left.slice(0, -1)
    return (taken === "" && text === "0" ? "0" : taken) + shown
  }, "").trim()
}
