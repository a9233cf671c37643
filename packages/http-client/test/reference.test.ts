import { ShipStationError } from "@effect-shipstation/http-client"
import { expect, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { toError } from "../src/internal/toError.js"
import { type Failure, failures } from "./support/failures.js"

const sent = {
  method: "POST",
  url: "https://api.shipstation.com/v2/fulfillments",
  redact: (text: string) => text
} as const

type Meaning = Pick<ShipStationError.ShipStationError, "delivery" | "concerns"> & { readonly isTransient: boolean }

/** What each layer makes of it. These are the rules; whose they are tests them. */
const consequences: ReadonlyArray<readonly [name: string, of: (meaning: Meaning) => string]> = [
  ["`create`", ({ delivery }) => delivery === "unknown" ? "looks up" : "error"],
  [
    "`createAll`",
    (meaning) => {
      const stops = isDoom(meaning) ? ", stops" : ""
      if (meaning.delivery === "unknown") return `looks up${stops}`
      return isAboutContent(meaning) ? "halves" : `\`NotSent\`${stops}`
    }
  ],
  [
    "`createOne`",
    (meaning) => meaning.delivery === "unknown" ? "looks up" : isAboutContent(meaning) ? "halves" : "error"
  ],
  [
    "outbox",
    (meaning) => {
      const row = meaning.delivery === "unknown" ? "unknown" : isAboutContent(meaning) ? "rejected" : "waits"
      return isDoom(meaning) ? `${row}, pauses` : row
    }
  ]
]

const isDoom = ({ concerns, isTransient }: Meaning): boolean => concerns === "account" && !isTransient

const isAboutContent = ({ concerns, delivery }: Meaning): boolean => delivery === "rejected" && concerns === "content"

const lineOf = ({ body, happened, isByType, status }: Failure): string => {
  const error = toError(sent, happened)
  const isTransient = ShipStationError.isTransient(error)
  const { _tag, concerns, delivery } = error
  return [
    status,
    body,
    isByType === true ? "by type" : `\`${_tag.replace("ShipStation", "")}\``,
    delivery,
    concerns,
    isTransient ? "yes" : "no",
    ...consequences.map(([, of]) => of({ concerns, delivery, isTransient }))
  ].join(" | ")
}

/** Rows that differ in their status alone are one. */
const merged = (rows: ReadonlyArray<Failure>): ReadonlyArray<Failure> => {
  const lines = new Map<string, Failure>()
  for (const row of rows) {
    const key = lineOf({ ...row, status: "" })
    const before = lines.get(key)
    lines.set(key, before === undefined ? row : { ...before, status: `${before.status}, ${row.status}` })
  }
  return [...lines.values()]
}

const table = (header: ReadonlyArray<string>, lines: ReadonlyArray<string>): string => {
  const rows = [header, ...lines.map((line) => line.split(" | "))]
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)].join("\n")
}

const header = [
  "status",
  "body",
  "class",
  "`delivery`",
  "`concerns`",
  "transient",
  ...consequences.map(([name]) => name)
]

const page = [
  "# What a failure means",
  "Every failure of a request is a `ShipStationError`, and this is the one table of them. It is made from what the library does with an example of each row; `pnpm docs:sync` writes it.",
  [
    "- **body**: _own_ errors are those whose `error_source` is the API itself (`ShipStation`, `shipengine`), all of them. A _stranger's_ are those of a carrier, an order source, somebody new, or nobody: also one that has no source, can't be read, or isn't an object.",
    "- **class**: without its prefix `ShipStation`. Of several types in one body the first of these decides: `security`, `account_status`, `integrations`, `system`, `business_rules`, `validation`.",
    "- **`delivery`**: `unsent`, it never left; `rejected`, the API itself refused it at the door; `unknown`, it may have been acted on.",
    "- **`concerns`**: whom it affects. `account`, all requests of the account; `content`, what this request holds; `server`, the API or a gateway, with any content; `transport`, the way there or back.",
    "- **transient**: the same request may pass later (`isTransient`). The retry policy tries that again: a GET always, a POST unless its delivery is `unknown`. Before anything of a refused POST is sent again, the shipments are looked up.",
    "- **`create`**, **`createAll`**, **`createOne`**: what comes of it when no retry is left. _error_: fails with it. _looks up_: in the list of fulfillments, and what isn't found there is `Unknown`. _`NotSent`_: that is the outcome, and the next batch is sent. _halves_: the batch is sent in halves, down to the culprits, which end as if they had been alone. _stops_: nothing more is sent, and the rest is `NotSent`.",
    "- **outbox**: what the rows become. _unknown_: looked up until it is settled. _rejected_: of those that are refused by themselves. _waits_: sent again later. _pauses_: the account sends nothing until somebody lets it."
  ].join("\n"),
  ...failures.flatMap(([title, rows]) => [`## ${title}`, table(header, merged(rows).map(lineOf))])
].join("\n\n") + "\n"

// `pnpm docs:sync` writes it
it("the page about errors is what the library does", async () => {
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/errors.md", import.meta.url)))
})
