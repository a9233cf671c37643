import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach } from "vitest"
import { blockOf, inShell, readPage } from "./documentation.js"
import { fulfill, key, serve, until } from "./processes.js"

const page = await readPage("docs/fulfill.md")

/** The page's own file, of today: a date that is long ago is refused, whenever this runs. */
const example = blockOf("csv", page).replaceAll("2026-11-25", new Date().toISOString().slice(0, 10))

const stepOf = (number: number): string => new RegExp(`^## ${number}\\. [^]*?(?=^## )`, "m").exec(page)?.[0] ?? ""

/** The emulators that step 2 starts, as it starts them but for the port. */
const emulators = Array.from(stepOf(2).matchAll(/^fulfill emulator --port 4010(.*)$/gm), ([, rest = ""]) => rest)

/** What one writes into the other terminal, from step 2 to the end of an import. */
const typed = (url: string): string =>
  [
    ...Array.from(stepOf(2).matchAll(/^export .*$/gm), ([line]) => line.replace("http://127.0.0.1:4010", url)),
    ...[4, 6, 7].map((step) => blockOf("sh", stepOf(step)).replaceAll("fulfill import", "fulfill import --yes"))
  ].join("\n")

const shipmentsOf = async (url: string): Promise<ReadonlyArray<string>> => {
  const found: ReadonlyArray<{ readonly shipment_id: string }> = JSON.parse(
    await (await fetch(`${url}/__emulator/fulfillments`)).text()
  )
  return found.map(({ shipment_id }) => shipment_id)
}

describe("the page, followed from its top", () => {
  let directory = ""
  const at = (...names: ReadonlyArray<string>) => join(directory, ...names)
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "fulfill-"))
    await writeFile(at("seed.json"), blockOf("json", stepOf(2)))
    await writeFile(at("shipments.csv"), example)
    await writeFile(at("numbers.csv"), example.replaceAll(/^([^,]*),[^,]*/gm, "$1"))
  })
  afterEach(() => rm(directory, { recursive: true }))

  /** A new emulator, while it is used. */
  const withEmulator = async <A>(
    options: string,
    env: Readonly<Record<string, string>>,
    use: (url: string, said: string) => Promise<A>
  ): Promise<A> => {
    const args = ["emulator", "--port", "0", ...options.split(" ").filter((word) => word !== "")]
    const { child, exit, output } = fulfill(args, { XDG_DATA_HOME: at("data"), ...env }, directory)
    try {
      await until(() => output.stderr.includes("SHIPSTATION_API_KEY"))
      return await use(output.stdout.trim(), output.stderr)
    } finally {
      child.kill("SIGINT")
      await exit
    }
  }

  /** Types what the page says. Gives what is fulfilled then, and what the emulator said. */
  const follow = (options: string, file = "shipments.csv") =>
    withEmulator(options, {}, async (url, said) => {
      await promisify(execFile)("sh", ["-ec", typed(url).replaceAll("shipments.csv", file)], {
        cwd: directory,
        env: { PATH: await inShell(directory), XDG_DATA_HOME: at("data") }
      })
      return { shipments: await shipmentsOf(url), said }
    })

  const both = ["se-12345678", "se-12345679"]

  it("starts an emulator that takes all, and one with a seed", () => {
    expect(emulators).toStrictEqual(["", " --seed seed.json"])
  })

  it.each(emulators)("ends well with an emulator%s", async (options) => {
    expect((await follow(options)).shipments).toStrictEqual(both)
    expect(parse(await readFile(at("shipments-outcomes/fulfilled.csv")))).toHaveLength(3)
  })

  it("ends well with order numbers instead of ids, which the seed has", async () => {
    expect((await follow(" --seed seed.json", "numbers.csv")).shipments).toStrictEqual(both)
  })

  it("says how a file is sent once more, where an emulator of before is remembered", async () => {
    expect((await follow("")).said).not.toContain("remembered")
    const { said, shipments } = await follow("")
    expect(shipments).toStrictEqual([])
    // another memory is used there
    await withEmulator("", { FULFILL_DATABASE: at("other.sqlite") }, async (_, said) => {
      expect(said).not.toContain("remembered")
    })
    const [, memory = ""] = /remembered in (.*\.sqlite),/.exec(said) ?? []
    expect(memory).toBe(at("data/fulfill/127.0.0.1.sqlite"))
    expect(stepOf(2)).toContain("127.0.0.1.sqlite")
    for (const name of [memory, at("shipments-outcomes")]) await rm(name, { recursive: true })
    expect((await follow("")).shipments).toStrictEqual(both)
  })
})

it("the page's script takes each file of its example once, and leaves a bad one", async () => {
  const [, cron = ""] = /```sh\n(#![^]*?)```/.exec(page) ?? []
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  const at = (...names: ReadonlyArray<string>) => join(directory, ...names)
  const path = await inShell(directory)
  await mkdir(at("incoming"))
  await writeFile(at("shipstation.key"), `${key}\n`)
  await writeFile(
    at("cron"),
    cron.replace("/srv/shipping", directory).replace("/etc/shipstation.key", "shipstation.key")
  )

  const server = await serve()
  const run = () =>
    promisify(execFile)("sh", [at("cron")], {
      env: { PATH: path, SHIPSTATION_BASE_URL: server.url, XDG_DATA_HOME: at("data") }
    })
  /** What was put away, without when, and the shipments that its reports tell of. */
  const done = async () => {
    const folders = (await readdir(at("done"))).toSorted((a, b) => a.slice(18) < b.slice(18) ? -1 : 1)
    return Promise.all(folders.map(async (folder) => {
      const inside = (await readdir(at("done", folder))).toSorted()
      const reports = inside.find((name) => name.endsWith("-outcomes"))
      const told = reports === undefined ? "" : await readFile(at("done", folder, reports, "fulfilled.csv"), "utf8")
      return [folder.slice(18), ...inside, ...told.match(/se-\d+/g) ?? []]
    }))
  }
  for (const name of ["monday.csv", "monday-again.csv"]) await writeFile(at("incoming", name), example)
  await run()
  // nothing is there any more
  await run()
  const both = ["se-12345678", "se-12345679"]
  expect(await done()).toStrictEqual([
    ["monday", "monday-outcomes", "monday.csv", ...both],
    ["monday-again", "monday-again-outcomes", "monday-again.csv", ...both]
  ])
  expect(await readdir(at("incoming"))).toStrictEqual([])
  expect([...server.created]).toStrictEqual([["se-12345678", 1], ["se-12345679", 1]])

  // a day without orders keeps no file behind it, and a second one of that name takes the place of none
  await writeFile(at("incoming/a.csv"), "")
  await writeFile(at("incoming/b.csv"), `${example.split("\n")[0]}\n\n`)
  await writeFile(at("incoming/monday.csv"), example.replaceAll("se-1234567", "se-2234567"))
  await writeFile(at("incoming/mac.csv"), example.replaceAll("se-1234567", "se-3234567").replaceAll("\n", "\r"))
  // it may be that they are still being written
  await run()
  expect(await readdir(at("incoming"))).toStrictEqual(["a.csv", "b.csv"])
  const hourAgo = new Date(Date.now() - 3_600_000)
  for (const name of ["a.csv", "b.csv"]) await utimes(at("incoming", name), hourAgo, hourAgo)
  await run()
  expect((await done()).filter(([name = ""]) => name !== "monday-again")).toStrictEqual([
    ["a", "a.csv"],
    ["b", "b.csv"],
    expect.arrayContaining(["mac.csv"]),
    expect.arrayContaining(["monday.csv"]),
    expect.arrayContaining(["monday.csv"])
  ])
  expect((await done()).flat().filter((name) => name.startsWith("se-")).toSorted()).toStrictEqual([
    "se-12345678",
    "se-12345678",
    "se-12345679",
    "se-12345679",
    "se-22345678",
    "se-22345679",
    "se-32345678",
    "se-32345679"
  ])
  expect(server.created.size).toBe(6)

  await writeFile(at("incoming/tuesday.csv"), example.replace("9400111219615502912683", "9.40011E+21"))
  await expect(run()).rejects.toThrow("9.40011E+21")
  expect(await readdir(at("incoming"))).toContain("tuesday.csv")
  // corrected, beside the list of its problems
  await writeFile(at("incoming/tuesday.csv"), example)
  await run()
  expect((await done()).map(([name]) => name)).toContain("tuesday")
  server.close()
  await rm(directory, { recursive: true })
})
