/** Lists of what is in a folder of the site: its address would lead nowhere else. */
import { dirname, relative } from "node:path/posix"
import { type Page, sections } from "./contents.js"

/** The first sentence of a page. */
export const descriptionOf = (text: string): string => {
  const [, paragraph = ""] = /^# .*\n\n(?:#+ .*\n\n)*((?!```)[^#<|].*(?:\n.+)*)/m.exec(text) ?? []
  const [sentence = ""] = paragraph.replaceAll("\n", " ").replace("**Question.** ", "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").split(/(?<=[.?]) /)
  return sentence.trim()
}

/** Something in a folder: its name, its place on the site, and a sentence about it. */
interface Entry {
  readonly title: string
  readonly path: string
  readonly description: string
}

/** A page that lists them, for the folder that it is the index of. */
export const listOf = (title: string, folder: string, entries: ReadonlyArray<Entry>): string =>
  `# ${title}\n\n${
    entries.map(({ description, path, title }) =>
      `- [${title}](${relative(folder, path)}.md)${description === "" ? "" : `: ${description}`}`
    ).join("\n")
  }\n`

/** Folders of the site that have pages and no page of their own, and the section of the sidebar that each of them is. */
const folders = ["guide", "recipes", "packages"].map((folder) => ({
  folder,
  section: sections.find(({ pages }) => dirname(pages[0]?.path ?? "") === folder)
}))

/** The lists of all pages of these sections. */
export const folderPages = (
  assembled: ReadonlyArray<{ readonly page: Page; readonly text: string }>
): ReadonlyArray<{ readonly page: Page; readonly text: string }> => {
  const texts = new Map(assembled.map(({ page, text }) => [page.path, text]))
  return folders.flatMap(({ folder, section }) => {
    if (section === undefined) return []
    const { pages, title } = section
    const entries = pages.map((page) => ({ ...page, description: descriptionOf(texts.get(page.path) ?? "") }))
    return [{ page: { source: folder, path: `${folder}/index`, title }, text: listOf(title, folder, entries) }]
  })
}
