import { fileURLToPath } from "node:url"
import { defineWorkspace } from "vitest/config"

/** A project per package. The tests use real sockets and processes, so they get time on a slow machine. */
export default defineWorkspace(
  [
    "schema",
    "http-client",
    "fulfillments",
    "shipments",
    "webhooks",
    "promise",
    "emulator",
    "test-kit",
    "outbox",
    "cluster",
    "dashboard",
    "cli",
    "conformance",
    "examples",
    "example-shop"
  ].map(
    (name) => ({
      test: {
        name,
        root: `packages/${name}`,
        include: ["test/**/*.test.ts"],
        setupFiles: [fileURLToPath(new URL("vitest.setup.ts", import.meta.url))],
        ...name === "cli" ? { globalSetup: ["test/globalSetup.ts"] } : {},
        testTimeout: 60_000
      }
    })
  )
)
