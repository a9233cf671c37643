import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// many tests wait, for processes and sockets
const workers = Math.max(4, availableParallelism())

/** How the tests run. */
export default defineConfig({
  test: {
    workspace: "vitest.workspace.ts",
    // to load everything again for each file takes minutes
    isolate: false,
    maxWorkers: workers,
    minWorkers: workers,
    // most of what a test makes is garbage at once: with more room for it, it is collected less often
    poolOptions: { forks: { execArgv: ["--max-semi-space-size=32"] } }
  }
})
