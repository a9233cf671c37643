// Makes one program of `fulfill`: it starts in a third of the time, as Node looks for few files.
//   tsx scripts/bundle.ts           of what tsc wrote, to be published
//   tsx scripts/bundle.ts --tests   of the sources, for the tests
import { build } from "esbuild"
import { rmSync } from "node:fs"

const isForTests = process.argv.includes("--tests")
const outdir = isForTests ? "packages/cli/node_modules/.fulfill" : "packages/cli/dist/bundle"
rmSync(outdir, { force: true, recursive: true })

await build({
  entryPoints: [isForTests ? "packages/cli/src/bin.ts" : "packages/cli/dist/bin.js"],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  conditions: isForTests ? [] : ["built"],
  // a native module, one that is optional, and one that has pages beside it
  external: ["better-sqlite3", "pg-native", "@effect-shipstation/emulator/*", "@effect-shipstation/dashboard/*"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "eof",
  logLevel: "warning",
  // for modules in the older form
  banner: { js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);" }
})
