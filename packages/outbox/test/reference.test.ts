import { OutboxRow } from "@effect-shipstation/outbox"
import { expect, it } from "@effect/vitest"
import { Record } from "effect"
import { fileURLToPath } from "node:url"
import { after, meanings, table } from "../src/internal/table.js"

const states = OutboxRow.State.literals

const lines = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const [header = []] = rows
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  const [first, ...rest] = rows.map(line)
  return [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest].join("\n")
}

const events = Record.keys(table)

const page = [
  "# What happens to a row of the outbox",
  "This is the one table by which rows change their state. It is made from the code; `pnpm docs:sync` writes it. What isn't here is refused, and changes nothing.",
  "![The states of a row, and the events that lead from one to another](images/outbox-states.svg)",
  lines([
    ["event", ...states.map((state) => `\`${state}\``)],
    ...events.map((event) => [event, ...states.map((state) => after(event, state).join(", "))])
  ]),
  "What is known of a pending row before it was sent (`Fulfilled`, `Rejected`, `Unknown`, or `Conflict` once its own request can't arrive any more) goes as if it had been `Intended` first. Changes of state are in the row's history, but for `Intended`, which what follows it tells of.",
  lines([["event", "what it is"], ...events.map((event) => [event, meanings[event]])])
].join("\n\n") + "\n"

// `pnpm docs:sync` writes it
it("the page about states is what transitions do", async () => {
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/outbox-states.md", import.meta.url)))
})
