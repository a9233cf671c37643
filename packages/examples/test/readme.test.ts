import { describe, expect, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), "utf8")

// A block of TypeScript, with the comment before it that names its file.
const block = /^(?:<!-- (packages\/examples\/src\/[\w-]+\.ts) -->\n+)?[ \t]*```(?:ts|tsx|typescript)\b.*\n[^]*?```$/gm
const sourcesOf = (readme: string): Array<string | undefined> =>
  Array.from(read(readme).matchAll(block), ([, source]) => source)

it("the README shows a program", () => {
  expect(sourcesOf("README.md")).not.toEqual([])
})

const readmes = ["README.md", ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`)]

describe.each(readmes.filter((readme) => existsSync(join(root, readme))))("%s", (readme) => {
  it("names the file of each program", () => {
    expect(sourcesOf(readme)).not.toContain(undefined)
  })

  // `pnpm docs:sync` writes what this compares.
  it("shows each program as it is in its file", async () => {
    const current = read(readme).replace(
      block,
      (text, source: string | undefined) =>
        source === undefined ? text : `<!-- ${source} -->\n\n\`\`\`ts\n${read(source).trim()}\n\`\`\``
    )
    await expect(current).toMatchFileSnapshot(join(root, readme))
  })
})
