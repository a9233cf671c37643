import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, DateTime, Effect, Either, Layer, Stream, TestClock } from "effect"
import { fileURLToPath } from "node:url"
import * as ShipmentsFile from "../src/file/ShipmentsFile.js"
import * as Where from "../src/file/where.js"
import * as Plan from "../src/import/Plan.js"
import * as Resolver from "../src/resolve/Resolver.js"
import { layerNoProgress } from "./support.js"

// files as people have them, made for this purpose

const now = DateTime.toEpochMillis(DateTime.unsafeMake("2026-11-29T12:00:00Z"))

interface Found {
  /** Shipment, number, carrier, and where there is one the date. */
  readonly rows?: ReadonlyArray<string>
  /** Parts of the lines that say what is wrong, in their order. */
  readonly problems?: ReadonlyArray<string>
  readonly warnings?: ReadonlyArray<string>
  readonly unused?: ReadonlyArray<string>
  /** Why none of it can be used. */
  readonly unusable?: ReadonlyArray<string>
}

type Options = Partial<ShipmentsFile.Source>

const read = Effect.fnUntraced(function*(name: string, options: Options) {
  yield* TestClock.setTime(now)
  const file = yield* ShipmentsFile.open({
    file: fileURLToPath(new URL(`files/${name}`, import.meta.url)),
    notify: { customer: false, orderSource: false },
    timeZone: DateTime.zoneUnsafeMakeNamed("America/New_York"),
    ...options
  })
  const plan = yield* Plan.make(file, { batchSize: 100 })
  const rows = Array.getRights(yield* Stream.runCollect(file.rows)).map(({ input }) =>
    [
      input.shipment_id,
      input.tracking_number,
      input.carrier_code,
      ...(input.ship_date === undefined ? [] : [DateTime.formatIsoOffset(input.ship_date).replace(".000", "")])
    ].join(" ")
  )
  const lines = (findings: Plan.Plan["problems"]) =>
    findings.kinds.map(({ count, sample: { field = "", line = "", reason, remedy = "" } }) =>
      `${count} ${line} ${field}: ${reason}: ${remedy}`
    )
  return { rows, problems: lines(plan.problems), warnings: lines(plan.warnings), unused: plan.unused }
})

const where = (...conditions: ReadonlyArray<string>): Options => ({
  where: conditions.flatMap((text) => Where.parse(text) ?? [])
})

const noon = "T12:00:00-05:00"
const lookedUp = "it can't be looked up which shipment that is"
const twice = "too, with something else: keep one of the two"
const several = "has more than one number"

const files: ReadonlyArray<readonly [string, Options, Found]> = [
  ["01-shipstation-shipment-report.csv", {}, {
    rows: [],
    problems: [
      `2 2 Order - Number: is an order number, and without a key ${lookedUp}`,
      "1 4 Shipment - Void Flag: says that its label is void"
    ],
    unused: ["Carrier - Service Selected", "Shipment - Void Flag"]
  }],
  ["02-shipstation-report-with-ids.csv", {}, {
    rows: [
      `se-20000001 1Z999AA10300000019 ups 2026-11-25${noon}`,
      `se-20000002 9400111899220000000017 usps 2026-11-25${noon}`,
      `se-20000003 780000000018 fedex 2026-11-26${noon}`
    ],
    unused: ["Order - Number"]
  }],
  ["03-woocommerce-ast.csv", {}, {
    rows: [],
    problems: [`2 2 order_id: is an order number`],
    unused: ["status_shipped"]
  }],
  ["04-amazon-confirm.txt", {}, {
    rows: [],
    problems: ["2 2 order-id: is an order number"],
    unused: ["order-item-id", "quantity", "carrier-name", "ship-method"]
  }],
  ["05-worldship-history.csv", {}, {
    unusable: ["line 2: is not UTF-8: save it as \"CSV UTF-8\", or say its --encoding, such as windows-1252"]
  }],
  ["05-worldship-history.csv", { encoding: "windows-1252", carrier: "ups", ...where("Void Indicator=N") }, {
    rows: [
      `se-20000011 1Z999AA10300000046 ups 2026-11-25${noon}`,
      `se-20000012 1Z999AA10300000064 ups 2026-11-25${noon}`
    ],
    unused: ["Service Type", "Void Indicator", "Ship To Name"]
  }],
  ["05u.csv", { carrier: "ups" }, {
    rows: [
      `se-20000011 1Z999AA10300000046 ups 2026-11-25${noon}`,
      `se-20000012 1Z999AA10300000064 ups 2026-11-25${noon}`
    ],
    problems: [
      "1 3 Void Indicator: says that its label is void: leave such rows out with --where \"Void Indicator!=Y\""
    ],
    unused: ["Service Type", "Void Indicator", "Ship To Name"]
  }],
  ["05u.csv", {}, {
    unusable: [
      "carrier_code: is missing among the columns: if it has another name, say --map carrier_code=\"its name\". If all are of one carrier, say --carrier"
    ]
  }],
  ["06-fedex-ship-history.xls", {}, { unusable: ["is an .xls workbook: open it, and save it as .xlsx"] }],
  ...["06-fedex-ship-history.csv", "06-fedex-ship-history.xlsx"].map((name) =>
    [name, {}, {
      rows: [
        `se-20000501 780000000014 fedex 2026-11-25${noon}`,
        `se-20000502 012345678901 fedex 2026-11-25${noon}`
      ],
      problems: [`1 3 shipment_id: is in ${name.endsWith("x") ? "row" : "line"} 2 ${twice}`],
      warnings: ["2 2 pieceTrackingNumber: its check digit is wrong for fedex", "1 4 status: is sent all the same"],
      unused: ["masterTrackingNumber", "status", "numberOfPackages"]
    }] as const
  ),
  ["07-3pl-no-header.csv", {}, { unusable: ["the first line has a shipment, and no names of columns"] }],
  ["08-3pl-row-per-sku.csv", {}, {
    rows: [
      "se-20000032 1Z999AA10300000117 ups 2026-11-25T14:02:10-05:00",
      "se-20000032 1Z999AA10300000117 ups 2026-11-25T14:02:10-05:00"
    ],
    problems: [`2 2 Tracking Number: ${several}`],
    warnings: ["1 5 : says of its shipment the same as line 4, and is sent once with it"],
    unused: ["Package Count", "Component SKU", "Quantity"]
  }],
  ["09-royal-mail-short-year.csv", {}, {
    rows: [`se-20000041 RM123456785GB royal_mail 2026-11-25${noon}`],
    unused: ["Order reference"]
  }],
  ["10-pirate-ship.csv", {}, {
    rows: [],
    problems: ["1 2 Order Number: is an order number"],
    unused: ["Tracking URL"]
  }],
  ["11-osn-timestamp.csv", {}, {
    rows: ["se-20000061 1Z999AA10300000135 ups 2026-11-25T15:00:00-05:00"],
    unused: ["salesOrderNumber"]
  }],
  ["12-semicolon-tracking-code-is-carrier.csv", { columns: { carrier_code: "tracking_code" } }, {
    rows: ["se-20000071 1Z999AA10300000144 ups"],
    unused: ["status"]
  }],
  ["13-spaces-in-number.csv", {}, {
    rows: [
      "se-20000081 9400111899220000000055 usps",
      "se-20000082 780000000029 fedex",
      "se-20000083 780000000030 fedex"
    ],
    warnings: [
      "2 2 tracking_number: is read as 9400111899220000000055, without spaces",
      "1 4 tracking_number: is read as 780000000030, without hyphens"
    ]
  }],
  ["14-scientific.csv", {}, {
    rows: [],
    problems: ["4 2 tracking_number: was turned into a rounded number by a spreadsheet"]
  }],
  ["14c-rounded-zeros.csv", {}, {
    rows: [],
    problems: ["3 2 tracking_number: has only zeros behind its 15th digit, so a spreadsheet has rounded it"]
  }],
  ["15-guards.csv", {}, {
    rows: ["062", "079", "086", "093", "109", "116", "123"].map((end, n) =>
      `se-2000010${n + 1} 9400111899220000000${end} usps`
    ),
    warnings: [
      "2 2 tracking_number: is read as 9400111899220000000062, without what a spreadsheet puts around a text",
      "1 4 tracking_number: is read as 9400111899220000000086, without the marks around it",
      "2 7 tracking_number: is read as 9400111899220000000116, without invisible characters"
    ]
  }],
  ["16-blank-rows.csv", {}, { rows: ["se-20000111 9400111899220000000147 usps"] }],
  ["16c-footer-line.csv", {}, {
    rows: ["se-20000113 9400111899220000000161 usps"],
    problems: ["1 4 : has 1 cell where the header has 3"]
  }],
  ["17-excel-sep-line.csv", {}, { rows: ["se-20000121 9400111899220000000178 usps"] }],
  ["18-cp1252.csv", {}, { unusable: ["line 2: is not UTF-8"] }],
  ["18-cp1252.csv", { encoding: "windows-1252" }, {
    rows: ["se-20000131 9400111899220000000185 usps"],
    unused: ["customer"]
  }],
  ["18-cp1252.csv", { encoding: "windows-9" }, {
    unusable: ["--encoding: there is no windows-9. Write one such as windows-1252"]
  }],
  ["19-quoted-newlines.csv", {}, {
    rows: ["se-20000141 9400111899220000000192 usps"],
    problems: ["1 6 tracking_number: must not be blank"],
    unused: ["note"]
  }],
  ["20-two-parcels-two-rows.csv", {}, {
    rows: ["se-20000151 1Z999AA10300000153 ups", "se-20000152 1Z999AA10300000171 ups"],
    problems: [`1 3 shipment_id: is in line 2 ${twice}`]
  }],
  ["21-several-in-a-cell.csv", {}, { rows: [], problems: [`7 2 tracking_number: ${several}`] }],
  ["22-carrier-names.csv", { carriers: { "usps first class": "usps" } }, {
    rows: [
      "se-20000172 9400111899220000000017 usps",
      "se-20000173 780000000018 fedex",
      "se-20000177 1Z999AA10300000028 ups"
    ],
    problems: [
      "UPS® Ground\"=ups",
      "Stamps.com\"=stamps_com",
      "DHL eCommerce\"=dhl_ecommerce",
      "Royal Mail\"=royal_mail",
      "USPS - Priority Mail\"=usps"
    ]
  }],
  ["24-order-numbers.csv", {}, {
    rows: [
      "se-20000401 1Z999AA10300000046 ups",
      "se-20000402 1Z999AA10300000055 ups",
      "se-20000404 1Z999AA10300000073 ups"
    ],
    problems: [
      "3 2 shipment_id: must look like se-12345678: if it is the order's number, say --map order_number=\"its column\"; if it is an orderId of API v1",
      "1 7 shipment_id: must look like se-12345678: write se-20000403"
    ],
    warnings: ["is read as se-20000401, without its capitals", "is read as se-20000404, without a dash for its hyphen"]
  }],
  ["25-html.xls", {}, { unusable: ["is HTML, a web page, whatever its name says"] }],
  ["25b-tsv.xls", {}, { rows: ["se-20000502 1Z999AA10300000028 ups"] }],
  ["25c-zipped-csv.zip", {}, { unusable: ["is a zip file, and no workbook: unpack it first"] }],
  ["26-unshipped-rows-blank.csv", {}, {
    rows: ["se-20000601 1Z999AA10300000019 ups", "se-20000604 1Z999AA10300000028 ups"],
    problems: ["2 3 tracking_number: must not be blank", "2 3 carrier_code: must be a carrier code"]
  }],
  ["27-status-column.csv", {}, {
    rows: ["se-20000611 1Z999AA10300000019 ups"],
    problems: [
      "1 3 Status: says that it is cancelled: leave such rows out with --where \"Status!=Cancelled\"",
      "1 4 Status: says that its label is void"
    ],
    unused: ["Status"]
  }],
  ["27-status-column.csv", where("Status=shipped"), {
    rows: ["se-20000611 1Z999AA10300000019 ups"],
    unused: ["Status"]
  }],
  ["27-status-column.csv", where("State=shipped"), {
    unusable: ["State: there is no such column for --where: there are Status, shipment_id"]
  }],
  ["31-single-quoted.csv", {}, {
    rows: ["se-20000641 1Z999AA10300000019 ups"],
    warnings: [
      "is read as se-20000641, without the marks around it",
      "is read as 1Z999AA10300000019, without the marks"
    ]
  }],
  ["32-title-above-header.csv", {}, { unusable: ["line 4: has the names of the columns: say --header-line 4"] }],
  ["32-title-above-header.csv", { headerLine: 4 }, { rows: ["se-20000651 1Z999AA10300000019 ups"] }],
  ["33-two-tracking-columns.csv", {}, {
    unusable: ["is in the header more than once: say which, by its place: --map tracking_number=#2 or #3"]
  }],
  ["33-two-tracking-columns.csv", { columns: { tracking_number: "Tracking Number" } }, {
    unusable: ["--map tracking_number=#2 or #3"]
  }],
  ["33-two-tracking-columns.csv", { columns: { tracking_number: "#2" } }, {
    rows: ["se-20000661 1Z999AA10300000019 ups"],
    unused: ["Tracking Number"]
  }],
  ["33-two-tracking-columns.csv", { columns: { tracking_number: "#3" } }, {
    rows: ["se-20000661 1Z999AA10300000028 ups"],
    unused: ["Tracking Number"]
  }],
  ["35-no-carrier-column.csv", {}, { unusable: ["If all are of one carrier, say --carrier and its code"] }],
  ["35-no-carrier-column.csv", { carrier: "ups" }, { rows: ["se-20000701 1Z999AA10300000019 ups"] }],
  ["37-hash-number.csv", {}, {
    rows: [
      "se-20000711 9400111899220000000017 usps",
      "se-20000714 1z999aa10300000159 ups",
      "se-20000715 420606019400111899220000000016 usps"
    ],
    problems: ["2 3 tracking_number: has words in it"],
    warnings: [
      "1 2 tracking_number: is read as 9400111899220000000017, without the marks",
      "1 5 tracking_number: its check digit is wrong for ups",
      "1 6 tracking_number: its check digit is wrong for usps"
    ]
  }],
  ["38-known-forms.csv", {}, {
    rows: [
      "se-20000900 1z999aa10300000019 ups",
      "se-20000901 420606019400111899220000000017 usps",
      "se-20000902 9261290100130435082878 fedex",
      "se-20000903 92612999987654321098765 ups_walleted",
      "se-20000904 TBA502887274000 amazon",
      "se-20000905 GM60511234500000001 dhl_ecommerce",
      "se-20000906 JD014600003812345678 dhl_express",
      "se-20000907 1234567890 dhl_express",
      "se-20000908 LZ123456785US usps"
    ]
  }],
  ["41-cr-only.csv", {}, {
    rows: ["se-20000721 1Z999AA10300000019 ups"],
    problems: ["1 3 tracking_number: must not be blank"]
  }],
  ["43-excel-unicode-text.txt", {}, { rows: ["se-20000731 1Z999AA10300000019 ups"] }],
  ["44-odd-headers.csv", {}, { rows: ["se-20000741 1Z999AA10300000019 ups"] }],
  ["48-extra-cells.csv", {}, { rows: [], problems: ["1 2 : has 4 cells where the header has 3"] }],
  ["48b-comma-in-address-unquoted.csv", {}, {
    rows: [],
    problems: ["has 5 cells where the header has 4: put a cell that has the separator in it into quotes"],
    unused: ["city"]
  }],
  ["49-notification-email-column.csv", {}, {
    rows: ["se-20000781 1Z999AA10300000019 ups"],
    unused: ["Notification Email"]
  }],
  ["49-notification-email-column.csv", { ignore: ["Notification Email"] }, {
    rows: ["se-20000781 1Z999AA10300000019 ups"],
    unused: ["Notification Email"]
  }],
  ["50-ndjson-as-json.json", {}, { rows: ["se-20000791 1Z999AA10300000019 ups"] }],
  ["51-empty-lines-between.csv", {}, {
    rows: ["se-20000801 1Z999AA10300000019 ups", "se-20000802 1Z999AA10300000028 ups"]
  }],
  ["52-quote-in-cell.csv", {}, { unusable: ["line 2: a quote inside a cell: put the whole cell in quotes"] }],
  ["53-smart-quotes.csv", {}, {
    rows: ["se-20000821 1Z999AA10300000019 ups"],
    warnings: [
      "is read as se-20000821, without the marks around it",
      "is read as 1Z999AA10300000019, without the marks"
    ]
  }],
  ["60-fedex-leading-zero-lost.csv", {}, {
    rows: ["se-62000003 12345678905 fedex", "se-62000008 12345678905 purolator_ca"],
    warnings: [
      "with a 0 before it it would have a form of FedEx",
      "with a 0 before it it would be valid",
      "is the number of line 2 too"
    ]
  }],
  ["61-unmapped-date-column.csv", {}, {
    rows: ["se-20000901 1Z999AA10300000019 ups 2026-11-20T17:04:00-05:00"],
    problems: ["1 3 Status: says that its label is void"],
    unused: ["Status"]
  }],
  ["61-unmapped-date-column.csv", { ignore: ["Date - Shipped Date", "Status"] }, {
    rows: ["se-20000901 1Z999AA10300000019 ups", "se-20000902 1Z999AA10300000028 ups"],
    unused: ["Date - Shipped Date", "Status"]
  }],
  ["62-midnight.csv", {}, {
    rows: ["1 1Z999AA10300000019", "2 1Z999AA10300000028", "3 1Z999AA10300000037", "4 1Z999AA10300000046"].map((row) =>
      `se-2000091${row} ups 2026-11-20${noon}`
    )
  }],
  ["63-wide-header.csv", {}, {
    unusable: [
      "shipment_id: is missing",
      "1 problem.",
      "its columns are Col 0 with a rather long name, Col 1 with a rather long name",
      "Col 36 with a rather long name"
    ]
  }],
  ["65-cut-upload.csv", {}, {
    rows: ["se-72000002 7023210039414604 canada_post"],
    problems: ["1 3 : has 2 cells where the header has 3"],
    warnings: ["the last line has no end"]
  }],
  ["67-autofill.csv", {}, {
    rows: [0, 1, 2, 3].map((n) => `se-7200020${n} RM12345678${n}GB royal_mail`),
    warnings: ["4 2 tracking_number: its check digit is wrong for royal_mail"]
  }]
]

it.layer(Layer.mergeAll(NodeContext.layer, layerNoProgress, Resolver.layerNone))((it) => {
  describe("files as people have them", () => {
    it.scoped.each(files.map(([name, options, found]) => [name, JSON.stringify(options), options, found] as const))(
      "%s %s",
      ([name, , options, { problems = [], rows = [], unusable, unused = [], warnings = [] }]) =>
        Effect.gen(function*() {
          const result = yield* Effect.either(read(name, options))
          const message = Either.isLeft(result) ? result.left.message : ""
          const missing = (unusable ?? []).filter((part) => !message.includes(part))
          expect({ message, missing }).toStrictEqual({
            message: unusable === undefined ? "" : expect.anything(),
            missing: []
          })
          if (Either.isLeft(result)) return
          expect(result.right.problems).toStrictEqual(problems.map((part) => expect.stringContaining(part)))
          expect(result.right.warnings).toStrictEqual(warnings.map((part) => expect.stringContaining(part)))
          expect(result.right.rows).toStrictEqual(rows)
          expect(result.right.unused).toStrictEqual(unused)
        })
    )

    it.scoped("23-dates.csv: all that can be read in one way", () =>
      Effect.gen(function*() {
        const { problems, rows } = yield* read("23-dates.csv", {})
        const dates = new Map(rows.map((row) => {
          const [id = "", , , date] = row.split(" ")
          return [Number(id.slice(-2)), date]
        }))
        for (const n of [1, 4, 5, 7, 8, 11, 12, 16, 17]) expect(dates.get(n)).toBe(`2026-11-28${noon}`)
        for (const n of [0, 2, 21, 23]) expect(dates.get(n)).toBe("2026-11-28T17:04:00-05:00")
        for (const n of [3, 22]) expect(dates.get(n)).toBe("2026-11-28T17:04:09-05:00")
        for (const n of [6, 18]) expect(dates.get(n)).toBe("2026-11-28T17:04:05-05:00")
        for (const n of [19, 20]) expect(dates.get(n)).toBe("2026-11-28T17:04:05-06:00")
        for (const n of [14, 15]) expect(dates.get(n)).toBe("2026-11-28T17:04:05Z")
        expect(dates.get(28)).toBe("2026-11-28T17:04:05+00:00")
        // others have times, so this one is meant
        expect(dates.get(26)).toBe("2026-11-28T00:00:00-05:00")
        expect(problems).toStrictEqual([
          expect.stringContaining("2 11 ship_date: is a spreadsheet's number for a day"),
          expect.stringContaining("1 15 ship_date: says EST, which may be one of several time zones"),
          expect.stringContaining("1 26 ship_date: is a number of seconds"),
          expect.stringContaining("1 29 ship_date: is no date with the month first")
        ])
      }))

    it.scoped("34-flags.csv: y, n, t, f, on, off, and the words of other languages", () =>
      Effect.gen(function*() {
        const { problems, rows } = yield* read("34-flags.csv", { notify: undefined })
        expect(rows.map((row) => Number(/\d+(?= )/.exec(row)?.[0].slice(-2)))).toStrictEqual([
          70,
          71,
          72,
          74,
          75,
          76,
          77,
          78,
          79,
          81
        ])
        expect(problems).toStrictEqual([expect.stringContaining("2 5 notify_customer: must be true or false")])
      }))

    it.scoped("64-stray-punctuation.csv: nothing of it is sent, and what isn't certain is a problem", () =>
      Effect.gen(function*() {
        const { problems, rows, warnings } = yield* read("64-stray-punctuation.csv", {})
        expect(rows.map((row) => row.split(" ")[1]).filter((number) => /[^A-Z\d]/.test(number ?? ""))).toStrictEqual([])
        expect(rows.length).toBe(17)
        expect(problems).toStrictEqual([
          expect.stringContaining("1 4 tracking_number: is no tracking number"),
          expect.stringContaining("3 12 tracking_number: has characters that no tracking number has"),
          expect.stringContaining("1 15 tracking_number: has Ⅻ (U+216B)"),
          expect.stringContaining("1 22 tracking_number: has О (U+041E), which only looks like another character")
        ])
        expect(warnings).toStrictEqual([
          expect.stringContaining(
            "12 2 tracking_number: is read as 9400111899220000000086, without the marks around it"
          ),
          expect.stringContaining("2 16 tracking_number: is read as 9400111, without full-width characters"),
          expect.stringContaining(
            "2 23 tracking_number: with 0 for O and 1 for I it would be valid: 1Z999AA10300000091"
          )
        ])
      }))
  })
})
