/**
 * Builds the site, and checks its links. Its folder lies in this repository: pages find there what they import.
 *
 *     pnpm site [--base /docs/] [--folder dist] [--without-api]
 *     pnpm site --open     serves it, without building it
 */
import { resolve } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { buildSite, serveSite } from "./build.js"
import { brokenLinks } from "./check.js"
import * as Settings from "./settings.js"

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    base: { type: "string", default: Settings.defaults.base },
    folder: { type: "string", default: Settings.defaults.folder },
    open: { type: "boolean", default: false },
    "without-api": { type: "boolean", default: false }
  }
})
const settings = { base: values.base, folder: resolve(values.folder), withApi: !values["without-api"] }

if (values.open) await serveSite(settings)
else {
  await buildSite(settings)
  const site = Settings.siteFolder(settings)
  const broken = brokenLinks(site, settings.base)
  for (const link of broken) console.error(`leads nowhere: ${link}`)
  console.log(`${site}: ${broken.length} broken links`)
  process.exitCode = broken.length === 0 ? 0 : 1
}
