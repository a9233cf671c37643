import type { FulfillmentOutcome } from "@effect-shipstation/fulfillments"
import { Picture } from "@effect-shipstation/test-kit"
import { expect, it } from "@effect/vitest"
import { Record } from "effect"
import { fileURLToPath } from "node:url"
import type { Entry } from "../src/internal/ledger.js"

type State = "idle" | "in flight" | Lowercase<Entry["_tag"]>

interface Known {
  readonly tone: Picture.Tone
  readonly lines: ReadonlyArray<string>
}

/** The states of a shipment, as the ledger has them. */
const states: Readonly<Record<State, Known>> = {
  idle: { tone: "plain", lines: ["nothing is known of it"] },
  "in flight": { tone: "active", lines: ["a call has it, others wait"] },
  suspect: { tone: "open", lines: ["it may have been done"] },
  refused: { tone: "plain", lines: ["its request was turned away"] },
  fulfilled: { tone: "good", lines: ["created, or found in the list"] }
}

/** The state that a shipment is in when a caller is told this. */
const outcomes: Readonly<Record<FulfillmentOutcome.FulfillmentOutcome["_tag"] | "create fails", State>> = {
  Created: "fulfilled",
  AlreadyFulfilled: "fulfilled",
  Conflict: "fulfilled",
  Unknown: "suspect",
  Rejected: "idle",
  NotSent: "refused",
  "create fails": "refused"
}

const told = (state: State): ReadonlyArray<string> => {
  const names = Object.entries(outcomes).filter(([, of]) => of === state).map(([name]) => name)
  return names.length === 0 ? [] : [`you get: ${names.join(", ")}`]
}

interface Arrow extends Picture.Arrow {
  readonly from: State
  readonly to: State
}

const arrows: ReadonlyArray<Arrow> = [
  { from: "idle", to: "in flight", lines: ["a call: the", "request leaves"] },
  { from: "in flight", to: "fulfilled", lines: ["its result says so"] },
  { from: "in flight", to: "idle", lines: ["its result", "is a refusal"] },
  { from: "in flight", to: "refused", lines: ["the API refuses the", "request at the door"] },
  { from: "in flight", to: "suspect", lines: ["the answer is lost,", "or doesn't tell"] },
  { from: "suspect", to: "fulfilled", lines: ["the list has it"] },
  {
    from: "suspect",
    to: "in flight",
    lines: ["looked up by its own id,", "and not there when the", "first can't land any more"]
  },
  { from: "refused", to: "in flight", lines: ["one look: nothing", "was done"] },
  { from: "refused", to: "fulfilled", lines: ["one look: it", "was done"] },
  { from: "fulfilled", to: "idle", lines: ["voided in", "ShipStation"] }
]

// `pnpm docs:sync` writes it
it("the picture of a shipment's life has each state of the ledger, and each outcome", async () => {
  const picture = await Picture.draw({
    title: "The life of a shipment: what is known of it, what a call tells, and when it is sent again",
    boxes: Record.toEntries(states).map(([name, { lines, tone }]) => ({
      name,
      tone,
      lines: [...lines, ...told(name)]
    })),
    arrows,
    direction: "down"
  })
  await expect(picture).toMatchFileSnapshot(
    fileURLToPath(new URL("../../../docs/images/shipment.svg", import.meta.url))
  )
})
