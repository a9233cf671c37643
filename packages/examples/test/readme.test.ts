import { describe, expect, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), "utf8")

// A block of code, with the comment before it that names its file. Commands for a terminal may have none.
const block = /^(?:<!-- (packages\/examples\/[\w./-]+) -->\n+)?[ \t]*```(ts|tsx|typescript|sh)\b.*\n[^]*?```$/gm
const sourcesOf = (readme: string): Array<string | undefined> =>
  Array.from(read(readme).matchAll(block)).flatMap(([, source, language]) =>
    source === undefined && language === "sh" ? [] : [source]
  )

it("the README shows a program", () => {
  expect(sourcesOf("README.md")).not.toEqual([])
})

const readmes = [
  "README.md",
  ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`)
]

describe.each(readmes.filter((readme) => existsSync(join(root, readme))))("%s", (readme) => {
  it("names the file of each program", () => {
    expect(sourcesOf(readme)).not.toContain(undefined)
  })

  // `pnpm docs:sync` writes what this compares.
  it("shows each program as it is in its file", async () => {
    const current = read(readme).replace(
      block,
      (text, source: string | undefined, language: string) =>
        source === undefined ? text : `<!-- ${source} -->\n\n\`\`\`${language}\n${read(source).trim()}\n\`\`\``
    )
    await expect(current).toMatchFileSnapshot(join(root, readme))
  })
})
