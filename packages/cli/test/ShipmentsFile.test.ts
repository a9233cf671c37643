import { ShipmentsFile } from "@effect-shipstation/cli"
import { describe, expect, it } from "@effect/vitest"
import { Either } from "effect"

const parse = (text: string, notify?: ShipmentsFile.Notify) =>
  ShipmentsFile.parse(new TextEncoder().encode(text), notify)

const inputs = (text: string, notify?: ShipmentsFile.Notify) =>
  Either.getOrThrowWith(parse(text, notify), (problems) => new Error(JSON.stringify(problems))).rows.map(
    ({ input }) => input
  )

const problems = (text: string, notify?: ShipmentsFile.Notify) =>
  Either.getOrThrow(Either.flip(parse(text, notify))).map(({ field, line, reason, value }) =>
    [line ?? "-", field ?? "-", value ?? "-", reason].join(" | ")
  )

const none = { customer: false, orderSource: false }
const header = "shipment_id,tracking_number,carrier_code"
const row = "se-1,1Z999,ups"
const sent = { shipment_id: "se-1", tracking_number: "1Z999", carrier_code: "ups" }
const silent = { ...sent, notify_customer: false, notify_order_source: false }

describe("files that can be sent", () => {
  it.each<[string, string, ReadonlyArray<object>]>([
    ["the required columns", `${header}\n${row}\n`, [silent]],
    ["a byte order mark", `\uFEFF${header}\n${row}\n`, [silent]],
    ["no line break at the end", `${header}\n${row}`, [silent]],
    ["line breaks of Windows", `${header}\r\n${row}\r\n`, [silent]],
    ["line breaks of both kinds", `${header}\n${row}\r\n`, [silent]],
    ["empty lines and rows of empty cells", `\n${header}\n\n${row}\n,,\n , ,\n`, [silent]],
    ["columns in another order", "carrier_code,shipment_id,tracking_number\nups,se-1,1Z999\n", [silent]],
    ["spaces around names and cells", "shipment_id , tracking_number,carrier_code\nse-1 , 1Z999,ups\n", [silent]],
    ["cells in quotes", `"shipment_id",${header.slice(12)}\n"se-1","1Z999",ups\n`, [silent]],
    ["leading zeros", `${header}\nse-1,0012300,ups\n`, [{ ...silent, tracking_number: "0012300" }]],
    ["a number like 1e5", `${header}\nse-1,1e5,ups\n`, [{ ...silent, tracking_number: "1e5" }]],
    ["an empty ship date", `${header},ship_date\n${row},\n`, [silent]]
  ])("%s", (_, text, expected) => {
    expect(inputs(text, none)).toStrictEqual(expected.map((input) => ({ ship_date: undefined, ...input })))
  })

  it("keeps the offset of a ship date", () => {
    const [input] = inputs(`${header},ship_date\n${row},2024-01-15T10:00:00-08:00\n`, none)
    expect(String(input?.ship_date)).toContain("-08:00")
  })

  it.each([
    ["true", true],
    ["Yes", true],
    ["1", true],
    ["FALSE", false],
    ["no", false],
    ["0", false]
  ])("reads %s", (cell, expected) => {
    const [input] = inputs(`${header},notify_customer,notify_order_source\n${row},${cell},${cell}\n`)
    expect(input).toMatchObject({ notify_customer: expected, notify_order_source: expected })
  })

  it("lets a cell win over the option, and the option fill what is empty", () => {
    const [input] = inputs(`${header},notify_customer\n${row},no\n`, { customer: true, orderSource: true })
    expect(input).toMatchObject({ notify_customer: false, notify_order_source: true })
    const [other] = inputs(`${header},notify_customer\n${row},\n`, { customer: true, orderSource: false })
    expect(other).toMatchObject({ notify_customer: true, notify_order_source: false })
  })

  it("keeps the other columns as they are", () => {
    const file = Either.getOrThrow(parse(`note,${header},note\n" a ""b"", c ",${row},=1\n`, none))
    expect(file.columns).toStrictEqual(["note", ...header.split(","), "note"])
    expect(file.rows.map(({ cells }) => cells)).toStrictEqual([[" a \"b\", c ", ...row.split(","), "=1"]])
  })

  it("tells the line that a row begins in", () => {
    const file = Either.getOrThrow(parse(`\n${header},note\r\nse-1,1,ups,"a\r\n\r\nb"\r\n\r\nse-2,2,ups,\r\n`, none))
    expect(file.rows.map(({ line }) => line)).toStrictEqual([3, 7])
  })
})

describe("files that can't be sent", () => {
  it.each<[string, string, ReadonlyArray<string>]>([
    ["nothing", "", ["- | - | - | The file is empty"]],
    ["a byte order mark only", "\uFEFF", ["- | - | - | The file is empty"]],
    ["a header only", `${header}\n\n`, ["- | - | - | The file has a header and no shipments"]],
    ["no header", `${row}\n`, [
      "- | shipment_id | - | is missing in the header, which is the first line",
      "- | tracking_number | - | is missing in the header, which is the first line",
      "- | carrier_code | - | is missing in the header, which is the first line"
    ]],
    ["semicolons", `${header}\n${row}\n`.replaceAll(",", ";"), [
      "- | - | - | There is a semicolon between the columns: save the file with commas"
    ]],
    ["tabs", `${header}\n${row}\n`.replaceAll(",", "\t"), [
      "- | - | - | There is a tab between the columns: save the file with commas"
    ]],
    ["a column twice", `${header},carrier_code\n${row},ups\n`, [
      "- | carrier_code | - | is in the header more than once"
    ]],
    ["a misspelt column", `${header},Notify Customer,notify_customers,ship-date\n${row},,,\n`, [
      "- | Notify Customer | - | is no column that is known: write notify_customer",
      "- | notify_customers | - | is no column that is known: write notify_customer or notify_order_source",
      "- | ship-date | - | is no column that is known: write ship_date"
    ]],
    ["ragged rows", `${header}\nse-1,1Z999\n${row}\nse-2,2,ups,x\n`, [
      "2 | - | - | has 2 cells where the header has 3",
      "4 | - | - | has 4 cells where the header has 3"
    ]],
    ["a quote that is never closed", `${header}\nse-1,"1Z999,ups\n`, [
      "- | - | - | A cell begins with a quote that is never closed"
    ]],
    ["a quote inside a cell", `${header},note\n${row},5" box\n`, [
      "2 | - | - | a quote inside a cell: put the whole cell in quotes, and double the quotes in it"
    ]],
    ["a shipment twice", `${header}\n${row}\nse-2,1,ups\n${row}\n`, ["4 | shipment_id | se-1 | is in line 2 too"]],
    ["a flag that is none", `${header},notify_customer\n${row},maybe\n`, [
      "2 | notify_customer | maybe | must be true or false"
    ]],
    ["bad cells, several in one row", `${header}\n12345,,UPS\n`, [
      "2 | shipment_id | 12345 | must look like se-12345678 (ids of API v1 don't work here)",
      "2 | tracking_number |  | must not be blank",
      "2 | carrier_code | UPS | must be a carrier code in lower case, such as ups or dhl_express"
    ]],
    ["a date without a time", `${header},ship_date\n${row},2024-01-15\n`, [
      "2 | ship_date | 2024-01-15 | must be an RFC 3339 date-time such as 2024-01-15T10:00:00Z"
    ]]
  ])("%s", (_, text, expected) => {
    expect(problems(text, none)).toStrictEqual(expected)
  })

  it("another encoding", () => {
    const latin1 = Uint8Array.from(Buffer.from(`${header},customer\n${row},José\n`, "latin1"))
    expect(ShipmentsFile.parse(latin1, none)).toStrictEqual(
      Either.left([{ reason: "The file is not UTF-8: save it as \"CSV UTF-8\"" }])
    )
  })

  it.each([
    ["no column and no option", `${header}\n${row}\nse-2,2,ups\n`, "2 rows (the first in line 2)"],
    ["one of the two columns", `${header},notify_customer\n${row},yes\n`, "1 row (the first in line 2)"],
    ["an empty cell", `${header},notify_customer,notify_order_source\n${row},no,no\nse-2,2,ups,no,\n`, "line 3"]
  ])("who is notified is left open by %s", (_, text, expected) => {
    expect(problems(text)).toStrictEqual([expect.stringContaining(expected)])
    expect(problems(text)).toStrictEqual([expect.stringContaining("never guessed")])
  })

  it("an error of the parser doesn't quote the file", () => {
    expect(problems(`${header},note\n${row},Jane "Doe" Street\n`, none).join()).not.toContain("Jane")
  })
})

describe("reports of an earlier run", () => {
  const report = (...rows: ReadonlyArray<string>) =>
    [`${header},note,${ShipmentsFile.reportColumns.join(",")}`, ...rows].join("\n")

  it("are read without what a report adds", () => {
    const file = Either.getOrThrow(parse(report(`se-1,'-1,ups,'=a,not_sent,why,`, `se-2,2,ups,'b,rejected,,id`), none))
    expect(file.columns).toStrictEqual([...header.split(","), "note"])
    expect(file.rows.map(({ cells }) => cells)).toStrictEqual([["se-1", "-1", "ups", "=a"], ["se-2", "2", "ups", "'b"]])
    expect(file.rows[0].input.tracking_number).toBe("-1")
  })

  it.each(["created", "already_fulfilled", "conflict", "unknown"])("are refused where a row is %s", (outcome) => {
    expect(problems(report(`se-1,1,ups,,${outcome},,`), none)).toStrictEqual([
      expect.stringContaining(`2 | outcome | ${outcome} | it was sent, or may have been`)
    ])
  })
})
