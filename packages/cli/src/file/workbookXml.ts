/**
 * The XML of a workbook, in chunks as they come. Names are without their prefix.
 */
import { SaxesParser } from "saxes"

export type Attributes = Readonly<Record<string, string>>

/** Calls back for what it finds. It throws where the XML is damaged. */
export const makeParser = ({ onClose, onOpen, onText }: {
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

/** Whether an element says yes, which it also does without a value. */
export const isOn = ({ val = "1" }: Attributes): boolean => val !== "0" && val !== "false"
