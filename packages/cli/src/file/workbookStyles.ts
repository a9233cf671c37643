/**
 * How a workbook shows its cells: the formats of their numbers, and whether they are struck through.
 */
import { constVoid } from "effect/Function"
import * as NumberFormats from "./numberFormats.js"
import { isOn, makeParser } from "./workbookXml.js"

/** How a cell is shown. */
export interface Style {
  /** Undefined: as it is. */
  readonly show: NumberFormats.Show | undefined
  /** The format that it has. */
  readonly format: string
  readonly isStruck: boolean
}

/** Formats that aren't in the file, and show other digits than a number has. */
const builtIn = new Map([["9", "0%"], ["10", "0.00%"], ["12", "# ?/?"], ["13", "# ??/??"]])

/** The styles of cells, in their order. Throws where they are damaged. */
export const stylesOf = (xml: string): ReadonlyArray<Style> => {
  const formats = new Map(builtIn)
  const struck: Array<boolean> = []
  const styles: Array<Style> = []
  let within = ""
  const parser = makeParser({
    onOpen: (name, attributes) => {
      const { fontId = "0", formatCode = "", numFmtId = "0" } = attributes
      if (name === "fonts" || name === "cellXfs" || name === "numFmts") within = name
      else if (within === "numFmts" && name === "numFmt") formats.set(numFmtId, formatCode)
      else if (within === "fonts" && name === "font") struck.push(false)
      else if (within === "fonts" && name === "strike") struck[struck.length - 1] = isOn(attributes)
      else if (within === "cellXfs" && name === "xf") {
        const format = formats.get(numFmtId) ?? ""
        styles.push({ format, show: NumberFormats.compile(format), isStruck: struck[Number(fontId)] ?? false })
      }
    },
    onText: constVoid,
    onClose: (name) => {
      if (name === within) within = ""
    }
  })
  parser.write(xml).close()
  return styles
}
