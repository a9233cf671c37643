import { describe, expect, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { installBlocks } from "./install.js"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), "utf8")

// A block of code, with the comment before it that names its file. Commands for a terminal may have none.
const block = /^(?:<!-- (packages\/examples\/[\w./-]+) -->\n+)?[ \t]*```(ts|tsx|typescript|sh)\b.*\n[^]*?```$/gm
const sourcesOf = (readme: string): Array<string | undefined> =>
  Array.from(read(readme).matchAll(block)).flatMap(([, source, language]) =>
    source === undefined && language === "sh" ? [] : [source]
  )

/** How to install a package, and the program that it is for if that isn't the first one. */
const install = /^<!-- install(?: (packages\/examples\/[\w./-]+))? -->(?:\n+With \w+:\n+```sh\n.*\n```)+$/gm

const withInstallLines = (readme: string, text: string): string => {
  const [, folder = "fulfillments"] = /^packages\/([^/]+)\//.exec(readme) ?? []
  const name = `@effect-shipstation/${folder}`
  const [, first = ""] = /^<!-- (packages\/examples\/[\w./-]+) -->$/m.exec(text) ?? []
  return text.replace(install, (_, program: string | undefined) => {
    const blocks = installBlocks(name, read(program ?? first))
    return `<!-- install${program === undefined ? "" : ` ${program}`} -->\n\n${blocks}`
  })
}

/** Those that nobody installs by themselves. */
const comesWithOthers = ["cli", "page"]

it.each(
  readdirSync(join(root, "packages")).filter((name) => {
    const manifest = JSON.parse(read(`packages/${name}/package.json`))
    return manifest.private !== true && !comesWithOthers.includes(name)
  })
)("the README of %s begins with how to install it, and a program", (name) => {
  const [beginning = ""] = read(`packages/${name}/README.md`).split(/^## /m)
  expect(beginning).toMatch(/^# .*\n\n.+(?:\n.+)*\n\n(?:.*\n\n)?<!-- install -->\n[^]*<!-- packages\/examples\//)
})

it("the README shows a program", () => {
  expect(sourcesOf("README.md")).not.toEqual([])
})

const readmes = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(root, "docs"), { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`)
]

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim()
    .replaceAll(" ", "-")

const anchorsOf = (file: string): ReadonlyArray<string> =>
  Array.from(read(file).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => anchorOf(heading))

/** Links that lead nowhere. */
const brokenLinks = (readme: string): ReadonlyArray<string> =>
  Array.from(read(readme).replaceAll(/^```[^]*?^```$/gm, "").matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g))
    .map(([, link = "", attribute = link]) => attribute)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#")
      const file = path === "" ? readme : join(dirname(readme), path)
      if (!existsSync(join(root, file))) return true
      if (anchor === undefined) return false
      const page = file.endsWith(".md") ? file : join(file, "README.md")
      return !existsSync(join(root, page)) || !anchorsOf(page).includes(anchor)
    })

describe.each(readmes.filter((readme) => existsSync(join(root, readme))))("%s", (readme) => {
  it("has no link that leads nowhere", () => {
    expect(brokenLinks(readme)).toEqual([])
  })

  it("names the file of each program", () => {
    expect(sourcesOf(readme)).not.toContain(undefined)
  })

  // `pnpm docs:sync` writes what this compares.
  it("shows each program as it is in its file", async () => {
    const current = withInstallLines(readme, read(readme)).replace(
      block,
      (text, source: string | undefined, language: string) =>
        source === undefined ? text : `<!-- ${source} -->\n\n\`\`\`${language}\n${read(source).trim()}\n\`\`\``
    )
    await expect(current).toMatchFileSnapshot(join(root, readme))
  })
})
