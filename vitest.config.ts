import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// many tests wait, for processes and sockets
const workers = Math.max(4, availableParallelism())

/** How the tests run, for all projects of the workspace. */
export default defineConfig({
  test: {
    workspace: "vitest.workspace.ts",
    // to load everything again for each file takes minutes
    isolate: false,
    maxWorkers: workers,
    minWorkers: workers
  }
})
