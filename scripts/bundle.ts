// Makes one program of `fulfill`, from what tsc wrote: it starts in a third of the time, as Node looks for few files.
import { build } from "esbuild"
import { rmSync } from "node:fs"

const outdir = "packages/cli/dist/bundle"
rmSync(outdir, { force: true, recursive: true })

await build({
  entryPoints: ["packages/cli/dist/bin.js"],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  conditions: ["built"],
  // a native module, one that is optional, and one that has pages beside it
  external: ["better-sqlite3", "pg-native", "@effect-shipstation/emulator/*", "@effect-shipstation/dashboard/*"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "eof",
  logLevel: "warning",
  // for modules in the older form
  banner: { js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);" }
})
