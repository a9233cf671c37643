// Makes one program of `fulfill`: it starts in a third of the time, as Node looks for few files.
//   tsx scripts/bundle.ts              of what tsc wrote, to be published
//   tsx scripts/bundle.ts PACKAGE ...  whatever programs the tests of packages start, of the sources
import { build, type BuildOptions, type Plugin } from "esbuild"
import { readdirSync, rmSync } from "node:fs"
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

const names = process.argv.slice(2)

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
