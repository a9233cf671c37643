/** Links and anchors of a site that was built: each must lead somewhere. */
import { Parser } from "htmlparser2"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

interface Document {
  readonly ids: ReadonlySet<string>
  readonly links: ReadonlyArray<string>
}

const attributes = ["href", "src", "srcset"]

const parse = (html: string): Document => {
  const ids = new Set<string>()
  const links: Array<string> = []
  const parser = new Parser({
    onopentag: (_, found) => {
      const { id } = found
      if (id !== undefined) ids.add(id)
      for (const attribute of attributes) links.push(...found[attribute]?.split(/ \dx,? ?/) ?? [])
    }
  })
  parser.end(html)
  return { ids, links: links.filter((link) => link !== "") }
}

const htmlFiles = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"))

/** The file that a server answers a path with, below the site's own. */
export const fileOf = (folder: string, path: string): string | undefined =>
  [path, `${path}.html`, join(path, "index.html")].find((file) => {
    const full = join(folder, file)
    return existsSync(full) && statSync(full).isFile()
  })

/** Finds what leads nowhere in a site that is served below `base`, as "page: link". */
export const brokenLinks = (folder: string, base: string): ReadonlyArray<string> => {
  const documents = new Map(
    htmlFiles(folder).map((file) => [file, parse(readFileSync(join(folder, file), "utf8"))] as const)
  )
  const isBroken = (page: string, link: string): boolean => {
    const { hash, origin, pathname } = new URL(link, `http://site${base}${page}`)
    if (origin !== "http://site") return false
    if (!pathname.startsWith(base)) return true
    const file = fileOf(folder, decodeURIComponent(pathname.slice(base.length)))
    if (file === undefined) return true
    return hash !== "" && documents.get(file)?.ids.has(decodeURIComponent(hash.slice(1))) !== true
  }
  return [...documents].flatMap(([page, { links }]) =>
    [...new Set(links)].filter((link) => isBroken(page, link)).map((link) => `${page}: ${link}`)
  )
}
