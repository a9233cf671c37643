import { Explanation } from "@effect-shipstation/dashboard"
import { OutboxRow, type OutboxStore } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { DateTime } from "effect"

const now = DateTime.unsafeMake("2026-03-01T12:00:00Z")
const later = DateTime.unsafeMake("2026-03-01T12:05:00Z")

const row = (more: Partial<OutboxRow.OutboxRow>): OutboxRow.OutboxRow => ({
  id: 1,
  account: "default",
  input: { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" },
  state: "pending",
  attempts: 0,
  failures: 0,
  due: now,
  resendWhenAbsent: false,
  readBackFirst: false,
  createdAt: now,
  updatedAt: now,
  ...more
})

const account = (more: Partial<OutboxStore.AccountState>): OutboxStore.AccountState => ({ account: "default", ...more })

const lastError = { _tag: "ShipStationConnectionLostError", message: "no whole answer came", at: now }

const situations: ReadonlyArray<
  [
    name: string,
    row: Partial<OutboxRow.OutboxRow>,
    account: Partial<OutboxStore.AccountState> | undefined,
    why: string,
    actions: ReadonlyArray<Explanation.Action>
  ]
> = [
  ["waits", {}, undefined, "It waits to be sent.", ["discard"]],
  ["waits after a failure", { due: later, lastError }, {}, "tried again at 2026-03-01T12:05:00.000Z", [
    "retry",
    "discard"
  ]],
  ["waits for ShipStation", {}, { notBefore: later }, "its account waits until 2026-03-01T12:05:00.000Z", ["discard"]],
  [
    "was paused by a worker",
    {},
    { paused: { at: now, by: OutboxRow.worker("w"), error: { _tag: "E", message: "the key is refused" } } },
    "A worker paused it: the key is refused.",
    ["resume", "discard"]
  ],
  ["was paused by a person", {}, { paused: { at: now, by: OutboxRow.operator } }, "A person paused it.", [
    "resume",
    "discard"
  ]],
  ["is being sent", { state: "sending" }, {}, "being sent right now", []],
  [
    "is unknown",
    { state: "unknown", lastError, absent: { looks: 2, since: now } },
    {},
    "2 looks didn't find it, since 2026-03-01T12:00:00.000Z. The last thing that went wrong: no whole answer came.",
    ["retry", "discard"]
  ],
  ["was refused", { state: "rejected", lastError }, {}, "the customer wasn't told", ["retry", "discard"]],
  ["has another number", { state: "conflict", found: { tracking_number: "1Z2" } }, {}, "tracking number, 1Z2.", [
    "discard",
    "retry"
  ]],
  ["is done", { state: "fulfilled" }, {}, "The shipment is marked as shipped.", ["retry"]],
  ["is done, and told", { state: "fulfilled", orderSource: { state: "notified" } }, {}, "was told", ["retry"]],
  [
    "is done, and not told",
    { state: "fulfilled", orderSource: { state: "notNotified", message: "Token has expired" } },
    {},
    "wasn't told. It says: Token has expired.",
    []
  ],
  ["was given up", { state: "discarded" }, {}, "A person gave it up.", []]
]

const isDone = new Set<string | undefined>(["fulfilled", "discarded"])

describe("what is said of a row that", () => {
  it.each(situations)("%s", (_, changes, of, why, actions) => {
    const explained = Explanation.explain(row(changes), of === undefined ? undefined : account(of), now)
    expect(explained.why).toContain(why)
    expect(explained.actions).toStrictEqual(actions)
    // who has to do something is told what
    expect(explained.steps.length > 0).toBe(!isDone.has(changes.state) || changes.orderSource?.state === "notNotified")
  })

  it("is in any state", () => {
    expect(new Set(situations.map(([, { state = "pending" }]) => state))).toStrictEqual(
      new Set(OutboxRow.State.literals)
    )
  })
})
