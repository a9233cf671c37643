import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, DateTime, Effect, Layer, Stream, TestClock } from "effect"
import * as ShipmentsFile from "../src/file/ShipmentsFile.js"
import * as Where from "../src/file/where.js"
import * as Plan from "../src/import/Plan.js"
import * as Resolver from "../src/resolve/Resolver.js"
import { layerNoProgress } from "./support.js"
import { workbook, xlsx } from "./xlsx.js"

// what a person meant and what a program reads aren't the same by themselves

const now = DateTime.toEpochMillis(DateTime.unsafeMake("2026-11-29T12:00:00Z"))

const number = "1Z999AA10300000019"
const second = "1Z999AA10300000028"
const header = "shipment_id,tracking_number,carrier_code"
const row = `se-11,${number},ups`

/** What would be sent, and what a person is told, each as text. */
const read = Effect.fnUntraced(function*(
  content: string | Uint8Array,
  name = "shipments.csv",
  options: Partial<ShipmentsFile.Source> = {}
) {
  yield* TestClock.setTime(now)
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* fs.makeTempDirectoryScoped(), name)
  yield* fs.writeFile(file, typeof content === "string" ? Buffer.from(content) : content)
  const opened = yield* ShipmentsFile.open({
    file,
    notify: { customer: false, orderSource: false },
    timeZone: DateTime.zoneUnsafeMakeNamed("UTC"),
    ...options
  })
  const plan = yield* Plan.make(opened, { batchSize: 100, skipsBad: options.skipsBad })
  const sent = Array.getRights(yield* Stream.runCollect(opened.rows)).map(({ input, sameAs }) =>
    `${input.shipment_id} ${input.tracking_number}${sameAs === undefined ? "" : " again"}`
  )
  const dates = Array.getRights(yield* Stream.runCollect(opened.rows)).map(({ input: { ship_date } }) =>
    ship_date === undefined ? undefined : DateTime.formatIso(ship_date)
  )
  const lines = ({ kinds }: Plan.Plan["problems"]) =>
    kinds.map(({ count, sample: { field = "", line = "", reason, remedy = "", value = "" } }) =>
      `${count} ${line} ${field} ${value}: ${reason}: ${remedy}`
    )
  return { plan, dates, sent, problems: lines(plan.problems), warnings: lines(plan.warnings) }
})

const refusal = (content: string | Uint8Array, name?: string, options?: Partial<ShipmentsFile.Source>) =>
  Effect.map(Effect.flip(read(content, name, options)), ({ message }) => message)

const text = (address: string, value: string, inside = `<t>${value}</t>`) =>
  `<c r="${address}" t="inlineStr"><is>${inside}</is></c>`

/** A workbook of rows of cells, where a cell is its text, or its XML by its address. */
const sheet = (
  rows: ReadonlyArray<ReadonlyArray<string | ((address: string) => string)>>,
  { formats = [], ...more }: {
    readonly formats?: ReadonlyArray<string>
    readonly strings?: string
    readonly cols?: string
  } = {}
) =>
  workbook({
    ...more,
    styles: `<numFmts>${
      formats.map((format, n) => `<numFmt numFmtId="${164 + n}" formatCode="${format.replaceAll("\"", "&quot;")}"/>`)
        .join("")
    }</numFmts><fonts><font/><font><strike/></font></fonts><cellXfs><xf numFmtId="0"/><xf numFmtId="0" fontId="1"/>${
      formats.map((_, n) => `<xf numFmtId="${164 + n}"/>`).join("")
    }</cellXfs>`,
    sheet: rows.map((cells, y) =>
      `<row r="${y + 1}">${
        cells.map((cell, x) => {
          const address = `${String.fromCharCode(65 + x)}${y + 1}`
          return typeof cell === "string" ? text(address, cell) : cell(address)
        }).join("")
      }</row>`
    ).join("")
  })

const formatted = (value: string, style = 2) => (address: string) =>
  `<c r="${address}" s="${style}"><v>${value}</v></c>`
const struck = (value: string) => (address: string) =>
  `<c r="${address}" s="1" t="inlineStr"><is><t>${value}</t></is></c>`

const columns = header.split(",")

const layer = Layer.mergeAll(NodeContext.layer, layerNoProgress, Resolver.layerNone)

describe("a workbook's format of numbers", () => {
  it.scoped.each<readonly [format: string, value: string, shown: string]>([
    ["000000000000", "12345678901", "012345678901"],
    ["0000 0000 0000", "780000000018", "780000000018"],
    ["\"78\"0000000000", "18", "780000000018"],
    ["[Red]0\\1", "78000000001", "780000000011"],
    ["General\"00\"", "7800000000", "780000000000"],
    ["#,##0", "780000000018", "780000000018"],
    ["0.00", "780000000018", "780000000018"],
    ["0.00E+00", "780000000018", "780000000018"],
    ["#,##0_);[Red](#,##0)", "780000000018", "780000000018"],
    ["@", "780000000018", "780000000018"]
  ])("%s shows %s as %s, and that is read", ([format, value, shown]) =>
    Effect.gen(function*() {
      const bytes = sheet([columns, ["se-11", formatted(value), "asendia"]], { formats: [format] })
      expect((yield* read(bytes, "a.xlsx")).sent).toStrictEqual([`se-11 ${shown}`])
    }).pipe(Effect.provide(layer)))

  it.scoped("is read in a column that says which shipment it is", () =>
    Effect.gen(function*() {
      const bytes = sheet([columns, [formatted("11"), number, "ups"]], { formats: ["\"se-\"0"] })
      expect((yield* read(bytes, "a.xlsx")).sent).toStrictEqual([`se-11 ${number}`])
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [string]>([["0%"], ["0,"], ["# ?/?"], [";;;"], ["\"n/a\""], ["[>5]0;\"few\""], [
    "0.00\" d\""
  ]])(
    "%s, which shows something else, is a problem where the cell is used",
    ([format]) =>
      Effect.gen(function*() {
        const { problems, sent } = yield* read(
          sheet([columns, ["se-11", formatted("780000000018"), "asendia"]], { formats: [format] }),
          "a.xlsx"
        )
        expect(sent).toStrictEqual([])
        expect(problems[0]).toContain(`1 2 tracking_number 780000000018: is shown as something else, by the format`)
        const elsewhere = sheet([[...columns, "share"], [...row.split(","), formatted("1")]], { formats: [format] })
        expect(yield* read(elsewhere, "a.xlsx")).toMatchObject({ problems: [], sent: [`se-11 ${number}`] })
      }).pipe(Effect.provide(layer))
  )
})

describe("what is struck through in a workbook", () => {
  it.scoped("is warned of, where it is a whole row", () =>
    Effect.gen(function*() {
      const { problems, sent, warnings } = yield* read(
        sheet([columns, row.split(",").map(struck), ["se-12", second, "ups"]]),
        "a.xlsx"
      )
      expect(problems).toStrictEqual([])
      expect(sent.length).toBe(2)
      expect(warnings).toStrictEqual([expect.stringContaining("1 2  : is struck through in the workbook")])
    }).pipe(Effect.provide(layer)))

  const run = (text: string, properties: string) => `<r><rPr>${properties}</rPr><t>${text}</t></r>`
  const runs = run(number, "<strike/>") + run(second, "<strike val=\"0\"/>")

  it.scoped.each<readonly [string, string | ((address: string) => string), string]>([
    ["a cell", struck(number), "is struck through"],
    ["a part of a cell", (address) => text(address, "", runs), "is partly struck through"],
    ["a part of a text that cells share", (address) => `<c r="${address}" t="s"><v>1</v></c>`, "is partly struck"]
  ])("is a problem, where it is %s", ([, cell, reason]) =>
    Effect.gen(function*() {
      const strings = `<si><t>shared</t></si><si>${runs}</si>`
      const { problems, sent } = yield* read(sheet([columns, ["se-11", cell, "ups"]], { strings }), "a.xlsx")
      expect(sent).toStrictEqual([])
      expect(problems[0]).toContain(reason)
    }).pipe(Effect.provide(layer)))
})

describe("a cell of a workbook without a value", () => {
  it.scoped.each<readonly [string, string, string]>([
    ["that is an error", "t=\"e\"><f>1/0</f><v>#N/A</v>", "is an error of the workbook, #N/A"],
    ["whose formula wasn't computed", "><f>A1</f>", "has a formula that wasn't computed"],
    ["the same, with an empty value", "><f>A1</f><v></v>", "has a formula that wasn't computed"]
  ])("%s isn't blank", ([, inside, reason]) =>
    Effect.gen(function*() {
      const bytes = sheet([[...columns, "ship_date"], [...row.split(","), (address) =>
        `<c r="${address}" ${inside}</c>`]])
      const { problems, sent } = yield* read(bytes, "a.xlsx")
      expect(sent).toStrictEqual([])
      expect(problems).toStrictEqual([expect.stringContaining(`1 2 ship_date : ${reason}`)])
    }).pipe(Effect.provide(layer)))
})

it.scoped("a number in the format of a day is a problem where it is used, and nowhere else", () =>
  Effect.gen(function*() {
    const formats = ["yyyy-mm-dd"]
    const asDay = formatted("491511234567")
    const unused = yield* read(sheet([[...columns, "Phone"], [...row.split(","), asDay]], { formats }), "a.xlsx")
    expect(unused.problems).toStrictEqual([])
    const used = yield* read(sheet([columns, ["se-11", asDay, "ups"]], { formats }), "a.xlsx")
    expect(used.sent).toStrictEqual([])
    expect(used.problems[0]).toContain("is no day, though its format is a date's")
  }).pipe(Effect.provide(layer)))

describe("a quote that is closed too late", () => {
  it.scoped.each<readonly [string, string, string, string]>([
    [
      "around whole rows",
      `${header},note\n${row},"a\nse-12,${second},ups,b\nse-13,${number},ups,c"\n`,
      "a.csv",
      "goes on into lines 3 to 4"
    ],
    [
      "around rows of other columns",
      `note,order_number,${header}\n"a,1,${row}\nb",2,se-12,${second},ups\n`,
      "a.csv",
      "goes on into line 2"
    ],
    [
      "in tabs",
      `shipment_id\ttracking_number\tcarrier_code\tnote\nse-11\t${number}\tups\t"5\nse-12\t${second}\tups\t"6"\n`
        .replace("\"6\"", "6\""),
      "a.tsv",
      "goes on into line 3"
    ]
  ])("%s is told, and no row vanishes", ([, content, name, part]) =>
    Effect.gen(function*() {
      const { problems } = yield* read(content, name)
      expect(problems[0]).toContain(part)
    }).pipe(Effect.provide(layer)))

  it.scoped("isn't seen in a note of several lines", () =>
    Effect.gen(function*() {
      const { problems, sent } = yield* read(`${header},note\n${row},"1 High St,\nLondon, UK"\n`)
      expect(problems).toStrictEqual([])
      expect(sent.length).toBe(1)
    }).pipe(Effect.provide(layer)))
})

describe("API v1's shipmentId", () => {
  it.scoped("is no orderId, whatever was said", () =>
    Effect.gen(function*() {
      const options = { columns: { v1_order_id: "shipmentId" } }
      const message = yield* refusal(`shipmentId,tracking_number,carrier_code\n1,${number},ups\n`, "a.csv", options)
      expect(message).toContain("shipmentId: is no orderId of API v1: its shipmentId is the number of another shipment")
      expect(message).toContain("take its orderId")
      expect(
        yield* refusal(`shipment_id,orderId,tracking_number,carrier_code\n1,2,${number},ups\n`, "a.csv", {
          columns: { v1_order_id: "shipment_id" }
        })
      ).toContain("say --map v1_order_id=\"orderId\"")
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [string, string]>([
    ["a.csv", `shipmentId,orderId,tracking_number,carrier_code\n33974374,2,${number},ups\n`],
    [
      "a.json",
      JSON.stringify([{ shipmentId: 33974374, orderId: 2, tracking_number: number, carrier_code: "ups" }])
    ]
  ])("as an id is told in the same words in %s", ([name, content]) =>
    Effect.gen(function*() {
      const { problems } = yield* read(content, name)
      expect(problems[0]).toContain("shipmentId 33974374: must look like se-12345678")
      expect(problems[0]).toContain("if it is an orderId of API v1, say --map v1_order_id=\"orderId\"; ")
      expect(problems[0]).toContain("if it is a shipmentId of API v1, it is another shipment's number here")
    }).pipe(Effect.provide(layer)))
})

describe("a column that speaks against sending a row", () => {
  it.scoped.each<readonly [column: string, value: string, reason: string]>([
    [
      "voided_at",
      "2026-11-28T10:00:00Z",
      "says that its label is void: leave such rows out with --where \"voided_at=\""
    ],
    ["Void Date", "11/28/2026", "says that its label is void"],
    ["Cancelled at", "2026-11-28", "says that it is cancelled"],
    ["Cancelled", "yes", "says that it is cancelled"],
    ["Storniert", "ja", "says that it is cancelled"],
    ["Annulé", "oui", "says that it is cancelled"],
    ["is_return_label", "true", "says that its label is of a return"],
    ["Is Return Label", "TRUE", "says that its label is of a return"],
    ["Return", "Y", "says that its label is of a return"],
    ["Label Type", "Return", "says that its label is of a return"],
    ["Status", "Refunded", "says that it is refunded"],
    ["Status", "Cancelled", "says that it is cancelled"],
    ["Order Status", "wc-cancelled", "says that it is cancelled"],
    ["Shipment - Status", "Cancelled", "says that it is cancelled"],
    ["Label Status", "voided", "says that its label is void"],
    ["status", "CANCELLED", "says that it is cancelled"],
    ["Order Status", "wc-refunded", "says that it is refunded"],
    ["Fulfillment Status", "CANCELED", "says that it is cancelled"],
    ["State", "Voided", "says that its label is void"],
    ["Statut", "Annulée", "says that it is cancelled"],
    ["Estado", "Cancelado", "says that it is cancelled"],
    ["Stato", "Annullato", "says that it is cancelled"],
    ["Zustand", "storniert", "says that it is cancelled"],
    ["Versandstatus", "Storniert", "says that it is cancelled"],
    ["Stan", "Anulowane", "says that it is cancelled"],
    ["Status", "Order cancelled", "says that it is cancelled"],
    ["Status", "ORDER CANCELED", "says that it is cancelled"],
    ["Status", "Bestellung storniert", "says that it is cancelled"],
    ["Status", "shipped / label voided", "says that its label is void"],
    ["Status", "fully_refunded", "says that it is refunded"],
    ["Status", "Do not ship", "says that it isn't to be shipped"],
    ["Status", "Hold - don't ship", "says that it isn't to be shipped"],
    ["Do not ship", "x", "says that it isn't to be shipped"],
    ["Nicht versenden", "ja", "says that it isn't to be shipped"],
    ["Cancelled", "✓", "says that it is cancelled"],
    ["Type", "Return", "says that its label is of a return"]
  ])("%s with %s is a problem", ([column, value, reason]) =>
    Effect.gen(function*() {
      const { problems, sent } = yield* read(`${header},${column}\n${row},${value}\nse-12,${second},ups,\n`)
      expect(problems).toStrictEqual([expect.stringContaining(`1 2 ${column} ${value}: ${reason}`)])
      expect(sent.length).toBe(1)
      const ignored = yield* read(`${header},${column}\n${row},${value}\n`, "a.csv", { ignore: [column] })
      expect(ignored.sent.length).toBe(1)
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [column: string, value: string]>([
    ["Status", "wc-on-hold"],
    ["Status", "On Hold"],
    ["Status", "Unfulfilled"],
    ["Status", "Draft"],
    ["Status", "label_created"],
    ["Versandstatus", "Noch nicht versandt"],
    ["Statut", "Échoué"],
    ["Estado", "Devuelto"],
    ["On Hold", "yes"],
    ["Shipped", "no"],
    ["Sent?", "No"],
    ["Test", "true"],
    ["Status", "Order on hold"],
    ["Status", "Delivery failed"],
    ["Status", "Awaiting payment"],
    ["Status", "Partially refunded"],
    ["Status", "Not shipped"]
  ])("%s with %s is warned of", ([column, value]) =>
    Effect.gen(function*() {
      const { problems, sent, warnings } = yield* read(`${header},${column}\n${row},${value}\n`)
      expect(problems).toStrictEqual([])
      expect(sent.length).toBe(1)
      expect(warnings).toStrictEqual([
        expect.stringContaining(`1 2 ${column} ${value}: is sent all the same: to leave such rows out say --where`)
      ])
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [column: string, value: string]>([
    ["Status", "Shipped"],
    ["Status", "processing"],
    ["State", "CA"],
    ["Void Date", "0000-00-00"],
    ["Voided", "no"],
    ["Return", "N"],
    ["Label Type", "Outbound"],
    ["Shipped", "yes"],
    ["Test", "false"],
    ["Status", "not cancelled"],
    ["Status", "Shipped - no refund"],
    ["Do not ship", "no"],
    ["Type", "Outbound"],
    ["Type", "Returning customer"]
  ])("%s with %s doesn't", ([column, value]) =>
    Effect.gen(function*() {
      const found = yield* read(`${header},${column}\n${row},${value}\n`)
      expect(found).toMatchObject({ sent: [`se-11 ${number}`], problems: [], warnings: [] })
    }).pipe(Effect.provide(layer)))
})

it.scoped("a cell and a name that are very long take no longer than their length", () =>
  Effect.gen(function*() {
    const words = "no mail ".repeat(30_000)
    expect((yield* read(`${header},Status,${words}\n${row},${words},\n`)).sent).toStrictEqual([`se-11 ${number}`])
  }).pipe(Effect.provide(layer)))

describe("a column of customers who aren't to be mailed", () => {
  const mailed = { notify: { customer: true, orderSource: false } }

  it.scoped.each([
    "do_not_notify",
    "Do not email",
    "Don't e-mail customer",
    "no_email",
    "opt_out",
    "Email opt-out",
    "suppress_email",
    "Skip notification",
    "unsubscribed",
    "Customer opted out",
    "Email notifications off",
    "Keine E-Mail",
    "Nicht benachrichtigen",
    "ne pas notifier",
    "Sin correo",
    "non avvisare",
    "geen mail"
  ])("called %s keeps their rows from being sent with a mail", (column) =>
    Effect.gen(function*() {
      const says = (value: string) => `${header},${column}\n${row},${value}\n`
      for (const value of ["yes", "TRUE", "x", "✓", "2026-11-01"]) {
        const { problems, sent } = yield* read(says(value), "a.csv", mailed)
        expect(sent).toStrictEqual([])
        expect(problems).toStrictEqual([
          expect.stringContaining(
            `1 2 ${column} ${value}: says that its customer isn't to be mailed: add a column notify_c`
          )
        ])
      }
      for (const value of ["", "no", "0", "-"]) {
        expect(yield* read(says(value), "a.csv", mailed)).toMatchObject({ problems: [], sent: [`se-11 ${number}`] })
      }
      expect(yield* read(says("yes"))).toMatchObject({ problems: [], sent: [`se-11 ${number}`] })
      expect((yield* read(says("yes"), "a.csv", { ...mailed, ignore: [column] })).problems).toStrictEqual([])
      const decided = `${header},${column},notify_customer\n${row},yes,no\nse-12,${second},ups,no,yes\n`
      expect((yield* read(decided)).problems).toStrictEqual([])
    }).pipe(Effect.provide(layer)))

  it.scoped.each(["Do not notify marketplace", "no_shop_notification"])(
    "called %s is about the order source",
    (column) =>
      Effect.gen(function*() {
        const content = `${header},${column}\n${row},yes\n`
        const told = { notify: { customer: false, orderSource: true } }
        expect((yield* read(content, "a.csv", told)).problems).toStrictEqual([
          expect.stringContaining(
            "says that its order source isn't to be told: add a column notify_order_source with no"
          )
        ])
        expect((yield* read(content, "a.csv", mailed)).problems).toStrictEqual([])
      }).pipe(Effect.provide(layer))
  )

  it.scoped.each([
    "Notes",
    "Order No",
    "Number of emails",
    "Email",
    "Marketing opt-out",
    "No contact delivery",
    "Tracking no information"
  ])(
    "isn't one called %s",
    (column) =>
      Effect.gen(function*() {
        const { problems } = yield* read(`${header},${column}\n${row},yes\n`, "a.csv", mailed)
        expect(problems).toStrictEqual([])
      }).pipe(Effect.provide(layer))
  )
})

describe("two columns that may be the carrier", () => {
  it.scoped.each<readonly [string, string]>([
    [`${header},Carrier`, `${row},FedEx`],
    ["shipment_id,tracking_number,Carrier,Carrier Name", `se-11,${number},UPS,FedEx`],
    [`${header},courier`, `${row},usps`],
    [`${header},Shipping Provider`, `${row},DHL Express`]
  ])("and have different ones in %s are a problem", ([names, cells]) =>
    Effect.gen(function*() {
      const { problems, sent } = yield* read(`${names}\n${cells}\n`)
      expect(sent).toStrictEqual([])
      expect(problems[0]).toMatch(
        /isn't what "[\w ]+" has, which may be the carrier too: .*: say which is meant: --map carrier/
      )
      const columns = { carrier_code: names.split(",")[2] ?? "" }
      expect((yield* read(`${names}\n${cells}\n`, "a.csv", { columns })).problems).toStrictEqual([])
    }).pipe(Effect.provide(layer)))

  it.scoped.each(["UPS", "ups_walleted", "", "my own courier", "United Parcel"])(
    "may have %s beside ups",
    (cell) =>
      Effect.gen(function*() {
        expect((yield* read(`${header},Carrier\n${row},${cell}\n`)).sent).toStrictEqual([`se-11 ${number}`])
      }).pipe(Effect.provide(layer))
  )
})

describe("dates of one column", () => {
  const dates = (...all: ReadonlyArray<string>) =>
    `${header},ship_date\n${all.map((date, n) => `se-${n},${second},ups,${date}\n`).join("")}`
  const both = dates("11/12/2026", "25/11/2026", "11/25/2026", "11/26/2026", "11.12.2026")

  it.scoped("that contradict each other tell nothing of the others", () =>
    Effect.gen(function*() {
      const { dates, problems } = yield* read(both)
      expect(problems).toStrictEqual([
        expect.stringContaining(
          "1 2 ship_date 11/12/2026: may be day/month or month/day, and the column has dates of both"
        ),
        expect.stringContaining("2 4 ship_date 11/25/2026: is no date with the day first")
      ])
      expect(dates).toStrictEqual(["2026-11-25T12:00:00.000Z", "2026-12-11T12:00:00.000Z"])
    }).pipe(Effect.provide(layer)))

  it.scoped("are read as was said, whatever they tell", () =>
    Effect.gen(function*() {
      const found = yield* read(both, "a.csv", { dateOrder: "mdy" })
      expect(found.problems).toStrictEqual([
        expect.stringContaining("1 3 ship_date 25/11/2026: is no date with the month")
      ])
      expect(found.dates[0]).toContain("2026-11-12T")
    }).pipe(Effect.provide(layer)))
})

describe("two rows that contradict each other", () => {
  it.scoped.each([true, false])(
    "count as none that can be sent, whether bad ones are left out or not: %s",
    (skipsBad) =>
      Effect.gen(function*() {
        const content =
          `${header},notify_customer,ship_date\n${row},yes,\n${row},yes,\nse-12,${second},usps,no,2026-11-28\n`
          + `se-11,${second},ups,yes,\nse-11,${second},ups,yes,\n${row},yes,\n`
        const { plan, problems } = yield* read(content, "a.csv", {
          skipsBad,
          notify: { customer: false, orderSource: true }
        })
        const {
          carrierNames,
          carriers,
          customers,
          folded,
          leftOut,
          orderSources,
          requests,
          rows,
          shipments,
          today,
          valid
        } = plan
        expect({ rows, valid, folded, shipments, requests, customers, orderSources, carriers, carrierNames, today })
          .toStrictEqual({
            rows: 6,
            valid: 1,
            folded: 0,
            shipments: 1,
            requests: 1,
            customers: 0,
            orderSources: 1,
            carriers: { usps: 1 },
            carrierNames: {},
            today: 0
          })
        expect(leftOut.bad.count).toBe(5)
        expect(leftOut.bad.first[0]).toStrictEqual({
          line: 2,
          reason: "shipment_id is in line 5 too, with something else"
        })
        expect(problems).toHaveLength(1)
        // the row that it contradicts, and not one that says the same
        expect(plan.problems.first.at(-1)).toMatchObject({ line: 7, reason: "is in line 5 too, with something else" })
      }).pipe(Effect.provide(layer))
  )

  it.scoped("count as none wherever they are in a long file", () =>
    Effect.gen(function*() {
      const rows = Array.makeBy(17_000, (n) => `se-${n},TBA${String(n).padStart(12, "5")},amazon`)
      const contradicting = [0, 16_383, 16_384, 16_999].map((n) => `se-${n},TBA123456789012,amazon`)
      const { plan } = yield* read([header, ...rows, ...contradicting, ""].join("\n"))
      const { carriers, leftOut, shipments, valid } = plan
      expect({ valid, shipments, carriers }).toStrictEqual({
        valid: 16_996,
        shipments: 16_996,
        carriers: { amazon: 16_996 }
      })
      expect(leftOut.bad.first.filter((_, at) => at % 2 === 0).map(({ line }) => line)).toStrictEqual([
        2,
        16_385,
        16_386,
        17_001
      ])
    }).pipe(Effect.provide(layer)))

  it.scoped("are both left out where bad rows are", () =>
    Effect.gen(function*() {
      const content = `${header}\n${row}\nse-12,${second},ups\nse-11,${second},ups\n${row}\n`
      const { problems, sent } = yield* read(content, "a.csv", { skipsBad: true })
      expect(sent).toStrictEqual([`se-12 ${second}`])
      expect(problems).toStrictEqual([expect.stringContaining("3 2 shipment_id se-11: is in line 4 too")])
    }).pipe(Effect.provide(layer)))
})

describe("--where", () => {
  const condition = (text: string) => ({ where: [Where.parse(text)].filter((one) => one !== undefined) })

  it.scoped("takes no one of two columns of a name for the one that is meant", () =>
    Effect.gen(function*() {
      const content = `Status,Status,${header}\nOpen,Shipped,${row}\nShipped,Open,se-12,${second},ups\n`
      expect(yield* refusal(content, "a.csv", condition("Status=Shipped"))).toContain(
        "Status: is in the header more than once: say which, by its place: --where \"#1=Shipped\" or \"#2=Shipped\""
      )
      expect(yield* refusal(content, "a.csv", condition("Status!=Open"))).toContain("--where \"#1!=Open\"")
      expect((yield* read(content, "a.csv", condition("#2=Shipped"))).sent).toStrictEqual([`se-11 ${number}`])
    }).pipe(Effect.provide(layer)))

  it.scoped("that holds of no row names what the rows have", () =>
    Effect.gen(function*() {
      const content = `Status,Place,${header}\nPacked,,${row}\nShipped,,se-12,${second},ups\n`
      expect(yield* read(content, "a.csv", condition("Status=Ship"))).toMatchObject({
        sent: [],
        problems: ["1   : has no row that is as --where says: Status is Packed, Shipped"]
      })
      expect((yield* read(content, "a.csv", condition("Place=A"))).problems).toStrictEqual([
        "1   : has no row that is as --where says: Place is empty in all rows"
      ])
    }).pipe(Effect.provide(layer)))
})

describe("--ignore", () => {
  it.scoped("by the place of a column is of that column only", () =>
    Effect.gen(function*() {
      const content = `Status,Status,${header}\nCancelled,Shipped,${row}\n`
      expect((yield* read(content, "a.csv", { ignore: ["#1"] })).problems).toStrictEqual([])
      expect((yield* read(content, "a.csv", { ignore: ["#2"] })).problems).toHaveLength(1)
    }).pipe(Effect.provide(layer)))
})

describe("an order's number of another program", () => {
  const orders = (columns: string, cells: string) => `${columns},tracking_number,carrier_code\n${cells},${number},ups\n`

  it.scoped.each([
    ["Order ID", "Store Order ID"],
    ["Order ID", "Reference ID"],
    ["Order Id", "Reference Num"],
    ["orderId", "marketplaceOrderId"],
    ["Order Ref", "Shop Order No."]
  ])("in %s is warned of where %s has another one", ([used, other]) =>
    Effect.gen(function*() {
      const { warnings } = yield* read(orders(`${used},${other}`, "1001,2002"))
      expect(warnings).toStrictEqual([
        `1  ${other} : isn't used, and the order number is what "${used}" has: say --map order_number="${other}", or --ignore "${other}"`
      ])
      expect((yield* read(orders(`${used},${other}`, "1001,1001"))).warnings).toStrictEqual([])
      expect((yield* read(orders(`${used},${other}`, "1001,"))).warnings).toStrictEqual([])
      const said = { columns: { order_number: used ?? "" } }
      expect((yield* read(orders(`${used},${other}`, "1001,2002"), "a.csv", said)).warnings).toStrictEqual([])
      expect((yield* read(orders(`${used},${other}`, "1001,2002"), "a.csv", { ignore: [other ?? ""] })).warnings)
        .toStrictEqual([])
    }).pipe(Effect.provide(layer)))

  it.scoped.each([["Order Number", "Order ID"], ["Order Number", "Store Order ID"], ["order-id", "order-item-id"]])(
    "in %s isn't warned of beside %s",
    ([used, other]) =>
      Effect.gen(function*() {
        expect((yield* read(orders(`${used},${other}`, "1001,2002"))).warnings).toStrictEqual([])
      }).pipe(Effect.provide(layer))
  )
})

describe("JSON", () => {
  it.scoped("is told of an object where a text belongs", () =>
    Effect.gen(function*() {
      const content = `[{"shipment_id":"se-11","tracking":{"number":"${number}"},"carrier_code":"ups","other":{"a":1}}]`
      const { problems, sent } = yield* read(content, "a.json")
      expect(sent).toStrictEqual([])
      expect(problems).toStrictEqual([
        expect.stringContaining("is an object, and no text: put the text itself in its place")
      ])
    }).pipe(Effect.provide(layer)))

  it.scoped.each(["a.ndjson", "a.json"])(
    "in %s may end without a line break, as what is cut off is no JSON",
    (name) =>
      Effect.gen(function*() {
        const content = JSON.stringify({ shipment_id: "se-11", tracking_number: number, carrier_code: "ups" })
        expect(yield* read(content, name)).toMatchObject({ sent: [`se-11 ${number}`], problems: [], warnings: [] })
      }).pipe(Effect.provide(layer))
  )

  const shipment = { shipment_id: "se-11", tracking_number: 780000000018, carrier_code: "fedex" }
  const twice = JSON.stringify(shipment).replace("}", ",\"tracking_number\":\"780000000029\"}")

  it.scoped.each<readonly [string, string]>([
    ["a.json", `[${twice}]`],
    ["a.json", `{"total":1,"shipments":[${twice}]}`],
    ["a.ndjson", `${twice}\n`]
  ])("with a key twice in an object of %s isn't read", ([name, content]) =>
    Effect.gen(function*() {
      const { problems, sent } = yield* read(content, name)
      expect(sent).toStrictEqual([])
      expect(problems[0]).toContain("has tracking_number more than once")
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [string, string]>([["a.json", "[{}]"], ["a.json", "{\"x\":{\"a\":1},\"labels\":[{}]}"], [
    "a.ndjson",
    "{}\n"
  ]])(
    "of %s may have the same key in other objects, and colons in texts",
    ([name, around]) =>
      Effect.gen(function*() {
        const object = JSON.stringify({ ...shipment, a: "\"a\": 1", b: [{ a: 1 }, { a: 2 }], c: { a: 1, b: "b" } })
        expect((yield* read(around.replace("{}", object), name)).sent).toStrictEqual(["se-11 780000000018"])
      }).pipe(Effect.provide(layer))
  )

  it.scoped.each<readonly [second: string, (one: object, other: object) => object]>([
    ["cancelled", (one, other) => ({ shipped: [one], cancelled: [other] })],
    ["more.shipments", (one, other) => ({ shipments: [one], more: { shipments: [other] } })],
    ["b.shipments", (one, other) => ({ a: { shipments: [one] }, b: { shipments: [other] } })],
    ["shipments", (one, other) => ({ a: { shipments: [one] }, shipments: [other] })],
    ["errors", (one) => ({ shipments: [one], errors: ["none"] })]
  ])("with another array, of %s, isn't read by a guess", ([second, wrap]) =>
    Effect.gen(function*() {
      const content = JSON.stringify(wrap({ ...shipment, items: [{ a: [{}] }] }, { ...shipment, shipment_id: "se-12" }))
      for (const name of ["a.json", "a.ndjson"]) {
        const message = yield* refusal(
          name === "a.json" ? content : JSON.stringify(JSON.parse(content), null, 1),
          "a.json"
        )
        expect(message).toMatch(
          new RegExp(`has more than one array: [\\w.]+ and ${second}: put the one that is meant into`)
        )
      }
    }).pipe(Effect.provide(layer)))

  it.scoped("loses digits of long numbers, and that is told", () =>
    Effect.gen(function*() {
      const content = "[{\"shipment_id\":\"se-11\",\"tracking_number\":12345678901234567,\"carrier_code\":\"other\"}]"
      const { problems, sent } = yield* read(content, "a.json")
      expect(sent).toStrictEqual([])
      expect(problems[0]).toContain("is a number of more than 15 digits, of which JSON has lost some")
    }).pipe(Effect.provide(layer)))
})

describe("two columns that may be the tracking number", () => {
  it.scoped.each<readonly [string, string]>([
    ["a.csv", `${header},Tracking Number\n${row},${second}\n`],
    ["a.csv", `shipment_id,Tracking Nr,tracking_number,carrier_code\nse-11,${second},${number},ups\n`],
    [
      "a.json",
      JSON.stringify([{ shipment_id: "se-11", tracking_number: number, trackingNumber: second, carrier_code: "ups" }])
    ]
  ])("and have different numbers in %s are a problem", ([name, content]) =>
    Effect.gen(function*() {
      const { problems, sent } = yield* read(content, name)
      expect(sent).toStrictEqual([])
      expect(problems[0]).toMatch(/tracking_number .*: isn't what "(?:Tracking N\w+|trackingNumber)" has/)
      const columns = { tracking_number: "tracking_number" }
      expect((yield* read(content, name, { columns })).sent).toStrictEqual([`se-11 ${number}`])
    }).pipe(Effect.provide(layer)))

  it.scoped("may have the same number, or none", () =>
    Effect.gen(function*() {
      const content = `${header},Tracking Number\n${row},1Z 999 AA1 0300000019\nse-12,${second},ups,\n`
      expect(yield* read(content)).toMatchObject({ problems: [], warnings: [] })
    }).pipe(Effect.provide(layer)))
})

describe("a hidden column of a workbook", () => {
  it.scoped("is told where it is used", () =>
    Effect.gen(function*() {
      const bytes = sheet([columns, row.split(",")])
      const hidden = sheet([columns, row.split(",")], { cols: "<col min=\"2\" max=\"2\" hidden=\"1\"/>" })
      expect((yield* read(bytes, "a.xlsx")).warnings).toStrictEqual([])
      expect((yield* read(hidden, "a.xlsx")).warnings).toStrictEqual([
        expect.stringContaining("tracking_number : is hidden in the workbook, and is used as tracking_number")
      ])
    }).pipe(Effect.provide(layer)))
})

describe("an answer of an API", () => {
  const shipments = [{ shipment_id: "se-11", tracking_number: number, carrier_code: "ups" }]

  it.scoped.each<readonly [object, number]>([
    [{ shipments, total: 2 }, 1],
    [{ total: 1, page: 1, pages: 3, shipments }, 1],
    [{ shipments, links: { next: { href: "https://api.shipstation.com/v2/shipments?page=2" } } }, 1],
    [{ shipments, total: 1, page: 1, pages: 1, links: { next: {} } }, 0],
    [{ shipments }, 0]
  ])("%j has other pages: %i warnings", ([answer, count]) =>
    Effect.gen(function*() {
      const { sent, warnings } = yield* read(JSON.stringify(answer), "a.json")
      expect(sent.length).toBe(1)
      expect(warnings.filter((warning) => warning.includes("is one page of an answer")).length).toBe(count)
    }).pipe(Effect.provide(layer)))
})

describe("a tracking number", () => {
  it.scoped.each<readonly [cells: string, reason: string]>([
    [`12345,se-11,12345,asendia`, "is the row's own order or shipment"],
    [`1,se-12345678,12345678,asendia`, "is the row's own order or shipment"],
    [`1,se-11,-780000000018,fedex`, "has a minus before it"],
    [`1,se-11,780000000018 x2,fedex`, "has a quantity behind it"],
    [`1,se-11,-52,asendia`, "has a minus before it"],
    [`1,se-11,780000000018...,fedex`, "is cut off"],
    [`1,se-11,780000000018…,fedex`, "is cut off"],
    [`1,se-11,1ZXXXXXXXXXXXXXXXX,ups`, "is no tracking number"],
    [`1,se-11,${"7".repeat(46)},asendia`, "is too long for one tracking number"],
    [`1,se-11,${"7 ".repeat(5_000)},asendia`, "is too long for one tracking number"],
    [`1,se-11,114-1234567-1234567,amazon`, "is an order number of Amazon"]
  ])("isn't what %s has", ([cells, reason]) =>
    Effect.gen(function*() {
      const { problems, sent } = yield* read(`order_number,${header}\n${cells}\n`)
      expect(sent).toStrictEqual([])
      expect(problems[0]).toContain(reason)
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [number: string, carrier: string, reason: string]>([
    ["11111111", "asendia", "looks made up"],
    ["1111111111", "dhl_express", "looks made up"],
    ["123456789", "royal_mail", "looks made up"],
    ["555-123-4567", "asendia", "looks like a phone number"],
    ["9400111899220000000017", "royal_mail", "is a number of USPS, not of royal_mail"]
  ])("such as %s of %s is warned of", ([number, carrier, reason]) =>
    Effect.gen(function*() {
      const { problems, sent, warnings } = yield* read(`${header}\nse-11,${number},${carrier}\n`)
      expect(problems).toStrictEqual([])
      expect(sent.length).toBe(1)
      expect(warnings.join("\n")).toContain(reason)
    }).pipe(Effect.provide(layer)))
})

describe("a column of dates that isn't used", () => {
  it.scoped.each<readonly [string]>([
    ["Shipped"],
    ["Dispatched"],
    ["Sent"],
    ["Mail date"],
    ["Posting Date"],
    ["Manifest Date"],
    ["Print Date"],
    ["Ship Dt"],
    ["Date"]
  ])("and is called %s is warned of, if all that it has are dates", ([column]) =>
    Effect.gen(function*() {
      const { warnings } = yield* read(`${header},${column}\n${row},11/28/2026\nse-12,${second},ups,\n`)
      expect(warnings).toStrictEqual([
        expect.stringContaining(`${column} : isn't used, so all are shipped today: say --map ship_date="${column}"`)
      ])
      const other = yield* read(`${header},${column}\n${row},11/28/2026\nse-12,${second},ups,soon\n`)
      expect(other.warnings).toStrictEqual([])
    }).pipe(Effect.provide(layer)))
})

describe("a date", () => {
  it.scoped.each<readonly [string]>([
    ["28. November 2026"],
    ["28. Okt. 2026"],
    ["28. März 2026"],
    ["28 de noviembre de 2026"],
    ["28 août 2026"],
    ["28 dicembre 2026"],
    ["28 maart 2026"],
    ["2026年11月28日"],
    ["2026‑11‑28"],
    ["28–11–2026"],
    ["11/28/2026 10:00 America/Chicago"],
    ["Nov-28-26"],
    ["Nov-28-2026 10:00"],
    ["28NOV26"],
    ["28.11.2026 14:30 Uhr"],
    ["28Nov2026"],
    ["\"11/28/2026, 3:04:05\u202FPM\""],
    ["28\u00A0novembre\u00A02026"],
    ["\"Sat, 28 Nov 2026 15:04:05 GMT\""],
    ["Sat Nov 28 2026 15:04:05 GMT-0800 (Pacific Standard Time)"]
  ])("such as %s is read", ([date]) =>
    Effect.gen(function*() {
      const options = { anyShipDate: true }
      const { problems, sent } = yield* read(`${header},ship_date\n${row},${date}\n`, "a.csv", options)
      expect(problems).toStrictEqual([])
      expect(sent.length).toBe(1)
    }).pipe(Effect.provide(layer)))

  it.scoped.each([
    ["Sat Nov 28 2026 15:04:05 GMT-0800 (Pacific Standard Time)", "2026-11-28T23:04:05.000Z"],
    ["\"Sat, 28 Nov 2026 15:04:05 GMT\"", "2026-11-28T15:04:05.000Z"],
    ["\"11/28/2026, 3:04:05\u202FPM\"", "2026-11-28T15:04:05.000Z"],
    ["Nov-28-26", "2026-11-28T12:00:00.000Z"]
  ])("%s is %s", ([date, moment]) =>
    Effect.gen(function*() {
      const { dates } = yield* read(`${header},ship_date\n${row},${date}\n`)
      expect(dates).toStrictEqual([moment])
    }).pipe(Effect.provide(layer)))

  it.scoped("has a month of its own in each language", () =>
    Effect.gen(function*() {
      const { problems } = yield* read(`${header},ship_date\n${row},28 Foo 2026\n`)
      expect(problems[0]).toContain("can't be read as a date")
    }).pipe(Effect.provide(layer)))
})

describe("what a person is told", () => {
  it.scoped.each<readonly [content: string, options: Partial<ShipmentsFile.Source>, said: string, never: string]>([
    ["Sendungs-ID,Carrier\n1,ups\n", {}, "tracking_number: is missing", "tracking_number=\"Sendungs-ID\""],
    ["shipment_id,Return Tracking Code,Carrier\nse-1,1,ups\n", {}, "tracking_number: is missing", "=\"Return"],
    [
      "shipment_id^tracking_number^carrier_code\nse-1^1^ups\n",
      {},
      "what stands between its columns isn't understood",
      "?"
    ],
    [
      `${header},Shipped Date,Ship Date\n${row},,\n`,
      {},
      "\"Shipped Date\" and \"Ship Date\": each may be ship_date",
      "Date\", \"Ship"
    ],
    ["[{\"shipment_id\": \"se-1\"}]", {}, "is JSON, and its name doesn't say so: say --format json", "missing"],
    [
      Buffer.from(`${header}\n${row}\n`, "utf16le").toString("latin1"),
      {},
      "has a NUL character in each letter, as UTF-16 has: say --encoding utf-16le",
      "so it is no text"
    ]
  ])("of %j", ([content, options, said, never]) =>
    Effect.gen(function*() {
      const message = yield* refusal(content, "a.csv", options)
      expect(message).toContain(said)
      expect(message).not.toContain(never)
    }).pipe(Effect.provide(layer)))

  it.scoped.each<readonly [content: string, said: string]>([
    [`${header}\n${row}\n${header}\n`, "1 3  : is the header again: delete it, or say --skip-bad-rows"],
    [`${header}\n${row}\ncarrier_code,shipment_id,tracking_number\n`, "1 3  : is the header again"],
    [`${header}\n${row}\nTotal,2,\n`, "1 3  : is a row of totals: delete it, or say --skip-bad-rows"],
    [`note,${header}\n,${row}\nTotal: 1,,,\n`, "1 3  : is a row of totals"],
    ["order_number,tracking_number,carrier_code\n1002.0,1,ups\n", "with decimals by a spreadsheet: if 1002 is meant"],
    ["order_number,tracking_number,carrier_code\n1.23E+08,1,ups\n", "a rounded number by a spreadsheet"]
  ])("of %j in a row", ([content, said]) =>
    Effect.gen(function*() {
      const { problems } = yield* read(content)
      expect(problems).toStrictEqual([expect.stringContaining(said)])
    }).pipe(Effect.provide(layer)))

  it.scoped("doesn't have a byte order mark that was read as letters", () =>
    Effect.gen(function*() {
      expect((yield* read(`ï»¿${header}\n${row}\n`)).sent).toStrictEqual([`se-11 ${number}`])
    }).pipe(Effect.provide(layer)))
})

describe("dates at midnight in all rows", () => {
  const warnings = (...dates: ReadonlyArray<string>) =>
    Effect.map(
      read(
        [`${header},ship_date`, ...dates.map((date, n) => `se-1${n},C1103150000187${n},nobody,${date}`), ""].join("\n")
      ),
      ({ warnings }) => warnings.filter((line) => line.includes("midnight"))
    )

  it.scoped.each([["2026-11-25T00:00:00Z"], ["2026-11-25 00:00 UTC"], ["2026-11-25T00:00:00+00:00"], [
    "2026-11-25T00:00:00-05:00"
  ]])("such as %s may be days without a time", ([date = ""]) =>
    Effect.gen(function*() {
      expect(yield* warnings(date, date.replace("25", "24"))).toStrictEqual([
        expect.stringContaining(
          "is midnight in all rows, so it may be a day without a time, and a shop may show the day before"
        )
      ])
      expect(yield* warnings(date, date.replace("00:00", "14:30"))).toStrictEqual([])
    }).pipe(Effect.provide(layer)))

  it.scoped("are noon without a time zone of their own, which warns nobody", () =>
    Effect.gen(function*() {
      expect(yield* warnings("2026-11-25 00:00", "2026-11-24")).toStrictEqual([])
    }).pipe(Effect.provide(layer)))
})

it.scoped("a number in small letters is the same as in capitals: its rows are one", () =>
  Effect.gen(function*() {
    const { problems, sent } = yield* read(`${header}\nse-11,${number},ups\nse-11,${number.toLowerCase()},ups\n`)
    expect(problems).toStrictEqual([])
    expect(sent).toStrictEqual([`se-11 ${number}`, `se-11 ${number.toLowerCase()} again`])
  }).pipe(Effect.provide(layer)))

describe("a file as another program wrote it", () => {
  it.scoped.each<readonly [string, string]>([
    [
      "guards without quotes around them",
      `="shipment_id",="tracking_number",="carrier_code"\n="se-11",="${number}",="ups"\n`
    ],
    ["guards, and semicolons", `shipment_id;tracking_number;carrier_code\r\n="se-11";="${number}";="ups"`],
    ["a separator in quotes", `"sep=;"\nshipment_id;tracking_number;carrier_code\nse-11;${number};ups\n`]
  ])("with %s", ([, content]) =>
    Effect.gen(function*() {
      expect((yield* read(content)).sent).toStrictEqual([`se-11 ${number}`])
    }).pipe(Effect.provide(layer)))

  it.scoped("with many of such cells, at the borders of what is read at once", () =>
    Effect.gen(function*() {
      const rows = Array.makeBy(3000, (n) => `="se-${n}",="C${String(n).padStart(14, "0")}",="nobody"`)
      expect((yield* read([header, ...rows, ""].join("\n"))).sent).toHaveLength(3000)
    }).pipe(Effect.provide(layer)))

  it.scoped("with a separator that isn't understood is refused", () =>
    Effect.gen(function*() {
      expect(yield* refusal(`sep=^\nshipment_id^tracking_number^carrier_code\nse-11^${number}^ups\n`)).toContain(
        "says that ^ stands between its columns, which isn't understood"
      )
    }).pipe(Effect.provide(layer)))

  it.scoped.each([[1], [2], [3]])("as JSON within %s objects", ([depth = 0]) =>
    Effect.gen(function*() {
      const item = { shipment_id: "se-11", tracking_number: number, carrier_code: "ups" }
      const wrap = (value: unknown, n: number): unknown => n === 0 ? value : { ok: true, data: wrap(value, n - 1) }
      for (const indent of [0, 2]) {
        const { sent } = yield* read(
          JSON.stringify(wrap([item, { ...item, shipment_id: "se-12" }], depth), null, indent),
          "a.json"
        )
        expect(sent).toStrictEqual([`se-11 ${number}`, `se-12 ${number}`])
      }
    }).pipe(Effect.provide(layer)))

  it.scoped.each([["\uFEFF\n<!DOCTYPE html><html>"], ["\n\n<html>"], ["\uFEFF \r\n <table>"]])(
    "%j is a web page",
    ([text]) =>
      Effect.gen(function*() {
        expect(yield* refusal(`${text}<td>se-1</td>`, "a.xls")).toContain("is HTML, a web page")
        expect(yield* refusal(Buffer.from(`\uFEFF${text}<td>se-1</td>`, "utf16le"), "a.xls")).toContain(
          "is HTML, a web page"
        )
      }).pipe(Effect.provide(layer))
  )

  it.scoped("an encrypted workbook has a password", () =>
    Effect.gen(function*() {
      const ole = Buffer.concat([
        Buffer.from("D0CF11E0A1B11AE1", "hex"),
        Buffer.alloc(40_000),
        Buffer.from("EncryptedPackage", "utf16le"),
        Buffer.alloc(400)
      ])
      expect(yield* refusal(ole, "a.xlsx")).toContain("is a workbook with a password: open it, and save it without one")
      expect(yield* refusal(ole.subarray(0, 30_000), "a.xls")).toContain("is an .xls workbook")
    }).pipe(Effect.provide(layer)))
})

describe("the sheets of a workbook", () => {
  const shipments = [["shipment_id", "tracking_number", "carrier_code"], ["se-11", number, "ups"]]

  it.scoped("are named where the first has no shipments", () =>
    Effect.gen(function*() {
      for (const rows of [[["Read me", "x"], ["one", "y"]], []]) {
        expect(yield* refusal(xlsx(rows, { name: "Notes", others: ["Orders"] }), "a.xlsx")).toContain(
          "has sheets that aren't read: Orders: say --sheet and the name of the one that is meant"
        )
      }
    }).pipe(Effect.provide(layer)))

  it.scoped("are read from the first that isn't hidden", () =>
    Effect.gen(function*() {
      const { sent, warnings } = yield* read(xlsx(shipments, { name: "Orders", before: ["Lists"] }), "a.xlsx")
      expect(sent).toStrictEqual([`se-11 ${number}`])
      expect(warnings).toStrictEqual([expect.stringContaining("has sheets that aren't read: Lists")])
    }).pipe(Effect.provide(layer)))
})

describe("what is said of a number", () => {
  const numbered = (cell: string) =>
    Effect.map(read(`Order #,tracking_number,carrier_code\n${cell},${number},ups\n`), ({ problems }) => problems[0])

  it.scoped.each([["  "], ["\"\"\"\"\"\""], ["\u00A0"]])("%j is blank", ([cell = ""]) =>
    Effect.gen(function*() {
      expect(yield* numbered(cell)).toContain("is blank: fill it, or leave the row out")
    }).pipe(Effect.provide(layer)))

  it.scoped.each([["\"1001, 1002\""], ["1001;1002"], ["#1001 & #1002"], ["A-1001 and A-1002"]])(
    "%j are two",
    ([cell = ""]) =>
      Effect.gen(function*() {
        expect(yield* numbered(cell)).toContain("has more than one number: write a row for each of them")
      }).pipe(Effect.provide(layer))
  )

  it.scoped.each([["#1001"], ["1001/2"], ["Smith & Co 12"], ["\"1,001\""], ["PO 12 B"]])(
    "%j is one",
    ([cell = ""]) =>
      Effect.gen(function*() {
        expect(yield* numbered(cell)).toContain("is an order number, and without a key")
      }).pipe(Effect.provide(layer))
  )
})

describe("columns without a name at the end of the header", () => {
  it.scoped("needn't be in the rows", () =>
    Effect.gen(function*() {
      const content = `${header},,\n${row}\nse-12,${second},ups,\nse-13,1Z999AA10300000037,ups,,x\n`
      const { problems, sent } = yield* read(content)
      expect(problems).toStrictEqual([])
      expect(sent.length).toBe(3)
      expect((yield* read(`${header},,name\n${row}\n`)).problems[0]).toContain("has 3 cells where the header has 5")
      const mapped = { columns: { tracking_number: "#4" } }
      expect((yield* read(`${header},\n${row}\n`, "a.csv", mapped)).problems[0]).toContain("must not be blank")
    }).pipe(Effect.provide(layer)))
})

describe("columns of other programs", () => {
  it.scoped.each([["Shipping Service"], ["Ship Method"], ["Postal Service"], ["Ship Via"]])(
    "%s is named where the carrier is missing",
    ([name]) =>
      Effect.gen(function*() {
        const content = `shipment_id,tracking_number,Weight,${name}\nse-11,${number},1,UPS Ground\n`
        expect(yield* refusal(content)).toContain(
          `carrier_code: is missing among the columns: if it is "${name}", say --map carrier_code="${name}". If all are of one`
        )
      }).pipe(Effect.provide(layer))
  )

  it.scoped("Notify is told of with the options that say whom", () =>
    Effect.gen(function*() {
      expect(yield* refusal(`${header},Notify\n${row},yes\n`)).toContain(
        "say --map notify_customer=\"Notify\" or notify_order_source=\"Notify\", or --ignore \"Notify\""
      )
    }).pipe(Effect.provide(layer)))

  it.scoped.each([["Reference Number 1"], ["CUSTOMER_REFERENCE"], ["Order Name"]])(
    "%s is the order number",
    ([name]) =>
      Effect.gen(function*() {
        expect((yield* read(`${name},tracking_number,carrier_code\n1001,${number},ups\n`)).problems[0]).toContain(
          "is an order number, and without a key"
        )
      }).pipe(Effect.provide(layer))
  )

  it.scoped("Shipped on date is the day", () =>
    Effect.gen(function*() {
      const { warnings } = yield* read(`${header},Shipped on date\n${row},2026-11-25\n`)
      expect(warnings).toStrictEqual([])
    }).pipe(Effect.provide(layer)))

  it.scoped.each([["Tag"], ["Column 7"], ["Versand"]])(
    "%s is told to be unused, if all of it are dates",
    ([name]) =>
      Effect.gen(function*() {
        const { warnings } = yield* read(`${header},${name}\n${row},2026-11-25\n`)
        expect(warnings).toStrictEqual([expect.stringContaining(`${name} : isn't used, so all are shipped today`)])
      }).pipe(Effect.provide(layer))
  )

  it.scoped.each([["Order date"], ["Created at"], ["Paid on"], ["Deliver by"]])(
    "%s is another day",
    ([name]) =>
      Effect.gen(function*() {
        expect((yield* read(`${header},${name}\n${row},2026-11-25\n`)).warnings).toStrictEqual([])
      }).pipe(Effect.provide(layer))
  )
})
