import { ExitCode } from "@effect-shipstation/cli"
import { Emulator, type Fault, SeedFile } from "@effect-shipstation/emulator"
import { FileSystem, HttpClient, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect, Either, Schedule } from "effect"
import { blockOf, inShell, pageOf, readPage } from "./documentation.js"
import { type Running, typed } from "./processes.js"
import { client, created, denied, given, json, layer } from "./support.js"
import { xlsx } from "./xlsx.js"

const page = await readPage("docs/guide/day.md")

const seed = Either.getOrThrow(SeedFile.decode(blockOf("json", page)))

/** The page's table of orders, with its header. */
const orders = Array.fromIterable(page.matchAll(/^\| (?!-)(.*?) *\|$/gm)).map(([, row = ""]) => row.split(/ *\| /))

const [header = []] = orders

/** A command on the page, and what it writes. */
const step = /^```console\n\$ (.*)\n([^]*?)```$/gm

/** What a command wrote, as the page has it: it is in a folder of yours, and the emulator has the port of the guide. */
const asOnPage = (text: string, directory: string, url: string): string =>
  text.replace("\uFEFF", "").replaceAll(directory, "/home/you").replaceAll(new URL(url).host, "127.0.0.1:4010")

/** Without what differs from run to run: ids of requests and fulfillments, days, and how far it is, told every 10 seconds. */
const settled = (text: string): string =>
  text.replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|se-9\d{8}/g, "…")
    .replaceAll(/, made .*$/gm, ", made …")
    .replaceAll(/^\d+ of \d+ (?:shipments|requests)(?! fulfilled).*\n/gm, "")

/** ShipStation mails their customers, and its answer never comes. Four are sent at once at most, so no others are sent. */
const unheard = ["se-203", "se-204", "se-205", "se-206"]

const neverAnswered = unheard.map((shipmentId): Fault.FaultRule => ({
  endpoint: "create",
  shipmentId,
  action: { _tag: "Hold", when: "after" }
}))

const numberOf = (n: number) => `1Z999AA1030000${String(n).padStart(4, "0")}`

const account = layer(seed)

/** Whom ShipStation mailed, each as often as it did. */
const mailed = Effect.gen(function*() {
  const { notifications } = yield* Emulator.Emulator
  return (yield* notifications).filter(({ kind }) => kind === "customer").map(({ shipment_id }) => shipment_id)
})

/** The power goes once ShipStation has mailed what it never tells, and while some orders wait. */
const powerCut = Effect.fnUntraced(function*({ child }: Running) {
  yield* Effect.repeat(mailed, {
    until: (all) => unheard.every((id) => all.includes(id)) || child.exitCode !== null,
    schedule: Schedule.spaced("5 millis")
  })
  child.kill("SIGKILL")
  const before = yield* mailed
  expect(before).toStrictEqual(expect.arrayContaining(unheard))
  expect(before.length).toBeLessThan(8)
  yield* (yield* Emulator.Emulator).setFaults([])
})

const folder = Effect.gen(function*() {
  const { directory, ...rest } = yield* given()
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(directory, "shipments.xlsx")
  yield* fs.writeFile(file, xlsx(orders))
  return { ...rest, directory, file }
})

describe("an operator's day", () => {
  // `pnpm docs:sync` writes what this compares.
  it.scopedLive(
    "is as its page tells it: after a power cut each customer was mailed once",
    () =>
      Effect.gen(function*() {
        const { url } = yield* Emulator.Server
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const directory = yield* fs.makeTempDirectoryScoped()
        yield* fs.writeFile(path.join(directory, "monday.xlsx"), xlsx(orders))
        yield* fs.writeFileString(path.join(directory, "corrected.csv"), blockOf("csv", page))
        const env = {
          PATH: yield* Effect.promise(() => inShell(directory)),
          XDG_DATA_HOME: path.join(directory, ".local/share"),
          SHIPSTATION_BASE_URL: url,
          SHIPSTATION_API_KEY: Emulator.defaultApiKey
        }
        const lines = Array.fromIterable(page.matchAll(step)).map(([, line = ""]) => line)
        const cut = lines.findIndex((line) => line.startsWith("fulfill import"))
        const codes: Array<unknown> = []
        const wrote: Array<string> = []
        for (const [n, line] of lines.entries()) {
          const running = yield* Effect.acquireRelease(
            Effect.sync(() => typed(line, env, directory)),
            ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
          )
          if (n === cut) yield* powerCut(running)
          codes.push(yield* Effect.promise(() => running.exit))
          wrote.push(asOnPage(running.output.stdout, directory, url))
        }
        expect(codes).toStrictEqual([0, null, 0, 0, 0, 0, 0, 0])
        expect((yield* mailed).toSorted()).toStrictEqual([
          ...Array.makeBy(9, (n) => `se-20${n + 1}`),
          "se-211",
          "se-212"
        ])
        const current = page.replaceAll(step, (shown, line: string, output: string) => {
          const now = wrote.shift() ?? ""
          return settled(now) === settled(output) ? shown : `\`\`\`console\n$ ${line}\n${now}\`\`\``
        })
        yield* Effect.promise(() => expect(current).toMatchFileSnapshot(pageOf("docs/guide/day.md")))
      }).pipe(Effect.provide([
        Emulator.layerServer({ ...seed, faults: neverAnswered, alreadyFulfilled: "accept" }),
        NodeContext.layer
      ]))
  )

  it.scopedLive(
    "a key that is refused sends nothing, and without one the plan says what a key is for",
    () =>
      Effect.gen(function*() {
        const { file, run } = yield* folder
        const importIt = ["import", file, "--notify", "customer", "--skip-bad-rows", "--yes"]
        const check = yield* run(["check"])
        expect(check.code).toBe(ExitCode.ok)
        expect(check.stderr).toContain("takes the key. The account has 3 carriers")
        expect(check.stdout).toContain("stamps_com,Stamps.com")
        expect((yield* run(["check"], { SHIPSTATION_API_KEY: "another" })).code).toBe(ExitCode.refused)
        const refused = yield* run(importIt, { SHIPSTATION_API_KEY: "another" })
        expect(refused.code).toBe(ExitCode.refused)
        expect(refused.stderr).toContain("refuses the key")
        const plan = yield* run(["plan", file, "--notify", "customer"], { SHIPSTATION_API_KEY: "" })
        expect(plan.code).toBe(ExitCode.usage)
        expect(plan.stderr).toContain(
          "without a key it can't be looked up which shipment that is: set SHIPSTATION_API_KEY"
        )
        const gone = yield* Effect.provide(
          run(["plan", file, "--notify", "customer"]),
          client((request) => json(request, {}, 503))
        )
        expect(gone.code).toBe(ExitCode.temporary)
        expect(gone.stderr).toContain("ShipStation can't be reached")
        expect(yield* mailed).toStrictEqual([])
      }).pipe(Effect.provide(account))
  )

  it.scopedLive(
    "thousands of numbers are looked up together, once for all passes over the file",
    () =>
      Effect.gen(function*() {
        const many = Array.makeBy(2_000, (n) => ({ shipment_id: `se-9${n}`, shipment_number: `N-${n}` }))
        yield* (yield* Emulator.Emulator).seed({ shipments: many })
        const { file, run, write } = yield* given()
        yield* write(
          "order_number,tracking_number,carrier_code",
          ...many.map(({ shipment_number }, n) => `${shipment_number},1Z${n},UPS® Ground`)
        )
        const { stderr, stdout } = yield* run(["plan", file, "--notify", "none"])
        expect(stdout).toContain("2000 of 2,000 rows can be sent")
        expect(stderr).toMatch(/Looking up 2,000 order numbers: \d requests,/)
        const asked = yield* (yield* Emulator.Emulator).requests
        // the carriers, what it will cost, and the pages
        expect(asked.length).toBeLessThan(10)
        expect(asked.every(({ method }) => method === "GET")).toBe(true)
      }).pipe(Effect.provide(account))
  )

  it.scopedLive("a number that means two shipments by now stops a run that goes on, before anything more is sent", () =>
    Effect.gen(function*() {
      const { importIt, sums, write } = yield* given()
      const http = yield* HttpClient.HttpClient
      const lines = (...first: ReadonlyArray<string>) =>
        first.map((number, n) => [number, numberOf(n), "ups", ""].join(","))
      yield* write(header.join(","), ...lines("1001", "1002"))
      const refusing = client((request) =>
        request.method === "POST" ? json(request, denied, 401) : http.execute(request)
      )
      expect((yield* Effect.provide(importIt(), refusing)).code).toBe(ExitCode.refused)
      yield* (yield* Emulator.Emulator).seed({ shipments: [{ shipment_id: "se-999", shipment_number: "1001" }] })
      const again = yield* importIt()
      expect(again.code).toBe(ExitCode.usage)
      expect(again.stderr).toContain(
        "line 2, Order Number \"1001\": is the order number of 2 shipments: se-201, se-999"
      )
      expect(yield* sums).toStrictEqual([0, 0, 0, 2])
      expect(yield* created).toBe(0)
      yield* write(header.join(","), ...lines("se-201", "1002"))
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
    }).pipe(Effect.provide(account)))

  it.scopedLive("a correction of a report goes where the report says, or nowhere", () =>
    Effect.gen(function*() {
      const { run, write, file } = yield* given()
      const line = (number: string, n: number, id: string) => `${number},${numberOf(n)},ups,,rejected,,,,${id}`
      yield* write(
        `${header.join(",")},outcome,message,request_id,fulfillment_id,shipment_id`,
        line("1010", 1, "se-211"),
        line("1001", 2, "se-201"),
        line("1002", 3, "se-201"),
        line("1003", 4, "")
      )
      const { stderr, stdout } = yield* run(["plan", file, "--notify", "none"])
      expect(stdout).toContain("3 of 4 rows can be sent")
      expect(stderr).toContain("line 4, Order Number \"1002\": is of se-202, and the report's shipment_id is se-201")
    }).pipe(Effect.provide(account)))
})
