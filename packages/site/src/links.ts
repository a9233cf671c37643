/** The links of a Markdown page, and where they lead on the site. */
import type { Nodes } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { visit } from "unist-util-visit"

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Addresses in HTML. */
const attribute = /(?<=\s(?:src|srcset|href)=")[^"]+(?=")/g

const edit = (text: string, edits: ReadonlyArray<Edit>): string =>
  edits.toSorted((one, other) => other.from - one.from)
    .reduce((before, { from, text, to }) => before.slice(0, from) + text + before.slice(to), text)

const editsOf = (node: Nodes, text: string, rename: (address: string) => string): ReadonlyArray<Edit> => {
  const start = node.position?.start.offset
  const end = node.position?.end.offset
  if (start === undefined || end === undefined) return []
  if (node.type === "html") {
    return Array.from(node.value.matchAll(attribute), ({ 0: address, index }) => ({
      from: start + index,
      to: start + index + address.length,
      text: rename(address)
    }))
  }
  if (node.type !== "link" && node.type !== "image") return []
  // behind the text of the link, which may say the same
  const from = text.lastIndexOf(`](${node.url}`, end)
  return from < start ? [] : [{ from: from + 2, to: from + 2 + node.url.length, text: rename(node.url) }]
}

/** A page whose links lead elsewhere. Code is left alone. */
export const withLinks = (text: string, rename: (address: string) => string): string => {
  const edits: Array<Edit> = []
  visit(fromMarkdown(text), (node) => {
    edits.push(...editsOf(node, text, rename))
  })
  return edit(text, edits)
}
