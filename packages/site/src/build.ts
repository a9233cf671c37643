/** Builds the site. */
import { cpSync, rmSync, watch } from "node:fs"
import { join } from "node:path"
import { build, createServer } from "vitepress"
import { writeApi } from "./api.js"
import { type Assembled, writePages } from "./assemble.js"
import { pages } from "./contents.js"
import { writeLlms } from "./llms.js"
import { root } from "./root.js"
import * as Settings from "./settings.js"

const here = join(root, "packages/site")

const writeAll = async (settings: Settings.Settings): Promise<ReadonlyArray<Assembled>> => {
  Settings.set(settings)
  const folder = Settings.pagesFolder(settings)
  rmSync(folder, { force: true, recursive: true })
  const assembled = writePages(folder, settings.withApi)
  if (settings.withApi) await writeApi(folder)
  return assembled
}

export const buildSite = async (settings: Settings.Settings): Promise<void> => {
  const assembled = await writeAll(settings)
  const site = Settings.siteFolder(settings)
  rmSync(site, { force: true, recursive: true })
  await build(here, {})
  writeLlms(site, settings, assembled)
  // the links of Markdown lead there as they are
  for (const name of ["images", ...settings.withApi ? ["api"] : []]) {
    cpSync(join(Settings.pagesFolder(settings), name), join(site, name), { recursive: true })
  }
}

/** Serves the pages, and again those that are written anew meanwhile. */
export const serveSite = async (settings: Settings.Settings): Promise<void> => {
  await writeAll(settings)
  const server = await createServer(here, {})
  await server.listen()
  server.printUrls()
  for (const file of ["docs", ...pages.map(({ source }) => source).filter((one) => !one.startsWith("docs/"))]) {
    watch(join(root, file), { recursive: file === "docs" }, () => {
      try {
        writePages(Settings.pagesFolder(settings), settings.withApi)
      } catch (error) {
        // a page that is half written, say
        server.config.logger.error(String(error))
      }
    })
  }
}
