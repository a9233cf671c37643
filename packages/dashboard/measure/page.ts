/** How quick the page is, in a real browser on this machine. */
import { Outbox } from "@effect-shipstation/outbox"
import { type Browser, held, launch, open, type Page } from "@effect-shipstation/test-kit/chromium"
import { Console, Effect, Fiber, Layer, Schedule } from "effect"
import { createServer } from "node:http"
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

/** When something is seen first, and when what there is, in milliseconds after the address was entered. */
interface Seen {
  readonly first: number
  readonly all: number
}

const firstPaint = async (browser: Browser, url: string, selector: string): Promise<Seen> => {
  // nothing is remembered of the last one
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript((selector) => {
    new MutationObserver((_, observer) => {
      if (document.querySelector(selector) === null) return
      observer.disconnect()
      // it is drawn after that frame
      requestAnimationFrame(() => setTimeout(() => performance.mark("all")))
    }).observe(document, { childList: true, subtree: true })
  }, selector)
  await page.goto(url)
  const at = (name: string) =>
    page.evaluate(
      (name) =>
        new Promise<number>((resolve) => {
          const timer = setInterval(() => {
            const [entry] = performance.getEntriesByName(name)
            if (entry === undefined) return
            clearInterval(timer)
            resolve(entry.startTime)
          }, 50)
        }),
      name
    )
  const seen = { first: await at("first-contentful-paint"), all: await at("all") }
  await context.close()
  return seen
}

const loads = 20

const median = (all: ReadonlyArray<number>): number =>
  all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? Number.NaN

/** A page with a word. */
const emptyPage = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = createServer((_, response) => {
      response.setHeader("content-type", "text/html")
      response.end("<!doctype html><title>Empty</title><h1>Empty</h1>")
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return server
  }),
  (server) => Effect.promise(() => new Promise((resolve) => server.close(resolve)))
)

/** When the page is seen, beside when an empty one is, in turns, as the machine is quicker at times. */
const measurePaint = (browser: Browser, url: string) =>
  Effect.gen(function*() {
    const address = (yield* emptyPage).address()
    const empty = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    const both: Array<readonly [empty: Seen, page: Seen]> = []
    yield* Effect.promise(async () => {
      for (let n = 0; n < loads; n++) {
        both.push([await firstPaint(browser, empty, "h1"), await firstPaint(browser, url, ".tile .count")])
      }
    })
    const least = median(both.map(([{ first }]) => first))
    const told = (what: string, millis: number, most: number): Measured => ({
      what: `${what}, the median of ${loads} loads`,
      value: `${millis.toFixed(0)} ms, ${(millis - least).toFixed(0)} ms after an empty page's ${least.toFixed(0)} ms`,
      isGood: millis - least < most * Math.max(1, least / 100)
    })
    return [
      told("something is seen", median(both.map(([, { first }]) => first)), 200),
      told("what there is is seen", median(both.map(([, { all }]) => all)), 400)
    ]
  }).pipe(Effect.scoped)

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
  const paints = yield* measurePaint(browser, at)
  const sizes = yield* Effect.promise(() => Promise.all(scripts))
  const idle = yield* Effect.promise(() => watch(page, seconds * 1_000))
  const changes = yield* Effect.fork(changing)
  const busy = yield* Effect.promise(() => watch(page, seconds * 1_000))
  yield* Fiber.interrupt(changes)
  const size = sizes.reduce((sum, size) => sum + size, 0)
  const share = busy.frames / idle.frames
  return [
    { what: "scripts, compressed", value: `${(size / 1_000).toFixed(0)} kB`, isGood: size < 100_000 },
    ...paints,
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
