import { OutboxRow } from "@effect-shipstation/outbox"
import { Picture } from "@effect-shipstation/test-kit"
import { expect, it } from "@effect/vitest"
import { Record } from "effect"
import { fileURLToPath } from "node:url"
import { after, table } from "../src/internal/table.js"

const tones: Readonly<Record<OutboxRow.State, Picture.Tone>> = {
  pending: "plain",
  sending: "active",
  unknown: "open",
  fulfilled: "good",
  rejected: "bad",
  conflict: "bad",
  discarded: "plain"
}

const { literals: states } = OutboxRow.State

/** Arrows from a state to another, with the events that lead there. */
const arrows: ReadonlyArray<Picture.Arrow> = states.flatMap((from) =>
  states.filter((to) => to !== from).flatMap((to) => {
    const events = Record.keys(table).filter((event) => after(event, from).includes(to))
    return events.length === 0 ? [] : [{ from, to, lines: events }]
  })
)

// `pnpm docs:sync` writes it
it("the picture of the states is what transitions do", async () => {
  const picture = await Picture.draw({
    title: "The states of a row of the outbox, and the events that lead from one to another",
    boxes: states.map((name) => ({ name, tone: tones[name] })),
    arrows,
    direction: "down"
  })
  await expect(picture).toMatchFileSnapshot(
    fileURLToPath(new URL("../../../docs/images/outbox-states.svg", import.meta.url))
  )
})
