/** The pages of the site, in their order: sidebar, `llms.txt` and links come from this one table. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { read, root } from "./root.js"

/** A page that is written by hand, in a file of the repository. */
export interface Page {
  /** The file, from the folder of the repository. */
  readonly source: string
  /** Its place on the site, without an extension. */
  readonly path: string
  /** Its name in the sidebar. */
  readonly title: string
  /** Its tables are wide. */
  readonly isWide?: boolean
}

export interface Section {
  readonly title: string
  readonly pages: ReadonlyArray<Page>
}

const inDocs = (path: string, title: string): Page => ({ source: `docs/${path}.md`, path, title })

const wideInDocs = (path: string, title: string): Page => ({ ...inDocs(path, title), isWide: true })

/** Those that are published, in the order in which a program meets them. */
export const packagesInOrder = [
  "fulfillments",
  "http-client",
  "schema",
  "shipments",
  "webhooks",
  "outbox",
  "dashboard",
  "cluster",
  "promise",
  "cli",
  "emulator",
  "page"
]

const packagePage = (name: string): Page => ({
  source: `packages/${name}/README.md`,
  path: `packages/${name}`,
  title: name
})

const headingOf = (file: string): string => /^# (.*)$/m.exec(read(file))?.[1] ?? file

const decisions = readdirSync(join(root, "docs/decisions"))
  .filter((file) => file !== "README.md")
  .map((file) => inDocs(`decisions/${file.replace(".md", "")}`, headingOf(`docs/decisions/${file}`)))

const home: Page = { source: "packages/site/home.md", path: "index", title: "effect-shipstation" }

export const sections: ReadonlyArray<Section> = [
  {
    title: "Guide",
    pages: [
      inDocs("guide/start", "Start here, offline"),
      inDocs("guide/live", "Go live"),
      inDocs("guide/outcomes", "Outcomes"),
      inDocs("guide/many", "One by one, and all of them"),
      inDocs("guide/outbox", "The outbox"),
      inDocs("fulfill", "The command line"),
      inDocs("guide/day", "An operator's day"),
      inDocs("fulfill-reference", "Commands and options")
    ]
  },
  {
    title: "Recipes",
    pages: [
      inDocs("recipes/accounts", "Several accounts"),
      inDocs("recipes/keys", "Rotating keys"),
      inDocs("recipes/http-clients", "HTTP clients and proxies"),
      wideInDocs("runtimes", "Runtimes"),
      inDocs("testing", "Testing"),
      inDocs("engines", "Inside of an engine"),
      inDocs("operating", "Operating"),
      { source: "packages/example-shop/README.md", path: "recipes/shop", title: "A server to copy from" },
      inDocs("recipes/from-v1", "From API v1"),
      inDocs("recipes/without-effect", "Without Effect")
    ]
  },
  {
    title: "Why it can be believed",
    pages: [
      inDocs("promises", "The promises"),
      wideInDocs("failures", "How each failure ends"),
      wideInDocs("errors", "What a failure means"),
      wideInDocs("outbox-states", "States of a row"),
      inDocs("reliability", "What it is tested with"),
      inDocs("benchmarks", "Benchmarks"),
      wideInDocs("queues", "The outbox as a queue"),
      inDocs("sizes", "Sizes")
    ]
  },
  { title: "Packages", pages: packagesInOrder.map(packagePage) },
  {
    title: "The project",
    pages: [
      inDocs("architecture", "Architecture"),
      { source: "docs/decisions/README.md", path: "decisions/index", title: "Decisions" },
      ...decisions,
      { source: "CONTRIBUTING.md", path: "contributing", title: "Contributing" },
      { source: "SECURITY.md", path: "security", title: "Security" },
      ...["examples", "conformance", "benchmarks"].map(packagePage)
    ]
  }
]

/** All of them. */
export const pages: ReadonlyArray<Page> = [home, ...sections.flatMap((section) => section.pages)]
