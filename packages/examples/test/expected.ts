import { Emulator } from "@effect-shipstation/emulator"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** A program of the documentation, bundled. */
export const program = (file: string): string =>
  fileURLToPath(new URL(`../node_modules/.programs/${file.replace(/ts$/, "js")}`, import.meta.url))

/** The lines that a page says its program writes. */
const outputOn = (page: string): ReadonlyArray<string> => {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), "utf8")
  const [, lines = "there is no output on the page"] = /^```text\n([^]*?)\n```$/m.exec(text) ?? []
  return lines.split("\n")
}

/** What the programs write, among other things. */
export const expected: Readonly<Record<string, ReadonlyArray<string>>> = {
  "first.ts": ["1 fulfilled, 0 rejected, 0 unsettled"],
  "offline.ts": [
    "1 fulfilled, 0 rejected, 0 unsettled",
    "customer told of se-12345678",
    "order_source told of se-12345678"
  ],
  "outcomes.ts": ["se-1001: done", "se-1002: done"],
  "request.ts": ["0 fulfillments of se-12345678", "PUT 404: ShipStation"],
  "retries.ts": ["0 fulfillments (request ", "1 of 100 requests used"],
  "telemetry.ts": [
    "name: 'Fulfillments.create'",
    "name: 'ShipStationClient.execute'",
    "'shipstation.fulfilled': 1",
    "name: 'shipstation.requests'",
    "attributes: { method: 'POST', status: '200', account: 'default' }"
  ],
  "lostAnswer.ts": outputOn("docs/guide/outcomes.md"),
  "accounts.ts": ["se-1001: Created", "se-1002: Created"],
  "array.ts": ["Created, Created"],
  "limits.ts": ["acme: 1 of 200 requests used, 0 wait", "globex: 1 of 600 requests used, 0 wait"],
  "keys.ts": ["0 fulfillments so far"],
  "proxy.ts": ["0 fulfillments so far"],
  "fromV1.ts": ["1009: shipment Found, carrier NotFound", "se-1001: Created"],
  "layers.ts": ["0 fulfillments so far"],
  "batches.ts": ["{ Created: 250 }", "se-251: Created"],
  "emulator.ts": [
    "{\"has_errors\":false,\"fulfillments\":[{\"shipment_id\":\"se-1001\",\"shipment_number\":\"ORDER-1001\",\"error_message\":null}]}",
    "\"has_errors\":true",
    "2 notifications"
  ],
  "offering.ts": ["se-1001: Accepted"],
  "operators.ts": ["0 rows pruned"],
  "outboxScript.ts": ["se-1001: fulfilled", "se-1002: fulfilled"],
  "restored.ts": ["default: paused."],
  "outboxPostgres.ts": ["1 fulfilled"],
  "outbox.ts": ["se-1001: Accepted", "se-1001: fulfilled, 1 attempt"],
  "shipments.ts": [
    "5 requests, 1s 525ms at most",
    "0: se-1001",
    "1: se-1002",
    "2: se-1003",
    "3: 2 shipments, a person must choose",
    "4: no such shipment",
    "UPS® Ground: ups"
  ],
  "cluster.ts": ["acme, se-4: fulfilled", "globex, se-6: fulfilled"],
  "workflow.ts": ["se-1001: Created"],
  "promise.ts": ["se-1001: done", "se-1002: done", "250 more"],
  "webhooks.ts": ["se-1001 was shipped, 1Z12345E6605272234"],
  "dashboard.ts": ["/outbox/"],
  "schema.ts": ["shipment_id must look like se-12345678", "validation: a_code_of_tomorrow"]
}

/** What shipments.ts asks for. The others take any shipment. */
export const shipments: ReadonlyArray<Emulator.Shipment> = [
  { shipment_id: "se-1001", shipment_number: "1001" },
  { shipment_id: "se-1002", external_shipment_id: "shop-1002" },
  { shipment_id: "se-1004", shipment_number: "1004" },
  { shipment_id: "se-1014", shipment_number: "1004" }
]

/** What they are run with: an emulator, and a Postgres. */
export const environment = (url: string, postgres: string): Record<string, string> => ({
  SHIPSTATION_API_KEY: Emulator.defaultApiKey,
  ACME_API_KEY: Emulator.defaultApiKey,
  GLOBEX_API_KEY: Emulator.defaultApiKey,
  SHIPSTATION_KEY_FILE: fileURLToPath(new URL("emulator.key", import.meta.url)),
  SHIPSTATION_BASE_URL: url,
  DATABASE: ":memory:",
  DATABASE_URL: postgres
})
