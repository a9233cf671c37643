import { fileURLToPath } from "node:url"
import { configDefaults, defineWorkspace } from "vitest/config"

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

// what files of a worker share and nothing resets: here it is the metrics, which say what other tests have counted
const alone = ["packages/example-shop/test/signals.test.ts"]

const shared = {
  setupFiles: [at("vitest.setup.ts")],
  // the tests use real sockets and processes: only what hangs takes so long, on a slow and busy machine too
  testTimeout: 300_000,
  hookTimeout: 300_000
}

/**
 * All packages as one project: for each project there are new workers, that load everything again, and all of them wait
 * for its last file. Those of one package are `vitest run packages/schema/`.
 */
export default defineWorkspace([
  {
    // a worker has one, whatever other types of Node a package has
    resolve: { dedupe: ["vitest", "@effect/vitest"] },
    test: {
      ...shared,
      name: "packages",
      include: ["packages/*/test/**/*.test.ts"],
      exclude: [...configDefaults.exclude, ...alone],
      globalSetup: [at("vitest.programs.ts")]
    }
  },
  { test: { ...shared, name: "alone", include: alone, isolate: true } }
])
