import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

const workers = 2 * availableParallelism()

/** How the tests run, for all projects of the workspace. */
export default defineConfig({
  test: {
    workspace: "vitest.workspace.ts",
    // to load everything again for each file takes as long as the tests
    isolate: false,
    // many tests wait, for processes and sockets
    maxWorkers: workers,
    minWorkers: workers
  }
})
