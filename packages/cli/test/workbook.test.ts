import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, Chunk, Effect, Either, FastCheck, Layer, Stream, TestClock } from "effect"
import { execFile } from "node:child_process"
import { setImmediate } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { readSheet } from "read-excel-file/node"
import * as Contents from "../src/file/contents.js"
import * as Workbook from "../src/file/workbook.js"
import * as Progress from "../src/terminal/Progress.js"
import { UsageError } from "../src/terminal/UsageError.js"
import { layerNoProgress } from "./support.js"
import { sharing, workbook, xlsx } from "./xlsx.js"

const layer = Layer.merge(NodeContext.layer, layerNoProgress)

const fail = ({ reason }: { readonly reason: string }) => new UsageError({ message: reason })

const written = Effect.fnUntraced(function*(bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* fs.makeTempDirectoryScoped(), "shipments.xlsx")
  yield* fs.writeFile(file, bytes)
  return file
})

/** The rows, each with its number. */
const read = Effect.fnUntraced(function*(bytes: Uint8Array, sheet?: string) {
  const { text } = yield* Contents.open(yield* written(bytes), { sheet })
  const { columns, records } = yield* Workbook.table(text, 1, fail)
  const rows = Either.all(Chunk.toReadonlyArray(yield* Stream.runCollect(records)))
  return [columns, ...Either.getOrThrow(rows).map(({ cells, line }) => [line, ...cells])]
})

const cell = (address: string, attributes: string, inside: string) => `<c r="${address}" ${attributes}>${inside}</c>`

const styles = "<numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd hh:mm\"/>"
  + "<numFmt numFmtId=\"165\" formatCode=\"0.00&quot; d&quot;\"/></numFmts>"
  + "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\"/></cellStyleXfs>"
  + "<cellXfs count=\"4\"><xf numFmtId=\"0\" xfId=\"0\"/><xf numFmtId=\"14\" xfId=\"0\"/><xf numFmtId=\"164\" xfId=\"0\"/>"
  + "<xf numFmtId=\"165\" xfId=\"0\"/></cellXfs>"

const strings = "<si><t>shared</t></si><si><r><rPr/><t xml:space=\"preserve\">rich </t></r><r><t>text</t></r></si>"
  + "<si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh></si><si><t>_x0041_ _x005F_x0041_ &amp;&#13;&lt;</t></si><si/>"

/** A row of a header, and rows of a cell. */
const ofCells = (cells: ReadonlyArray<readonly [attributes: string, inside: string]>, more = {}) =>
  workbook({
    sheet: [["t=\"inlineStr\"", "<is><t>a</t></is>"] as const, ...cells].map(([attributes, inside], y) =>
      `<row r="${y + 1}">${cell(`A${y + 1}`, attributes, inside)}</row>`
    ).join(""),
    strings,
    styles,
    ...more
  })

describe("a workbook", () => {
  it.scoped.each<readonly [string, string, string]>([
    ["", "<v>12</v>", "12"],
    ["s=\"0\"", "<v>1.5</v>", "1.5"],
    ["t=\"n\"", "<v>1.2345E2</v>", "1.2345E2"],
    ["", "<v>9400111899223197428490</v>", "9.400111899223197E+21"],
    ["s=\"1\"", "<v>46351</v>", "2026-11-25"],
    ["s=\"2\"", "<v>46351.6041666667</v>", "2026-11-25 14:30:00"],
    ["s=\"3\"", "<v>46351</v>", "46351"],
    ["t=\"d\"", "<v>2026-11-25T14:30:00</v>", "2026-11-25 14:30:00"],
    ["t=\"b\"", "<v>1</v>", "TRUE"],
    ["t=\"b\"", "<v>0</v>", "FALSE"],
    ["t=\"str\"", "<f>A1&amp;\"b\"</f><v>ab_x0041_</v>", "abA"],
    ["t=\"inlineStr\"", "<is><r><t>0</t></r><r><t>01</t></r><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></is>", "001"],
    ["t=\"inlineStr\"", "<is><t><![CDATA[<00>]]></t></is>", "<00>"],
    ["t=\"str\"", "<v>_X0041_ _x41_ _x0042_</v>", "_X0041_ _x41_ B"],
    ["t=\"s\"", "<v>0</v>", "shared"],
    ["t=\"s\"", "<v>1</v>", "rich text"],
    ["t=\"s\"", "<v>2</v>", "東京"],
    ["t=\"s\"", "<v>3</v>", "A _x0041_ &\r<"]
  ])("reads <c %s>%s</c> as a person sees it", ([attributes, inside, text]) =>
    Effect.gen(function*() {
      expect(yield* read(ofCells([[attributes, inside]]))).toStrictEqual([["a"], [2, expect.stringMatching(/./)]])
      expect((yield* read(ofCells([[attributes, inside]])))[1]?.[1]).toBe(text)
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [string, string]>([
    ["", ""],
    ["s=\"1\"", ""],
    ["", "<v></v>"],
    ["t=\"e\"", "<f>1/0</f><v>#DIV/0!</v>"],
    ["t=\"str\"", "<f>A1</f>"],
    ["t=\"inlineStr\"", "<is/>"],
    ["t=\"s\"", "<v>4</v>"]
  ])("reads <c %s>%s</c> as an empty cell", ([attributes, inside]) =>
    Effect.gen(function*() {
      expect(yield* read(ofCells([[attributes, inside], ["", "<v>1</v>"]]))).toStrictEqual([["a"], [3, "1"]])
    }).pipe(Effect.provide(layer)))

  it.scoped("keeps numbers that are no day in the calendar, whatever their format", () =>
    Effect.gen(function*() {
      const numbers = ["4915112345678", "999999999999", "-1", "2958466"]
      expect(yield* read(ofCells(numbers.map((number) => ["s=\"1\"", `<v>${number}</v>`])))).toStrictEqual([
        ["a"],
        ...numbers.map((number, index) => [index + 2, number])
      ])
      expect(yield* read(ofCells([["s=\"1\"", "<v>2958465</v>"]]))).toStrictEqual([["a"], [2, "9999-12-31"]])
    }).pipe(Effect.provide(layer)))

  it.scoped("counts days from 1904 where it says so", () =>
    Effect.gen(function*() {
      const properties = "<workbookPr date1904=\"1\"/>"
      expect(yield* read(ofCells([["s=\"1\"", "<v>44889</v>"]], { properties }))).toStrictEqual([["a"], [
        2,
        "2026-11-25"
      ]])
    }).pipe(Effect.provide(layer)))

  it.scoped("knows rows and cells by their place, and what is left out", () =>
    Effect.gen(function*() {
      const sheet =
        "<x:row r=\"3\"><x:c r=\"B3\" t=\"str\"><x:v>b</x:v></x:c><x:c r=\"D3\" t=\"str\"><x:v>d</x:v></x:c></x:row>"
        + "<row><c><v>1</v></c><c/><c r=\"AA4\"><v>27</v></c></row><row r=\"7\"><c r=\"C7\"><v>3</v></c></row>"
      expect(yield* read(workbook({ sheet }))).toStrictEqual([
        ["", "b", "", "d"],
        [4, "1", ...Array.replicate("", 25), "27"],
        [7, "", "", "3", ""]
      ])
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [string, Uint8Array]>([
    ["a text that isn't there", ofCells([["t=\"s\"", "<v>5</v>"]])],
    ["a style that isn't there", ofCells([["s=\"4\"", "<v>1</v>"]])],
    ["a day that is no number", ofCells([["s=\"1\"", "<v>x</v>"]])],
    ["a kind of cell that isn't known", ofCells([["t=\"x\"", "<v>1</v>"]])],
    [
      "a row before the one before it",
      workbook({ sheet: "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"/>" })
    ],
    [
      "a cell before the one before it",
      workbook({ sheet: "<row r=\"1\"><c r=\"B1\"/><c r=\"A1\"><v>1</v></c></row>" })
    ],
    ["a row far away", workbook({ sheet: "<row r=\"99999999999\"><c><v>1</v></c></row>" })],
    ["a cell far away", workbook({ sheet: "<row r=\"1\"><c r=\"ZZZZZ1\"><v>1</v></c></row>" })],
    ["an element that isn't closed", workbook({ sheet: "<row r=\"1\"><c r=\"A1\"><v>1</v></row>" })],
    ["an end that is missing", xlsx([["a"], ["1"]]).slice(0, -30)]
  ])("with %s isn't read", ([, bytes]) =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(read(bytes))
      expect(message).toContain("can't be read as a workbook")
    }).pipe(Effect.provide(layer)))

  it.scoped("is read by the name of its sheet", () =>
    Effect.gen(function*() {
      const bytes = xlsx([["a"], ["1"]])
      expect(yield* read(bytes, "Orders")).toStrictEqual([["a"], [2, "1"]])
      expect((yield* Effect.flip(read(bytes, "Other"))).message).toContain("has no sheet of the name Other")
    }).pipe(Effect.provide(layer)))

  const texts = FastCheck.string({ unit: "binary", maxLength: 40 }).map((text) =>
    text.replaceAll(/[&<>\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "東")
  )
  const rows = FastCheck.array(FastCheck.array(texts, { minLength: 3, maxLength: 3 }), {
    minLength: 400,
    maxLength: 800
  })

  it.effect.prop("has the texts that read-excel-file finds in it", [rows], ([rows]) =>
    Effect.gen(function*() {
      const sheet = [["one", "two", "three"], ...rows]
      for (const bytes of [xlsx(sheet), sharing(sheet)]) {
        const found = yield* read(bytes)
        const expected = yield* Effect.promise(() => readSheet(Buffer.from(bytes), 1, { trim: false }))
        expect(found.slice(1).map(([line]) => line)).toStrictEqual(
          expected.flatMap((row, n) => n > 0 && row.some((cell) => String(cell ?? "").trim() !== "") ? [n + 1] : [])
        )
        for (const [line, ...cells] of found.slice(1)) {
          expect(cells).toStrictEqual(expected[Number(line) - 1]?.map((cell) => String(cell ?? "")))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(layer)), { fastCheck: { numRuns: 5 } })

  it.scoped("tells how much of it is read", () =>
    Effect.gen(function*() {
      const file = yield* written(sharing([["a", "b"], ...Array.makeBy(20_000, (n) => [`${n}`, `b${n}`])]))
      const told: globalThis.Array<readonly [string, number]> = []
      // it looks as often as it is let
      const startReading = (title: string) =>
        Effect.succeed((share: number) => Effect.sync(() => told.push([title, share])))
      const clock = Effect.forever(
        Effect.zipRight(TestClock.adjust("250 millis"), Effect.promise(() => setImmediate()))
      )
      yield* Contents.open(file).pipe(
        Effect.raceFirst(clock),
        Effect.updateService(Progress.Progress, (progress) => ({ ...progress, startReading }))
      )
      expect(new Set(told.map(([title]) => title))).toStrictEqual(new Set([`Opening ${file}`]))
      const shares = told.map(([, share]) => share)
      expect(new Set(shares).size).toBeGreaterThan(5)
      expect(shares.toSorted((a, b) => a - b)).toStrictEqual(shares)
      expect(shares[0]).toBe(0)
      expect(Math.max(...shares)).toBeLessThanOrEqual(1)
    }).pipe(Effect.provide(layer)))

  it.scopedLive("of 100,000 rows takes less than 300 MB, and little more than one of a thousand", () =>
    Effect.gen(function*() {
      const megabytes = Effect.fnUntraced(function*(rows: number) {
        const file = yield* written(sharing([
          ["order_number", "shipment_id", "tracking_number", "carrier_code", "notify_customer", "note"],
          ...Array.makeBy(rows, (n) => [
            String(n).padStart(7, "0"),
            `se-${10_000_000 + n}`,
            `TBA${String(n).padStart(12, "5")}`,
            "amazon",
            "yes",
            `order ${n}, 東京`
          ])
        ]))
        const measure = "data:text/javascript,process.on('exit',()=>process._rawDebug(process.resourceUsage().maxRSS))"
        const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
        const args = ["--import", "tsx", "--import", measure, bin, "plan", file, "--notify", "none", "--json"]
        const { stderr, stdout } = yield* Effect.promise(() => promisify(execFile)(process.execPath, args))
        expect(JSON.parse(stdout)).toMatchObject({ format: "xlsx", rows, valid: rows, customers: rows })
        return Number(stderr) / 1024
      })
      const few = yield* megabytes(1000)
      const many = yield* megabytes(100_000)
      expect(many).toBeLessThan(300)
      // all rows at once would take 180 more
      expect(many - few).toBeLessThan(90)
    }).pipe(Effect.provide(layer)))
})
