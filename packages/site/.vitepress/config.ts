import { slug } from "github-slugger"
import { join } from "node:path"
import { type DefaultTheme, defineConfig } from "vitepress"
import { api } from "../src/api.js"
import { pages, sections } from "../src/contents.js"
import * as Settings from "../src/settings.js"

const settings = Settings.get()

const { withApi } = settings

const linkOf = (path: string): string => `/${path.replace(/(^|\/)index$/, "$1")}`

const sidebar: Array<DefaultTheme.SidebarItem> = sections.map((section) => ({
  text: section.title,
  collapsed: section.title === "The project",
  items: section.pages.map(({ path, title }) => ({ text: title, link: linkOf(path) }))
}))

const apiSidebar: Array<DefaultTheme.SidebarItem> = api.map(({ modules, package: name }) => ({
  text: name,
  collapsed: false,
  items: modules.map(({ path, title }) => ({ text: title, link: linkOf(path) }))
}))

/** A parcel, and a tick. */
const icon =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="8" width="26" height="20" rx="3"
fill="#3451b2"/><path d="M3 11a3 3 0 0 1 3-3h20a3 3 0 0 1 3 3v2H3z" fill="#a8b1ff"/><path d="m10 20 4 4 8-8" fill="none"
stroke="#fff" stroke-width="3"/></svg>`

const known = new Map(pages.map((page) => [`${page.path}.md`, page]))

export default defineConfig({
  title: "effect-shipstation",
  description: "Mark shipments as shipped with the ShipStation API v2, from Effect: typed outcomes, nothing done twice",
  base: settings.base,
  srcDir: Settings.pagesFolder(settings),
  outDir: Settings.siteFolder(settings),
  cacheDir: join(settings.folder, "cache"),
  cleanUrls: true,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  // the check of all links, of what was built, finds anchors too
  ignoreDeadLinks: true,
  markdown: {
    // as GitHub makes them, where these pages are read too
    anchor: { slugify: slug },
    theme: { light: "github-light", dark: "github-dark" }
  },
  transformPageData: (page) => {
    const found = known.get(page.relativePath)
    if (found === undefined || found.path === "index") return
    page.title = found.title
    // the place beside the page is for what is on it
    if (found.isWide === true) Object.assign(page.frontmatter, { aside: false, pageClass: "wide" })
  },
  // the index of the search is one file, and is loaded by who searches
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  themeConfig: {
    search: {
      provider: "local",
      options: {
        detailedView: false,
        _render: (text, env, markdown) => {
          // sources of programs have too many words
          if (env.relativePath.startsWith("source/")) return ""
          // a field of a schema is no chapter: what has it is found
          const isReference = env.relativePath.startsWith("api/")
          return markdown.render(isReference ? text.replaceAll(/^#{4,6} /gm, "") : text, env)
        },
        // pages that explain come before those that list
        miniSearch: { searchOptions: { boostDocument: (id: string) => id.includes("/api/") ? 0.3 : 1 } }
      }
    },
    outline: { level: [2, 3] },
    nav: [
      { text: "Guide", link: "/guide/start", activeMatch: "^/(?:guide/|fulfill)" },
      { text: "Recipes", link: "/recipes/accounts", activeMatch: "^/(?:recipes/|testing|runtimes|engines|operating)" },
      { text: "Packages", link: "/packages/fulfillments", activeMatch: "^/packages/" },
      ...withApi ? [{ text: "API", link: "/api/", activeMatch: "^/api/" }] : []
    ],
    sidebar: { "/": sidebar, ...withApi ? { "/api/": apiSidebar } : {} },
    docFooter: { prev: "Before", next: "Next" }
  }
})
