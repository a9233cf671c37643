import { expect, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { key, program, script, serve } from "./processes.js"

it("the page's script takes each file of its example once, and leaves a bad one", async () => {
  const page = await readFile(script("../../../docs/fulfill.md"), "utf8")
  const [, found = ""] = /```csv\n([^]*?)```/.exec(page) ?? []
  // a date that is long ago is refused, whenever this runs
  const example = found.replaceAll("2026-11-25", new Date().toISOString().slice(0, 10))
  const [, cron = ""] = /```sh\n(#![^]*?)```/.exec(page) ?? []
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  const at = (...names: ReadonlyArray<string>) => join(directory, ...names)
  for (const name of ["bin", "incoming", "done"]) await mkdir(at(name))
  await writeFile(at("bin/fulfill"), `#!/bin/sh\nexec node ${program().join(" ")} "$@"\n`)
  await chmod(at("bin/fulfill"), 0o755)
  await writeFile(at("shipstation.key"), `${key}\n`)
  await writeFile(
    at("cron"),
    cron.replace("/srv/shipping", directory).replace("/etc/shipstation.key", "shipstation.key")
  )

  const server = await serve()
  const run = () =>
    promisify(execFile)("sh", [at("cron")], {
      env: { PATH: `${at("bin")}:${process.env["PATH"]}`, SHIPSTATION_BASE_URL: server.url, XDG_DATA_HOME: at("data") }
    })
  for (const name of ["monday.csv", "monday-again.csv"]) await writeFile(at("incoming", name), example)
  await run()
  // nothing is there but reports
  await run()
  expect(await readdir(at("done"))).toStrictEqual(["monday-again.csv", "monday.csv"])
  expect([...server.created]).toStrictEqual([["se-12345678", 1], ["se-12345679", 1]])

  await writeFile(at("incoming/tuesday.csv"), example.replace("9400111219615502912683", "9.40011E+21"))
  await expect(run()).rejects.toThrow("9.40011E+21")
  expect(await readdir(at("incoming"))).toContain("tuesday.csv")
  // corrected, beside the list of its problems
  await writeFile(at("incoming/tuesday.csv"), example)
  await run()
  expect(await readdir(at("done"))).toContain("tuesday.csv")
  server.close()
  await rm(directory, { recursive: true })
})
