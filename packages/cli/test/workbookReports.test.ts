import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { unzipSync } from "fflate"
import { readSheet } from "read-excel-file/node"
import * as WorkbookBytes from "../src/file/workbookBytes.js"
import * as Reports from "../src/import/Reports.js"
import { created, denied, given, header, json, layer, posts } from "./support.js"

const args = ["--report-format", "xlsx"]

const cellsOf = (path: string, columns = 20) =>
  Effect.promise(async (): Promise<ReadonlyArray<ReadonlyArray<unknown>>> => {
    const rows = await readSheet(path, 1, { trim: false })
    return rows.map((row) => row.slice(0, columns))
  })

describe("reports as workbooks", () => {
  it.scopedLive("hold texts, and what was sent is read back from them as it was", () =>
    Effect.gen(function*() {
      const { directory, importIt, out, run } = yield* given(
        header,
        "0001,se-1,00940011189922307,ups,\"a, \"\"b\"\" & <c>\"",
        "0002,se-2,9400111899223197428490,nobody,=1+1",
        "0003,se-3,0077,nobody,\" two\nlines \""
      )
      expect((yield* importIt(...args)).code).toBe(ExitCode.rejected)
      const columns = [...header.split(","), "outcome", "message", "request_id", "fulfillment_id"]
      expect(yield* cellsOf(`${out}/fulfilled.xlsx`)).toStrictEqual([
        columns,
        ["0001", "se-1", "00940011189922307", "ups", "a, \"b\" & <c>", "fulfilled", null, expect.any(String), null]
      ])
      expect((yield* cellsOf(`${out}/rejected.xlsx`, 6)).slice(1)).toStrictEqual([
        ["0002", "se-2", "9400111899223197428490", "nobody", "'=1+1", "rejected"],
        ["0003", "se-3", "0077", "nobody", " two\nlines ", "rejected"]
      ])
      const fs = yield* FileSystem.FileSystem
      expect((yield* fs.readDirectory(out)).toSorted()).toStrictEqual(
        ["fulfilled.xlsx", "not-sent.xlsx", "rejected.xlsx", "unknown.xlsx"]
      )
      for (const name of yield* fs.readDirectory(out)) {
        expect((yield* fs.stat(`${out}/${name}`)).mode & 0o777).toBe(0o600)
        const parts = unzipSync(yield* fs.readFile(`${out}/${name}`))
        const sheet = new TextDecoder().decode(parts["xl/worksheets/sheet1.xml"])
        expect(sheet).not.toMatch(/<f>|t="(?!inlineStr)/)
      }

      // corrected where it is
      const plan = yield* run(["plan", `${out}/rejected.xlsx`, "--notify", "none", "--carrier-code", "nobody=ups"])
      expect(plan).toMatchObject({ code: ExitCode.ok, stdout: expect.stringContaining("2 of 2 rows can be sent") })
      const again = ["--out", `${directory}/again`, "--carrier-code", "nobody=ups", ...args]
      yield* run(["import", `${out}/rejected.xlsx`, "--notify", "none", "--yes", ...again])
      expect((yield* cellsOf(`${directory}/again/fulfilled.xlsx`, 5)).slice(1)).toStrictEqual([
        ["0002", "se-2", "9400111899223197428490", "nobody", "'=1+1"],
        ["0003", "se-3", "0077", "nobody", " two\nlines "]
      ])
      expect(yield* created).toBe(3)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("take the place of those in the other format, and of nothing that fulfill didn't write", () =>
    Effect.gen(function*() {
      const { importIt, out } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      yield* importIt()
      yield* importIt(...args)
      yield* importIt(...args)
      expect((yield* fs.readDirectory(out)).every((name) => name.endsWith(".xlsx"))).toBe(true)
      yield* importIt()
      expect((yield* fs.readDirectory(out)).every((name) => name.endsWith(".csv"))).toBe(true)
      yield* fs.writeFileString(`${out}/unknown.xlsx`, "PK\u0003\u0004 somebody's own")
      const { code, stderr } = yield* importIt(...args)
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("unknown.xlsx: there is a file of that name, which fulfill didn't write")
      yield* importIt()
      expect(yield* fs.readFileString(`${out}/unknown.xlsx`)).toContain("somebody's own")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("are compared with as the others are, and have the rows that were left out", () =>
    Effect.gen(function*() {
      const { importIt, out, write } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,", "3,,,,")
      yield* Effect.provide(
        importIt("--skip-bad-rows", ...args),
        posts((request) => json(request, denied, 401))
      )
      expect(yield* cellsOf(`${out}/skipped.xlsx`)).toStrictEqual([
        [...header.split(","), "line", "problem"],
        ["3", null, null, null, null, "4", expect.stringContaining("must not be blank")]
      ])
      yield* write(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* importIt(...args)
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("1 row of the earlier run isn't in the file any more, and would be sent too: se-2")
    }).pipe(Effect.provide(layer())))

  it("are written as they come, in flat memory", async () => {
    const workbook = await Effect.runPromise(WorkbookBytes.make)
    const row = Array.makeBy(12, (n) => `cell ${n}`)
    let bytes = 0
    let most = 0
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external
    for (let n = 0; n < 200; n++) {
      bytes += workbook.append(Array.makeBy(1_000, () => row)).length
      most = Math.max(most, process.memoryUsage().heapUsed + process.memoryUsage().external - before)
    }
    bytes += workbook.end().length
    expect(bytes).toBeGreaterThan(100_000)
    // the sheet alone has 130 MB
    expect(most).toBeLessThan(100_000_000)
  })

  it.scopedLive("can't hold more rows than a sheet has, which is said before anything is sent", () =>
    Effect.gen(function*() {
      const { out } = yield* given()
      yield* Reports.check(out, "xlsx", 1_048_575, "-")
      yield* Reports.check(out, "csv", 1_048_576, "-")
      const { message } = yield* Effect.flip(Reports.check(out, "xlsx", 1_048_576, "-"))
      expect(message).toContain("A workbook holds 1,048,575 rows, and the file has 1,048,576")
    }).pipe(Effect.provide([layer(), SqliteClient.layer({ filename: ":memory:" })])))

  it.scopedLive("hold whatever a cell has, but for what XML can't", () =>
    Effect.gen(function*() {
      const { directory } = yield* given()
      const fs = yield* FileSystem.FileSystem
      const workbook = yield* WorkbookBytes.make
      const wide = Array.makeBy(30, (n) => `column ${n}`)
      const kept = [
        "\uFFFD\uFFFD a\tb",
        "\uFFFD".repeat(6),
        "\u007F\u0085\u009F",
        "one\r\ntwo",
        "&amp; <b>",
        "\u{1F4E6}",
        "_x0041_x000d_ _x005F_ _X0041_ _x41_",
        "x".repeat(32_767)
      ]
      const cells = [
        "\u0000\u0007 a\tb",
        "\u0008\v\f\u001F\uFFFE\uFFFF",
        "\u007F\u0085\u009F",
        "one\r\ntwo",
        "&amp; <b>",
        "\u{1F4E6}",
        "_x0041_x000d_ _x005F_ _X0041_ _x41_",
        "x".repeat(40_000)
      ]
      const bytes = Buffer.concat([workbook.append([wide, cells]), workbook.end()])
      yield* fs.writeFile(`${directory}/a.xlsx`, bytes)
      expect(yield* cellsOf(`${directory}/a.xlsx`, 30)).toStrictEqual([
        wide,
        [...kept, ...Array.replicate(null, wide.length - kept.length)]
      ])
    }).pipe(Effect.provide(layer())))
})
