/** What people do by mistake on the page, and what goes wrong meanwhile: nothing happens that they didn't mean. */
import { Dashboard } from "@effect-shipstation/dashboard"
import { Outbox } from "@effect-shipstation/outbox"
import { type Browser, howToInstall, launch, maySkip, open, type Page } from "@effect-shipstation/test-kit/chromium"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { Effect, Queue, Runtime, Stream } from "effect"
import { afterAll, assert, beforeAll } from "vitest"
import { hindrances } from "./hindrances.js"
import { ended, inputs, layer, unserved, url } from "./support.js"

if (maySkip) console.warn(`The tests of the dashboard are skipped: this ${howToInstall}`)

let browser: Browser

const tab = (hash: string) => Effect.flatMap(url, (url) => open(browser, `${url}/${hash}`))

const confirm = async (page: Page, reason: string) => {
  await page.getByLabel("Why?").fill(reason)
  await page.getByRole("button", { name: "Yes" }).click()
}

const reject = (from = 1) =>
  ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "No such store." } }, 1, from)

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true })

/** The dashboard, whose page is told that it was looked at when the test says so. */
const ticking = Effect.gen(function*() {
  const { httpApp } = yield* Dashboard.Dashboard
  const ticks = yield* Queue.unbounded<number>()
  const events = Stream.fromQueue(ticks).pipe(
    Stream.map((at) => `event: tick\ndata: ${at}\n\n`),
    Stream.encodeText
  )
  yield* HttpServer.serveEffect(Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request) =>
      request.url === "/api/events"
        ? Effect.succeed(HttpServerResponse.stream(events, { contentType: "text/event-stream" }))
        : httpApp
  ))
  const run = Runtime.runPromise(yield* Effect.runtime<never>())
  yield* ticks.offer(1)
  return () => run(ticks.offer(1))
})

describe.skipIf(maySkip)("a mistake on the page", () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.live("of who resumes an account in an outdated tab changes nothing, and the page says what has changed", () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* outbox.pause("default", { reason: "stock is counted" })
      const [first, second] = [yield* tab(""), yield* tab("")]
      yield* Effect.promise(async () => {
        for (const { page } of [first, second]) {
          await button(page, "Resume account default").click()
          await page.getByText("It was paused because: stock is counted. Is that over?").waitFor()
          await page.getByText("Nothing of it waits.").waitFor()
        }
        await confirm(first.page, "it was counted")
        await first.page.locator(".done").getByText("Account default is resumed. Nothing of it waits.").waitFor()
        await confirm(second.page, "another tab")
        await second.page.getByText(
          /It has changed meanwhile\. Nothing was done\. Account default was resumed at .*\. A person did it: it was counted/
        ).waitFor()
        assert.strictEqual(await second.page.locator(".done").count(), 0)
        // and now it is as it was seen
        await button(second.page, "Pause account default").click()
        await confirm(second.page, "counted wrongly")
        await second.page.locator(".done").getByText("Account default is paused").waitFor()
      })
      const [state] = yield* outbox.accounts
      assert.deepStrictEqual(state?.paused?.by, { _tag: "Operator", reason: "counted wrongly" })
      assert.deepStrictEqual(first.complaints, [])
      assert.match(second.complaints.join(), /409/)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("of who goes back while something is asked asks nothing any more", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject()
      const { complaints, page } = yield* tab("#/rows")
      yield* Effect.promise(async () => {
        await page.getByRole("link", { name: "se-1", exact: true }).click()
        await button(page, "Discard").click()
        await page.getByRole("dialog").waitFor()
        await page.goBack()
        await page.getByRole("heading", { name: "Shipments", exact: true }).waitFor()
        await page.getByRole("dialog").waitFor({ state: "detached" })
        await page.getByRole("link", { name: "se-1", exact: true }).click()
        await button(page, "Discard").waitFor()
        assert.strictEqual(await page.getByRole("dialog").count(), 0)
      })
      assert.strictEqual((yield* Effect.flatMap(Outbox.Outbox, ({ get }) => get(id))).row.state, "rejected")
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("of who presses Enter once more does nothing more: what was done has the focus", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject()
      const { complaints, page } = yield* tab(`#/rows/${id}`)
      yield* Effect.promise(async () => {
        await button(page, "Retry").press("Enter")
        await page.locator("#reason:focus").waitFor()
        await page.keyboard.type("the store is connected")
        await page.keyboard.press("Enter")
        await page.locator("#done:focus").getByText("se-1 is retried.").waitFor()
        // what stands where the button was gives it up
        await button(page, "Discard").waitFor()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Space")
        await page.locator("#done:focus").waitFor()
        assert.strictEqual(await page.getByRole("dialog").count(), 0)
        assert.deepStrictEqual(await hindrances(page), [])
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("of who says no comes back to the button, unless it is another's by now", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject()
      const { retry } = yield* Outbox.Outbox
      const { complaints, page } = yield* tab(`#/rows/${id}`)
      yield* Effect.promise(async () => {
        await button(page, "Retry").press("Enter")
        await page.keyboard.press("Escape")
        await page.locator("button:focus").getByText("Retry").waitFor()
        await page.keyboard.press("Enter")
        await page.getByRole("dialog").waitFor()
      })
      yield* retry(id)
      yield* Effect.promise(async () => {
        await page.getByText("It waits to be sent.").waitFor()
        await page.keyboard.press("Escape")
        await page.getByRole("dialog").waitFor({ state: "detached" })
        await button(page, "Discard").waitFor()
        assert.strictEqual(await page.locator("button:focus").count(), 0)
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("in a reason is said, and what was written stays", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject()
      const { complaints, page } = yield* tab(`#/rows/${id}`)
      yield* Effect.promise(async () => {
        await button(page, "Discard").click()
        await page.getByText("Up to 500 letters.").waitFor()
        for (const spaces of ["", "   "]) {
          await confirm(page, spaces)
          await page.getByRole("alert").getByText("Say why, in a word or two").waitFor()
          assert.strictEqual(await page.getByLabel("Why?").inputValue(), spaces)
        }
        await confirm(page, "r".repeat(3_000))
        await page.getByRole("alert").getByText("That is 3,000 letters, and no more than 500 are kept").waitFor()
        assert.strictEqual((await page.getByLabel("Why?").inputValue()).length, 3_000)
        await page.locator("#reason:focus").waitFor()
        assert.deepStrictEqual(await hindrances(page), [])
        await confirm(page, "r".repeat(500))
        await page.locator(".done").getByText("se-1 is discarded").waitFor()
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("in an address is told", () =>
    Effect.gen(function*() {
      const { page } = yield* tab("#/rows/999999")
      yield* Effect.promise(async () => {
        await page.getByText("There is no such shipment here").waitFor()
        assert.strictEqual(await page.getByText("Looking …").count(), 0)
        assert.strictEqual(await page.getByRole("alert").count(), 0)
        const [at] = page.url().split("#")
        for (const hash of ["#/nowhere", "#/rows/x", "#rows/1/2"]) {
          await page.goto(at + hash)
          await page.getByText("There is nothing at this address.").waitFor()
        }
        await page.getByRole("link", { name: "To the overview" }).click()
        await page.getByRole("heading", { name: "Accounts" }).waitFor()
      })
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("isn't made of an answer that didn't come: whether it was done isn't known, and nothing looks live", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* reject()
      const tick = yield* ticking
      const { page } = yield* tab(`#/rows/${id}`)
      yield* Effect.promise(async () => {
        const status = page.locator(".connection")
        const unanswered = /program didn't answer\. It isn't known whether that was done: look at what is shown here/
        await page.route("**/api/rows/*/retry", (route) => route.abort())
        await button(page, "Retry").click()
        await confirm(page, "the store is connected")
        await page.locator("#problem:focus").getByText(unanswered).waitFor()
        await status.getByText("Connection lost").waitFor()
        assert.strictEqual(await page.getByText("Live").count(), 0)
        await tick()
        await page.locator("#problem").getByText("The dashboard's program answers again. It isn't known").waitFor()
        await status.getByText("Live").waitFor()
        // nor is for ever waited for one
        await page.unroute("**/api/rows/*/retry")
        await page.clock.install()
        await page.route("**/api/rows/*/retry", () => {})
        await button(page, "Retry").click()
        await confirm(page, "the store is connected")
        await page.getByText("It is being done …").waitFor()
        await page.clock.fastForward(31_000)
        await page.locator("#problem").getByText(unanswered).waitFor()
        assert.strictEqual(await page.getByRole("dialog").count(), 0)
      })
    }).pipe(Effect.scoped, Effect.provide(unserved)))

  it.live("isn't made of a look that wasn't answered: it is looked again when the connection is back", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(2)))
      const tick = yield* ticking
      const { page } = yield* tab("#/rows")
      yield* Effect.promise(async () => {
        await page.route("**/api/rows/*", (route) => route.abort())
        await page.getByRole("link", { name: "se-1", exact: true }).click()
        await page.getByRole("alert").getByText("The dashboard's program didn't answer.").waitFor()
        await page.locator(".connection").getByText("Connection lost").waitFor()
        await page.unroute("**/api/rows/*")
        await tick()
        await page.getByText("It waits to be sent.").waitFor()
        await page.locator(".connection").getByText("Live").waitFor()
        assert.strictEqual(await page.getByRole("alert").count(), 0)
      })
    }).pipe(Effect.scoped, Effect.provide(unserved)))
})
