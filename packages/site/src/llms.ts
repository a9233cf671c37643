/** The site for programs that read: each page as Markdown, and a list of them. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path/posix"
import { api } from "./api.js"
import type { Assembled } from "./assemble.js"
import { sections } from "./contents.js"
import { descriptionOf } from "./folders.js"
import type { Settings } from "./settings.js"

const summary =
  "Mark shipments as shipped with the ShipStation API v2, from Effect 3 programs in TypeScript. If `create` fails, nothing was created and nobody was notified; if it succeeds, there is one outcome for every input; nothing is sent twice blindly."

const list = (assembled: ReadonlyArray<Assembled>, base: string, withApi: boolean): string => {
  const texts = new Map(assembled.map(({ page, text }) => [page.path, text]))
  return [
    "# effect-shipstation",
    `> ${summary}`,
    `All of it in one file: [llms-full.txt](${base}llms-full.txt). Each page is there as Markdown, at its own address and \`.md\`.`,
    ...sections.map(({ pages, title }) =>
      [
        `## ${title}\n`,
        ...pages.map((page) => {
          const description = descriptionOf(texts.get(page.path) ?? "")
          return `- [${page.title}](${base}${page.path}.md)${description === "" ? "" : `: ${description}`}`
        })
      ].join("\n")
    ),
    ...withApi
      ? [[
        "## Optional\n",
        ...api.flatMap(({ modules, package: name }) =>
          modules.map(({ path, title }) =>
            `- [${name === title ? name : `${name}/${title}`}](${base}${path}.md): reference`
          )
        )
      ].join("\n")]
      : []
  ].join("\n\n") + "\n"
}

const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Writes them beside the pages of a site. */
export const writeLlms = (
  folder: string,
  { base, withApi }: Settings,
  assembled: ReadonlyArray<Assembled>
): void => {
  for (const { page, text } of assembled) write(join(folder, `${page.path}.md`), text)
  write(join(folder, "llms.txt"), list(assembled, base, withApi))
  write(
    join(folder, "llms-full.txt"),
    assembled.filter(({ page }) => !page.path.startsWith("source/"))
      .map(({ page, text }) => `<!-- ${base}${page.path}.md -->\n\n${text.trim()}\n`).join("\n")
  )
}
