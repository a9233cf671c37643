/** The inspector as a person sees it. */
import { Emulator } from "@effect-shipstation/emulator"
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
import { Effect } from "effect"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { afterAll, assert, beforeAll } from "vitest"

if (maySkip) console.warn(`The tests of the inspector are skipped: this ${howToInstall}`)

let browser: Browser

interface Scene {
  readonly page: Page
  readonly url: string
  /** A create by a client; its status, or what went wrong. */
  readonly create: (shipmentIds: ReadonlyArray<string>, more?: Record<string, unknown>) => Promise<number | string>
  readonly control: (method: string, route: string, body?: unknown) => Promise<Response>
}

/** Opens the page of an emulator, and lets nothing pass that the browser complains about. */
const scene = (
  act: (scene: Scene) => Promise<void>,
  { allowed = [], browser: browserOptions, host = "127.0.0.1", ...options }: Emulator.Options & {
    readonly browser?: BrowserContextOptions
    readonly host?: string
    /** Complaints that have to come. */
    readonly allowed?: ReadonlyArray<RegExp>
  } = {}
) =>
  Effect.gen(function*() {
    const url = (yield* Emulator.Server).url.replace("127.0.0.1", host)
    const { complaints, page } = yield* open(browser, url, browserOptions)
    yield* Effect.promise(() =>
      act({
        page,
        url,
        create: (shipmentIds, more) =>
          fetch(`${url}/v2/fulfillments`, {
            method: "POST",
            headers: { "api-key": Emulator.defaultApiKey, "content-type": "application/json" },
            body: JSON.stringify({
              fulfillments: shipmentIds.map((shipment_id) => ({
                shipment_id,
                tracking_number: "1Z12345E6605272234",
                carrier_code: "ups",
                ...more
              }))
            })
          }).then(({ status }) => status, () => "no answer"),
        control: (method, route, body) =>
          fetch(`${url}/__emulator/${route}`, {
            method,
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          })
      })
    )
    const others = complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)))
    assert.deepStrictEqual(others, [])
    // so that the check above is known to see such complaints
    for (const pattern of allowed) assert.match(complaints.join("\n"), pattern)
  }).pipe(Effect.scoped, Effect.provide(Emulator.layerServer(options)))

const rows = (page: Page, panel: string) => page.locator(`.${panel} .rows > li`)

const hasText = (page: Page, panel: string, index: number, text: string) =>
  rows(page, panel).nth(index).filter({ hasText: text }).waitFor()

const isEmpty = (page: Page, panel: string) => page.locator(`.${panel} .none`).first().waitFor()

const panel = (page: Page, name: string) => page.locator("nav").getByRole("button", { name })

/** Who is told by webhooks, and refuses the first. */
const subscriber = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      let count = 0
      const server = createServer((request, response) => {
        request.resume().on("end", () => response.writeHead(++count === 1 ? 503 : 200).end())
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      return server
    }),
    (server) => Effect.sync(() => server.close().closeAllConnections())
  ),
  (server) => {
    const address = server.address()
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/hook`
  }
)

// an id of the longest kind, and texts without a place to break
const longId = "se-abcdefghijkl-123456789"
const long = "W".repeat(300)

/** Something of everything. */
const fill = async ({ control, create, page }: Scene) => {
  await create(["se-1", longId])
  await create([longId])
  await create(["12"], { tracking_number: long })
  await control("POST", "seed", { shipments: [{ shipment_id: "se-7", shipment_number: long, cancelled: true }] })
  await control("PUT", "faults", [
    { endpoint: "create", times: 1, action: { _tag: "Reset" } },
    { endpoint: "create", action: { _tag: "Hold" } }
  ])
  void create([longId, "se-2", "se-3"])
  await rows(page, "requests").nth(3).waitFor()
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const violations = async (page: Page): Promise<ReadonlyArray<unknown>> => {
  await page.evaluate(axe)
  return page.evaluate(
    "axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))"
  )
}

describe.skipIf(maySkip)("the inspector", () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.live.each(["127.0.0.1", "localhost"])(
    "shows a request as it arrives, and what it changed, on %s",
    (host) =>
      scene(async ({ create, page }) => {
        await isEmpty(page, "requests")
        await isEmpty(page, "shipments")
        await isEmpty(page, "notifications")
        await create(["se-1", "se-2"], { notify_order_source: false })
        await hasText(page, "requests", 0, "Committed 2")
        await hasText(page, "shipments", 0, "se-2 Fulfilled")
        await hasText(page, "notifications", 1, "se-1")
        await rows(page, "requests").first().locator("summary").click()
        const details = page.locator(".details")
        await details.getByText("se-1 fulfilled by se-900000001: customer e-mail").waitFor()
        await details.getByText("\"tracking_number\": \"1Z12345E6605272234\"").first().waitFor()
        await details.getByText("\"has_errors\": false").waitFor()
        await create(["se-1"])
        await hasText(page, "requests", 0, "Refused, every item")
        // still open, though no longer the first
        await details.getByText("\"has_errors\": false").waitFor()
      }, { host })
  )

  it.live("switches a fault on, shows how a client fails, and resets", () =>
    scene(async ({ create, page }) => {
      await page.getByLabel("What goes wrong").selectOption("Commit, then lose the answer")
      await page.getByRole("button", { name: "Switch on" }).click()
      await hasText(page, "faults", 0, "Reset armed")
      assert.strictEqual(await create(["se-1"]), "no answer")
      await hasText(page, "requests", 0, "Committed 1, answer lost")
      await hasText(page, "shipments", 0, "Fulfilled")
      await hasText(page, "faults", 0, "spent, applied 1 ×")
      await page.getByLabel("What goes wrong").selectOption("Refuse: 503")
      await page.getByLabel("For", { exact: true }).selectOption("every request")
      await page.getByRole("button", { name: "Switch on" }).click()
      await hasText(page, "faults", 1, "ErrorBody")
      assert.strictEqual(await create(["se-2"]), 503)
      await hasText(page, "requests", 0, "Refused by a fault")
      await page.getByRole("button", { name: "Switch fault 2, ErrorBody, off" }).click()
      await page.locator(".faults .row").nth(1).waitFor({ state: "detached" })
      assert.strictEqual(await create(["se-2"]), 200)
      await page.getByRole("button", { name: "Reset the emulator" }).click()
      await isEmpty(page, "requests")
      await isEmpty(page, "shipments")
      await isEmpty(page, "notifications")
      await isEmpty(page, "faults")
    }))

  it.live("says what is wrong with a rule", () =>
    scene(async ({ control, page }) => {
      const rule = page.getByLabel("The rule, as JSON")
      await rule.fill("{ \"endpont\": \"create\", \"action\": { \"_tag\": \"ErrorBody\", \"status\": 99 } }")
      await page.getByRole("button", { name: "Switch on" }).click()
      const problems = page.getByRole("alert")
      await problems.getByText("endpont is unexpected").waitFor()
      await problems.getByText("action.status").waitFor()
      await rule.fill("{ \"action\": { \"_tag\": \"Hold\" } }")
      await page.getByRole("button", { name: "Switch on" }).click()
      await problems.waitFor({ state: "detached" })
      assert.deepStrictEqual(await (await control("GET", "faults")).json(), [{ action: { _tag: "Hold" } }])
      // the browser's own line of each status above 399
    }, { allowed: [/status of 400/] }))

  it.live("shows held requests and releases them", () =>
    scene(async ({ create, page }) => {
      await page.getByLabel("What goes wrong").selectOption("Hold after the commit until released")
      await page.getByRole("button", { name: "Switch on" }).click()
      await hasText(page, "faults", 0, "Hold")
      const answer = create(["se-1"])
      await hasText(page, "requests", 0, "Held, 1 committed")
      await page.getByRole("button", { name: "Release held requests" }).click()
      assert.strictEqual(await answer, 200)
      await hasText(page, "requests", 0, "Committed 1")
    }))

  it.live("freezes, advances and resumes the clock, and shows its time", () =>
    scene(async ({ control, page }) => {
      const clock = page.getByRole("region", { name: "Clock" })
      const now = async () => (await (await control("GET", "clock")).json()).now.slice(0, 19).replace("T", " ")
      await clock.getByRole("button", { name: "Freeze" }).click()
      await clock.getByRole("button", { name: "Resume" }).waitFor()
      const frozen = await now()
      await clock.getByText(frozen).waitFor()
      await clock.getByLabel("Put the clock forward by").fill("2 hours")
      await clock.getByRole("button", { name: "Advance" }).click()
      await clock.getByText(frozen).waitFor({ state: "detached" })
      await clock.getByText(await now()).waitFor()
      assert.strictEqual(Date.parse(await now()) - Date.parse(frozen), 7_200_000)
      await clock.getByRole("button", { name: "Resume" }).click()
      await clock.getByRole("button", { name: "Freeze" }).waitFor()
      await clock.getByLabel("Put the clock forward by").fill("soon")
      await clock.getByRole("button", { name: "Advance" }).click()
      await clock.getByRole("alert").getByText("must be milliseconds").waitFor()
    }, { allowed: [/status of 400/] }))

  it.live("shows a second notification in red, and says so", () =>
    scene(async ({ create, page }) => {
      await create(["se-1"], { notify_order_source: false })
      await hasText(page, "notifications", 0, "Customer e-mail")
      const colour = () =>
        rows(page, "notifications").first().locator(".id").evaluate((id) => getComputedStyle(id).color)
      assert.strictEqual(await page.locator(".alarm").count(), 0)
      const usual = await colour()
      await create(["se-1"], { notify_order_source: false })
      await hasText(page, "notifications", 0, "2nd time")
      assert.strictEqual(await colour(), "rgb(179, 25, 43)")
      assert.notStrictEqual(usual, "rgb(179, 25, 43)")
      await hasText(page, "shipments", 0, "Fulfilled twice")
      await page.getByText("1 notification went out again").waitFor()
      assert.match(await page.title(), /1 twice/)
      await page.getByRole("status").getByText("A notification for se-1 went out again.").waitFor()
    }, { alreadyFulfilled: "accept" }))

  it.live("shows whatever is sent as text", () =>
    scene(async ({ control, create, page, url }) => {
      const evil = "<img src=x onerror=alert(1)>"
      await create([evil], { tracking_number: "<script>alert(2)</script>" })
      await fetch(`${url}/v2/${encodeURIComponent(evil)}/<svg onload=alert(3)>`)
      await control("POST", "seed", { shipments: [{ shipment_id: "se-1", shipment_number: evil }] })
      assert.strictEqual((await control("POST", "seed", { shipments: [{ shipment_id: evil }] })).status, 400)
      await create(["se-1"], { tracking_number: evil })
      await control("PUT", "faults", [{ account: evil, action: { _tag: "RawBody", status: 200, body: evil } }])
      await hasText(page, "requests", 2, evil)
      await hasText(page, "shipments", 0, evil)
      await hasText(page, "faults", 0, evil)
      for (const summary of await page.locator(".request summary").all()) await summary.click()
      await page.locator(".details pre").getByText(evil).first().waitFor()
      await page.getByText("Add shipments").click()
      await page.getByLabel("A seed file, as JSON").fill(JSON.stringify({ [evil]: 1 }))
      await page.getByRole("button", { name: "Add", exact: true }).click()
      await page.getByRole("alert").getByText(evil).waitFor()
      assert.strictEqual(await page.locator("img").count(), 1)
      assert.strictEqual(await page.locator("main :is(img, script, svg, iframe, style, link)").count(), 0)
    }, { allowed: [/status of 400/] }))

  it.live("lets no script run that isn't its own", () =>
    scene(async ({ page }) => {
      const wasRun = await page.evaluate(async () => {
        const script = document.createElement("script")
        try {
          script.textContent = "document.title = 'run'"
          document.body.append(script)
          document.body.innerHTML = "<img src=x onerror=\"document.title = 'run'\">"
        } catch {
          // text doesn't become code or HTML
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
        return document.title === "run"
      })
      assert.isFalse(wasRun)
    }, { allowed: [/Content Security Policy|TrustedScript/] }))

  it.live("is the only page that may control the emulator", () =>
    scene(async ({ create, page, url }) => {
      await create(["se-1"])
      await rows(page, "requests").first().waitFor()
      const other = createServer((_, response) => response.end("<!doctype html><title>Other</title>"))
      await once(other.listen(0, "127.0.0.1"), "listening")
      const address = other.address()
      const port = typeof address === "object" ? address?.port : undefined
      const elsewhere = await page.context().newPage()
      await elsewhere.goto(`http://localhost:${port}`)
      const seen = await elsewhere.evaluate(async (url) => {
        const attempt = (route: string, init: RequestInit) =>
          fetch(`${url}/__emulator/${route}`, init).then(({ type }) => type, () => "refused")
        const image = new Promise<string>((resolve) => {
          const image = new Image()
          image.addEventListener("load", () => resolve("loaded"))
          image.addEventListener("error", () => resolve("refused"))
          image.src = `${url}/__emulator/inspector/icon.svg`
        })
        const events = new Promise<string>((resolve) => {
          const events = new EventSource(`${url}/__emulator/events`)
          events.addEventListener("snapshot", () => resolve("heard"))
          events.addEventListener("error", () => resolve("refused"))
        })
        return Promise.all([
          attempt("state", {}),
          attempt("reset", { method: "POST" }),
          // sent, and its answer can't be read: what counts is that nothing was reset
          attempt("reset", { method: "POST", mode: "no-cors" }),
          image,
          events
        ])
      }, url)
      other.close()
      assert.deepStrictEqual(seen, ["refused", "refused", "opaque", "refused", "refused"])
      await create(["se-2"])
      await rows(page, "requests").nth(1).waitFor()
    }))

  it.live.each([["reduce", "none"], ["no-preference", "breathe"]] as const)(
    "moves nothing where a person wants that: %s",
    ([reducedMotion, animation]) =>
      scene(async ({ page }) => {
        const name = await page.locator(".connection").evaluate((dot) =>
          getComputedStyle(dot, "::before").animationName
        )
        assert.strictEqual(name, animation)
      }, { browser: { reducedMotion } })
  )

  it.live("finds by search and by outcome, and pauses", () =>
    scene(async ({ create, page }) => {
      await create(["se-1"])
      await create(["se-22"])
      await create(["12"])
      await rows(page, "requests").nth(2).waitFor()
      await page.keyboard.press("/")
      await page.keyboard.type("SE-22")
      await page.getByText("1 of 3").waitFor()
      await hasText(page, "requests", 0, "se-22")
      await hasText(page, "shipments", 0, "se-22")
      assert.strictEqual(await rows(page, "notifications").count(), 2)
      await page.getByLabel("Search").fill("")
      await page.getByLabel("Outcome of requests").selectOption("Refused")
      await page.getByText("1 of 3").waitFor()
      await hasText(page, "requests", 0, "400")
      await page.getByLabel("Outcome of requests").selectOption("All outcomes")
      await page.getByLabel("State of shipments").selectOption("Waiting")
      await page.getByText("0 of 2").waitFor()
      await page.getByRole("button", { name: "Pause" }).click()
      await create(["se-4"])
      await page.locator("nav").getByText("4").first().waitFor({ state: "attached" })
      assert.strictEqual(await rows(page, "requests").count(), 3)
      await page.getByRole("button", { name: "Paused" }).click()
      await rows(page, "requests").nth(3).waitFor()
    }))

  it.live("stays quick and small under a flood", () =>
    scene(async ({ create, page }) => {
      for (let n = 0; n < 1_500; n += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, index) => create([`se-${n + index}`])))
      }
      await page.getByText("300 of 1,500").waitFor()
      assert.strictEqual(await rows(page, "requests").count(), 300)
      assert.strictEqual(await rows(page, "shipments").count(), 300)
      await rows(page, "shipments").first().getByText("Fulfilled").waitFor()
    }, { rateLimit: "off" }))

  it.live("leaves what the browser asks for by itself out of the journal", () =>
    scene(async ({ control, create, page, url }) => {
      await create(["se-1"])
      const seen = await page.evaluate(async (elsewhere) => {
        const icon = await fetch("/favicon.ico")
        // a page of another origin, which may not: the browser asks first
        const other = await fetch(`${elsewhere}/v2/fulfillments`, { headers: { "api-key": "k" } }).then(
          () => "read",
          () => "refused"
        )
        return [icon.status, other]
      }, url.replace("127.0.0.1", "localhost"))
      assert.deepStrictEqual(seen, [404, "refused"])
      const journal: ReadonlyArray<{ readonly path: string }> = await (await control("GET", "journal")).json()
      assert.deepStrictEqual(journal.map(({ path }) => path), ["/v2/fulfillments"])
    }, { allowed: [/404/, /CORS|connect-src|Content Security Policy/, /ERR_FAILED|Fetch API|Failed/] }))

  it.live("has no more nodes after ten times as many requests", () =>
    scene(async ({ create, page, url }) => {
      // comments too: they are what a library may leave behind
      const countNodes = () =>
        page.evaluate(() => {
          const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL)
          let count = 0
          while (walker.nextNode() !== null) count++
          return count
        })
      const flood = async (from: number, to: number) => {
        for (let n = from; n < to; n += 20) {
          await Promise.all(Array.from({ length: 20 }, (_, index) => create([`se-${n + index}`])))
        }
        await page.getByText(`300 of ${to.toLocaleString("en")}`).first().waitFor()
      }
      await flood(0, 400)
      const before = await countNodes()
      await flood(400, 4_000)
      const after = await countNodes()
      assert.isBelow(after, 1.1 * before, url)
    }, { rateLimit: "off" }))

  it.live("comes back when the emulator does", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(
        Effect.gen(function*() {
          const { url } = yield* Emulator.Server
          return Number(new URL(url).port)
        }).pipe(Effect.provide(Emulator.layerServer()))
      )
      const start = (shipment_id: string) => Emulator.layerServer({ port, shipments: [{ shipment_id }] })
      const { page } = yield* Effect.provide(open(browser, `http://127.0.0.1:${port}`), start("se-1"))
      yield* Effect.promise(() => page.getByText("Connection lost").waitFor())
      yield* Effect.provide(
        Effect.promise(async () => {
          await page.getByText("se-2").waitFor()
          await page.getByText("Live").waitFor()
          assert.strictEqual(await rows(page, "shipments").count(), 1)
        }),
        start("se-2")
      )
    }).pipe(Effect.scoped))

  it.scopedLive.each<BrowserContextOptions>([
    {},
    { colorScheme: "dark", viewport: { width: 360, height: 740 } }
  ])(
    "shows webhooks as they are sent, and sends one again, with %j",
    (options) =>
      Effect.flatMap(subscriber, (hook) =>
        scene(async ({ create, page }) => {
          await page.getByText("Live").waitFor()
          assert.strictEqual(await page.locator(".webhooks").count(), 0)
          await create(["se-1"])
          const isPhone = options.viewport !== undefined
          if (isPhone) await panel(page, "Webhooks").click()
          await hasText(page, "webhooks", 0, "503")
          await hasText(page, "webhooks", 0, `to ${hook}`)
          await page.getByText("signed by").first().waitFor()
          await page.getByRole("button", { name: "Send again 1" }).click()
          await hasText(page, "webhooks", 0, "1 again")
          await hasText(page, "webhooks", 0, "200")
          await page.getByLabel("Search").fill("shipment_id=se-1")
          await hasText(page, "webhooks", 1, "FULFILLMENT_SHIPPED_V2")
          await page.getByLabel("Search").fill("nobody")
          await isEmpty(page, "webhooks")
          await page.getByLabel("Search").fill("")
          await rows(page, "webhooks").first().waitFor()
          assert.deepStrictEqual(await violations(page), [])
          const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
          assert.isAtMost(widths[0] ?? 0, widths[1] ?? 0)
        }, { webhooks: [{ url: hook }], webhookRetries: [], browser: options }))
  )

  it.live("is operated with the keyboard alone", () =>
    scene(async ({ create, page }) => {
      await create(["se-1"])
      await rows(page, "requests").first().waitFor()
      const tabTo = async (selector: string) => {
        for (let presses = 0; presses < 40; presses++) {
          await page.keyboard.press("Tab")
          if (await page.locator(`${selector}:focus-visible`).count() > 0) return
        }
        throw new Error(`${selector} can't be reached`)
      }
      await tabTo(".request summary")
      await page.keyboard.press("Enter")
      await page.locator(".details").waitFor()
      await tabTo("#preset")
      await page.keyboard.press("ArrowDown")
      await tabTo(".faults .primary")
      await page.keyboard.press("Enter")
      await hasText(page, "faults", 0, "commits 1")
    }))

  it.live("fits a phone: nothing is wider than the screen", () =>
    scene(async (all) => {
      const { page } = all
      await fill(all)
      for (const name of ["Requests", "Shipments", "Notifications", "Faults"]) {
        await panel(page, name).click()
        const shown = page.locator(`.${name.toLowerCase()}`)
        await shown.waitFor()
        for (const summary of await shown.locator("summary").all()) await summary.click()
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, document.body.scrollWidth])
        assert.deepStrictEqual(widths, [360, 360], name)
        const tooWide = await page.locator("body *:visible").evaluateAll((all) =>
          all.filter((element) => {
            const { left, right } = element.getBoundingClientRect()
            return right > 360 || left < 0
          }).map(({ className, tagName }) => `${tagName} ${className}`)
        )
        assert.deepStrictEqual(tooWide, [], name)
      }
    }, { alreadyFulfilled: "accept", browser: { viewport: { width: 360, height: 740 } } }))

  it.live.each<BrowserContextOptions>([
    { colorScheme: "light" },
    { colorScheme: "dark" },
    { colorScheme: "light", viewport: { width: 360, height: 740 } },
    { colorScheme: "dark", viewport: { width: 360, height: 740 } }
  ])("has no fault that axe finds, with %j", (options) =>
    scene(async (all) => {
      const { page } = all
      assert.deepStrictEqual(await violations(page), [])
      await fill(all)
      for (const summary of await page.locator(".requests summary:visible").all()) await summary.click()
      for (const name of ["Requests", "Shipments", "Notifications", "Faults"]) {
        if (await panel(page, name).isVisible()) await panel(page, name).click()
        assert.deepStrictEqual(await violations(page), [], name)
      }
      await page.getByLabel("The rule, as JSON").fill("{")
      await page.getByRole("button", { name: "Switch on" }).click()
      await page.getByRole("alert").waitFor()
      assert.deepStrictEqual(await violations(page), [])
    }, { alreadyFulfilled: "accept", allowed: [/status of 400/], browser: { reducedMotion: "reduce", ...options } }))
})
