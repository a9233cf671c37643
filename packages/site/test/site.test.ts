/** The site as readers meet it: built for a path, served from files, and opened in a browser. */
import { howToInstall, launch, maySkip } from "@effect-shipstation/test-kit/chromium"
import { describe, expect, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { dirname, extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, onTestFinished } from "vitest"
import { brokenLinks, fileOf } from "../src/check.js"
import { packagesInOrder, pages } from "../src/contents.js"
import { withLinks } from "../src/links.js"
import { published, root } from "../src/root.js"

const base = "/effect-shipstation/"

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".md": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8"
}

/** A server of files, with nothing of its own: it knows no more than `fileOf`. */
const serve = async (folder: string) => {
  const server = createServer(({ url = "" }, response) => {
    const { pathname } = new URL(url, "http://site")
    const file = pathname.startsWith(base) ? fileOf(folder, pathname.slice(base.length)) : undefined
    if (file === undefined) return response.writeHead(404).end()
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" })
    return response.end(readFileSync(join(folder, file)))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return { server, origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` }
}

describe("the table of pages", () => {
  it("has each page of docs, and each package that is published", () => {
    const sources = pages.map(({ source }) => source)
    const docs = readdirSync(join(root, "docs"), { encoding: "utf8", recursive: true })
      .filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`)
    expect(docs.filter((file) => !sources.includes(file))).toEqual([])
    expect(packagesInOrder.toSorted()).toEqual(published.toSorted())
  })
})

describe("links", () => {
  it("are renamed in text, images and HTML, and not in code", () => {
    const text = "[`a`](a.md) and ![](b.svg)\n\n<img src=\"c.svg\">\n\n`[a](a.md)`\n\n```\n[a](a.md)\n```\n"
    expect(withLinks(text, (address) => `x/${address}`)).toBe(
      "[`a`](x/a.md) and ![](x/b.svg)\n\n<img src=\"x/c.svg\">\n\n`[a](a.md)`\n\n```\n[a](a.md)\n```\n"
    )
  })

  it.each([
    ["another page", "<a href=\"/docs/there\">", []],
    ["an anchor", "<a href=\"/docs/there#part\">", []],
    ["another site", "<a href=\"https://elsewhere.example/\">", []],
    ["no page", "<a href=\"/docs/nowhere\">", ["/docs/nowhere"]],
    ["no anchor", "<a href=\"/docs/there#nothing\">", ["/docs/there#nothing"]],
    ["what isn't below the path", "<a href=\"/there\">", ["/there"]],
    ["no picture", "<img src=\"none.png\">", ["none.png"]]
  ])("to %s", (_, html, broken) => {
    const folder = mkdtempSync(join(tmpdir(), "site-"))
    writeFileSync(join(folder, "index.html"), html)
    writeFileSync(join(folder, "there.html"), "<h2 id=\"part\"></h2>")
    expect(brokenLinks(folder, "/docs/")).toEqual(broken.map((link) => `index.html: ${link}`))
    rmSync(folder, { recursive: true })
  })
})

describe("the site", () => {
  // its pages find Vue from there
  const folder = join(root, "packages/site/dist/test")
  const site = join(folder, "site")
  let said = ""

  beforeAll(async () => {
    const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
    // the reference of the API takes as long as all else, and `pnpm site` builds it
    const options = ["--base", base, "--folder", folder, "--without-api"]
    said = (await promisify(execFile)(process.execPath, ["--import", "tsx", main, ...options])).stdout
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it("has no link and no anchor that leads nowhere", () => {
    expect(said).toContain(": 0 broken links")
    expect(brokenLinks(site, base)).toEqual([])
  })

  it("has each page as Markdown too, and a list of them", () => {
    const list = readFileSync(join(site, "llms.txt"), "utf8")
    const listed = Array.from(list.matchAll(/\]\(([^)]*)\)/g), ([, link = ""]) => link.slice(base.length))
    expect(listed.filter((file) => !existsSync(join(site, file)))).toEqual([])
    const expected = pages.map(({ path }) => `${path}.md`)
    expect(expected.filter((file) => !listed.includes(file))).toEqual(["index.md"])
    for (const { path } of pages) {
      expect(existsSync(join(site, `${path}.html`))).toBe(true)
      expect(readFileSync(join(site, `${path}.md`), "utf8")).toContain("# ")
    }
    expect(readFileSync(join(site, "llms-full.txt"), "utf8")).toContain("# Outcomes")
  })

  it.each([["guide", "start"], ["recipes", "accounts"], ["packages", "fulfillments"]])(
    "has a page for the folder %s, which lists what is in it",
    (name, page) => {
      expect(fileOf(site, `${name}/`)).toBe(`${name}/index.html`)
      expect(readFileSync(join(site, name, "index.md"), "utf8")).toMatch(
        new RegExp(`^- \\[.*\\]\\(${page}\\.md\\): .+\\.$`, "m")
      )
      expect(readFileSync(join(site, name, "index.html"), "utf8")).toContain(`href="${base}${name}/${page}"`)
    }
  )

  it("shows a command for each package manager, as tabs, and in Markdown each by itself", () => {
    const tabs = readFileSync(join(site, "guide/start.html"), "utf8").match(/<label data-title="(npm|pnpm|yarn)"/g)
    expect(tabs).toHaveLength(3)
    const blocks = readFileSync(join(site, "guide/start.md"), "utf8").matchAll(
      /```sh\n((?:npm install|pnpm|yarn)[^]*?)```/g
    )
    const commands = Array.from(blocks, ([, block = ""]) => block.trim().split("\n")).filter(([first = ""]) =>
      first.includes("@effect-shipstation/")
    )
    expect(commands.map(({ length }) => length)).toEqual([1, 1, 1])
  })

  it("has Markdown whose links lead to Markdown, and to pictures", () => {
    const lists = ["guide", "recipes", "packages"].map((name) => ({ path: `${name}/index` }))
    const broken = [...pages, ...lists].flatMap(({ path }) => {
      const found: Array<string> = []
      withLinks(readFileSync(join(site, `${path}.md`), "utf8"), (address) => {
        const [file = ""] = address.split("#")
        const isThere = /^[a-z]+:/.test(address) || file === "" || existsSync(join(site, dirname(path), file))
        if (!isThere) found.push(`${path}: ${address}`)
        return address
      })
      return found
    })
    expect(broken).toEqual([])
  })

  it.skipIf(maySkip)(`loads nothing from elsewhere, and finds what one searches (${howToInstall})`, async () => {
    const { origin, server } = await serve(site)
    const browser = await launch()
    onTestFinished(async () => {
      await browser.close()
      server.close()
    })
    const page = await browser.newPage()
    const wrong: Array<string> = []
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${origin}${base}`)) {
        wrong.push(request.url())
      }
    })
    page.on("response", (response) => {
      if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`)
    })
    page.on("console", (message) => {
      if (message.type() === "error") wrong.push(message.text())
    })
    await page.goto(`${origin}${base}`)
    await page.getByRole("link", { name: "Start here", exact: true }).first().click()
    await page.getByRole("heading", { name: "Start here" }).waitFor()
    for (
      const [words, option, address] of [
        ["proxy", "Through a proxy", "**/recipes/http-clients#through-a-proxy"],
        ["Unknown", "After an Unknown", "**/guide/outcomes#after-an-unknown"],
        ["metrics", "Metrics, spans and logs", "**/packages/*#metrics-spans-and-logs"]
      ] as const
    ) {
      await page.getByRole("button", { name: "Search" }).first().click()
      await page.getByRole("searchbox").fill(words)
      await page.getByRole("option", { name: option }).first().click()
      await page.waitForURL(address)
    }
    expect(wrong).toEqual([])
  })
})
