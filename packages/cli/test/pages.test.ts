/** Commands on the pages of the documentation are run as they stand there, page by page, against an emulator. */
import { Emulator } from "@effect-shipstation/emulator"
import { describe, expect, it } from "@effect/vitest"
import { ManagedRuntime } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll } from "vitest"
import { doubtOf } from "../src/file/trackingForms.js"
import { inShell } from "./documentation.js"
import { key, program, script } from "./processes.js"

const root = script("../../../")

const isPage = (file: string): boolean =>
  /^(?:README\.md|docs\/.*\.md|packages\/[^/]+\/README\.md)$/.test(file) && !file.includes("node_modules")

const filesIn = async (folder: string, recursive: boolean): Promise<ReadonlyArray<string>> =>
  (await readdir(join(root, folder), { encoding: "utf8", recursive })).map((file) => join(folder, file))

const packages = await filesIn("packages", false)

const pages = [...await filesIn("docs", true), ...packages.map((name) => `${name}/README.md`), "README.md"]
  .filter(isPage)

const read = (page: string): Promise<string> => readFile(join(root, page), "utf8").catch(() => "")

/** The lines for a terminal that call it, without the script of a page, which has a test of its own. */
const commandsOf = async (page: string): Promise<ReadonlyArray<string>> =>
  Array.from((await read(page)).matchAll(/^```sh\n(?!#!)([^]*?)^```$/gm), ([, block = ""]) => block)
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/ +#.*$/, ""))
    .filter((line) => /(?:^|[|(=\w] ?)fulfill [a-z-]/.test(line) && !/^(?:npm|npx|pnpm|yarn|curl|  -d)\b/.test(line))

/** These don't end, or are of another file or row than there is here: their options are compared with the reference. */
const isOnlyRead = (command: string): boolean =>
  /fulfill (?:work|emulator|dashboard)\b|postgres:|--profile|Shipment No|outcomes\/|show 17|^source|\.config\/fish/
    .test(command)

/** Somebody would be asked, who isn't there. */
const withAnswer = (command: string): string =>
  command.includes("--yes") ? command : command.replace(/(fulfill (?:import|retry|discard|prune)\b)/, "$1 --yes")

const found = await Promise.all(pages.map(async (page) => ({ page, commands: await commandsOf(page) })))

const shown = found.filter(({ commands }) => commands.length > 0)

/** Its row is rejected, and so there is something that can be retried and given up. */
const cancelled = "se-12345679"

const { dispose, runPromise } = ManagedRuntime.make(Emulator.layerServer({
  acceptAnyShipment: true,
  shipments: [{ shipment_id: cancelled, cancelled: true }]
}))
afterAll(dispose)

describe("the commands of", () => {
  let url = ""
  let dated = ""
  beforeAll(async () => {
    url = (await runPromise(Emulator.Server)).url
    const [, csv = ""] = /```csv\n([^]*?)```/.exec(await read("docs/fulfill.md")) ?? []
    // a date that is long ago is refused, whenever this runs
    dated = csv.replaceAll(/\d{4}-\d\d-\d\d/g, new Date().toISOString().slice(0, 10))
  })

  it.each(shown)("$page are taken", async ({ commands, page }) => {
    // the page that shows a file means that one
    const example = page === "docs/fulfill.md" ? dated : dated.replaceAll(/,[^,\n]*$/gm, "")
    const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
    const at = (...names: ReadonlyArray<string>) => join(directory, ...names)
    await writeFile(at("shipments.csv"), example)
    await writeFile(at("shipments.csv.gz"), gzipSync(example))
    await writeFile(at("key.txt"), `${key}\n`, { mode: 0o600 })
    const env = {
      PATH: await inShell(directory),
      HOME: directory,
      XDG_DATA_HOME: at("data"),
      SHIPSTATION_BASE_URL: url,
      SHIPSTATION_API_KEY: key
    }
    const refused: Array<string> = []
    for (const command of commands.filter((one) => !isOnlyRead(one))) {
      const { code, said } = await promisify(execFile)("sh", ["-c", withAnswer(command)], { cwd: directory, env }).then(
        () => ({ code: 0, said: "" }),
        (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({
          code: error.code,
          said: error.stdout + error.stderr
        })
      )
      // 1: an error of its own; 2: it can't be called so; 127: there is no such thing
      if ([1, 2, 127].includes(code)) refused.push(`${command}: ${code}, ${said}`)
    }
    expect(refused.join("\n")).toBe("")
    await rm(directory, { recursive: true })
  })

  it("all pages name options that the command has", async () => {
    const reference = await read("docs/fulfill-reference.md")
    const chapters = new Map(
      reference.split(/^## fulfill /m).slice(1).map((chapter) => [chapter.split("\n")[0], chapter] as const)
    )
    const wrong = shown.flatMap(({ commands }) => commands).flatMap((command) => {
      const [, name = "", rest = ""] = /fulfill ([a-z][a-z-]*)(.*)/.exec(command) ?? []
      const chapter = chapters.get(name) ?? ""
      const options = Array.from(rest.matchAll(/ (--[a-z-]+)/g), ([, option = ""]) => option)
      return name === "" || (chapter !== "" && options.every((option) => chapter.includes(`\`${option}`)))
        ? []
        : [command]
    })
    expect(wrong).toEqual([])
  })

  it("some pages are there, and most are run", () => {
    const all = shown.flatMap(({ commands }) => commands)
    expect(all.length).toBeGreaterThan(40)
    expect(all.filter(isOnlyRead).length).toBeLessThan(all.length / 3)
  })
})

it("the tracking numbers of all pages are some that a carrier could give", async () => {
  const texts = await Promise.all(pages.map(read))
  const shown = texts.flatMap((text) => [
    ...Array.from(text.matchAll(/\b1Z[\dA-Z]{16}\b/g), ([number]) => [number, "ups"] as const),
    ...Array.from(text.matchAll(/\b9[1-5]\d{20}\b/g), ([number]) => [number, "usps"] as const),
    ...Array.from(
      text.matchAll(/tracking_number: "(\w{10,})",\s+carrier_code: "(ups|usps|fedex|dhl_express)"/g),
      ([, number = "", carrier = ""]) => [number, carrier] as const
    )
  ])
  expect(shown.length).toBeGreaterThan(20)
  expect(shown.filter(([number, carrier]) => doubtOf(number, carrier) !== undefined)).toEqual([])
})

it("the summary shows what a plan of its own file says", async () => {
  const page = await read("packages/cli/README.md")
  const today = new Date().toISOString().slice(0, 10)
  const [csv = "", shown = ""] = [/```csv\n([^]*?)```/, /```\n(shipments\.csv: [^]*?)```/]
    .map((block) => (block.exec(page)?.[1] ?? "").replaceAll("2026-11-25", today))
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  await writeFile(join(directory, "shipments.csv"), csv)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, "plan", "shipments.csv", "--notify", "none"],
    { cwd: directory, env: { PATH: process.env["PATH"], XDG_DATA_HOME: directory } }
  )
  // where the memory is differs
  const linesOf = (text: string) => text.trim().split("\n").filter((line) => !line.startsWith("  memory"))
  expect(linesOf(stdout)).toEqual(linesOf(shown))
  await rm(directory, { recursive: true })
})
