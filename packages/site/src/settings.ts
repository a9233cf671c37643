/** The settings of one build. VitePress reads its configuration by itself, so it is told by the environment. */
import { join } from "node:path"
import { env } from "node:process"
import { root } from "./root.js"

export interface Settings {
  /** The path that the site is served below, such as `/docs/`. */
  readonly base: string
  /** With the reference of the API, which takes much of the time. */
  readonly withApi: boolean
  /** The folder of all that is made: in this package, from where the pages find Vue. */
  readonly folder: string
}

export const defaults: Settings = { base: "/", withApi: true, folder: join(root, "packages/site/dist") }

const variable = "SITE_SETTINGS"

/** From now on these hold in this process. */
export const set = (settings: Settings): void => {
  env[variable] = JSON.stringify(settings)
}

/** The settings that hold in this process. */
export const get = (): Settings => ({ ...defaults, ...JSON.parse(env[variable] ?? "{}") })

/** The pages as VitePress reads them. */
export const pagesFolder = ({ folder }: Settings): string => join(folder, "pages")

/** The site, once it is built. */
export const siteFolder = ({ folder }: Settings): string => join(folder, "site")
