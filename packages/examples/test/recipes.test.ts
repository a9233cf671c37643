/** Runs the recipes of the documentation that vitest doesn't: by other tools, against `fulfill emulator`. */
import { describe, expect, it } from "@effect/vitest"
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll } from "vitest"

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const hasCurl = (() => {
  try {
    execFileSync("curl", ["--version"])
    return true
  } catch {
    return false
  }
})()

describe("the recipes", () => {
  let emulator: ChildProcess
  let url = ""

  beforeAll(async () => {
    emulator = spawn(process.execPath, [
      "--import",
      "tsx",
      pathOf("../../cli/src/bin.ts"),
      "emulator",
      "--already-fulfilled",
      "accept"
    ], { stdio: ["ignore", "pipe", "ignore"] })
    if (emulator.stdout !== null) url = String((await once(emulator.stdout, "data"))[0]).trim()
  })
  afterAll(() => emulator.kill())

  it("Playwright drives the emulator", async () => {
    const cli = createRequire(import.meta.url).resolve("@playwright/test/cli")
    const { stdout } = await promisify(execFile)(process.execPath, [
      cli,
      "test",
      "--config",
      pathOf("recipes/playwright.config.ts"),
      "--reporter",
      "line"
    ], { env: { PATH: process.env["PATH"], EMULATOR_PORT: new URL(url).port } })
    expect(stdout).toContain("1 passed")
  })

  it.skipIf(!hasCurl)("curl drives the emulator, the same way each time", async () => {
    const run = () =>
      promisify(execFile)("sh", [pathOf("recipes/http.sh")], {
        env: { PATH: process.env["PATH"], SHIPSTATION_BASE_URL: url }
      })
    const { stdout } = await run()
    expect(stdout).toContain("no answer")
    expect(stdout).toContain(`"kind":"customer","shipment_id":"se-1","fulfillment_id":"se-900000001"`)
    expect(stdout).toContain(`"committed":1,"fulfillmentIds":["se-900000001"],"answer":"lost","faults":["Reset"]`)
    const withoutTimes = (text: string) => text.replace(/"\d{4}-\d\d-\d\dT[^"]*"/g, "")
    expect(withoutTimes((await run()).stdout)).toBe(withoutTimes(stdout))
  })
})
