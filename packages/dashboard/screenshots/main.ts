/** Writes the pictures of the dashboard that its README shows: `pnpm screenshots`. Needs Chromium in the PATH. */
import { RateLimiter } from "@effect-shipstation/http-client"
import { Outbox } from "@effect-shipstation/outbox"
import { type BrowserContextOptions, launch, open, type Page } from "@effect-shipstation/test-kit/chromium"
import { Console, Context, Duration, Effect, Layer } from "effect"
import { mkdir } from "node:fs/promises"
import sharp from "sharp"
import { begunAfter, behind, ended, inputs, notNotified, url } from "../test/support.js"

const folder = new URL("../../../docs/images/", import.meta.url)

/** An hour of a day: most went out, and what a person may have to see to is among it. */
const scene = Effect.gen(function*() {
  const { offer, pause } = yield* Outbox.Outbox
  const at = (minutes: number) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.withClock(self, behind(Duration.minutes(minutes)))
  yield* ended({ _tag: "Fulfilled" }, 3, 41_001).pipe(
    Effect.zipRight(notNotified("Shopify: the access token is expired")),
    at(59)
  )
  for (let minutes = 57; minutes > 1; minutes--) {
    const count = 20 + Math.round(14 * Math.sin(minutes / 7)) + (minutes % 5)
    yield* at(minutes)(ended({ _tag: "Fulfilled" }, count, 50_000 + minutes * 100))
  }
  const refused = (message: string) => ({ _tag: "Rejected", error: { _tag: "Rejected", message } }) as const
  yield* at(31)(ended(refused("Carrier 'dhl_paket' isn't connected to this account."), 4, 42_001))
  yield* at(9)(ended({ _tag: "Conflict", found: { tracking_number: "1Z5R8942YN44102276" } }, 1, 42_011))
  const lost = { _tag: "ShipStationConnectionLostError", message: "No whole answer came: the connection was reset." }
  yield* at(1)(ended({ _tag: "Unknown", error: lost }, 2, 43_001))
  yield* at(14)(offer(inputs(38, 44_001), { account: "store-eu" }))
  yield* at(12)(pause("store-eu", { reason: "stock is counted until noon, Maria" }))
  yield* at(0)(offer(inputs(26, 45_001)))
}).pipe(Effect.orDie)

/** With what was asked for in the last minute. */
const limiter = Layer.tap(RateLimiter.layerStoreMemory, (context) => {
  const { take } = Context.get(context, RateLimiter.RateLimiterStore)
  return Effect.replicateEffect(take({ account: "default", limit: 200, window: RateLimiter.defaultWindow }), 143)
})

const picture = (
  name: string,
  hash: string,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>
) =>
  Effect.gen(function*() {
    const browser = yield* Effect.acquireRelease(
      Effect.promise(launch),
      (browser) => Effect.promise(() => browser.close())
    )
    const { page } = yield* open(browser, `${yield* url}/${hash}`, { reducedMotion: "reduce", ...options })
    const { size } = yield* Effect.promise(async () => {
      await act(page)
      await page.waitForTimeout(500)
      // some dozens of colours: as good, and a third of the size
      return await sharp(await page.screenshot()).png({ palette: true, colours: 64, dither: 0, effort: 10 })
        .toFile(new URL(`${name}.png`, folder).pathname)
    })
    yield* Console.log(`${name}.png: ${Math.ceil(size / 1_000)} KB`)
  }).pipe(Effect.scoped)

const charts = (page: Page) => page.locator("[data-chart='ended'] canvas").waitFor()

const openUnknown = async (page: Page) => {
  await page.getByRole("link", { name: "se-43002" }).click()
  await page.getByText("Was the customer told?").waitFor()
}

const viewport = { width: 1280, height: 1180 }

await Effect.promise(() => mkdir(folder, { recursive: true })).pipe(
  Effect.zipRight(picture("dashboard-light", "", { colorScheme: "light", viewport }, charts)),
  Effect.zipRight(picture("dashboard-dark", "", { colorScheme: "dark", viewport }, charts)),
  Effect.zipRight(
    picture(
      "dashboard-row",
      "#/rows?state=unknown",
      { colorScheme: "light", viewport: { width: 1280, height: 860 } },
      openUnknown
    )
  ),
  Effect.zipRight(picture("dashboard-phone", "", {
    colorScheme: "light",
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2
  }, charts)),
  Effect.provide(Layer.provideMerge(begunAfter(scene, 0), limiter)),
  Effect.runPromise
)
