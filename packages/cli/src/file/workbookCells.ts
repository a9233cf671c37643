/**
 * What the XML of a workbook says, in chunks as they come: the texts that cells share, and the rows of a sheet.
 */
import * as DateTime from "effect/DateTime"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import type { CellFlaw } from "./table.js"
import type { Style } from "./workbookStyles.js"
import { type Attributes, isOn, makeParser } from "./workbookXml.js"

/** A row that has cells. */
export interface Row {
  /** From 1. */
  readonly line: number
  /** Up to the last one that isn't empty. */
  readonly cells: ReadonlyArray<string>
  /** By a person, or a filter. */
  readonly isHidden?: true | undefined
  /** Whether each of its cells is struck through. */
  readonly isStruck?: true | undefined
  readonly flaws?: ReadonlyArray<CellFlaw> | undefined
}

/** A sheet of a workbook. */
export interface Sheet {
  readonly name: string
  /** Whether the workbook doesn't show it. */
  readonly isHidden: boolean
}

/** The sheets, by what a workbook tells of itself. Throws where that is damaged. */
export const sheetsOf = (xml: string): ReadonlyArray<Sheet> => {
  const sheets: Array<Sheet> = []
  const parser = makeParser({
    onOpen: (name, attributes) => {
      if (name !== "sheet") return
      sheets.push({ name: attributes["name"] ?? "", isHidden: /hidden/i.test(attributes["state"] ?? "") })
    },
    onText: constVoid,
    onClose: constVoid
  })
  parser.write(xml).close()
  return sheets
}

/** Reads chunks. They throw where it is damaged. */
export interface Reader<A> {
  readonly read: (chunk: string) => A
  /** At the end of the last one. */
  readonly close: () => void
}

/** How much of a text is struck through. */
type Strike = "partly" | "wholly"

/** The texts that cells share, and which of them are struck through. */
export interface Strings {
  readonly texts: Array<string>
  readonly struck: Map<number, Strike>
}

/** Reads texts, which get into `strings`. */
export const makeStrings = ({ struck, texts }: Strings): Reader<void> => {
  const text = makeText()
  const parser = makeParser({
    onOpen: (name, attributes) => {
      if (name === "si") text.begin()
      else text.open(name, attributes)
    },
    onText: text.add,
    onClose: (name) => {
      if (name !== "si") return text.close(name)
      const strike = text.strike()
      if (strike !== undefined) struck.set(texts.length, strike)
      // a copy: a part of a chunk would keep the whole chunk
      texts.push(Buffer.from(unescaped(text.end())).toString())
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
  hasFormula: boolean
}

/** What a workbook says of the looks of its cells. */
export interface Looks {
  /** For each style the day of a zero, if its numbers are days. */
  readonly days: ReadonlyArray<number | undefined>
  readonly styles: ReadonlyArray<Style>
  /** Is told of columns that aren't shown, from 0. */
  readonly hidden: (first: number, last: number) => void
}

/** Reads rows. */
export const makeRows = (
  { struck, texts }: Strings,
  { days, hidden, styles }: Looks
): Reader<ReadonlyArray<Row>> => {
  const words = makeText()
  let found: Array<Row> = []
  let isSheetData = false
  let line = 0
  let isHidden = false
  let cells: Array<string> = []
  let flaws: Array<CellFlaw> = []
  let struckCells = 0
  let filled = 0
  let column = 0
  let cell: Cell | undefined

  const beginRow = ({ hidden = "", r: given }: Attributes) => {
    const next = given === undefined ? line + 1 : Number(given)
    if (!(next > line && next <= mostRows)) throw new Error("a row is out of place")
    line = next
    isHidden = ["1", "true"].includes(hidden)
    cells = []
    flaws = []
    struckCells = 0
    filled = 0
    column = 0
  }
  const beginCell = (attributes: Attributes) => {
    const address = attributes["r"]
    const next = address === undefined ? column + 1 : columnOf(address)
    if (!(next > column && next <= mostColumns)) throw new Error("a cell is out of place")
    column = next
    cell = { type: attributes["t"] ?? "n", style: attributes["s"], column, hasValue: false, hasFormula: false }
  }
  const endCell = ({ column, hasFormula, hasValue, style, type }: Cell) => {
    const told = (flaw: Omit<CellFlaw, "column">) => flaws.push({ column: column - 1, ...flaw })
    const text = hasValue ? words.end() : ""
    if (type === "e" && text !== "") {
      told({ reason: `is an error of the workbook, ${text}`, remedy: "correct its formula" })
    }
    if (hasFormula && text === "" && (!hasValue || type === "n")) told(notComputed)
    const day = type === "n" ? dayOf(style, days) : undefined
    const isNoDay = hasValue && text !== "" && day !== undefined && isOutside(Number(text), day)
    if (isNoDay) told(noDay)
    const value = hasValue ? valueOf(type, text, isNoDay ? undefined : day, texts) : ""
    if (value === "") return
    const { format = "", isStruck = false, show } = styles[Number(style)] ?? {}
    const isDay = type === "d" || day !== undefined
    const shown = show === undefined || isDay || type === "b" ? value : show(value, type !== "n")
    if (shown === undefined) {
      told({ reason: `is shown as something else, by the format ${format}`, remedy: "write what is meant, as text" })
    }
    const strike = (type === "s" ? struck.get(Number(text)) : type === "inlineStr" ? words.strike() : undefined)
      ?? (isStruck ? "wholly" : undefined)
    if (strike !== undefined) told(strike === "wholly" ? struckThrough : partlyStruck)
    if (strike === "wholly") struckCells++
    filled++
    while (cells.length < column - 1) cells.push("")
    cells.push(shown ?? value)
  }
  const endRow = (): Row => {
    const isStruck = struckCells > 0 && struckCells === filled
    // said once of the whole row
    const told = isStruck ? flaws.filter(({ reason }) => reason !== struckThrough.reason) : flaws
    return {
      line,
      cells,
      ...(isHidden ? { isHidden } : {}),
      ...(isStruck ? { isStruck } : {}),
      ...(told.length > 0 ? { flaws: told } : {})
    }
  }

  const parser = makeParser({
    onOpen: (name, attributes) => {
      if (name === "sheetData") isSheetData = true
      else if (name === "col" && attributes["hidden"] !== undefined && isOn({ val: attributes["hidden"] })) {
        hidden(Number(attributes["min"]) - 1, Number(attributes["max"]) - 1)
      } else if (!isSheetData) return
      else if (name === "row") beginRow(attributes)
      else if (name === "c") beginCell(attributes)
      else if (cell === undefined) return
      else if (name === "v" || name === "is") {
        cell.hasValue = true
        words.begin(name === "v")
      } else if (name === "f") cell.hasFormula = true
      else if (cell.hasValue) words.open(name, attributes)
    },
    onText: words.add,
    onClose: (name) => {
      if (!isSheetData) return
      if (name === "sheetData") isSheetData = false
      else if (name === "row") {
        if (cells.length > 0) found.push(endRow())
      } else if (cell !== undefined && name === "c") {
        endCell(cell)
        cell = undefined
      } else words.close(name)
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

const notComputed = {
  reason: "has a formula that wasn't computed",
  remedy: "open the workbook in a spreadsheet, and save it"
}

const struckThrough = { reason: "is struck through", remedy: "correct it, or delete the row" }

const partlyStruck = { reason: "is partly struck through", remedy: "leave only what holds" }

const noDay = {
  reason: "is no day, though its format is a date's: a spreadsheet shows ####",
  remedy: "give it the format of a text"
}

/** Days of a spreadsheet begin with the one that it calls 0, and end with the year 9999. */
const isOutside = (days: number, first: number): boolean =>
  days < 0 || first + days * 86_400_000 >= Date.UTC(10_000, 0, 1)

const mostRows = 1_048_576
const mostColumns = 16_384

/** A value, or a text in parts, of which those that only say how it is spoken are none. */
const makeText = () => {
  let found = ""
  let isText = false
  let isSpoken = false
  let isStruck = false
  let struck = ""
  return {
    /** `isValue`: all that comes is of it. */
    begin: (isValue = false) => {
      found = ""
      isText = isValue
      isSpoken = false
      isStruck = false
      struck = ""
    },
    open: (name: string, attributes: Attributes) => {
      if (name === "t") isText = true
      else if (name === "rPh") isSpoken = true
      else if (name === "r") isStruck = false
      else if (name === "strike") isStruck = isOn(attributes)
    },
    add: (text: string) => {
      if (!isText || isSpoken) return
      found += text
      if (isStruck) struck += text
    },
    close: (name: string) => {
      if (name === "t" || name === "v") isText = false
      else if (name === "rPh") isSpoken = false
    },
    end: () => found,
    /** Undefined: it is as its cell is. */
    strike: (): Strike | undefined =>
      struck.trim() === "" ? undefined : struck.trim() === found.trim() ? "wholly" : "partly"
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
