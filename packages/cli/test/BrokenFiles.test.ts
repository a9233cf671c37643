import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { gzipSync } from "node:zlib"
import { program } from "./processes.js"
import { layer, run } from "./support.js"

/** Runs a command, and checks that it sends nothing, ends with 2, and is short and safe for a terminal. */
const refuse = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const { code, ...output } = yield* run(args)
  expect({ code, ...output }).toMatchObject({ code: ExitCode.usage, stderr: expect.stringMatching(/./) })
  expect(output.stderr.length).toBeLessThan(5000)
  // but for the line breaks
  expect((output.stdout + output.stderr).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(output.stderr).not.toMatch(/^\s+at /m)
  expect(yield* (yield* Emulator.Emulator).requests).toStrictEqual([])
  return output.stderr
})

const header = "shipment_id,tracking_number,carrier_code"
const row = "se-1,1Z999,ups"
const megabytes = (n: number, text = "x") => text.repeat(n * 1_048_576 / text.length)
const rowOf = (tracking: string) => `${header}\nse-1,${tracking},ups\n`
const tracking = (value: string, reason: string) => `line 2, tracking_number "${value}": ${reason}`
const mangled =
  "was turned into a rounded number by a spreadsheet: format the column as text before the numbers are put in"
const foreign = "has characters that no tracking number has: remove them"

const files: ReadonlyArray<readonly [string, string | Uint8Array, string, string?]> = [
  ["an empty one", "", "is empty"],
  ["a byte order mark only", "\uFEFF", "is empty"],
  ["blank lines only", "\n\r\n \n", "is empty"],
  ["a header only", `${header}\n\n`, "has a header and no shipments"],
  ["no header", `${row}\n${row}\n`, "shipment_id: is missing among the columns: if it has another name, say --map"],
  [
    "no column of the carrier",
    "Order No,Packed on,Tracking number,Remark\n1,2026-11-25,1Z999,\n",
    "1 problem. Nothing was sent\n  carrier_code: is missing among the columns: if it has another name, say "
    + "--map carrier_code=\"its name\". If all are of one carrier, say --carrier and its code\n"
    + "  its columns are Order No, Packed on, Tracking number, Remark"
  ],
  ["JSON with no objects", "[]", "shipment_id: is missing among the columns", "a.json"],
  ["binary", Uint8Array.from({ length: 5000 }, (_, index) => index * 7919 % 256), "is not UTF-8"],
  ["NULs", `${header}\n${row}\nse-2,\0,ups\n`, "line 3: has a NUL character, so it is no text"],
  ["UTF-16 without a byte order mark", Buffer.from(`${header}\n${row}\n`, "utf16le"), "line 1: has a NUL character"],
  ["UTF-16 cut in a character", Buffer.from(`\uFEFF${header}\n${row}\n`, "utf16le").subarray(0, -1), "is not UTF-16LE"],
  [
    "Latin-1",
    Buffer.from(`${header},customer\n${row},José\n`, "latin1"),
    "line 2: is not UTF-8: save it as \"CSV UTF-8\", or say its --encoding"
  ],
  ["Windows-1252", Buffer.from([...Buffer.from(`${header}\n`), 0x80]), "line 2: is not UTF-8"],
  ["UTF-8 cut in a character", Buffer.from(`${header}\n${row}é`).subarray(0, -1), "is not UTF-8"],
  [
    "a workbook",
    Buffer.from(`PK\u0003\u0004${" ".repeat(26)}[Content_Types].xml`),
    "can't be read as a workbook: it is another kind of zip file, has a password, or is damaged"
  ],
  ["an old workbook", Buffer.from("D0CF11E0A1B11AE1", "hex"), "is an .xls workbook"],
  ["gzip", gzipSync(`${header}\n${row}\n`), "is compressed (gzip): decompress it first"],
  ["a PDF", "%PDF-1.7", "is a PDF"],
  [
    "a quote that is never closed",
    `${header}\n${row}\nse-2,"2,ups\nse-3,3,ups\n`,
    "line 3: a cell of this row begins with a quote"
  ],
  [
    "the same, in much text",
    `${header}\n${row}\nse-2,"2,ups\n${megabytes(2, "se-3,3,ups\n")}`,
    "line 3: this row is longer than 1 MiB"
  ],
  [
    "a quote inside a cell",
    `${header},note\n${row},5" box\n`,
    "line 2: a quote inside a cell: put the whole cell in quotes"
  ],
  ["10 MB in a cell", rowOf(megabytes(10)), "line 2: this row is longer than 1 MiB"],
  ["10 MB in a name", `${megabytes(10)},${header}\n,${row}\n`, "line 1: this row is longer than 1 MiB"],
  [
    "10 MB of JSON",
    JSON.stringify([{ shipment_id: megabytes(10) }]),
    "item 1: this object is longer than 1 MiB",
    "a.json"
  ],
  [
    "a line of 10 MB of JSON",
    JSON.stringify({ shipment_id: megabytes(10) }),
    "line 1: this line is longer than 1 MiB",
    "a.ndjson"
  ],
  ["ragged rows", `${header}\nse-1,1\nse-2,2,ups,x\n`, "line 2: has 2 cells where the header has 3"],
  ["a column twice", `${header},carrier_code\n${row},ups\n`, "carrier_code: is in the header more than once"],
  [
    "columns that may be the same",
    `${header.replace("tracking_number", "Tracking")},Tracking #\n${row},2\n`,
    "\"Tracking\" and \"Tracking #\": each may be tracking_number: say --map tracking_number=\"the right one\""
  ],
  [
    "a column in another spelling besides",
    `${header},Shipment ID\n${row},se-2\n`,
    "\"shipment_id\" and \"Shipment ID\": each may be shipment_id: say --map shipment_id=\"the right one\""
  ],
  [
    "another spelling that tells customers",
    `${header},notify_customer,Notify Customer\n${row},no,yes\n`,
    "\"notify_customer\" and \"Notify Customer\": each may be notify_customer: say --map"
  ],
  [
    "a misspelt column",
    `${header},notify_customers\n${row},\n`,
    "notify_customers: is no column that is known: say --map notify_customer=\"notify_customers\" or"
  ],
  [
    "JSON that is cut",
    "[{\"shipment_id\":\"se-1\"},{\"ship",
    "item 2: is no JSON, or the file ends in the middle of it",
    "a.json"
  ],
  [
    "JSON that is no array",
    "\"se-1\"",
    "must be an array of objects",
    "a.json"
  ],
  [
    "JSON of other things",
    `[${JSON.stringify({ shipment_id: "se-1", tracking_number: "1", carrier_code: "ups" })},7,[]]`,
    "item 2: must be an object\n    and 1 more like it: item 3",
    "a.json"
  ],
  [
    "a line that is no JSON",
    `${JSON.stringify({ shipment_id: "se-1", tracking_number: "1", carrier_code: "ups" })}\nnonsense\n`,
    "line 2: is no JSON",
    "a.ndjson"
  ],
  [
    "a number for a text in JSON",
    "[{\"shipment_id\":\"se-1\",\"tracking_number\":9400111899223197428490,\"carrier_code\":\"ups\"}]",
    "must be text: put it in quotes",
    "a.json"
  ],
  ["a shipment twice", `${header}\n${row}\nse-2,1,ups\nse-1,7,ups\n`, "line 4, shipment_id \"se-1\": is in line 2 too"],
  [
    "a flag that is none",
    `${header},notify_customer\n${row},maybe\n`,
    "line 2, notify_customer \"maybe\": must be true or false"
  ],
  ["a number of an order", `${header}\n12345,1,ups\n`, "line 2, shipment_id \"12345\": must look like se-12345678"],
  ["no tracking number", rowOf(""), tracking("", "must not be blank")],
  ["a number that a spreadsheet rounded", rowOf("9.4001E+21"), tracking("9.4001E+21", mangled)],
  ["the same with a comma", rowOf("\"1,23457E+15\""), tracking("1,23457E+15", mangled)],
  [
    "a number with decimals",
    rowOf("826728236206.0"),
    tracking("826728236206.0", "was turned into a number with decimals")
  ],
  ["an error of a spreadsheet", rowOf("#N/A"), tracking("#N/A", "is an error of a spreadsheet")],
  ["a word for nothing", rowOf("TBD"), tracking("TBD", "is no tracking number")],
  ["HTML", rowOf("<script>alert(1)</script>"), tracking("<script>alert(1)</script>", foreign)],
  ["a formula", rowOf("=cmd()"), tracking("=cmd()", foreign)],
  ["control characters", rowOf("1Z\u001b[2J\u0007999"), tracking("1Z\\u001b[2J\\u0007999", foreign)],
  ["text that runs backwards", rowOf("1Z\u202E999"), tracking("1Z\\u202e999", foreign)],
  ["emoji in an id", `${header}\nse-📦,1,ups\n`, "line 2, shipment_id \"se-📦\": must look like"]
]

describe("a broken file sends nothing, and ends with 2", () => {
  it.scoped.each(files)("%s", ([, content, message, name = "shipments.csv"]) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), name)
      yield* fs.writeFile(file, typeof content === "string" ? Buffer.from(content) : content)
      expect(yield* refuse(["plan", file, "--notify", "none"])).toContain(message)
      expect(yield* refuse(["import", file, "--notify", "none"])).toContain(message)
    }).pipe(Effect.provide(layer())))

  it.scoped("a file that isn't there, a directory, a device", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      for (
        const [file, message] of [
          [`${directory}/no\u001b[2J.csv`, "no\\u001b[2J.csv: no such file or directory"],
          [directory, "it is a directory"],
          ["/dev/null", "it is not a file"]
        ] as const
      ) {
        for (const command of ["plan", "import"]) {
          expect(yield* refuse([command, file, "--notify", "none"])).toContain(message)
        }
      }
    }).pipe(Effect.provide(layer())))

  it.scoped("who is notified is left open", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/shipments.csv`
      yield* fs.writeFileString(file, `${header}\n${row}\n`)
      expect(yield* refuse(["plan", file])).toContain(
        "there is no column notify_customer and no notify_order_source, and who gets notified is never guessed"
      )
      yield* fs.writeFileString(file, `${header},notify_customer,notify_order_source\n${row},no,\n`)
      expect(yield* refuse(["plan", file])).toContain(
        "line 2, notify_order_source \"\": who gets notified is never guessed: fill it, or say --notify"
      )
    }).pipe(Effect.provide(layer())))

  it.scoped.each<[ReadonlyArray<string>, string]>([
    [["--map", "shipment=x"], "--map \"shipment=x\": write a field once and its column"],
    [["--map", "shipment_id=x", "--map", "shipment_id=y"], "write a field once"],
    [["--map", "shipment_id=x"], "x: there is no such column for --map shipment_id: there are shipment_id"],
    [["--map", "shipment_id=Shipment-Id"], "Did you mean \"shipment_id\"?"],
    [["--map", "traking_number=x"], "Did you mean tracking_number?"],
    [["--where", "trackingnumber=1"], "Did you mean \"tracking_number\"?"],
    [["--ignore", "carier_code"], "Did you mean \"carrier_code\"?"],
    [["--timezone", "BST"], "BST isn't the name of one time zone. Write Europe/London"],
    [["--timezone", "CST"], "CST isn't the name of one time zone. Write America/Chicago, or Asia/Shanghai"],
    [["--where", "Status"], "--where \"Status\": write a column and a value"],
    [["--carrier-code", "UPS Ground"], "--carrier-code \"UPS Ground\": write what the file has"],
    [["--ignore", "Nothing"], "Nothing: there is no such column for --ignore"],
    [["--map", "tracking_number=shipment_id"], "shipment_id: is mapped to two fields"],
    [["--timezone", "Europe/Nowhere"], "there is no Europe/Nowhere"],
    [["--date-order", "ymd"], "dmy, mdy"],
    [["--format", "xml"], "csv, tsv, ndjson, json"],
    [["--limit", "0"], "--limit must be 1 or more"],
    [["--problems", "/nowhere/x.csv", "--limit", "1"], "Can't write /nowhere/x.csv"]
  ])("wrong options: %s", ([args, message]) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/shipments.csv`
      yield* fs.writeFileString(file, `${header}\nse-1,,ups\n`)
      expect(yield* refuse(["plan", file, "--notify", "none", ...args])).toContain(message)
    }).pipe(Effect.provide(layer())))
})

it.scoped.each(
  [
    ["Bestellung;Sendung", /seed\.json isn't JSON: Unexpected token/],
    ["7", /seed\.json can't be used:\n {2}[^\s:]/],
    ["{\"shipments\":7}", /seed\.json can't be used:\n {2}shipments: /]
  ] as const
)("a seed of the emulator that can't be used: %s", ([text, message]) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/seed.json`
    yield* fs.writeFileString(file, text)
    expect(yield* refuse(["emulator", "--seed", file])).toMatch(message)
  }).pipe(Effect.provide(layer())))

it.scoped("Excel's lock file is named as such", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/~$shipments.xlsx`
    yield* fs.writeFileString(file, "\u0005alice")
    expect(yield* refuse(["plan", file, "--notify", "none"])).toContain("is what Excel writes while a workbook is open")
  }).pipe(Effect.provide(layer())))

describe("the process", () => {
  const start = (args: ReadonlyArray<string>, options: { readonly uid?: number } = {}) => {
    const child = spawn(
      process.execPath,
      [program, ...args],
      { stdio: ["pipe", "pipe", "pipe"], ...options }
    )
    const output = { stdout: "", stderr: "" }
    child.stdout.on("data", (data) => output.stdout += String(data))
    child.stderr.on("data", (data) => output.stderr += String(data))
    return { child, output, exit: once(child, "close").then(([code]) => code) }
  }

  const planStdin = ["plan", "-", "--notify", "none", "--problems", "/dev/null"]

  it.scopedLive("reads stdin", () =>
    Effect.promise(async () => {
      const { child, exit, output } = start([...planStdin, "--json"])
      child.stdin.end(`${header}\n${row}\n`)
      expect({ code: await exit, ...JSON.parse(output.stdout) }).toMatchObject({ code: 0, file: "stdin", rows: 1 })
    }))

  it.scopedLive("reads a pipe", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const pipe = `${yield* fs.makeTempDirectoryScoped()}/pipe`
      execFileSync("mkfifo", [pipe])
      const { exit, output } = start(["plan", pipe, "--notify", "none", "--json"])
      yield* fs.writeFileString(pipe, `${header}\n${row}\n`)
      expect(yield* Effect.promise(() => exit)).toBe(0)
      expect(JSON.parse(output.stdout)).toMatchObject({ rows: 1, valid: 1 })
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("a line of 300 MB takes no more memory than a short one", () =>
    Effect.promise(async () => {
      const { child, exit, output } = start(planStdin)
      child.stdin.write(`${header}\nse-1,`)
      const chunk = Buffer.alloc(1_048_576, "x")
      for (let sent = 0; sent < 300; sent++) if (!child.stdin.write(chunk)) await once(child.stdin, "drain")
      child.stdin.end()
      expect(await exit).toBe(ExitCode.usage)
      expect(output.stderr).toContain("line 2: this row is longer than 1 MiB")
    }))

  // root may read all files, and others not the sources if these are root's
  it.scopedLive.skipIf(process.getuid?.() === 0)("a file that it may not read", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/shipments.csv`
      yield* fs.writeFileString(file, `${header}\n${row}\n`)
      yield* fs.chmod(file, 0)
      const { exit, output } = start(["plan", file, "--notify", "none"])
      expect(yield* Effect.promise(() => exit)).toBe(ExitCode.usage)
      expect(output.stderr).toContain(`Can't read ${file}: permission denied`)
    }).pipe(Effect.provide(NodeContext.layer)))
})
