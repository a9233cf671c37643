/** The dashboard as a person sees it. */
import { RateLimiter } from "@effect-shipstation/http-client"
import { Outbox, OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
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
import { Duration, Effect, Layer, Runtime } from "effect"
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { afterAll, assert, beforeAll } from "vitest"
import { hindrances } from "./hindrances.js"
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

const reject = (message: string, from = 1) => ended({ _tag: "Rejected", error: { _tag: "Rejected", message } }, 1, from)

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

  it.live("charts what ended before the page's program began", () =>
    Effect.gen(function*() {
      yield* ended({ _tag: "Fulfilled" }, 3)
      yield* reject("No.", 101)
      yield* on(async (page) => {
        await page.getByText("Ended, a minute: 3 fulfilled, 1 rejected").waitFor()
        await page.getByRole("button", { name: "Last day" }).click()
        await page.getByText("Ended, an hour: 3 fulfilled, 1 rejected").waitFor()
        await page.locator("[data-chart='ended'] canvas").waitFor()
      })
    }).pipe(Effect.provide(layer)))

  it.live("finds a shipment, and shows what happens to it meanwhile", () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.offer(inputs(60))
      const run = Runtime.runPromise(yield* Effect.runtime<never>())
      yield* on(async (page) => {
        await page.getByRole("link", { name: "Shipments", exact: true }).click()
        await page.getByLabel("Shipment or tracking number").fill("se-57")
        await page.getByRole("button", { name: "Search" }).click()
        // one hit is shown at once
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
        await page.getByText("not paused", { exact: true }).waitFor()
        await page.getByText("A person did it: it was counted").waitFor()
      })
    }).pipe(Effect.provide(layer)))

  it.live("shows all pauses of an account, with who paused and resumed it, and why", () =>
    Effect.gen(function*() {
      const { offer, pause, resume } = yield* Outbox.Outbox
      const store = yield* OutboxStore.OutboxStore
      yield* offer(inputs(2), { account: "store-eu" })
      yield* pause("store-eu", { reason: "stock is counted" })
      yield* Effect.sleep("5 millis")
      yield* resume("store-eu", { reason: "it was counted" })
      yield* Effect.sleep("5 millis")
      yield* store.pause("store-eu", OutboxRow.worker("w"), { _tag: "E", message: "The API key is invalid." })
      yield* on(async (page) => {
        await page.getByText("Pauses of account store-eu: 2").click()
        const said = await page.locator(".pauses li").allInnerTexts()
        assert.deepStrictEqual(said.map((text) => text.replace(/^\S+ \S+ /, "")), [
          "paused. The program paused it by itself: The API key is invalid.",
          "resumed. A person did it: it was counted",
          "paused. A person did it: stock is counted"
        ])
        assert.deepStrictEqual(await hindrances(page), [])
        await page.getByRole("link", { name: "se-1" }).click()
        await page.locator(".line").getByText("its account was resumed").locator("..").getByText("it was counted")
          .waitFor()
        assert.strictEqual(await page.locator(".line").getByText("its account was paused").count(), 2)
        await page.goto(`${page.url().split("#")[0]}#/rows?account=another`)
        await page.getByText("Account another was never paused, as far as is known.").waitFor()
      }, "#/rows?account=store-eu")
    }).pipe(Effect.provide(layer)))

  it.live("retries all rows that match, and says before what will happen, and to which nothing", () =>
    Effect.gen(function*() {
      const fulfilled = yield* ended({ _tag: "Fulfilled" }, 2, 1_001)
      yield* ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "Something else." } }, 1, 501)
      const rejected = yield* ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "No store." } }, 250)
      yield* on(async (page) => {
        await page.getByLabel("Last error has").fill("no store")
        await page.getByRole("button", { name: "Filter" }).click()
        await page.getByRole("link", { name: "se-250", exact: true }).waitFor()
        await page.getByRole("button", { name: "Retry all that match" }).click()
        await page.getByRole("heading", { name: "Really retry 250 shipments?" }).waitFor()
        await page.getByText("All shipments that match: last error has no store.").waitFor()
        await page.getByText("250 rejected: they are sent again.").waitFor()
        await page.getByText("unknown, being sent or fulfilled stay as they are").waitFor()
        assert.deepStrictEqual(await hindrances(page), [])
        await confirm(page, "the store is connected again")
        await page.getByText("No shipment is like that.").or(page.locator("td .badge.pending").first()).waitFor()
        await page.getByRole("dialog").waitFor({ state: "detached" })
        await page.goto(`${page.url().split("#")[0]}#/rows?state=fulfilled`)
        await page.getByRole("link", { name: "se-1001" }).waitFor()
        // nothing could be done to any of them
        assert.strictEqual(await page.getByRole("button", { name: "all that match" }).count(), 0)
      }, "#/rows")
      const { counts, get } = yield* Outbox.Outbox
      const states = (yield* counts).map(({ count, state }) => [state, count])
      assert.sameDeepMembers(states, [["fulfilled", 2], ["rejected", 1], ["pending", 250]])
      assert.deepStrictEqual((yield* get(rejected[249] ?? 0)).history.at(-1)?.by, {
        _tag: "Operator",
        reason: "the store is connected again"
      })
      assert.strictEqual((yield* get(fulfilled[0] ?? 0)).row.state, "fulfilled")
    }).pipe(Effect.provide(layer)))

  it.live("shows how much of the limit is used, and until when ShipStation holds all back", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1)))
      const store = yield* RateLimiter.RateLimiterStore
      yield* store.take({ account: "default", limit: 200, window: RateLimiter.defaultWindow })
      yield* store.pause({ account: "default", duration: Duration.minutes(5) })
      yield* on(async (page) => {
        await page.getByText("1 of 200").waitFor()
        await page.getByText("ShipStation's limit, until").waitFor()
        await page.getByText("which answered with 429: its requests wait until").waitFor()
        await page.locator(".tile.pending").getByRole("link").click()
        await page.getByRole("link", { name: "se-1" }).click()
        await page.getByRole("button", { name: "Resume the account" }).click()
        await confirm(page, "they said that it was a mistake")
        await page.getByText("It waits to be sent.").waitFor()
      })
    }).pipe(Effect.provide(Layer.provideMerge(layer, RateLimiter.layerStoreMemory))))

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

  it.live("shows a row that another offer replaced, and gives up none that nobody saw", () =>
    Effect.gen(function*() {
      const { get, list, offer } = yield* Outbox.Outbox
      const shipments = ["se-1", "se-2", "se-3"]
      const numbered = (number: string) =>
        offer(shipments.map((shipment_id) => ({ shipment_id, tracking_number: number, carrier_code: "ups" })))
      yield* numbered("1ZWRONG")
      const [row] = (yield* list({ shipmentId: "se-1" })).rows
      const id = row?.id ?? 0
      const { page } = yield* open(browser, `${yield* url}/#/rows/${id}`)
      yield* Effect.promise(() => page.getByText("1ZWRONG").first().waitFor())
      yield* Effect.promise(() => page.getByRole("button", { name: "Discard" }).click())
      yield* Effect.promise(() => page.getByRole("dialog").getByText("won't be told of 1ZWRONG").waitFor())
      yield* numbered("1ZRIGHT")
      yield* Effect.promise(() => confirm(page, "a wrong number"))
      yield* Effect.promise(() => page.getByText("It has changed meanwhile. Nothing was done.").waitFor())
      yield* Effect.promise(() => page.getByText("1ZRIGHT").first().waitFor())
      yield* numbered("1ZBETTER")
      // it changes nothing that is counted
      yield* Effect.promise(() => page.getByText("1ZBETTER").first().waitFor())
      yield* Effect.promise(() => page.goto(`${page.url().split("#")[0]}#/rows?state=pending`))
      yield* Effect.promise(() => page.getByRole("button", { name: "Discard all that match" }).click())
      yield* Effect.promise(() => page.getByLabel("Why?").waitFor())
      yield* numbered("1ZBEST")
      yield* Effect.promise(() => confirm(page, "wrong numbers"))
      yield* Effect.promise(() => page.getByText("3 had changed meanwhile, and nothing was done to them.").waitFor())
      const { row: kept } = yield* get(id)
      assert.deepStrictEqual([kept.state, kept.input.tracking_number], ["pending", "1ZBEST"])
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

  it.live("asks for all of its scripts at once", () =>
    on(async (page) => {
      const { asked, loaded } = await page.evaluate(() => ({
        asked: Array.from(document.querySelectorAll("link[rel=modulepreload], script[src]")).map((one) =>
          new URL(one.getAttribute("href") ?? one.getAttribute("src") ?? "", document.baseURI).pathname
        ),
        loaded: performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname)
          .filter((path) => path.endsWith(".js"))
      }))
      assert.sameMembers([...new Set(loaded)], asked)
      assert.strictEqual(await page.locator("h1").count(), 1)
    }).pipe(Effect.provide(layer)))

  it.live("shows what there is before anything is asked for but its style and its scripts", () =>
    Effect.gen(function*() {
      const hostile = "</script><script>alert(1)</script><!--"
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(3), { account: hostile }))
      // what was offered just now
      yield* on(async (page) => {
        await page.locator(".tile.pending").getByText("3", { exact: true }).waitFor()
        await page.route("**/api/**", () => {})
        await page.reload({ waitUntil: "commit" })
        await page.locator(".tile.pending").getByText("3", { exact: true }).waitFor()
        await page.getByRole("link", { name: hostile, exact: true }).waitFor()
        // it doesn't say more than it knows
        await page.getByText("Connecting").waitFor()
        const blocking = await page.evaluate(() =>
          performance.getEntriesByType("resource").flatMap((one) =>
            "renderBlockingStatus" in one && one.renderBlockingStatus === "blocking" ? [new URL(one.name).pathname] : []
          )
        )
        assert.deepStrictEqual(blocking, ["/style.css"])
      })
    }).pipe(Effect.provide(layer)))

  it.live("charts how old the oldest is that waits, and how much of the limit is used", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(1)))
      const store = yield* RateLimiter.RateLimiterStore
      yield* store.take({ account: "default", limit: 200, window: RateLimiter.defaultWindow })
      yield* on(async (page) => {
        await page.getByText("How old the oldest is that waits, in minutes").waitFor()
        await page.locator("[data-chart='oldest'] canvas").waitFor()
        await page.getByText("Requests a minute of the account that is nearest to its limit, in % of that").waitFor()
        await page.locator("[data-chart='limit'] canvas").waitFor()
        assert.deepStrictEqual(await hindrances(page), [])
      })
    }).pipe(Effect.provide(Layer.provideMerge(layer, RateLimiter.layerStoreMemory))))

  it.live("tells when the shop was told, and that no answer but a look told that it was done", () =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      const [id = 0] = yield* ended({ _tag: "Fulfilled", found: { fulfillment_id: "ful-7", tracking_number: "1Z1" } })
      const lease = Duration.minutes(1)
      yield* store.verify({ account: "default", within: Duration.hours(1) })
      const { rows } = yield* store.claimFulfilled({ account: "default", worker: "w", limit: 10, lease })
      yield* store.verified(rows.map((row) => ({ row, seen: { _tag: "Notified" } })), { worker: "w", after: [] })
      const outbox = yield* Outbox.Outbox
      yield* outbox.offer(inputs(1, 2))
      yield* store.claim({ account: "default", worker: "worker-7", limit: 1, lease })
      yield* on(async (page) => {
        await page.locator(".line").getByText("marked as shipped, found in ShipStation as ful-7").waitFor()
        await page.locator(".line li:last-child").getByText("the shop or marketplace was told").waitFor()
        await page.goto(`${page.url().split("#")[0]}#/rows/${id + 1}`)
        await page.locator(".line li:last-child").getByText("a worker has it: worker worker-7, until").waitFor()
      }, `#/rows/${id}`)
    }).pipe(Effect.provide(layer)))

  it.live("is one script where it was built, beside that of the charts, and does the same", () =>
    Effect.gen(function*() {
      yield* reject("No such order source.")
      const built = (file: string) => readFileSync(new URL(`../node_modules/.page/${file}`, import.meta.url), "utf8")
      const scripts = [...built("index.html").matchAll(/(?:src|modulepreload" href)="([^"]*)"/g)].map(([, file]) =>
        file
      )
      assert.deepStrictEqual(scripts, ["./uplot/uPlot.js", "./main.js"])
      const { complaints, page } = yield* open(browser, yield* url)
      yield* Effect.promise(async () => {
        await page.route("**/", async (route) => {
          const response = await route.fetch()
          const [first = ""] = /<script type="application\/json".*<\/script>/.exec(await response.text()) ?? []
          await route.fulfill({ response, body: built("index.html").replace("</body>", () => `${first}</body>`) })
        })
        await page.route(
          "**/main.js",
          (route) => route.fulfill({ contentType: "text/javascript", body: built("main.js") })
        )
        await page.reload()
        await page.locator("[data-chart='ended'] canvas").waitFor()
        await page.locator(".tile.rejected").getByRole("link").click()
        await page.getByRole("link", { name: "se-1" }).click()
        await page.getByRole("button", { name: "Retry" }).click()
        await confirm(page, "the store is connected again")
        await page.getByText("It waits to be sent.").waitFor()
        const loaded = await page.evaluate(() =>
          performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname)
            .filter((path) => path.endsWith(".js"))
        )
        assert.sameMembers([...new Set(loaded)], ["/uplot/uPlot.js", "/main.js"])
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("is kept by no browser, as it has what there was", () =>
    Effect.gen(function*() {
      const at = yield* url
      const { headers } = yield* Effect.promise(() => fetch(at))
      assert.strictEqual(headers.get("cache-control"), "no-store")
      const answered = yield* Effect.promise(() => fetch(new URL("api/rows", at)))
      assert.strictEqual(answered.status, 200)
      assert.strictEqual(answered.headers.get("cache-control"), "no-store")
      assert.strictEqual(answered.headers.get("x-content-type-options"), "nosniff")
    }).pipe(Effect.provide(layer)))

  it.live("draws its charts when they come, however late", () =>
    Effect.gen(function*() {
      yield* ended({ _tag: "Fulfilled" }, 3)
      const { page } = yield* open(browser, yield* url)
      yield* Effect.promise(async () => {
        let come = () => {}
        const late = new Promise<void>((resolve) => {
          come = resolve
        })
        await page.route("**/uPlot.js", async (route) => {
          await late
          await route.continue()
        })
        await page.reload({ waitUntil: "commit" })
        await page.getByText("Ended, a minute: 3 fulfilled").waitFor()
        assert.strictEqual(await page.locator("canvas").count(), 0)
        come()
        await page.locator("[data-chart='ended'] canvas").waitFor()
      })
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("is small", () =>
    Effect.gen(function*() {
      const loaded: Array<number> = []
      const compressed: Array<Promise<number>> = []
      const { page } = yield* open(browser, yield* url)
      page.on("response", (response) => {
        if (!response.url().endsWith(".js")) return
        loaded.push(Number(response.headers()["content-length"]))
        compressed.push(response.body().then((body) => gzipSync(body).length))
      })
      yield* Effect.promise(() => page.reload())
      yield* Effect.promise(() => page.getByText("Live").waitFor())
      const total = loaded.reduce((sum, size) => sum + size, 0)
      assert.isAtLeast(loaded.length, 8)
      assert.isAtMost(total, 200_000)
      const sizes = yield* Effect.promise(() => Promise.all(compressed))
      assert.isAtMost(sizes.reduce((sum, size) => sum + size, 0), 100_000)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
