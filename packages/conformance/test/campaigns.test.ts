import { expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

it("a campaign that can't be run ends with a code that says so, whatever its libraries do at the end of a process", () => {
  const main = fileURLToPath(new URL("../campaigns/main.ts", import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", main, "nothing"], { encoding: "utf8" })
  expect({ status, stderr }).toStrictEqual({
    status: 2,
    stderr: expect.stringContaining("crash, crowd, gate, histories")
  })
})
