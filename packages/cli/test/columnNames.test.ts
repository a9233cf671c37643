import { ExitCode } from "@effect-shipstation/cli"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { rank } from "../src/file/columnNames.js"
import { given, layer } from "./support.js"

const plan = Effect.fnUntraced(function*(columns: string, cells: string, ...args: ReadonlyArray<string>) {
  const { file, run } = yield* given(columns, cells)
  return yield* run(["plan", file, "--notify", "none", ...args])
})

const wholeColumns = "shipment_id,tracking_number,carrier_code"
const whole = "se-1,1ZLC75BU0182558400,ups"

describe("a column that isn't used", () => {
  it.scopedLive.each<readonly [column: string, field: string]>([
    ["Email customer", "notify_customer"],
    ["Send e-mail", "notify_customer"],
    ["Benachrichtigen", "notify_customer"],
    ["Kunde benachrichtigen", "notify_customer"],
    ["Kunden informieren", "notify_customer"],
    ["Prévenir le client", "notify_customer"],
    ["Avisar al cliente", "notify_customer"],
    ["Avvisa il cliente", "notify_customer"],
    ["Klant informeren", "notify_customer"],
    ["Shop benachrichtigen", "notify_order_source"],
    ["Tell marketplace", "notify_order_source"],
    ["Date sent", "ship_date"],
    ["Versanddatum", "ship_date"],
    ["Versendet am", "ship_date"],
    ["Date d'expédition", "ship_date"],
    ["Date d’envoi", "ship_date"],
    ["Fecha de envío", "ship_date"],
    ["Data di spedizione", "ship_date"],
    ["Verzenddatum", "ship_date"],
    ["Sendungsnummer", "tracking_number"],
    ["Sendungs-Nr.", "tracking_number"],
    ["Numéro de suivi", "tracking_number"],
    ["N° de suivi", "tracking_number"],
    ["Número de seguimiento", "tracking_number"],
    ["Numero di tracking", "tracking_number"],
    ["Track & Trace", "tracking_number"],
    ["Zendingnummer", "tracking_number"]
  ])("and is called %s is warned of, with what would use it as %s", ([column, field]) =>
    Effect.gen(function*() {
      const { code, stderr } = yield* plan(`${wholeColumns},${column}`, `${whole},x`)
      expect(code).toBe(ExitCode.ok)
      expect(stderr).toContain("1 warning:\n")
      expect(stderr).toContain(`${column}: isn't used, `)
      expect(stderr).toContain(`: say --map ${field}="${column}", or --ignore "${column}"`)
      expect((yield* plan(`${wholeColumns},${column}`, `${whole},x`, "--ignore", column)).stderr).toBe("")
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [column: string]>([
    ["Email"],
    ["Customer email"],
    ["Notification Email"],
    ["Customer"],
    ["Bestellnummer"],
    ["Order date"],
    ["Lieferadresse"],
    ["Destinataire"],
    ["Correo electrónico"],
    ["Service"],
    ["Store"],
    ["Nota"]
  ])("and is called %s means nothing", ([column]) =>
    Effect.gen(function*() {
      expect((yield* plan(`${wholeColumns},${column}`, `${whole},x`)).stderr).toBe("")
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each([["Transporteur"], ["Versanddienstleister"], ["Corriere"], ["Transportista"], ["Vervoerder"]])(
    "and is called %s is warned of where one carrier is said for all",
    ([column]) =>
      Effect.gen(function*() {
        const { stderr } = yield* plan(`shipment_id,tracking_number,${column}`, whole, "--carrier", "ups")
        expect(stderr).toContain(`${column}: isn't used, so all are by ups: say --map carrier_code="${column}"`)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("is named where one that is needed is missing", () =>
    Effect.gen(function*() {
      const { code, stderr } = yield* plan("Bestellnummer,Sendungsnummer,Transporteur", "1,1ZLC75BU0182558400,ups")
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("if it is \"Bestellnummer\", say --map order_number=\"Bestellnummer\"")
      expect(stderr).toContain("if it is \"Sendungsnummer\", say --map tracking_number=\"Sendungsnummer\"")
      expect(stderr).toContain("if it is \"Transporteur\", say --map carrier_code=\"Transporteur\"")
    }).pipe(Effect.provide(layer())))
})

describe("a flag", () => {
  const columns = `${wholeColumns},notify_customer,notify_order_source`

  it.scopedLive.each<readonly [yes: string, no: string]>([
    ["Y", "N"],
    ["yes", "no"],
    ["TRUE", "FALSE"],
    ["1", "0"],
    ["ja", "nein"],
    ["Ja", "Nee"],
    ["J", "N"],
    ["Oui", "Non"],
    ["sí", "no"],
    ["si\u0301", "no"],
    ["Sì", "No"],
    ["WAHR", "FALSCH"],
    ["VRAI", "FAUX"],
    ["VERDADERO", "FALSO"],
    ["VERO", "FALSO"],
    ["WAAR", "ONWAAR"]
  ])("is read where it is %s or %s", ([yes, no]) =>
    Effect.gen(function*() {
      const { stdout } = yield* plan(columns, `${whole},${yes},${no}`, "--json")
      expect(JSON.parse(stdout)).toMatchObject({ customers: 1, orderSources: 0, problems: { count: 0 } })
      const turned = yield* plan(columns, `${whole},${no},${yes}`, "--json")
      expect(JSON.parse(turned.stdout)).toMatchObject({ customers: 0, orderSources: 1 })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("that is neither is a problem of its row", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* plan(columns, `${whole},vielleicht,no`, "--json", "--problems", "/dev/null")
      expect(code).toBe(ExitCode.usage)
      expect(JSON.parse(stdout).problems.first).toStrictEqual([{
        line: 2,
        field: "notify_customer",
        value: "vielleicht",
        reason: "must be true or false",
        remedy: "write yes or no"
      }])
    }).pipe(Effect.provide(layer())))
})

it("the page names columns of dates that are known", async () => {
  const page = await readFile(new URL("../../../docs/fulfill.md", import.meta.url), "utf8")
  const [, listed = ""] = /^\| `ship_date` +\| also called (.*?)\. May be left out/m.exec(page) ?? []
  const shown = Array.from(listed.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
  expect(shown.length).toBeGreaterThan(10)
  expect(shown.filter((name) => rank("ship_date", name) === undefined)).toEqual([])
})
