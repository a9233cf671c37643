import { crc32 } from "node:zlib"

const xmlns = "http://schemas.openxmlformats.org"
const main = `xmlns="${xmlns}/spreadsheetml/2006/main" xmlns:r="${xmlns}/officeDocument/2006/relationships"`

/** A workbook of one sheet, all of it text, as bytes. */
export const xlsx = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  names: {
    readonly name?: string
    readonly others?: ReadonlyArray<string>
    readonly before?: ReadonlyArray<string>
  } = {}
): Uint8Array =>
  workbook({
    ...names,
    sheet: rows.map((row, y) =>
      `<row r="${y + 1}">${
        row.map((text, x) => `<c r="${String.fromCharCode(65 + x)}${y + 1}" t="inlineStr"><is><t>${text}</t></is></c>`)
          .join("")
      }</row>`
    ).join("")
  })

/** The same as LibreOffice writes it: each text stands once, and cells say which one is theirs. */
export const sharing = (rows: ReadonlyArray<ReadonlyArray<string>>): Uint8Array => {
  const places = new Map<string, number>()
  const placeOf = (text: string) => {
    const place = places.get(text) ?? places.size
    places.set(text, place)
    return place
  }
  const sheet = rows.map((row, y) =>
    `<row r="${
      y + 1
    }" customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" collapsed="false">${
      row.map((text, x) => `<c r="${String.fromCharCode(65 + x)}${y + 1}" s="0" t="s"><v>${placeOf(text)}</v></c>`)
        .join("")
    }</row>`
  ).join("")
  return workbook({
    sheet,
    styles: "<cellXfs count=\"1\"><xf numFmtId=\"0\"/></cellXfs>",
    strings: [...places.keys()].map((text) => `<si><t xml:space="preserve">${text}</t></si>`).join("")
  })
}

/** A workbook of what stands inside of its parts. `sheet`: its rows. */
export const workbook = (
  { before = [], cols = "", name = "Orders", others = [], properties = "", sheet, strings, styles }: {
    readonly sheet: string
    /** What it says of its columns. */
    readonly cols?: string
    /** The name of the sheet. */
    readonly name?: string
    /** The names of sheets that are empty. */
    readonly others?: ReadonlyArray<string>
    /** The same of hidden ones that come before it. */
    readonly before?: ReadonlyArray<string>
    readonly strings?: string
    readonly styles?: string
    readonly properties?: string
  }
): Uint8Array => {
  const links = (...links: ReadonlyArray<readonly [type: string, target: string]>) =>
    `<Relationships xmlns="${xmlns}/package/2006/relationships">${
      links.map(([type, target], n) =>
        `<Relationship Id="rId${n + 1}" Type="${xmlns}/officeDocument/2006/relationships/${type}" Target="${target}"/>`
      ).join("")
    }</Relationships>`
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
  const sheets = [name, ...others]
  return zip({
    "[Content_Types].xml": `<Types xmlns="${xmlns}/package/2006/content-types"><Default Extension="xml" `
      + `ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/>`
      + `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/></Types>`,
    "_rels/.rels": links(["officeDocument", "xl/workbook.xml"]),
    "xl/_rels/workbook.xml.rels": links(
      ...sheets.map((_, n) => ["worksheet", `worksheets/sheet${n + 1}.xml`] as const),
      ...before.map((_, n) => ["worksheet", `worksheets/hidden${n}.xml`] as const),
      ...(strings === undefined ? [] : [["sharedStrings", "sharedStrings.xml"] as const]),
      ...(styles === undefined ? [] : [["styles", "styles.xml"] as const])
    ),
    "xl/workbook.xml": `<workbook ${main}>${properties}<sheets>${
      [
        ...before.map((name, n) =>
          `<sheet name="${name}" state="hidden" sheetId="${90 + n}" r:id="rId${sheets.length + n + 1}"/>`
        ),
        ...sheets.map((name, n) => `<sheet name="${name}" sheetId="${n + 1}" r:id="rId${n + 1}"/>`)
      ].join("")
    }</sheets></workbook>`,
    ...(strings === undefined ? {} : { "xl/sharedStrings.xml": `<sst ${main}>${strings}</sst>` }),
    ...(styles === undefined ? {} : { "xl/styles.xml": `<styleSheet ${main}>${styles}</styleSheet>` }),
    "xl/worksheets/sheet1.xml": `<worksheet ${main}>${
      cols === "" ? "" : `<cols>${cols}</cols>`
    }<sheetData>${sheet}</sheetData></worksheet>`,
    ...Object.fromEntries(before.map((_, n) => [
      `xl/worksheets/hidden${n}.xml`,
      `<worksheet ${main}><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>`
    ])),
    ...Object.fromEntries(others.map((_, n) => [
      `xl/worksheets/sheet${n + 2}.xml`,
      `<worksheet ${main}><sheetData/></worksheet>`
    ]))
  })
}

/** An archive whose files aren't compressed. */
const zip = (files: { readonly [name: string]: string }): Uint8Array => {
  let offset = 0
  const parts = Object.entries(files).map(([name, text]) => {
    const data = Buffer.from(text)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt32LE(crc32(data), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(data.length, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), fields, Buffer.from(name), data])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    offset += local.length
    return { local, entry: Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\0"), fields, place, Buffer.from(name)]) }
  })
  const directory = Buffer.concat(parts.map(({ entry }) => entry))
  const end = Buffer.alloc(18)
  end.writeUInt16LE(parts.length, 4)
  end.writeUInt16LE(parts.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts.map(({ local }) => local), directory, Buffer.from("PK\u0005\u0006"), end])
}
