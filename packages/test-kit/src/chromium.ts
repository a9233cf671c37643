/** A real browser, where there is one. */
import * as Effect from "effect/Effect"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { env } from "node:process"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const isThere = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export type { Browser, BrowserContextOptions, Page }

/** Its program; `undefined` where there is none. */
export const executablePath = (env["PATH"] ?? "").split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find(isThere)

export const isMissing = executablePath === undefined

/** Whether tests in a browser may be left out: on a machine that has none, unless `REQUIRE_CHROMIUM` says no. */
export const maySkip = isMissing && env["REQUIRE_CHROMIUM"] !== "1"

export const howToInstall = "needs Chromium in the PATH: apt-get install chromium"

export const launch = (): Promise<Browser> => {
  if (executablePath === undefined) throw new Error(`This ${howToInstall}`)
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync"
    ]
  })
}

/** A page in a profile of its own, and all that it complains about: violations of its policy too. */
export const open = (browser: Browser, url: string, options?: BrowserContextOptions) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<{ readonly page: Page; readonly complaints: ReadonlyArray<string> }> => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
      const page = await context.newPage()
      const complaints: Array<string> = []
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
      })
      page.on("pageerror", (error) => complaints.push(String(error)))
      page.on("dialog", (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      // only what hangs takes so long
      page.setDefaultTimeout(240_000)
      await page.goto(url)
      await page.getByText("Live").waitFor()
      return { page, complaints }
    }),
    ({ page }) => Effect.promise(() => page.context().close())
  )

/** What a page holds once all that nobody needs was thrown away: bytes of its heap, nodes, and listeners. */
export const held = async (page: Page) => {
  const session = await page.context().newCDPSession(page)
  await session.send("HeapProfiler.collectGarbage")
  await session.send("Performance.enable")
  const { metrics } = await session.send("Performance.getMetrics")
  const of = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
  await session.detach()
  return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") }
}
