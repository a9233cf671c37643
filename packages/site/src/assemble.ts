/** Makes the pages of the site from the files of the repository, which stay where they are. */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { dirname, extname, join, relative } from "node:path/posix"
import { api } from "./api.js"
import { type Page, pages } from "./contents.js"
import { folderPages } from "./folders.js"
import { withLinks } from "./links.js"
import { read, root } from "./root.js"

const bySource = new Map(pages.map((page) => [page.source, page]))

const isFolder = (file: string): boolean => statSync(join(root, file)).isDirectory()

/** A file of the repository that a page links to, and that is no page: its text is shown. */
const sourcePage = (source: string): Page => ({
  source,
  // what ends as files do isn't a page to some servers
  path: `source/${source.replaceAll(".", "-")}${isFolder(source) ? "/index" : ""}`,
  title: source
})

/** The page that shows a file of the repository. */
const pageOf = (file: string): Page => {
  const readme = join(file, "README.md")
  return bySource.get(file)
    ?? bySource.get(readme)
    ?? (file === "README.md" || file === "." ? pages[0] : undefined)
    ?? sourcePage(file)
}

const imageExtensions = [".png", ".svg"]

export interface Assembled {
  readonly page: Page
  readonly text: string
}

interface Found {
  readonly sources: Set<string>
  readonly images: Set<string>
}

const rename = (page: Page, found: Found) => (address: string): string => {
  if (/^[a-z]+:|^#/.test(address)) return address
  const [path = "", anchor] = address.split("#")
  const file = join(dirname(page.source), path).replace(/\/$/, "")
  if (!existsSync(join(root, file))) throw new Error(`${page.source} links to ${address}, which isn't there`)
  const from = dirname(page.path)
  if (imageExtensions.includes(extname(file))) {
    found.images.add(file)
    return relative(from, `images/${file.split("/").at(-1)}`)
  }
  const to = pageOf(file)
  if (to.path.startsWith("source/")) found.sources.add(file)
  return `${relative(from, to.path)}.md${anchor === undefined ? "" : `#${anchor}`}`
}

const languageOf = (file: string): string => extname(file).slice(1)

const showSource = (source: string): string =>
  isFolder(source)
    ? `# ${source}\n\n${
      readdirSync(join(root, source), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => `- [${name}](${name})`).join("\n")
    }\n`
    : `# ${source}\n\n\`\`\`\`${languageOf(source)}\n${read(source).trim()}\n\`\`\`\`\n`

/** A page, and what it leads to. Links in a folder's list are in the folder, not beside it. */
const assemblePage = (page: Page, found: Found): Assembled => {
  if (!page.path.startsWith("source/")) {
    return { page, text: withLinks(read(page.source), rename(page, found)) }
  }
  const listed = isFolder(page.source)
  const text = showSource(page.source)
  return { page, text: listed ? withLinks(text, rename({ ...page, source: `${page.source}/.` }, found)) : text }
}

/** All pages, and the images that they show. */
const assemble = (): { readonly assembled: ReadonlyArray<Assembled>; readonly images: ReadonlySet<string> } => {
  const found: Found = { sources: new Set(), images: new Set() }
  const assembled = pages.map((page) => assemblePage(page, found))
  // grows while it is read: the files of a folder follow it
  for (const source of found.sources) assembled.push(assemblePage(sourcePage(source), found))
  return { assembled, images: found.images }
}

const installing = /^<!-- install.* -->((?:\n+With \w+:\n+```sh\n.*\n```)+)$/gm

/** Gives what installs a package a tab for each package manager. */
const withTabs = (text: string): string =>
  text.replace(
    installing,
    (_, blocks: string) =>
      `::: code-group\n${
        blocks.replaceAll(/With (\w+):\n\n```sh/g, (_, manager: string) => `\`\`\`sh [${manager}]`)
      }\n\n:::`
  )

/** The page of a package leads to the reference of its modules. */
const withReference = ({ page, text }: Assembled): Assembled => {
  const found = api.find((one) => page.path === `packages/${one.package}`)
  if (found === undefined) return { page, text }
  const links = found.modules.map(({ path, title }) => `[${title}](${relative(dirname(page.path), path)}.md)`)
  return { page, text: `${text.trimEnd()}\n\n## Reference\n\nOf its modules: ${links.join(", ")}.\n` }
}

/** Writes all pages for VitePress into a folder. */
export const writePages = (folder: string, withApi: boolean): ReadonlyArray<Assembled> => {
  const { assembled: without, images } = assemble()
  const assembled = [...withApi ? without.map(withReference) : without, ...folderPages(without)]
  for (const { page, text } of assembled) {
    const file = join(folder, `${page.path}.md`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, withTabs(text))
  }
  for (const image of images) cpSync(join(root, image), join(folder, "images", image.split("/").at(-1) ?? ""))
  return assembled
}
