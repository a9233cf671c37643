/** What a person without a manual asks the page: what is wrong, what to do, and by whom. */
import { Outbox, OutboxRow, OutboxStore } from "@effect-shipstation/outbox"
import { type Browser, howToInstall, launch, maySkip, open, type Page } from "@effect-shipstation/test-kit/chromium"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll, assert, beforeAll } from "vitest"
import { hindrances } from "./hindrances.js"
import { begunAfter, ended, inputs, layer, notNotified, url } from "./support.js"

if (maySkip) console.warn(`The tests of the dashboard are skipped: this ${howToInstall}`)

let browser: Browser

const on = (hash: string, act: (page: Page) => Promise<void>, viewport = { width: 1280, height: 900 }) =>
  Effect.gen(function*() {
    const { complaints, page } = yield* open(browser, `${yield* url}/${hash}`, { viewport })
    yield* Effect.promise(() => act(page))
    assert.deepStrictEqual(complaints, [])
  }).pipe(Effect.scoped)

const confirm = async (page: Page, reason: string) => {
  await page.getByLabel("Why?").fill(reason)
  await page.getByRole("button", { name: "Yes" }).click()
}

const refusedKey = { _tag: "ShipStationSecurityError", message: "The API key is invalid." }

const offer = (count: number, from = 1, account?: string) =>
  Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs(count, from), { account }))

const pauseByWorker = (account: string) =>
  Effect.flatMap(OutboxStore.OutboxStore, (store) => store.pause(account, OutboxRow.worker("worker-1"), refusedKey))

/** One of each kind of trouble. */
const troubles = Effect.gen(function*() {
  yield* ended({ _tag: "Fulfilled" })
  yield* notNotified("The access token was revoked")
  yield* ended({ _tag: "Conflict", found: { fulfillment_id: "ful-1", tracking_number: "1ZOTHER" } }, 1, 2)
  yield* offer(1, 3, "store-eu")
  yield* pauseByWorker("store-eu")
  yield* offer(1, 4, "store-us")
  const { discard, list } = yield* Outbox.Outbox
  const { rows } = yield* list({ shipmentId: "se-4" })
  yield* Effect.forEach(rows, ({ id }) => discard(id, { reason: "cancelled" }))
})

describe.skipIf(maySkip)("a person without a manual", () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.live("sees that nothing is sent, though nothing is paused", () =>
    on("", async (page) => {
      const item = page.locator(".todo li", { hasText: "Account default" })
      await item.getByText(
        /3 wait, the oldest for 7 min\. They could be sent since .*, and none was\..* is a worker running/
      ).waitFor()
      await page.getByRole("row", { name: /^default nothing is sent/ }).waitFor()
      assert.deepStrictEqual(await hindrances(page), [])
      await item.getByRole("link", { name: "default" }).click()
      await page.getByRole("row", { name: /^se-2 pending nothing is sent .*: is a worker running\?/ }).waitFor()
      await page.getByRole("link", { name: "se-2" }).click()
      await page.getByRole("heading", { name: "Shipment se-2 pending nothing is sent" }).waitFor()
      // in the reader's own time
      await page.getByText(
        /Shipments of its account could be sent since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, and none was\./
      ).waitFor()
    }).pipe(Effect.provide(begunAfter(offer(3), "7 minutes"))))

  it.live("sees in the list what is wrong, and why", () =>
    Effect.gen(function*() {
      yield* troubles
      yield* on("#/rows", async (page) => {
        await page.getByRole("row", { name: /^se-1 fulfilled shop not told .* The access token was revoked/ }).waitFor()
        await page.getByRole("row", { name: /^se-2 conflict .* In ShipStation it has 1ZOTHER/ }).waitFor()
        await page.getByRole("row", { name: /^se-3 pending account paused .* by itself: The API key is invalid/ })
          .waitFor()
        await page.getByRole("row", { name: /^se-4 discarded .* A person gave it up: its page says why/ }).waitFor()
        // all of an outbox can't be given up by a slip
        assert.strictEqual(await page.getByRole("button", { name: "all that match" }).count(), 0)
        await page.getByRole("link", { name: "se-1", exact: true }).click()
        await page.getByRole("heading", { name: "Shipment se-1 fulfilled shop not told" }).waitFor()
        await page.getByRole("link", { name: "All shipments" }).click()
        await page.getByRole("link", { name: "se-2" }).click()
        await page.getByText("wasn't sent").or(page.getByText("may have been sent before")).waitFor()
        // who works in a warehouse didn't do it
        await page.locator(".line").getByText("by the program (worker worker-1)").waitFor()
        const found = page.locator("dl", { hasText: "1ZOTHER" })
        await found.getByText("ful-1").waitFor()
        assert.strictEqual(await found.getByText("Carrier").count(), 0)
        // nothing is told twice
        assert.strictEqual(await page.locator(".line li", { hasText: "has another tracking number there" }).count(), 1)
      })
    }).pipe(Effect.provide(layer)))

  it.live("resumes an account from the overview, and sees what happens next", () =>
    Effect.gen(function*() {
      yield* ended({ _tag: "Fulfilled" })
      yield* notNotified("no")
      yield* offer(2, 11, "store-eu")
      yield* pauseByWorker("store-eu")
      yield* on("", async (page) => {
        const item = page.locator(".todo li", { hasText: "store-eu" })
        await item.getByText("The program paused it by itself: The API key is invalid.").waitFor()
        await page.getByRole("link", { name: /^1 marked as shipped of which the shop/ }).waitFor()
        await item.getByRole("button", { name: "Resume" }).click()
        await page.getByText("It was paused because: The API key is invalid. Is that repaired?").waitFor()
        await confirm(page, "the key is another one")
        await page.locator(".done").getByText("Account store-eu is resumed. 2 shipments wait, to be sent").waitFor()
        await page.getByRole("row", { name: /^store-eu not paused/ }).getByRole("link").click()
        await page.getByRole("link", { name: "se-11" }).click()
        await page.getByText(/A person resumed the account at .*: the key is another one\./).waitFor()
        assert.strictEqual(await page.locator(".done").count(), 0)
      })
    }).pipe(Effect.provide(layer)))

  it.live("searches from anywhere, as it is written somewhere else, and finds back", () =>
    Effect.gen(function*() {
      yield* offer(9)
      yield* on("", async (page) => {
        const search = async (text: string) => {
          await page.getByLabel("Shipment or tracking number").fill(text)
          await page.getByLabel("Shipment or tracking number").press("Enter")
        }
        await search(" SE-7 ")
        await page.getByRole("heading", { name: "Shipment se-7" }).waitFor()
        await search("2, 1z5")
        await page.getByRole("link", { name: "se-5" }).waitFor()
        await page.getByRole("link", { name: "se-2" }).click()
        await page.getByRole("link", { name: "Back to the results" }).click()
        await page.getByRole("link", { name: "se-5" }).waitFor()
        assert.strictEqual(await page.locator("tbody tr").count(), 2)
        await page.getByLabel("State").selectOption("rejected")
        await page.getByRole("button", { name: "Filter" }).click()
        await page.getByText(/There is no shipment 2, 1z5 here, or none that the filter lets through/).waitFor()
        await search("se-77")
        await page.getByText(/There is no shipment se-77 here: it never came in, or it ended long ago/).waitFor()
        await page.getByText("Numbers are searched whole").waitFor()
        assert.deepStrictEqual(await hindrances(page), [])
      })
    }).pipe(Effect.provide(layer)))

  it.live("sees of each account what needs a person, how old that is, and that nobody looks for what is unknown", () =>
    on("", async (page) => {
      await page.locator(".tile").getByText("90 min").locator("..").getByText(
        "the oldest that waits: pending, sending or unknown"
      )
        .waitFor()
      await page.locator(".tile", { hasText: "waits for a person: rejected or conflict" }).getByText("90 min").waitFor()
      const todo = page.locator(".todo li")
      await todo.getByText(/default: 1 was to be looked for at \d{4}.*, and wasn't\. .* is a worker running/).waitFor()
      await page.getByText(/^1 rejected, which came in 90 min ago$/).waitFor()
      const row = page.getByRole("row", {
        name: /^default isn't looked for .* 1 unknown 1 rejected 1 conflict 1 shop not told/
      })
      await row.waitFor()
      await page.getByRole("row", { name: /^store-eu paused/ }).waitFor()
      assert.deepStrictEqual(await hindrances(page), [])
      await row.getByRole("link", { name: "1 rejected" }).click()
      await page.getByRole("row", { name: /^se-5 rejected/ }).waitFor()
      assert.strictEqual(await page.locator("tbody tr").count(), 1)
      await page.goto(`${page.url().split("#")[0]}#/rows?state=unknown`)
      await page.getByRole("row", { name: /^se-6 unknown isn't looked for .* and wasn't: is a worker running\?/ })
        .waitFor()
      await page.getByRole("link", { name: "se-6" }).click()
      await page.getByText(/and wasn't: perhaps no worker runs/).waitFor()
      await page.getByText("it is looked for as soon as a worker runs").waitFor()
    }).pipe(Effect.provide(begunAfter(
      Effect.gen(function*() {
        yield* troubles
        yield* ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "No." } }, 1, 5)
        yield* ended({ _tag: "Unknown", error: { _tag: "E", message: "no answer" } }, 1, 6)
      }).pipe(Effect.orDie),
      "90 minutes"
    ))))

  it.live("finds what a customer reads out, and isn't told to tell a customer twice", () =>
    Effect.gen(function*() {
      yield* ended({ _tag: "Conflict", found: { fulfillment_id: "ful-1", tracking_number: "JD0146" } })
      yield* on("", async (page) => {
        await page.getByLabel("Shipment or tracking number").fill("jd0146")
        await page.getByLabel("Shipment or tracking number").press("Enter")
        await page.getByRole("heading", { name: "Shipment se-1 conflict" }).waitFor()
        await page.getByText(/They may have been told of JD0146, which ShipStation has/).waitFor()
        await page.getByText("One of these, whichever holds:").waitFor()
        await page.getByRole("button", { name: "Discard" }).click()
        await page.getByRole("dialog").getByText(
          "The customer won't be told of 1Z1 by this program. ShipStation keeps JD0146, of which the customer may have been told."
        ).waitFor()
        await confirm(page, "the label has JD0146")
        await page.getByText("In ShipStation it has JD0146; the customer may have been told of that number.").waitFor()
        assert.strictEqual(await page.getByText("by hand").count(), 0)
        await page.getByRole("link", { name: "Back to the results" }).or(
          page.getByRole("link", { name: "All shipments" })
        )
          .click()
        await page.getByRole("row", { name: /^se-1 discarded .* In ShipStation it has JD0146\./ }).waitFor()
      })
    }).pipe(Effect.provide(layer)))

  it.live("sees which of several numbers weren't found, and the newest shipments first", () =>
    Effect.gen(function*() {
      yield* offer(3)
      yield* on("#/rows", async (page) => {
        await page.getByText("The newest first.").waitFor()
        assert.deepStrictEqual(await page.locator("tbody th").allInnerTexts(), ["se-3", "se-2", "se-1"])
        await page.getByLabel("Shipment or tracking number").fill("1Z1, 77 se-88")
        await page.getByRole("button", { name: "Search" }).click()
        // the one that is there doesn't hide the others
        await page.getByText("Not found: 77, se-88").waitFor()
        await page.getByRole("link", { name: "se-1", exact: true }).waitFor()
        assert.deepStrictEqual(await hindrances(page), [])
      })
    }).pipe(Effect.provide(layer)))

  it.live("isn't offered what changes nothing", () =>
    Effect.gen(function*() {
      yield* offer(2, 1, "store-eu")
      yield* offer(60, 101, "store-us")
      yield* pauseByWorker("store-eu")
      yield* ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "No store." } }, 1, 11)
      const [id = 0] = yield* ended({ _tag: "Unknown", error: { _tag: "E", message: "no answer" } }, 1, 21)
      yield* on("#/rows?account=store-eu", async (page) => {
        await page.getByRole("button", { name: "Discard all that match" }).waitFor()
        assert.strictEqual(await page.getByRole("button", { name: "Retry all that match" }).count(), 0)
        await page.getByRole("link", { name: "se-2" }).click()
        await page.locator(".line").getByText("its account was paused").locator("..").getByText(
          "The program paused it by itself: The API key is invalid."
        ).waitFor()
        const [at] = page.url().split("#")
        await page.goto(`${at}#/rows?search=1,2,11`)
        await page.getByRole("button", { name: "Retry all that match" }).click()
        await page.getByText("1 rejected: they are sent again.").waitFor()
        await page.getByText("2 pending: they wait for a worker only, so that a retry changes nothing.").waitFor()
        await page.getByRole("button", { name: "No" }).click()
        // what is on the next pages isn't known before
        await page.goto(`${at}#/rows?account=store-us`)
        await page.getByRole("button", { name: "Retry all that match" }).click()
        await page.getByRole("alert").getByText(
          "A retry changes nothing here: these are sent as soon as a worker runs."
        )
          .waitFor()
        assert.strictEqual(await page.getByRole("dialog").count(), 0)
        await page.goto(`${at}#/rows/${id}`)
        await page.getByRole("button", { name: "Retry" }).click()
        await confirm(page, "it isn't there")
        await page.locator(".done").getByText("se-21 is retried.").waitFor()
        await page.getByText("a person retried it, so it is looked for twice").waitFor()
        assert.deepStrictEqual(await page.getByRole("region", { name: "Why" }).getByRole("button").allInnerTexts(), [
          "Discard"
        ])
      })
    }).pipe(Effect.provide(layer)))

  it.live("is told once whether the customer was told, and once what was asked for", () =>
    Effect.gen(function*() {
      const [id = 0] = yield* ended({ _tag: "Rejected", error: { _tag: "Rejected", message: "No." } })
      yield* on(`#/rows/${id}`, async (page) => {
        const why = page.getByRole("region", { name: "Why" })
        await why.getByRole("heading", { name: "Was the customer told?" }).waitFor()
        await why.getByText("No.", { exact: true }).waitFor()
        const asked = page.getByRole("region", { name: "What was asked for" })
        await asked.getByText("we leave it to the setting of ShipStation, or of the program that sends").first()
          .waitFor()
        assert.strictEqual(
          await page.getByText("Or it is the tracking number").locator("..").evaluate(({ tagName }) => tagName),
          "UL"
        )
      })
    }).pipe(Effect.provide(layer)))

  it.live("is told what follows before and after retrying and discarding", () =>
    Effect.gen(function*() {
      const rejected = { _tag: "Rejected", error: { _tag: "Rejected", message: "No such carrier." } } as const
      const [id = 0] = yield* ended(rejected)
      const unknown = { _tag: "Unknown", error: { _tag: "E", message: "no answer" } } as const
      const [other = 0] = yield* ended(unknown, 1, 2)
      yield* on(`#/rows/${id}`, async (page) => {
        await page.getByRole("button", { name: "Retry" }).click()
        await page.getByRole("dialog").getByText("It was refused because: No such carrier. Is that repaired?").waitFor()
        await confirm(page, "it is connected")
        await page.locator(".done").getByText("se-1 is retried. It is sent again").waitFor()
        await page.getByText("What went wrong before it was retried: No such carrier.").waitFor()
        await page.locator(".line li:last-child").getByText("retried by a person, it is connected").waitFor()
        await page.getByRole("button", { name: "Discard" }).click()
        await page.getByRole("dialog").getByText("The customer won't be told of 1Z1 by this program any more.")
          .waitFor()
        await page.getByRole("dialog").getByText("This can't be undone.").waitFor()
        await confirm(page, "cancelled by phone, Maria")
        await page.locator(".done").getByText("se-1 is discarded").waitFor()
        assert.deepStrictEqual(await hindrances(page), [])
        await page.getByText("A person gave it up. The reason: cancelled by phone, Maria.").waitFor()
        await page.goto(`${page.url().split("#")[0]}#/rows/${other}`)
        // to look comes first
        await page.getByRole("button", { name: "Retry" }).and(page.locator(":not(.primary)")).waitFor()
        await page.getByRole("button", { name: "Discard" }).click()
        await page.getByText("It may have been sent already.").waitFor()
        await page.getByRole("button", { name: "Yes" }).and(page.locator(".grave")).waitFor()
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme })
          assert.deepStrictEqual(await hindrances(page), [])
        }
      })
    }).pipe(Effect.provide(layer)))

  it.live("has all of it on a phone", () =>
    Effect.gen(function*() {
      yield* troubles
      for (const hash of ["", "#/rows"]) {
        yield* on(hash, async (page) => {
          await page.getByRole("link", { name: hash === "" ? "store-eu" : "se-3" }).last().waitFor()
          const cut = await page.locator("tbody th, tbody td, tbody button, header *").evaluateAll((all) =>
            all.filter((one) => {
              const { left, right } = one.getBoundingClientRect()
              return left < 0 || right > innerWidth || one.scrollWidth > one.clientWidth + 1 && one.matches("td, th")
            }).map(({ outerHTML }) => outerHTML)
          )
          assert.deepStrictEqual(cut, [])
          assert.deepStrictEqual(await hindrances(page), [])
          if (hash === "") await page.getByRole("button", { name: "Resume account store-eu" }).click()
          else assert.match(await page.getByRole("row", { name: /se-2/ }).innerText(), /1ZOTHER/)
        }, { width: 390, height: 844 })
      }
    }).pipe(Effect.provide(layer)))
})
