import { fileURLToPath } from "node:url"
import { defineWorkspace } from "vitest/config"

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/**
 * All packages as one project: for each project there are new workers, that load everything again, and all of them wait
 * for its last file. Those of one package are `vitest run packages/schema/`.
 */
export default defineWorkspace([
  {
    // a worker has one, whatever other types of Node a package has
    resolve: { dedupe: ["vitest", "@effect/vitest"] },
    test: {
      name: "packages",
      include: ["packages/*/test/**/*.test.ts"],
      setupFiles: [at("vitest.setup.ts")],
      globalSetup: [at("vitest.programs.ts")],
      // the tests use real sockets and processes: only what hangs takes so long, on a slow and busy machine too
      testTimeout: 300_000,
      hookTimeout: 300_000
    }
  }
])
