/** What is published: the types that others build on, and how large it is. Who changes either sees it in the diff. */
import { describe, expect, it } from "@effect/vitest"
import { build } from "esbuild"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const published = readdirSync(join(root, "packages")).filter((name) => {
  const manifest = join(root, "packages", name, "package.json")
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).private !== true
})

const withoutComments = (declarations: string): string =>
  declarations.replaceAll(/^[ \t]*\/\*\*[^]*?\*\/\n|^\/\/.*\n|^import .*;\n|^export \{\};\n/gm, "").trim()

/** The declarations of all public modules, and of what they import of their own package. */
const declarationsOf = (name: string): string => {
  const dist = join(root, "packages", name, "dist")
  const seen = new Map<string, string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    const text = readFileSync(file, "utf8")
    seen.set(file, withoutComments(text))
    for (const [, module = ""] of text.matchAll(/(?:from |import\()"(\.[^"]*)\.js"/g)) {
      visit(join(dirname(file), `${module}.d.ts`))
    }
  }
  for (const file of readdirSync(join(dist, "../src"))) {
    if (file.endsWith(".ts")) visit(join(dist, file.replace(/\.ts$/, ".d.ts")))
  }
  return [...seen].map(([file, text]) => [relative(dist, file).replace(".d.ts", ""), text] as const)
    .filter(([, text]) => text !== "")
    .toSorted(([one], [other]) => one < other ? -1 : 1)
    .map(([module, text]) => `// ${module}\n\n${text}\n`).join("\n")
}

describe("the types of", () => {
  // `pnpm check` writes what is compared, and `pnpm docs:sync` what it is compared with
  it.each(published)("%s", async (name) => {
    await expect(declarationsOf(name)).toMatchFileSnapshot(join(root, "docs/api", `${name}.txt`))
  })
})

describe("the manifest of", () => {
  const manifestOf = (name: string) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

  it.each(published)("%s can be found, and says what it needs", (name) => {
    const { description, engines, keywords, license, sideEffects } = manifestOf(name)
    expect(description).toMatch(/^.{20,120}$/)
    expect(keywords.slice(0, 4)).toStrictEqual(["effect", "shipstation", "shipping", "fulfillment"])
    expect(keywords.length).toBeGreaterThan(4)
    expect(new Set(keywords).size).toBe(keywords.length)
    expect({ engines, license }).toStrictEqual({ engines: { node: ">=20" }, license: "MIT" })
    expect(sideEffects === false || name === "cli").toBe(true)
  })
})

/** In kB of 1,000 bytes, minified and compressed. `effect` and `@effect/*` not counted, but for `promise`. */
const atMost: Readonly<Record<string, number>> = {
  schema: 7,
  "http-client": 24,
  fulfillments: 37,
  shipments: 32,
  webhooks: 28,
  outbox: 38,
  promise: 128
}

const sizeOf = async (name: string): Promise<number> => {
  const { outputFiles: [file] } = await build({
    entryPoints: [join(root, "packages", name, "src/index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    write: false,
    external: name === "promise" ? [] : ["effect", "@effect/*"],
    logLevel: "silent"
  })
  return gzipSync(file?.contents ?? "", { level: 9 }).length / 1_000
}

describe("the size of", () => {
  it.each(Object.entries(atMost))("%s is at most %s kB, and not much less", async (name, budget) => {
    const size = await sizeOf(name)
    expect(size).toBeLessThanOrEqual(budget)
    expect(size).toBeGreaterThan(0.9 * budget)
  })

  it("each is in the documentation", async () => {
    const rows = Object.entries(atMost).map(([name, budget]) =>
      `| ${`[\`${name}\`](../packages/${name})`.padEnd(42)} | ${String(budget).padStart(3)} |`
    )
    await expect([
      "# Sizes",
      "",
      "At most so many kB, minified and compressed, with all that they need of each other. What `effect` and `@effect/*` add is",
      "not counted, since a program with Effect has it; but for `promise`, whose users don't. A test holds each.",
      "",
      `| ${"package".padEnd(42)} |  kB |`,
      `| ${"-".repeat(42)} | --: |`,
      ...rows,
      ""
    ].join("\n")).toMatchFileSnapshot(join(root, "docs/sizes.md"))
  })
})
