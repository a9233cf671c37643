/**
 * What the XML of a workbook says, in chunks as they come: the texts that cells share, and the rows of a sheet.
 */
import * as DateTime from "effect/DateTime"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import { SaxesParser } from "saxes"

/** A row that has cells. */
export interface Row {
  /** From 1. */
  readonly line: number
  /** Up to the last one that isn't empty. */
  readonly cells: ReadonlyArray<string>
  /** By a person, or a filter. */
  readonly isHidden?: true | undefined
}

/** The names of the sheets, by what a workbook tells of itself. Throws where that is damaged. */
export const sheetNames = (xml: string): ReadonlyArray<string> => {
  const names: Array<string> = []
  const parser = makeParser({
    onOpen: (name, attributes) => {
      if (name === "sheet") names.push(attributes["name"] ?? "")
    },
    onText: constVoid,
    onClose: constVoid
  })
  parser.write(xml).close()
  return names
}

/** Reads chunks. They throw where it is damaged. */
export interface Reader<A> {
  readonly read: (chunk: string) => A
  /** At the end of the last one. */
  readonly close: () => void
}

/** Reads texts, which get into `strings`. */
export const makeStrings = (strings: Array<string>): Reader<void> => {
  const text = makeText()
  const parser = makeParser({
    onOpen: (name) => {
      if (name === "si") text.begin()
      else text.open(name)
    },
    onText: text.add,
    onClose: (name) => {
      // a copy: a part of a chunk would keep the whole chunk
      if (name === "si") strings.push(Buffer.from(unescaped(text.end())).toString())
      else text.close(name)
    }
  })
  return {
    read: (chunk) => {
      parser.write(chunk)
    },
    close: () => {
      parser.close()
    }
  }
}

interface Cell {
  readonly type: string
  readonly style: string | undefined
  readonly column: number
  /** Whether it has a value, which may be blank. */
  hasValue: boolean
}

/** Reads rows. `days`: for each style the day of a zero, if its numbers are days. */
export const makeRows = (
  strings: ReadonlyArray<string>,
  days: ReadonlyArray<number | undefined>
): Reader<ReadonlyArray<Row>> => {
  const text = makeText()
  let found: Array<Row> = []
  let isSheetData = false
  let line = 0
  let isHidden = false
  let cells: Array<string> = []
  let column = 0
  let cell: Cell | undefined

  const beginRow = ({ hidden = "", r: given }: Attributes) => {
    const next = given === undefined ? line + 1 : Number(given)
    if (!(next > line && next <= mostRows)) throw new Error("a row is out of place")
    line = next
    isHidden = ["1", "true"].includes(hidden)
    cells = []
    column = 0
  }
  const beginCell = (attributes: Attributes) => {
    const address = attributes["r"]
    const next = address === undefined ? column + 1 : columnOf(address)
    if (!(next > column && next <= mostColumns)) throw new Error("a cell is out of place")
    column = next
    cell = { type: attributes["t"] ?? "n", style: attributes["s"], column, hasValue: false }
  }
  const endCell = ({ column, hasValue, style, type }: Cell) => {
    const value = hasValue ? valueOf(type, text.end(), type === "n" ? dayOf(style, days) : undefined, strings) : ""
    if (value === "") return
    while (cells.length < column - 1) cells.push("")
    cells.push(value)
  }

  const parser = makeParser({
    onOpen: (name, attributes) => {
      if (name === "sheetData") isSheetData = true
      else if (!isSheetData) return
      else if (name === "row") beginRow(attributes)
      else if (name === "c") beginCell(attributes)
      else if (cell === undefined) return
      else if (name === "v" || name === "is") {
        cell.hasValue = true
        text.begin(name === "v")
      } else if (cell.hasValue) text.open(name)
    },
    onText: text.add,
    onClose: (name) => {
      if (!isSheetData) return
      if (name === "sheetData") isSheetData = false
      else if (name === "row") {
        if (cells.length > 0) found.push(isHidden ? { line, cells, isHidden } : { line, cells })
      } else if (cell !== undefined && name === "c") {
        endCell(cell)
        cell = undefined
      } else text.close(name)
    }
  })
  return {
    read: (chunk) => {
      parser.write(chunk)
      const rows = found
      found = []
      return rows
    },
    close: () => {
      parser.close()
    }
  }
}

const mostRows = 1_048_576
const mostColumns = 16_384

type Attributes = Readonly<Record<string, string>>

const makeParser = ({ onClose, onOpen, onText }: {
  readonly onOpen: (name: string, attributes: Attributes) => void
  readonly onText: (text: string) => void
  readonly onClose: (name: string) => void
}) => {
  const parser = new SaxesParser<{ readonly position: false; readonly xmlns: false }>({ position: false, xmlns: false })
  parser.on("opentag", ({ attributes, name }) => onOpen(withoutPrefix(name), attributes))
  parser.on("text", onText)
  parser.on("cdata", onText)
  parser.on("closetag", ({ name }) => onClose(withoutPrefix(name)))
  return parser
}

const withoutPrefix = (name: string): string => name.slice(name.indexOf(":") + 1)

/** A value, or a text in parts, of which those that only say how it is spoken are none. */
const makeText = () => {
  let found = ""
  let isText = false
  let isSpoken = false
  return {
    /** `isValue`: all that comes is of it. */
    begin: (isValue = false) => {
      found = ""
      isText = isValue
      isSpoken = false
    },
    open: (name: string) => {
      if (name === "t") isText = true
      else if (name === "rPh") isSpoken = true
    },
    add: (text: string) => {
      if (isText && !isSpoken) found += text
    },
    close: (name: string) => {
      if (name === "t" || name === "v") isText = false
      else if (name === "rPh") isSpoken = false
    },
    end: () => found
  }
}

/** Characters that XML can't hold. */
const unescaped = (text: string): string =>
  text.includes("_x")
    ? text.replaceAll(/_x([\dA-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text

/** A is 1, and AA is 27. */
const columnOf = (address: string): number => {
  const [letters = ""] = /^[A-Z]+(?=\d+$)/.exec(address) ?? []
  let column = 0
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64
  return column
}

const dayOf = (style: string | undefined, days: ReadonlyArray<number | undefined>): number | undefined => {
  if (style === undefined) return undefined
  if (!(Number(style) < days.length)) throw new Error("a cell has a style that isn't there")
  return days[Number(style)]
}

/** A cell's value as the text that a person sees in it. */
const valueOf = (
  type: string,
  text: string,
  day: number | undefined,
  strings: ReadonlyArray<string>
): string => {
  // a formula that wasn't computed, and one that failed
  if (text === "" || type === "e") return ""
  if (type === "n") return day === undefined ? numberOf(text) : dateOf(day + Number(text) * 86_400_000)
  if (type === "inlineStr" || type === "str") return unescaped(text)
  if (type === "d") {
    return dateOf(Option.match(DateTime.make(text), { onNone: () => NaN, onSome: DateTime.toEpochMillis }))
  }
  const value = type === "s" ? strings[Number(text)] : type === "b" ? booleans.get(text) : undefined
  if (value === undefined) throw new Error("a cell has a value of no kind")
  return value
}

const booleans = new Map([["1", "TRUE"], ["0", "FALSE"]])

/** Numbers of more digits were rounded by the spreadsheet, and are shown as it would show them. */
const mostDigits = 1e15

/** A number as it is in the file. An integer of more than 15 digits keeps the form of a rounded one. */
const numberOf = (text: string): string => {
  const value = Number(text)
  if (!Number.isInteger(value)) return text
  return Math.abs(value) < mostDigits ? String(value) : value.toExponential().replace("e", "E")
}

const dateOf = (milliseconds: number): string => {
  if (Number.isNaN(milliseconds)) throw new Error("a day is no number")
  // days are counted in fractions, which aren't exact
  const text = DateTime.formatIso(DateTime.unsafeMake(Math.round(milliseconds / 1000) * 1000))
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.slice(0, 19).replace("T", " ")
}
