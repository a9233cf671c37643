/** Writes the pictures of the inspector that the READMEs show: `pnpm screenshots`. Needs Chromium in the PATH. */
import { Emulator, type Fault } from "@effect-shipstation/emulator"
import { type BrowserContextOptions, launch, open, type Page } from "@effect-shipstation/test-kit/chromium"
import { Console, Effect } from "effect"
import { mkdir } from "node:fs/promises"
import sharp from "sharp"

const folder = new URL("../../../docs/images/", import.meta.url)

/** A morning of development: the client sends again after a lost answer, and a customer is mailed twice. */
const scene = Effect.gen(function*() {
  const { url } = yield* Emulator.Server
  const emulator = yield* Emulator.Emulator
  const create = (ids: ReadonlyArray<number>, more?: Record<string, unknown>, key: string = Emulator.defaultApiKey) =>
    emulator.clock.advance("1234 millis").pipe(Effect.zipRight(Effect.promise(() =>
      fetch(`${url}/v2/fulfillments`, {
        method: "POST",
        headers: { "api-key": key, "content-type": "application/json" },
        body: JSON.stringify({
          fulfillments: ids.map((id) => ({
            shipment_id: `se-${id}`,
            tracking_number: `1Z12345E12345${id}9`,
            carrier_code: "ups",
            ...more
          }))
        })
      }).then(({ status }) => status, () => "no answer")
    )))
  const next = (action: Fault.FaultAction) => emulator.addFault({ endpoint: "create", times: 1, action })

  yield* emulator.clock.freeze
  yield* create([41201], undefined, "a wrong key")
  yield* create([41201, 41202, 41203])
  yield* create([41204], { notify_order_source: false })
  yield* create([41205], { carrier_code: "dragon" })
  yield* create([41206, 41209])
  yield* next({ _tag: "RawBody", status: 502, body: "<html><h1>502 Bad Gateway</h1></html>" })
  yield* create([41207])
  yield* next({ _tag: "Reset" })
  yield* create([41208])
  yield* create([41208])
  yield* emulator.addFault({ endpoint: "create", probability: 0.2, action: { _tag: "ErrorBody", status: 503 } })
  return url
})

const picture = (
  name: string,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void> = () => Promise.resolve()
) =>
  Effect.gen(function*() {
    const url = yield* scene
    const browser = yield* Effect.acquireRelease(
      Effect.promise(launch),
      (browser) => Effect.promise(() => browser.close())
    )
    const { page } = yield* open(browser, url, { reducedMotion: "reduce", ...options })
    const { size } = yield* Effect.promise(async () => {
      await act(page)
      await page.waitForTimeout(300)
      // some dozens of colours: as good, and a third of the size
      return await sharp(await page.screenshot()).png({ palette: true, colours: 64, dither: 0, effort: 10 })
        .toFile(new URL(`${name}.png`, folder).pathname)
    })
    yield* Console.log(`${name}.png: ${Math.ceil(size / 1_000)} KB`)
  }).pipe(
    Effect.scoped,
    Effect.provide(Emulator.layerServer({
      acceptAnyShipment: true,
      alreadyFulfilled: "accept",
      shipments: [
        { shipment_id: "se-41209", cancelled: true },
        { shipment_id: "se-41210" },
        { shipment_id: "se-41211" }
      ]
    }))
  )

const openLost = (page: Page) => page.getByText("Committed 1, answer lost").click()

await Effect.promise(() => mkdir(folder, { recursive: true })).pipe(
  Effect.zipRight(
    picture("inspector-light", { colorScheme: "light", viewport: { width: 1440, height: 860 } }, openLost)
  ),
  Effect.zipRight(picture("inspector-dark", { colorScheme: "dark", viewport: { width: 1440, height: 860 } }, openLost)),
  Effect.zipRight(picture("inspector-phone", {
    colorScheme: "light",
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2
  })),
  Effect.runPromise
)
