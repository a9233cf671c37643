/** The dashboard as a person sees it. */
import { Outbox } from "@effect-shipstation/outbox"
import {
  type Browser,
  type BrowserContextOptions,
  howToInstall,
  launch,
  maySkip,
  open,
  type Page
} from "@effect-shipstation/test-kit/chromium"
import { describe, it } from "@effect/vitest"
import { Effect, Runtime } from "effect"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { afterAll, assert, beforeAll } from "vitest"
import { ended, inputs, layer, url } from "./support.js"

if (maySkip) console.warn(`The tests of the dashboard are skipped: this ${howToInstall}`)

let browser: Browser

/** Opens the page, and lets nothing pass that the browser complains about. */
const on = (act: (page: Page) => Promise<void>, hash = "", options?: BrowserContextOptions) =>
  Effect.gen(function*() {
    const { complaints, page } = yield* open(browser, `${yield* url}/${hash}`, options)
    yield* Effect.promise(() => act(page))
    assert.deepStrictEqual(complaints, [])
  }).pipe(Effect.scoped)

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** What hinders people with a screen reader, a keyboard or weak eyes. */
const hindrances = async (page: Page): Promise<ReadonlyArray<string>> => {
  // as the debugger does it, which the page's policy doesn't hinder
  const session = await page.context().newCDPSession(page)
  await session.send("Runtime.evaluate", { expression: axe })
  const { result } = await session.send("Runtime.evaluate", {
    expression:
      "axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html.slice(0, 120)).join(' '))))",
    awaitPromise: true
  })
  return JSON.parse(String(result.value))
}

const reject = (message: string) => ended({ _tag: "Rejected", error: { _tag: "Rejected", message } })

const confirm = async (page: Page, reason: string) => {
  await page.getByLabel("Why?").fill(reason)
  await page.getByRole("button", { name: "Yes" }).click()
}

describe.skipIf(maySkip)("the dashboard's page", () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.live("leads from the overview to why a shipment wasn't told, and what to do", () =>
    Effect.gen(function*() {
      yield* reject("No such order source.")
      yield* on(async (page) => {
        await page.locator(".tile.rejected").getByRole("link").click()
        await page.getByRole("link", { name: "se-1" }).click()
        await page.getByText("ShipStation refused it, and nothing was done").waitFor()
        await page.getByText("No such order source.").first().waitFor()
        await page.getByRole("button", { name: "Retry" }).click()
        await confirm(page, "the store is connected again")
        await page.getByText("It waits to be sent.").waitFor()
        await page.getByText("the store is connected again").waitFor()
      })
    }).pipe(Effect.provide(layer)))

  it.live("finds a shipment, and shows what happens to it meanwhile", () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.offer(inputs(60))
      const run = Runtime.runPromise(yield* Effect.runtime<never>())
      yield* on(async (page) => {
        await page.getByRole("link", { name: "Rows", exact: true }).click()
        await page.getByLabel("Shipment").fill("se-57")
        await page.getByRole("button", { name: "Search" }).click()
        await page.getByRole("link", { name: "se-57" }).click()
        await page.getByText("It waits to be sent.").waitFor()
        const { rows } = await run(outbox.list({ shipmentId: "se-57" }))
        await run(outbox.discard(rows[0]?.id ?? 0, { reason: "cancelled" }))
        await page.getByText("A person gave it up.").waitFor()
      })
    }).pipe(Effect.provide(layer)))

  it.live("pauses and resumes an account, by keyboard", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1)))
      yield* on(async (page) => {
        await page.getByRole("button", { name: "Pause account default" }).press("Enter")
        await page.locator("#reason:focus").waitFor()
        await page.keyboard.type("stock is counted")
        await page.keyboard.press("Enter")
        await page.getByText("paused", { exact: true }).waitFor()
        await page.getByText("A person did it: stock is counted").waitFor()
        await page.getByRole("button", { name: "Resume account default" }).click()
        await page.getByLabel("Why?").waitFor()
        await page.keyboard.press("Escape")
        await page.getByLabel("Why?").waitFor({ state: "detached" })
        assert.match(await page.locator("button:focus").innerText(), /Resume/)
        await page.getByText("paused", { exact: true }).waitFor()
        await page.getByRole("button", { name: "Resume account default" }).click()
        await confirm(page, "it was counted")
        await page.getByText("sends", { exact: true }).waitFor()
      })
    }).pipe(Effect.provide(layer)))

  it.live("says that nothing was done to a row that has changed meanwhile", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject("No.")
      const { discard } = yield* Outbox.Outbox
      const { complaints, page } = yield* open(browser, `${yield* url}/#/rows/${id}`)
      yield* Effect.promise(() => page.getByRole("button", { name: "Retry" }).click())
      yield* discard(id)
      yield* Effect.promise(() => confirm(page, "why not"))
      yield* Effect.promise(() => page.getByText("It has changed meanwhile. Nothing was done.").waitFor())
      assert.match(complaints.join(), /409/)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("shows hostile texts as texts", () => {
    const hostile = `<img src=x onerror="alert(1)">\u202E"'&<script>alert(2)</script>`
    return Effect.gen(function*() {
      const [id = 0] = yield* reject(hostile)
      yield* on(async (page) => {
        await page.getByText(hostile).first().waitFor()
        assert.strictEqual(await page.locator("main img, main script").count(), 0)
        await page.getByRole("button", { name: "Discard" }).click()
        await confirm(page, hostile)
        await page.getByText("A person gave it up.").waitFor()
        await page.locator("q").getByText("<script>").waitFor()
      }, `#/rows/${id}`)
    }).pipe(Effect.provide(layer))
  })

  it.live.each(
    [
      ["light", { colorScheme: "light" }],
      ["dark", { colorScheme: "dark" }],
      ["a phone", { colorScheme: "dark", viewport: { width: 360, height: 740 } }]
    ] as const
  )("hinders nobody: %s", ([, options]) =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject("W".repeat(400))
      yield* Effect.forEach(["", "#/rows", `#/rows/${id}`], (hash) =>
        on(
          async (page) => {
            await page.getByText(hash === "" ? "Over time" : "se-1").first().waitFor()
            assert.deepStrictEqual(await hindrances(page), [])
            const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
            assert.isAtMost(width, 0)
          },
          hash,
          options
        ))
    }).pipe(Effect.provide(layer)))

  it.live("says that it is behind, and catches up", () =>
    Effect.gen(function*() {
      const { page } = yield* open(browser, yield* url)
      yield* Effect.promise(async () => {
        // nothing comes any more, as when the database doesn't answer
        await page.clock.install()
        await page.route("**/api/events", () => {})
        await page.evaluate(() => {
          Object.defineProperty(document, "hidden", { configurable: true, value: true })
          document.dispatchEvent(new Event("visibilitychange"))
        })
        await page.clock.runFor(20_000)
        await page.getByText("Behind: what is shown is of").waitFor()
        await page.unroute("**/api/events")
        await page.evaluate(() => {
          Object.defineProperty(document, "hidden", { configurable: true, value: false })
          document.dispatchEvent(new Event("visibilitychange"))
        })
        await page.getByText("Live").waitFor()
      })
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("is small", () =>
    Effect.gen(function*() {
      const loaded: Array<number> = []
      const { page } = yield* open(browser, yield* url)
      page.on("response", (response) => {
        if (response.url().endsWith(".js")) loaded.push(Number(response.headers()["content-length"]))
      })
      yield* Effect.promise(() => page.reload())
      yield* Effect.promise(() => page.getByText("Live").waitFor())
      const total = loaded.reduce((sum, size) => sum + size, 0)
      assert.isAtLeast(loaded.length, 8)
      assert.isAtMost(total, 200_000)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
