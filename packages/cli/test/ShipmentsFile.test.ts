import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { stringify } from "csv-stringify/sync"
import { Array, Chunk, DateTime, Effect, Either, FastCheck, Layer, Runtime, Stream, TestClock } from "effect"
import * as Problem from "../src/file/Problem.js"
import * as ShipmentsFile from "../src/file/ShipmentsFile.js"
import * as Resolver from "../src/resolve/Resolver.js"
import type { Progress } from "../src/terminal/Progress.js"
import { layerNoProgress } from "./support.js"

const none = { customer: false, orderSource: false }
const header = "shipment_id,tracking_number,carrier_code"
const row = "se-1,1Z999,ups"
const silent = {
  shipment_id: "se-1",
  tracking_number: "1Z999",
  carrier_code: "ups",
  notify_customer: false,
  notify_order_source: false
}

type Options = Partial<ShipmentsFile.Source> & { readonly name?: string }

const write = Effect.fnUntraced(function*(content: string | Uint8Array, name = "shipments.csv") {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* fs.makeTempDirectoryScoped(), name)
  yield* fs.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content)
  return file
})

const open = Effect.fnUntraced(function*(content: string | Uint8Array, { name, ...options }: Options = {}) {
  return yield* ShipmentsFile.open({ file: yield* write(content, name), notify: none, anyShipDate: true, ...options })
})

const read = Effect.fnUntraced(function*(content: string | Uint8Array, options?: Options) {
  const file = yield* open(content, options)
  const [problems, rows] = Array.separate(yield* Stream.runCollect(file.rows))
  return { ...file, problems: problems.flat().map((problem) => Problem.describe(problem, file.unit)), rows }
})

const inputs = (content: string | Uint8Array, options?: Options) =>
  Effect.map(read(content, options), ({ problems, rows }) => {
    expect(problems).toStrictEqual([])
    return rows.map(({ input }) => input)
  })

/** What is wrong, of the file as a whole or of its rows. */
const problems = (content: string | Uint8Array, options?: Options) =>
  read(content, options).pipe(
    Effect.map(({ problems }) => problems),
    Effect.catchTag("UsageError", ({ message }) =>
      Effect.succeed(message.split("\n").slice(1).map((line) => line.trim())))
  )

const item = { shipment_id: "se-1", tracking_number: "1Z999", carrier_code: "ups" }

const utf16 = (text: string, isBigEndian = false) => {
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le")
  return isBigEndian ? bytes.swap16() : bytes
}

const json = (...values: ReadonlyArray<unknown>) => JSON.stringify(values)

it.layer(Layer.mergeAll(NodeContext.layer, layerNoProgress, Resolver.layerNone))((it) => {
  describe("files that can be sent", () => {
    it.scoped.each<[string, string | Uint8Array, Options?]>([
      ["the required columns", `${header}\n${row}\n`],
      ["a byte order mark", `\uFEFF${header}\n${row}\n`],
      ["no line break at the end", `${header}\n${row}`],
      ["line breaks of Windows", `${header}\r\n${row}\r\n`],
      ["line breaks of old Macs", `${header}\r${row}\r`],
      ["line breaks of all kinds", `${header}\n${row}\r\n\r`],
      ["empty lines and rows of empty cells", `\n${header}\n\n${row}\n,,\n , ,\n`],
      ["columns in another order", "carrier_code,shipment_id,tracking_number\nups,se-1,1Z999\n"],
      ["spaces around names and cells", "shipment_id , tracking_number,carrier_code\nse-1 , 1Z999,ups\n"],
      ["cells in quotes", `"shipment_id",${header.slice(12)}\n"se-1","1Z999",ups\n`],
      ["a delimiter at the end of rows", `${header}\n${row},\n`],
      ["a delimiter at the end of all lines", `${header},\n${row},\n`],
      ["semicolons", `${header}\n${row}\n`.replaceAll(",", ";")],
      ["tabs", `${header}\n${row}\n`.replaceAll(",", "\t")],
      ["pipes", `${header}\n${row}\n`.replaceAll(",", "|")],
      ["a line that says the separator", `sep=|\r\n${header}\n${row}\n`.replaceAll(",", "|")],
      ["lines above the header", `Report, of today\n\n"x\ny"\n${header}\n${row}\n`, { headerLine: 5 }],
      ["a wrapped JSON array", `{"page":1,"meta":{"a":1},"shipments":${json(item)}}`, { name: "a.json" }],
      ["columns by their place", `a,b,b\n${row.replace("se-1,1Z999", "se-1,1Z999")}\n`, {
        columns: { shipment_id: "#1", tracking_number: "#2", carrier_code: "#3" }
      }],
      ["rows of a kind", `kind,${header}\nx,bad,,\nShipped,${row}\n`, {
        where: [{ column: "kind", value: "SHIPPED", isNot: false }]
      }],
      ["a carrier for all, and none of its own", "shipment_id,tracking_number\nse-1,1Z999\n", { carrier: "ups" }],
      ["a carrier by a name of its own", `${header}\nse-1,1Z999,UPS® Ground\n`, { carriers: { "ups ground": "ups" } }],
      ["another encoding", Buffer.from(`é,${header}\né,${row}\n`, "latin1"), { encoding: "iso-8859-1" }],
      ["semicolons, and commas in a name", `"a,b,c,d";${header.replaceAll(",", ";")}\nx;${row.replaceAll(",", ";")}\n`],
      ["tabs by extension", `${header}\n${row}\n`.replaceAll(",", "\t"), { name: "a.tsv" }],
      ["UTF-16", utf16(`${header}\n${row}\n`)],
      ["UTF-16, big-endian", utf16(`${header}\n${row}\n`, true)],
      ["UTF-16 with tabs, as Excel writes it", utf16(`${header}\r\n${row}\r\n`.replaceAll(",", "\t")), {
        name: "a.txt"
      }],
      ["other names", "Shipment ID,Tracking #,Carrier\nse-1,1Z999,ups\n"],
      ["a name that is mapped", "Our no,Tracking Number,CARRIER\nse-1,1Z999,ups\n", {
        columns: { shipment_id: "Our no" }
      }],
      ["a mapped name among others that look alike", `${header},Tracking\nse-1,no,ups,1Z999\n`, {
        columns: { tracking_number: "Tracking" }
      }],
      ["its own name among others that look alike", `Tracking,${header}\nx,${row}\n`],
      ["guards of a spreadsheet", `${header}\nse-1,'1Z999,ups\n`],
      ["formulas as guards", `${header}\nse-1,"=""1Z999""",ups\n`],
      ["a JSON array", json(item), { name: "a.json" }],
      ["JSON over several lines, indented", JSON.stringify([item], null, 2), { format: "json" }],
      ["JSON lines", `${JSON.stringify(item)}\n\n`, { name: "a.ndjson" }],
      ["JSON lines with a byte order mark", `\uFEFF${JSON.stringify({ ship_date: null, ...item })}`, {
        name: "a.jsonl"
      }],
      ["rows since a line", `${header}\nbad,,\n${row}\n`, { sinceLine: 3 }],
      ["as many rows as wanted", `${header}\n${row}\nbad,,\n`, { limit: 1 }]
    ])("%s", ([, content, options]) =>
      Effect.gen(function*() {
        expect(yield* inputs(content, options)).toStrictEqual([silent])
      }))

    it.scoped.each([
      ["0012300"],
      ["1e5"],
      ["JJD01"],
      ["12-34-56"]
    ])(
      "a tracking number such as %s is left as it is",
      ([number]) =>
        Effect.gen(function*() {
          expect(yield* inputs(`${header}\nse-1,${number},nobody\n`)).toStrictEqual([{
            ...silent,
            carrier_code: "nobody",
            tracking_number: number
          }])
        })
    )

    it.scoped.each<[string, boolean]>([
      ["true", true],
      ["Yes", true],
      ["1", true],
      ["FALSE", false],
      ["no", false],
      ["0", false]
    ])("reads %s", ([cell, expected]) =>
      Effect.gen(function*() {
        const [input] = yield* inputs(`${header},notify_customer,Notify Order Source\n${row},${cell},${cell}\n`, {
          notify: undefined
        })
        expect(input).toMatchObject({ notify_customer: expected, notify_order_source: expected })
        const [other] = yield* inputs(json({ ...item, notify_customer: expected, notify_order_source: expected }), {
          name: "a.json",
          notify: undefined
        })
        expect(other).toMatchObject({ notify_customer: expected, notify_order_source: expected })
      }))

    it.scoped("lets a cell win over the option, and the option fill what is empty", () =>
      Effect.gen(function*() {
        const [input] = yield* inputs(`${header},notify_customer\n${row},no\n`, {
          notify: { customer: true, orderSource: true }
        })
        expect(input).toMatchObject({ notify_customer: false, notify_order_source: true })
        const [other] = yield* inputs(`${header},notify_customer\n${row},\n`, {
          notify: { customer: true, orderSource: false }
        })
        expect(other).toMatchObject({ notify_customer: true, notify_order_source: false })
      }))

    it.scoped("keeps the other columns as they are", () =>
      Effect.gen(function*() {
        const file = yield* read(`note,${header},note\n" a ""b"", c\r\n📦 \u202E",${row},=1\n`)
        expect(file.columns).toStrictEqual(["note", ...header.split(","), "note"])
        expect(file.rows.map(({ cells }) => cells)).toStrictEqual([
          [" a \"b\", c\r\n📦 \u202E", ...row.split(","), "=1"]
        ])
        const other = yield* read(json(item, { ...item, shipment_id: "se-2", n: 1, o: { a: [true] }, z: null }), {
          name: "a.json"
        })
        expect(other.columns).toStrictEqual([...header.split(","), "n", "o", "z"])
        expect(other.rows.map(({ cells }) => cells.slice(3))).toStrictEqual([["", "", ""], ["1", "{\"a\":[true]}", ""]])
      }))

    it.scoped("tells the line that a row begins in, and which item it is", () =>
      Effect.gen(function*() {
        const file = yield* read(
          `\n${header},note\r\nse-1,1,ups,"a\r\n\r\nb"\r\n\r\nse-2,2,ups,\r\n"se-3",3,ups,"\n"\r\nse-4,4,ups,\n`
        )
        expect(file.rows.map(({ line }) => line)).toStrictEqual([3, 7, 8, 10])
        const lines = yield* read(`\n${JSON.stringify(item)}\n\n${JSON.stringify({ ...item, shipment_id: "se-2" })}`, {
          format: "ndjson"
        })
        expect(lines.rows.map(({ line }) => line)).toStrictEqual([2, 4])
        const items = yield* read(json(item, { ...item, shipment_id: "se-2" }), { name: "a.json" })
        expect(items.rows.map(({ line }) => line)).toStrictEqual([1, 2])
      }))

    it.scoped("folds rows that say the same of a shipment, and tells each", () =>
      Effect.gen(function*() {
        const { problems, rows } = yield* read(`sku,${header}\nA,${row}\nB,${row}\nC,se-2,2,ups\nD,${row}\n`)
        expect(problems).toStrictEqual([])
        expect(rows.map(({ sameAs }) => sameAs)).toStrictEqual([undefined, 2, undefined, 2])
      }))

    it.scoped("a column may be called as what every object has", () =>
      Effect.gen(function*() {
        const file = yield* read(`toString,__proto__,constructor,${header}\na,b,c,${row}\n`)
        expect(file.columns.slice(0, 3)).toStrictEqual(["toString", "__proto__", "constructor"])
        expect(file.rows[0]?.cells.slice(0, 3)).toStrictEqual(["a", "b", "c"])
        const text = `[${JSON.stringify(item)},${
          JSON.stringify({ ...item, shipment_id: "se-2" }).replace("{", "{\"toString\":\"a\",\"__proto__\":\"b\",")
        }]`
        const other = yield* read(text, { name: "a.json" })
        expect(other.rows.map(({ cells }) => cells.slice(3))).toStrictEqual([["", ""], ["a", "b"]])
        expect(yield* problems(text, { name: "a.json", columns: { shipment_id: "toString" } })).toContainEqual(
          expect.stringContaining("toString \"\": must look like")
        )
      }))

    it.scoped("takes a shipment by another number only with somebody to ask", () =>
      Effect.gen(function*() {
        const text = `Order #,tracking_number,carrier_code\n#1001,1,ups\nse-7,2,ups\n`
        expect(yield* problems(text)).toStrictEqual([
          "line 2, Order # \"#1001\": is an order number, and without a key it can't be looked up which shipment that is: "
          + "set SHIPSTATION_API_KEY, or say --key-file"
        ])
        const found = yield* Effect.provideService(read(text.replace("2,ups", "2,Ups Ground")), Resolver.Resolver, {
          shipments: (references) =>
            Effect.succeed(
              references.map(({ _tag, value }) => ({
                _tag: "Found",
                value: _tag === "ShipmentNumber" && value === "#1001" ? "se-1001" : ""
              }))
            ),
          carriers: (names) => Effect.succeed(names.map(() => ({ _tag: "Found", value: "ups" }))),
          account: Effect.succeed(undefined),
          words: Effect.succeed(() => undefined),
          hasAnswered: Effect.succeed(false)
        })
        expect(found.rows.map(({ input }) => `${input.shipment_id} ${input.carrier_code}`)).toStrictEqual([
          "se-1001 ups",
          "se-7 ups"
        ])
        const same = yield* Effect.provideService(problems(text), Resolver.Resolver, {
          shipments: (references) => Effect.succeed(references.map(() => ({ _tag: "Found", value: "se-7" }))),
          carriers: () => Effect.succeed([]),
          account: Effect.succeed(undefined),
          words: Effect.succeed(() => undefined),
          hasAnswered: Effect.succeed(false)
        })
        expect(same).toStrictEqual([expect.stringContaining("line 3, Order # \"se-7\": is in line 2 too")])
      }))

    it.scoped("an orderId of API v1 is a shipment's id by its prefix", () =>
      Effect.gen(function*() {
        const [input] = yield* inputs(`v1_order_id,tracking_number,carrier_code\n412669417,1Z999,ups\n`)
        expect(input?.shipment_id).toBe("se-412669417")
      }))

    it.scoped("can be read several times", () =>
      Effect.gen(function*() {
        const { rows } = yield* open(`${header}\n${row}\n`)
        expect(yield* Stream.runCollect(rows)).toStrictEqual(yield* Stream.runCollect(rows))
        expect((yield* Stream.runCollect(Stream.filter(rows, Either.isRight))).length).toBe(1)
      }))
  })

  describe("dates", () => {
    const date = (text: string, options?: Options) =>
      Effect.map(
        inputs(`${header},ship_date\n${row},"${text}"\n`, {
          timeZone: DateTime.zoneUnsafeMakeNamed("Europe/Berlin"),
          ...options
        }),
        ([input]) => input?.ship_date === undefined ? undefined : DateTime.formatIsoOffset(input.ship_date)
      )

    it.scoped.each<[string, string, Options?]>([
      ["2024-01-15T10:00:00-08:00", "2024-01-15T10:00:00.000-08:00"],
      ["2024-01-15 10:00Z", "2024-01-15T10:00:00.000Z"],
      ["2024-01-15T10:00:00+0530", "2024-01-15T10:00:00.000+05:30"],
      ["2026-11-25", "2026-11-25T12:00:00.000+01:00"],
      ["2026-11-25 14:30", "2026-11-25T14:30:00.000+01:00"],
      ["2026-07-01T14:30:15.123", "2026-07-01T14:30:15.000+02:00"],
      ["2026/11/25", "2026-11-25T12:00:00.000+01:00"],
      ["25.11.2026", "2026-11-25T12:00:00.000+01:00"],
      ["3.4.2026 08:05", "2026-04-03T08:05:00.000+02:00"],
      ["11/25/2026", "2026-11-25T12:00:00.000+01:00"],
      ["25/11/2026", "2026-11-25T12:00:00.000+01:00"],
      ["11/25/2026, 12:05 AM", "2026-11-25T00:05:00.000+01:00"],
      ["11/25/2026 1:05:09 p.m.", "2026-11-25T13:05:09.000+01:00"],
      ["05/05/2026", "2026-05-05T12:00:00.000+02:00"],
      ["03/04/2026", "2026-04-03T12:00:00.000+02:00", { dateOrder: "dmy" }],
      ["03/04/2026", "2026-03-04T12:00:00.000+01:00", { dateOrder: "mdy" }]
    ])("reads %s as %s", ([text, expected, options]) =>
      Effect.gen(function*() {
        expect(yield* date(text, options)).toBe(expected)
      }))

    it.scoped("reads 03/04 as the rest of the column tells", () =>
      Effect.gen(function*() {
        const dates = (last: string) =>
          Effect.map(
            inputs(`${header},ship_date\nse-1,1,ups,03/04/2026\nse-2,2,ups,\nse-3,3,ups,${last}\n`, {
              timeZone: DateTime.zoneMakeOffset(0)
            }),
            ([input]) => input?.ship_date === undefined ? undefined : DateTime.getPartUtc(input.ship_date, "month")
          )
        expect(yield* dates("25/11/2026")).toBe(4)
        expect(yield* dates("11/25/2026")).toBe(3)
      }))

    it.scoped.each<[string, string, Options?]>([
      [
        "03/04/2026",
        "may be day/month or month/day, and no other date of the column tells: say --date-order dmy or mdy"
      ],
      ["2026-11-25", "doesn't say its time zone: say --timezone, such as Europe/Berlin", { timeZone: undefined }],
      ["2026-02-30", "is no date that there is"],
      ["2026-11-25 24:30", "is no date that there is"],
      ["2026-11-25 13:30 PM", "is no date that there is"],
      ["2024-02-30T10:00:00Z", "is no date that there is"],
      [
        "2026-03-29 02:30",
        "is skipped, or comes twice, when the clocks of Europe/Berlin change: write it with its offset"
      ],
      ["2026-10-25 02:30", "is skipped, or comes twice"],
      ["46351", "is a spreadsheet's number for a day: format the column as a date"],
      ["46351,604", "is a spreadsheet's number for a day"],
      ["11/25/2", "can't be read as a date"],
      ["11/25/2026 5:04 PM EST", "says EST, which may be one of several time zones"],
      ["2025-11-25", "is ", { anyShipDate: undefined }],
      ["1764349445", "is a number of seconds"],
      ["tomorrow", "can't be read as a date: write it as 2026-11-25 or 2026-11-25 14:30"],
      ["25/11/2026", "is no date with the month first", { dateOrder: "mdy" }]
    ])("refuses %s: %s", ([text, reason, options]) =>
      Effect.gen(function*() {
        const found = yield* problems(`${header},Ship Date\n${row},"${text}"\n`, {
          timeZone: DateTime.zoneUnsafeMakeNamed("Europe/Berlin"),
          ...options
        })
        expect(found).toStrictEqual([expect.stringContaining(`line 2, Ship Date "${text}": ${reason}`)])
      }))

    it.scoped.each([
      ["2026-08-31T13:00:00Z", undefined],
      ["2026-08-31T11:00:00Z", "is 90 days ago"],
      ["2025-11-29T12:00:00Z", "is 365 days ago"],
      ["2026-12-29T11:00:00Z", undefined],
      ["2026-12-29T13:00:00Z", "is 30 days ahead"]
    ])("on November 29, 2026, %s: %s", ([text, reason]) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.unsafeMake("2026-11-29T12:00:00Z")))
        const content = `${header},ship_date\n${row},${text}\n`
        expect(yield* problems(content, { anyShipDate: undefined })).toStrictEqual(
          reason === undefined ? [] : [expect.stringContaining(`${reason}: correct it, or say --any-ship-date`)]
        )
        expect(yield* problems(content)).toStrictEqual([])
      }))

    it.scoped("refuses dates of two kinds in one column", () =>
      Effect.gen(function*() {
        expect(
          yield* problems(`${header},ship_date\n${row},11/25/2026\nse-2,2,ups,25/11/2026\n`, {
            timeZone: DateTime.zoneMakeOffset(0)
          })
        ).toStrictEqual([expect.stringContaining("line 3, ship_date \"25/11/2026\": is no date with the month first")])
      }))
  })

  describe("properties", () => {
    const cell = FastCheck.fullUnicodeString().map((text) => text.replaceAll("\0", ""))
    const file = FastCheck.record({
      notes: FastCheck.array(FastCheck.tuple(cell, cell), { minLength: 1, maxLength: 30 }),
      delimiter: FastCheck.constantFrom(",", ";", "\t"),
      record_delimiter: FastCheck.constantFrom("\n", "\r\n", "\r"),
      quoted: FastCheck.boolean(),
      encoding: FastCheck.constantFrom("utf-8", "bom", "utf-16le", "utf-16be")
    })

    it.scoped("whatever csv-stringify writes is read the same", () =>
      Effect.gen(function*() {
        const runPromise = Runtime.runPromise(
          yield* Effect.runtime<FileSystem.FileSystem | Path.Path | Progress | Resolver.Resolver>()
        )
        const property = FastCheck.asyncProperty(file, async ({ encoding, notes, ...options }) => {
          const rows = notes.map(([a, b], index) => [a, `se-${index}`, "1Z999", "ups", b])
          const text = stringify([["a", ...header.split(","), "b"], ...rows], options)
          const content = encoding === "utf-8"
            ? text
            : encoding === "bom"
            ? `\uFEFF${text}`
            : utf16(text, encoding === "utf-16be")
          const { problems, rows: found } = await runPromise(Effect.scoped(read(content)))
          expect(problems).toStrictEqual([])
          expect(found.map(({ cells }) => cells)).toStrictEqual(rows)
        })
        yield* Effect.promise(() => FastCheck.assert(property, { numRuns: 200 }))
      }))

    it.scoped("a shipment that comes twice is found, wherever it is", () =>
      Effect.gen(function*() {
        const ids = Array.makeBy(5000, (index) => `se-${(index * 7919).toString(36)}-${index % 2 === 0 ? "a" : "zz-9"}`)
        // ids as long as they may be, that differ in one character
        const long = Array.flatMap(
          Array.range(0, 21),
          (at) =>
            [..."0123456789abcdefghijklmnopqrstuvwxy"].map((c) => `se-${"z".repeat(at)}${c}${"z".repeat(21 - at)}`)
        )
        expect(yield* problems([header, ...long.map((id) => `${id},1,ups`), "se-z-z,1,ups", "se-zz,1,ups"].join("\n")))
          .toStrictEqual([])
        const again = [ids[17], "se-0", "se-00", ids[4999]].map((id) => `${id},2,ups`)
        const text = [header, ...ids.map((id) => `${id},1,ups`), ...again].join("\n")
        expect(yield* problems(text)).toStrictEqual([
          expect.stringContaining("line 5002, shipment_id \"se-2vvj-zz-9\": is in line 19 too"),
          expect.stringContaining(": is in line 5001 too, with something else")
        ])
      }))
  })

  describe("reports of an earlier run", () => {
    const report = (...rows: ReadonlyArray<string>) =>
      [`${header},note,${ShipmentsFile.reportColumns.join(",")}`, ...rows].join("\n")

    it.scoped("are read without what a report adds", () =>
      Effect.gen(function*() {
        const file = yield* read(report(`se-1,'-1,ups,'=a,not_sent,why,,`, `se-2,2,ups,'b,rejected,,id,`))
        expect(file.problems).toStrictEqual([])
        expect(file.columns).toStrictEqual([...header.split(","), "note"])
        expect(file.rows.map(({ cells }) => cells)).toStrictEqual([["se-1", "-1", "ups", "=a"], [
          "se-2",
          "2",
          "ups",
          "'b"
        ]])
        const older = yield* read(`${header},outcome,message,request_id\n${row},not_sent,,\n`)
        expect(older.rows.map(({ cells }) => cells)).toStrictEqual([row.split(",")])
      }))

    it.scoped.each([
      ["created", "it was sent, or may have been"],
      ["already_fulfilled", "it was sent, or may have been"],
      ["fulfilled", "it was sent, or may have been"],
      ["unknown", "it was sent, or may have been"],
      ["", "it was sent, or may have been"],
      ["discarded", "an operator gave it up: delete this row"]
    ])(
      "are refused where a row is %s",
      ([outcome, reason]) =>
        Effect.gen(function*() {
          expect(yield* problems(report(`se-1,1,ups,,${outcome},,,`))).toStrictEqual([
            expect.stringContaining(`line 2, outcome "${outcome}": ${reason}`)
          ])
        })
    )
  })

  it.scoped("of a file that changes while it is read nothing is taken for whole", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const text = `${header}\n${Array.makeBy(50_000, (index) => `se-${index},1,ups`).join("\n")}\n`
      const changes: ReadonlyArray<readonly [string, (file: string) => Effect.Effect<void, unknown>]> = [
        ["was changed", (file) => fs.writeFileString(file, "se-x,1,ups\n", { flag: "a" })],
        ["was changed", (file) => fs.truncate(file, 20_000)],
        ["no such file", (file) => fs.remove(file)]
      ]
      for (const [message, change] of changes) {
        const file = yield* write(text)
        const { rows } = yield* ShipmentsFile.open({ file, notify: none })
        const pass = rows.pipe(
          Stream.chunks,
          Stream.zipWithIndex,
          Stream.tap(([, index]) => index === 0 && message !== "no such file" ? change(file) : Effect.void),
          Stream.runDrain
        )
        if (message === "no such file") yield* change(file)
        expect(yield* Effect.flip(pass)).toMatchObject({ message: expect.stringContaining(message) })
      }
    }))

  it.scoped("a file that is removed while it is read is read to its end", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* write(`${header}\n${Array.makeBy(5000, (index) => `se-${index},1,ups`).join("\n")}\n`)
      const { rows } = yield* ShipmentsFile.open({ file, notify: none })
      const read = yield* rows.pipe(
        Stream.chunks,
        Stream.zipWithIndex,
        Stream.tap(([, index]) => index === 0 ? fs.remove(file) : Effect.void),
        Stream.runFold(0, (sum, [chunk]) => sum + Chunk.size(chunk))
      )
      expect(read).toBe(5000)
    }))
})
