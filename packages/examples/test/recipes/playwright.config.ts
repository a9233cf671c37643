import { defineConfig } from "@playwright/test"

const port = process.env["EMULATOR_PORT"] ?? "4010"
const url = `http://127.0.0.1:${port}`

export default defineConfig({
  testMatch: "*.spec.ts",
  // there is one emulator, and each test resets it
  workers: 1,
  use: { baseURL: url },
  webServer: {
    command: `npx fulfill emulator --port ${port} --already-fulfilled accept`,
    url: `${url}/__emulator/health`,
    reuseExistingServer: true
  }
})
