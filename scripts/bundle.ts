// Makes one program of `fulfill`: it starts in a third of the time, as Node looks for few files. And one script of the
// dashboard's page.
//   tsx scripts/bundle.ts              of what tsc wrote, to be published
//   tsx scripts/bundle.ts PACKAGE ...  whatever programs the tests of packages start, of the sources
import { build, type BuildOptions, type Plugin } from "esbuild"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

/** Sources find the pages beside them from wherever they are bundled to. */
const atTheirPlace: Plugin = {
  name: "at their place",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href)
      return { contents: (await readFile(path, "utf8")).replaceAll("import.meta.url", url), loader: "ts" }
    })
}

/** A native module stays where it is. */
const native: Plugin = {
  name: "native",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^better-sqlite3$/ }, ({ path, resolveDir }) => ({
      path: createRequire(`${resolveDir}/`).resolve(path),
      external: true
    }))
}

const ofSources = (name: string, ...entryPoints: ReadonlyArray<string>): BuildOptions => ({
  entryPoints: entryPoints.map((file) => `packages/${name}/${file}`),
  outdir: `packages/${name}/node_modules/.programs`,
  conditions: [],
  external: ["pg-native"],
  plugins: [atTheirPlace, native]
})

const published: BuildOptions = {
  entryPoints: ["packages/cli/dist/bin.js"],
  outdir: "packages/cli/dist/bundle",
  conditions: ["built"],
  // a native module, one that is optional, and one that has pages beside it
  external: ["better-sqlite3", "pg-native", "@effect-shipstation/emulator/*", "@effect-shipstation/dashboard/*"]
}

const programs: Readonly<Record<string, () => BuildOptions>> = {
  cli: () => ofSources("cli", "src/bin.ts"),
  examples: () => ofSources("examples", ...readdirSync("packages/examples/src").map((file) => `src/${file}`)),
  outbox: () => ofSources("outbox", "test/process.ts")
}

/** The dashboard's page, with one script for all that are imported. */
const buildPage = async (to: string): Promise<void> => {
  const from = "packages/dashboard/page"
  const lit = createRequire(`${process.cwd()}/packages/page/package.json`).resolve("lit-html").replace(
    /(node\/)?lit-html\.js$/,
    ""
  )
  rmSync(to, { force: true, recursive: true })
  await build({
    entryPoints: [`${from}/main.js`],
    outfile: `${to}/main.js`,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "eof",
    logLevel: "warning",
    // the page has them at an address of its own
    plugins: [{
      name: "lit-html",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^\.\/lit-html\// }, ({ path }) => ({ path: lit + path.slice("./lit-html/".length) }))
    }]
  })
  const html = readFileSync(`${from}/index.html`, "utf8")
  writeFileSync(`${to}/index.html`, html.replace(/ *<!-- all that it imports.*\n|.*rel="modulepreload".*\n/g, ""))
}

const names = process.argv.slice(2)

if (names.length === 0) await buildPage("packages/dashboard/dist/page")
if (names.includes("dashboard")) await buildPage("packages/dashboard/node_modules/.page")

for (const options of names.length === 0 ? [published] : names.flatMap((name) => programs[name]?.() ?? [])) {
  rmSync(options.outdir ?? "", { force: true, recursive: true })
  await build({
    ...options,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "eof",
    logLevel: "warning",
    // for modules in the older form
    banner: {
      js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);"
    }
  })
}
