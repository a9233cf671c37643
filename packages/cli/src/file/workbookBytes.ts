/**
 * Writes a workbook (.xlsx) of one sheet as it comes: nothing of it is kept in memory. All of its cells are texts, so that no
 * number is rounded, no zero lost, and nothing is a formula.
 */
import * as Effect from "effect/Effect"
import { guard } from "./formulas.js"

/** A workbook that is being written. */
export interface WorkbookBytes {
  /** Adds rows, and gives the bytes that come next. */
  readonly append: (rows: ReadonlyArray<ReadonlyArray<string | undefined>>) => Uint8Array
  /** Gives the last bytes. */
  readonly end: () => Uint8Array
}

/** How many rows a sheet has behind its header. */
export const mostRows = 1_048_575

/** How long the text of a cell may be. */
const mostCharacters = 32_767

const namespace = "http://schemas.openxmlformats.org"
const declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
const main = `xmlns="${namespace}/spreadsheetml/2006/main"`
const types = "application/vnd.openxmlformats-officedocument.spreadsheetml"

const relation = (id: number, type: string, target: string): string =>
  `<Relationship Id="rId${id}" Type="${type}" Target="${target}"/>`

const office = `${namespace}/officeDocument/2006/relationships`

/** The files that say who wrote it, and where the sheet is. */
const parts = [
  [
    "docProps/core.xml",
    `<cp:coreProperties xmlns:cp="${namespace}/package/2006/metadata/core-properties" `
    + "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>fulfill</dc:creator></cp:coreProperties>"
  ],
  [
    "[Content_Types].xml",
    `<Types xmlns="${namespace}/package/2006/content-types">`
    + "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    + "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    + `<Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/>`
    + `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/>`
    + "<Override PartName=\"/docProps/core.xml\" "
    + "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>"
  ],
  [
    "_rels/.rels",
    `<Relationships xmlns="${namespace}/package/2006/relationships">`
    + relation(1, `${office}/officeDocument`, "xl/workbook.xml")
    + relation(2, `${namespace}/package/2006/relationships/metadata/core-properties`, "docProps/core.xml")
    + "</Relationships>"
  ],
  [
    "xl/workbook.xml",
    `<workbook ${main} xmlns:r="${office}"><sheets><sheet name="Shipments" sheetId="1" r:id="rId1"/></sheets></workbook>`
  ],
  [
    "xl/_rels/workbook.xml.rels",
    `<Relationships xmlns="${namespace}/package/2006/relationships">`
    + relation(1, `${office}/worksheet`, "worksheets/sheet1.xml") + "</Relationships>"
  ]
] as const

/** Whether a file begins as a workbook does that was written here, and not changed since by another program. */
export const isOurs = (start: string): boolean =>
  start.startsWith("PK") && start.slice(0, 1000).includes("docProps/core.xml") &&
  start.slice(0, 1000).includes(parts[0][1])

/** Begins a workbook. */
export const make: Effect.Effect<WorkbookBytes> = Effect.gen(function*() {
  const { strToU8, Zip, ZipDeflate, ZipPassThrough } = yield* Effect.promise(() => import("fflate"))
  let chunks: Array<Uint8Array> = []
  const zip = new Zip((error, chunk) => {
    if (error) throw error
    chunks.push(chunk)
  })
  for (const [name, text] of parts) {
    // as it is, so that one can see who wrote it
    const part = new ZipPassThrough(name)
    zip.add(part)
    part.push(strToU8(declaration + text), true)
  }
  const sheet = new ZipDeflate("xl/worksheets/sheet1.xml")
  zip.add(sheet)
  sheet.push(strToU8(`${declaration}<worksheet ${main}><sheetData>`))
  let row = 0
  const taken = (): Uint8Array => {
    const bytes = Buffer.concat(chunks)
    chunks = []
    return bytes
  }
  return {
    append: (rows) => {
      if (rows.length > 0) sheet.push(strToU8(rows.map((cells) => toRow(cells, ++row)).join("")))
      return taken()
    },
    end: () => {
      sheet.push(strToU8("</sheetData></worksheet>"), true)
      zip.end()
      return taken()
    }
  }
})

const toRow = (cells: ReadonlyArray<string | undefined>, row: number): string =>
  `<row r="${row}">${cells.map((cell, column) => toCell(cell, `${lettersOf(column)}${row}`)).join("")}</row>`

/** A, B … Z, AA, AB … */
const lettersOf = (column: number): string =>
  (column < 26 ? "" : lettersOf(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + column % 26)

const toCell = (cell: string | undefined, address: string): string =>
  cell === undefined || cell === ""
    ? ""
    : `<c r="${address}" t="inlineStr"><is><t xml:space="preserve">${
      escaped(guard(cell).slice(0, mostCharacters))
    }</t></is></c>`

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\r": "&#13;"
}

/** Without what XML can't hold. `_x0041_` would be taken for an A. */
const escaped = (text: string): string =>
  text.replaceAll(/_(?=x[\dA-Fa-f]{4}_)/g, "_x005F_").replaceAll(
    /[&<>\uFFFE\uFFFF]|(?![\t\n\u007F-\u009F])\p{Cc}/gu,
    (found) => entities[found] ?? "\uFFFD"
  )
