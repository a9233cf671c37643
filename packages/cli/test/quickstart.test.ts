import { expect, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { start } from "./processes.js"

it("quickstart kills an import, goes on, and tells nobody twice", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  const { exit, output } = start("../quickstart/main.ts", [], { TMPDIR: directory })
  expect(await exit).toBe(0)
  expect(output.stdout).toContain("40 shipments and mailed 30 customers, but nobody heard its answers")
  expect(output.stdout).toMatch(/^sending,40,/m)
  expect(output.stdout).toContain("241 of 250 shipments fulfilled")
  expect(output.stdout).toContain("168 customers mailed, nobody twice")
  // no colours and no cursor where there is no terminal
  expect(output.stdout + output.stderr).not.toContain("\u001b")
  const named = output.stdout.split("Reports and outbox: ")[1]?.trim() ?? ""
  expect(existsSync(join(named, "shipments-outcomes", "fulfilled.csv"))).toBe(true)
  await rm(directory, { recursive: true })
})
