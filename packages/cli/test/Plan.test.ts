import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem, HttpClient, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Array, Duration, Effect, Layer } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as ShipmentsFile from "../src/file/ShipmentsFile.js"
import * as Plan from "../src/import/Plan.js"
import * as Resolver from "../src/resolve/Resolver.js"
import { program } from "./processes.js"
import * as Support from "./support.js"
import { workbook } from "./xlsx.js"

const layer = Layer.merge(
  Support.layer(),
  Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.dieMessage("a plan sends nothing")))
)

/** Runs the command, without a key. */
const run = (...args: ReadonlyArray<string>) => Support.run(args, {})

const given = Effect.fnUntraced(function*(...lines: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  const file = path.join(directory, "shipments.csv")
  yield* fs.writeFileString(file, lines.map((line) => `${line}\n`).join(""))
  return { directory, file, problemsFile: path.join(directory, "shipments-problems.csv") }
})

const header = "shipment_id,tracking_number,carrier_code,notify_customer,notify_order_source"
const ups = "1Z5R89390357567127"

describe("plan", () => {
  it.scoped("says what sending a file would do, and sends nothing", () =>
    Effect.gen(function*() {
      const { directory, file } = yield* given(
        header,
        `se-1,${ups},ups,yes,no`,
        "se-2,1Z5R89391000000009,ups,yes,yes",
        "se-3,RM123456785GB,royal_mail,no,yes"
      )
      const { code, stderr, stdout } = yield* run("plan", file, "--batch-size", "2")
      expect({ code, stderr }).toStrictEqual({ code: ExitCode.ok, stderr: "" })
      expect(stdout).toContain(`${file}: 3 of 3 rows can be sent. Nothing was sent`)
      expect(stdout).toMatch(/requests +2, which take less than a minute\n/)
      expect(stdout).toMatch(/customers +2 would be mailed\n/)
      expect(stdout).toMatch(/order sources +those of 2 shipments would be told\n/)
      expect(stdout).toMatch(/carriers +ups 2, royal_mail 1\n/)
      // a key in none of its settings, and no file in the directory
      expect(yield* (yield* FileSystem.FileSystem).readDirectory(directory)).toStrictEqual(["shipments.csv"])
    }).pipe(Effect.provide(layer)))

  it.scoped("tells how many rows weren't asked for", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, `se-1,${ups},ups,yes,no`, "se-2,1,fedex,yes,no", "se-3,2,fedex,yes,no")
      const { stdout } = yield* run("plan", file, "--where", "carrier_code=ups")
      expect(stdout).toContain("1 of 1 row can be sent")
      expect(stdout).toMatch(/passed over +2 rows that --where or --since-line leaves out\n/)
      expect((yield* run("plan", file)).stdout).not.toContain("passed over")
    }).pipe(Effect.provide(layer)))

  it.scoped("tells programs which rows aren't sent by themselves, and why", () =>
    Effect.gen(function*() {
      const { file } = yield* given(
        header,
        "se-1,A1,ups,no,no",
        "se-2,A2,ups,no,no",
        "se-2,A2,ups,no,no",
        ...Array.makeBy(30, (n) => `se-9${n},B${n},usps,no,no`),
        "se-3,,ups,no,no"
      )
      const args = ["--json", "--where", "carrier_code=ups", "--since-line", "3", "--skip-bad-rows"]
      const { code, stdout } = yield* run("plan", file, ...args)
      expect(code).toBe(ExitCode.ok)
      expect(JSON.parse(stdout)).toMatchObject({
        rows: 3,
        folded: 1,
        leftOut: {
          where: { count: 30, first: Array.makeBy(20, (n) => ({ line: n + 5 })) },
          sinceLine: { count: 1, first: [{ line: 2 }] },
          bad: { count: 1, first: [{ line: 35, reason: "tracking_number must not be blank" }] },
          same: { count: 1, first: [{ line: 4, sameAs: 3 }] }
        }
      })
    }).pipe(Effect.provide(layer)))

  it.scoped("warns of a workbook's rows that are hidden, and of its sheets that aren't read", () =>
    Effect.gen(function*() {
      const { directory } = yield* given(header)
      const cells = (line: number, ...texts: ReadonlyArray<string>) =>
        texts.map((text, x) => `<c r="${String.fromCharCode(65 + x)}${line}" t="inlineStr"><is><t>${text}</t></is></c>`)
          .join("")
      const sheet = `<row r="1">${cells(1, ...header.split(","))}</row>`
        + `<row r="2" hidden="1">${cells(2, "se-1", ups, "ups", "yes", "no")}</row>`
        + `<row r="3" hidden="0">${cells(3, "se-2", "1Z5R89391000000009", "ups", "yes", "no")}</row>`
      const file = `${directory}/shipments.xlsx`
      yield* (yield* FileSystem.FileSystem).writeFile(file, workbook({ sheet, others: ["USPS", "R&amp;D"] }))
      const { stderr, stdout } = yield* run("plan", file)
      expect(stdout).toContain("2 of 2 rows can be sent")
      expect(stderr).toContain("2 warnings")
      expect(stderr).toContain("has sheets that aren't read: USPS, R&D: say --sheet")
      expect(stderr).toContain("row 2: is hidden in the workbook, and is sent all the same")
      expect((yield* run("plan", file, "--sheet", "Orders")).stderr).not.toContain("USPS")
      expect((yield* run("plan", file, "--sheet", "Ordrs")).stderr).toContain(
        "say --sheet and its name: Orders, USPS, R&D"
      )
    }).pipe(Effect.provide(layer)))

  it.scoped("gives all of it as JSON", () =>
    Effect.gen(function*() {
      const { file, problemsFile } = yield* given(
        header.replace("tracking_number", "Tracking #"),
        `se-1,${ups},ups,yes,no`,
        "se-2,,ups,no,no"
      )
      const { code, stderr, stdout } = yield* run("plan", file, "--json")
      expect({ code, stderr }).toStrictEqual({ code: ExitCode.usage, stderr: "" })
      expect(JSON.parse(stdout)).toStrictEqual({
        file,
        format: "csv",
        profile: null,
        columns: {
          shipment_id: "shipment_id",
          tracking_number: "Tracking #",
          carrier_code: "carrier_code",
          notify_customer: "notify_customer",
          notify_order_source: "notify_order_source"
        },
        unusedColumns: [],
        rows: 2,
        valid: 1,
        folded: 0,
        leftOut: {
          where: { count: 0, first: [] },
          sinceLine: { count: 0, first: [] },
          bad: { count: 1, first: [{ line: 3, reason: "Tracking # must not be blank" }] },
          same: { count: 0, first: [] }
        },
        shipments: 1,
        problems: {
          count: 1,
          kinds: [{ count: 1, field: "Tracking #", reason: "must not be blank" }],
          first: [{ line: 3, field: "Tracking #", value: "", reason: "must not be blank" }]
        },
        warnings: { count: 0, kinds: [], first: [] },
        requests: 1,
        atLimitSeconds: 0,
        customers: 1,
        orderSources: 0,
        carriers: { ups: 1 },
        carrierNames: {},
        shipDates: null,
        today: 1,
        before: {
          memory: "not known",
          states: {},
          changed: [],
          changedCount: 0,
          reused: [],
          reusedCount: 0,
          leftTheFile: [],
          leftTheFileCount: 0
        },
        problemsFile
      })
    }).pipe(Effect.provide(layer)))

  it.scoped("shows the first problems, and has all in a file until there are none", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { file, problemsFile } = yield* given(header, ...Array.makeBy(30, (n) => `se-${n},=x${n},ups,no,no`))
      const { code, stderr, stdout } = yield* run("plan", file)
      expect(code).toBe(ExitCode.usage)
      expect(stdout).toContain("0 of 30 rows can be sent")
      expect(stderr).toContain("30 problems:\n  line 2, tracking_number \"=x0\": has characters")
      expect(stderr).toContain(
        `and 29 more like it: lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …\nAll of them: ${problemsFile}`
      )
      const [columns, ...all] = parse(yield* fs.readFileString(problemsFile), { bom: true })
      expect(columns).toStrictEqual(["severity", "line", "column", "value", "problem", "remedy"])
      expect(all.length).toBe(30)
      expect(all[29]).toStrictEqual([
        "problem",
        "31",
        "tracking_number",
        "'=x29",
        "has characters that no tracking number has",
        "remove them"
      ])

      yield* fs.writeFileString(file, `${header}\nse-1,${ups},ups,no,no\n`)
      expect((yield* run("plan", file)).code).toBe(ExitCode.ok)
      expect(yield* fs.exists(problemsFile)).toBe(false)
      // one that isn't of a plan is left alone
      yield* fs.writeFileString(problemsFile, "mine")
      expect((yield* run("plan", file)).code).toBe(ExitCode.ok)
      expect(yield* fs.readFileString(problemsFile)).toBe("mine")
    }).pipe(Effect.provide(layer)))

  it.scoped.each<[string, string, string]>([
    ["1Z5R89390357567128", "ups", "its check digit is wrong for ups: compare it with the label"],
    [ups, "fedex", "is a number of UPS, not of fedex"],
    ["9400111219615502912684", "stamps_com", "its check digit is wrong for stamps_com"],
    ["123", "usps", "has no form of usps that is known"],
    [`'${ups}`, "ups", `is read as ${ups}, without what a spreadsheet puts around a text`]
  ])("warns of %s by %s, and goes on", ([number, carrier, reason]) =>
    Effect.gen(function*() {
      const { file, problemsFile } = yield* given(header, `se-1,${number},${carrier},no,no`)
      const { code, stderr, stdout } = yield* run("plan", file)
      expect({ code, stdout }).toStrictEqual({ code: ExitCode.ok, stdout: expect.stringContaining("1 of 1 row can") })
      expect(stderr).toContain(`1 warning:\n  line 2, tracking_number "${number}": ${reason}`)
      expect(yield* (yield* FileSystem.FileSystem).readFileString(problemsFile)).toContain("warning,2,tracking_number,")
    }).pipe(Effect.provide(layer)))

  it.scoped.each<[string, string]>([
    [ups, "ups"],
    ["1Z5R89390357567127", "ups_walleted"],
    ["986578788855", "fedex"],
    ["9400111219615502912683", "usps"],
    ["LZ100000017US", "usps"],
    ["AB-1234", "royal_mail"]
  ])("finds nothing wrong with %s by %s", ([number, carrier]) =>
    Effect.gen(function*() {
      const { file } = yield* given(header, `se-1,${number},${carrier},no,no`)
      expect(yield* run("plan", file)).toMatchObject({ code: ExitCode.ok, stderr: "" })
    }).pipe(Effect.provide(layer)))

  it.scoped("knows what the limit makes of many requests", () =>
    Effect.gen(function*() {
      const { file } = yield* given(header, ...Array.makeBy(401, (n) => `se-${n},${n + 1},c${n},no,no`))
      const opened = yield* ShipmentsFile.open({ file })
      const plan = yield* Plan.make(opened, { batchSize: 1 })
      expect(plan.requests).toBe(401)
      // two windows have to pass before the last one
      expect(plan.atLimit).toStrictEqual(Duration.seconds(122))
      expect(Object.keys(plan.carriers).length).toBe(100)
      expect(plan.carriers["other"]).toBe(302)
      expect((yield* Plan.make(opened, { batchSize: 200 })).requests).toBe(3)
    }).pipe(Effect.provide([layer, Resolver.layerNone])))

  it.scopedLive("takes little more memory for a hundred times the rows", () =>
    Effect.gen(function*() {
      const megabytes = Effect.fnUntraced(function*(rows: number) {
        const { file } = yield* given(
          header,
          ...Array.makeBy(rows, (n) => `se-${n},TBA${String(n).padStart(12, "5")},amazon,yes,no`)
        )
        const measure = "data:text/javascript,process.on('exit',()=>process._rawDebug(process.resourceUsage().maxRSS))"
        const args = ["--import", measure, program, "plan", file, "--json"]
        const { stderr, stdout } = yield* Effect.promise(() => promisify(execFile)(process.execPath, args))
        expect(JSON.parse(stdout)).toMatchObject({ rows, valid: rows, customers: rows })
        return Number(stderr) / 1024
      })
      const few = yield* megabytes(1000)
      const many = yield* megabytes(100_000)
      // all rows at once would take 200 more
      expect(many - few).toBeLessThan(80)
    }).pipe(Effect.provide(NodeContext.layer)))
})
