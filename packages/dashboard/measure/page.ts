/** How quick the page is, in a real browser on this machine. */
import { Outbox } from "@effect-shipstation/outbox"
import { type Browser, held, launch, open, type Page } from "@effect-shipstation/test-kit/chromium"
import { Console, Effect, Fiber, Layer, Schedule } from "effect"
import { gzipSync } from "node:zlib"
import { inputs, layer, url } from "../test/support.js"

/** Something that was measured. */
export interface Measured {
  readonly what: string
  readonly value: string
  /** Whether it is within its bounds. */
  readonly isGood: boolean
}

/** What a person would notice: frames that were drawn, and how long the page answered nothing. */
const watch = (page: Page, millis: number) =>
  page.evaluate((millis) =>
    new Promise<{ readonly frames: number; readonly longTasks: number }>((resolve) => {
      let frames = 0
      let longTasks = 0
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longTasks += duration
      })
      observer.observe({ type: "longtask" })
      const start = performance.now()
      // a method: what compiles this gives other functions their names by help that the browser doesn't have
      const frame = {
        next() {
          frames++
          if (performance.now() - start < millis) return void requestAnimationFrame(() => frame.next())
          observer.disconnect()
          resolve({ frames, longTasks })
        }
      }
      frame.next()
    }), millis)

/** When something is seen, in milliseconds after the address was entered: of some loads, the quickest first. */
const firstPaints = async (browser: Browser, url: string) => {
  const all: Array<number> = []
  for (let n = 0; n < 9; n++) {
    // nothing is remembered of the last one
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(url)
    await page.getByText("Live").waitFor()
    all.push(
      await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN)
    )
    await context.close()
  }
  return all.toSorted((one, other) => one - other)
}

/** A hundred changes a second: offers, and rows that are given up. */
const changing = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  let from = 1
  const some = Effect.gen(function*() {
    const answers = yield* outbox.offer(inputs(5, from))
    from += 5
    for (const { shipment_id } of answers) {
      const { rows } = yield* outbox.list({ shipmentId: shipment_id, limit: 1 })
      yield* Effect.forEach(rows, ({ id }) => outbox.discard(id))
    }
  })
  yield* Effect.repeat(some, Schedule.fixed("100 millis"))
})

/** What the page holds while all changes for so many minutes: it is looked at every minute, and the most counts. */
export const measureMemory = (minutes: number): Effect.Effect<ReadonlyArray<Measured>, unknown> =>
  Effect.gen(function*() {
    const browser = yield* Effect.acquireRelease(
      Effect.promise(launch),
      (browser) => Effect.promise(() => browser.close())
    )
    const { page } = yield* open(browser, yield* url)
    const outbox = yield* Outbox.Outbox
    yield* Effect.forkScoped(changing)
    // or it is the outbox that grows
    yield* Effect.forkScoped(Effect.repeat(outbox.prune("10 seconds"), Schedule.spaced("10 seconds")))
    const all: Array<number> = []
    for (let minute = 1; minute <= minutes; minute++) {
      yield* Effect.sleep("1 minute")
      const { heap, listeners, nodes } = yield* Effect.promise(() => held(page))
      all.push(heap / 1e6)
      yield* Console.log(`  minute ${minute}: ${(heap / 1e6).toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`)
    }
    const most = Math.max(...all)
    return [{
      what: `the page holds, in ${minutes} minutes with 100 changes a second`,
      value: `${most.toFixed(1)} MB at most`,
      isGood: most < 100
    }]
  }).pipe(Effect.scoped, Effect.provide(Layer.orDie(layer)))

const seconds = 6

/** All of it. */
export const measurePage: Effect.Effect<ReadonlyArray<Measured>, unknown> = Effect.gen(function*() {
  const browser = yield* Effect.acquireRelease(
    Effect.promise(launch),
    (browser) => Effect.promise(() => browser.close())
  )
  const at = yield* url
  const { page } = yield* open(browser, at)
  const scripts: Array<Promise<number>> = []
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) scripts.push(response.body().then((body) => gzipSync(body).length))
  })
  yield* Effect.promise(() => page.reload())
  yield* Effect.promise(() => page.getByText("Live").waitFor())
  const paints = yield* Effect.promise(() => firstPaints(browser, at))
  const [best = Number.NaN] = paints
  const median = paints[4] ?? Number.NaN
  const sizes = yield* Effect.promise(() => Promise.all(scripts))
  const idle = yield* Effect.promise(() => watch(page, seconds * 1_000))
  const changes = yield* Effect.fork(changing)
  const busy = yield* Effect.promise(() => watch(page, seconds * 1_000))
  yield* Fiber.interrupt(changes)
  const size = sizes.reduce((sum, size) => sum + size, 0)
  const share = busy.frames / idle.frames
  return [
    { what: "scripts, compressed", value: `${(size / 1_000).toFixed(0)} kB`, isGood: size < 100_000 },
    {
      what: "first contentful paint, of 9 loads",
      value: `${best.toFixed(0)} ms at best, ${median.toFixed(0)} ms the median`,
      isGood: best < 300
    },
    { what: "frames a second, idle", value: (idle.frames / seconds).toFixed(0), isGood: true },
    {
      what: "frames a second, with 100 changes a second",
      value: `${(busy.frames / seconds).toFixed(0)}, ${(share * 100).toFixed(0)} % of idle`,
      isGood: share > 0.7
    },
    {
      what: "the page answers nothing, with 100 changes a second",
      value: `${(busy.longTasks / seconds).toFixed(0)} ms of each second`,
      isGood: busy.longTasks / seconds < 100
    }
  ]
}).pipe(Effect.scoped, Effect.provide(Layer.orDie(layer)))
