/** What hinders people, by axe. */
import type { Page } from "@effect-shipstation/test-kit/chromium"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** What hinders people with a screen reader, a keyboard or weak eyes. */
export const hindrances = async (page: Page): Promise<ReadonlyArray<string>> => {
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
