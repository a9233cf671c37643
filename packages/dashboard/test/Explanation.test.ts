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
    "The program paused it by itself: the key is refused.",
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
  [
    "is looked up as voided",
    { state: "unknown", wasFulfilled: true },
    {},
    "somebody takes that for voided: it is looked up",
    []
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

const isDone = new Set<string | undefined>(["fulfilled"])

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

  /** What its page says, all of it. */
  const said = (
    changes: Partial<OutboxRow.OutboxRow>,
    of?: Partial<OutboxStore.AccountState>,
    circumstances?: Explanation.Circumstances
  ) => {
    const { steps, why } = Explanation.explain(row(changes), of && account(of), now, circumstances)
    return [why, ...steps].join(" ")
  }

  const earlier = DateTime.unsafeMake("2026-03-01T11:55:00Z")
  const by = OutboxRow.operatorBecause("the store is connected again")

  it("waits though nothing holds it back: perhaps no worker runs", () => {
    expect(said({}, {}, { idleSince: earlier })).toMatch(
      /^It waits to be sent\. Shipments of its account could be sent since 2026-03-01T11:55:00.000Z, and none was\..*is a worker running.*for account default\?/
    )
    expect(said({}, { paused: { at: now, by: OutboxRow.operator } }, { idleSince: earlier })).not.toContain("worker")
    expect(said({}, {}, { idleSince: earlier, lastDone: DateTime.subtract(earlier, { hours: 1 }) })).toContain(
      "none was. The last one was done at about 2026-03-01T10:55:00.000Z."
    )
  })

  it("is unknown or being sent, and nobody has seen to it for long: perhaps no worker runs", () => {
    const due = DateTime.subtract(now, { minutes: 80 })
    for (const state of ["unknown", "sending"] as const) {
      const explained = Explanation.explain(row({ state, due }), undefined, now)
      expect(explained.why).toMatch(/2026-03-01T10:40:00.000Z.*perhaps no worker runs/)
      expect(explained.steps[0]).toContain("is a worker running")
    }
    expect(said({ state: "unknown", due })).toContain(
      "is looked for as soon as a worker runs, and if it isn't there for an hour"
    )
    expect(said({ state: "unknown", due }, { paused: { at: now, by: OutboxRow.operator } })).not.toContain(
      "worker runs"
    )
    const claim = { token: "t", worker: "w" }
    expect(said({ state: "unknown", due: later, claim })).toContain("being looked for right now")
    // its worker is gone
    expect(said({ state: "unknown", due, claim })).toContain("perhaps no worker runs")
  })

  it("is unknown, and a person retried it: once more changes nothing, unless it waits", () => {
    const actions = (changes: Partial<OutboxRow.OutboxRow>) =>
      Explanation.explain(row({ state: "unknown", resendWhenAbsent: true, ...changes }), undefined, now).actions
    expect(actions({})).toStrictEqual(["discard"])
    expect(actions({ due: later, claim: { token: "t", worker: "w" } })).toStrictEqual(["discard"])
    expect(actions({ due: later })).toStrictEqual(["retry", "discard"])
  })

  it("has alternatives among what to do, which stand together", () => {
    const alternatives = (changes: Partial<OutboxRow.OutboxRow>, of?: Partial<OutboxStore.AccountState>) => {
      const { alternatives = [], steps } = Explanation.explain(row(changes), of && account(of), now)
      return alternatives.map((index) => steps[index]?.split(/[ :,]/)[0])
    }
    expect(alternatives({ state: "rejected", lastError })).toStrictEqual(["Either", "Or"])
    expect(alternatives({ state: "conflict" })).toStrictEqual(["If", "If"])
    expect(alternatives({ state: "discarded" })).toStrictEqual(["If", "If"])
    const paused = { at: now, by: OutboxRow.operator }
    expect(alternatives({ state: "unknown" }, { paused })).toStrictEqual(["If", "If"])
    expect(alternatives({})).toStrictEqual([])
  })

  it("waits since its account was resumed: by whom and why", () => {
    expect(said({ createdAt: earlier }, { resumed: { at: now, by } })).toContain(
      "A person resumed the account at 2026-03-01T12:00:00.000Z: the store is connected again."
    )
    expect(said({}, { resumed: { at: earlier, by } })).not.toContain("resumed")
  })

  it.each([
    ["ShipStationSecurityError", /who administers the ShipStation account: is the API key valid.*SHIPSTATION_API_KEY/],
    ["ShipStationAccountStatusError", /Ask who administers the ShipStation account to fix what it says/],
    ["ShipStationConfigError", /Ask who runs the program that sends to correct the program's configuration/]
  ])("waits as the program paused its account, for %s: who does what, before it is resumed", (_tag, who) => {
    const paused = { at: now, by: OutboxRow.worker("w"), error: { _tag, message: "no" } }
    for (const changes of [{}, { state: "unknown" as const }]) {
      expect(said(changes, { paused })).toMatch(who)
      expect(said(changes, { paused })).toMatch(/Only then resume the account, on this page\.$/)
    }
  })

  it.each([
    ["retried", by, "What went wrong before it was retried: no whole answer came."],
    ["came in again", OutboxRow.offerer, "What went wrong before it came in again: no whole answer came."],
    ["looked up", OutboxRow.worker("w"), "The last thing that went wrong: no whole answer came."]
  ])("went wrong, and was %s since", (_, by, cause) => {
    const history = [{ at: later, from: "rejected", to: "pending", by } as const]
    expect(said({ lastError }, {}, { history })).toContain(cause)
    expect(said({ lastError: { ...lastError, at: DateTime.add(later, { seconds: 1 }) } }, {}, { history })).toContain(
      "The last thing that went wrong"
    )
  })

  it("is unknown: when it is looked for, and what then", () => {
    expect(said({ state: "unknown", due: later })).toMatch(/looked for next at 2026-03-01T12:05.*for an hour/)
    expect(said({ state: "unknown" })).toMatch(/was to be looked for at 2026-03-01T12:00.*is a worker running/)
    expect(said({ state: "unknown", claim: { token: "t", worker: "w" } })).toContain("being looked for right now")
    expect(said({ state: "unknown", resendWhenAbsent: true })).toContain("a person retried it")
    const paused = { at: now, by: OutboxRow.operator }
    const { actions } = Explanation.explain(row({ state: "unknown" }), account({ paused }), now)
    expect(actions).toStrictEqual(["resume", "retry", "discard"])
    expect(said({ state: "unknown" }, { paused })).toContain("paused, so it isn't looked for now")
  })

  it("has another number: of which the customer may have been told, and which is right", () => {
    const conflict = { state: "conflict", found: { tracking_number: "1Z2" }, attempts: 1 } as const
    const sent = said({ ...conflict, attempt: { startedAt: now, sendBefore: later } })
    expect(sent).toContain("The customer may have been told of that number. This one, 1Z1, may have been sent before.")
    // it was looked up before
    const unsent = said({ ...conflict, attempt: { startedAt: now, sendBefore: now } })
    expect(unsent).toContain("This one, 1Z1, wasn't sent")
    expect(unsent).toMatch(/label.*If the label has 1Z2, discard.*If the label has 1Z1, void/)
  })

  it("was given up: why, and what is possible", () => {
    const entry = {
      at: now,
      from: "pending",
      to: "discarded",
      by: OutboxRow.operatorBecause("Maria: cancelled")
    } as const
    const discarded = said({ state: "discarded" }, {}, { history: [entry] })
    expect(discarded).toContain("A person gave it up. The reason: Maria: cancelled. It isn't sent any more.")
    expect(discarded).toContain("it is refused if it comes in again")
    expect(said({ state: "discarded" }, {}, { history: [{ ...entry, from: "unknown" }] })).toContain(
      "whether the customer was told isn't known"
    )
  })

  const sent = { attempts: 1, attempt: { startedAt: now, sendBefore: later } }

  const was = (...states: ReadonlyArray<OutboxRow.State>) =>
    states.slice(1).map((to, index) => ({ at: now, from: states[index] ?? "pending", to, by: OutboxRow.operator }))

  const refused = (tag: string) => ({
    at: now,
    from: "sending" as const,
    to: "pending" as const,
    by: OutboxRow.worker("w"),
    error: { _tag: tag, message: "no" }
  })

  const late = (ended: OutboxStore.Evidence["ended"]) => [{ id: 1, token: "t", at: later, ended }]

  /** After each way in which it may have gone on, and what is known then of whether the customer was told. */
  const givenUp: ReadonlyArray<
    [
      after: string,
      row: Partial<OutboxRow.OutboxRow>,
      circumstances: Explanation.Circumstances,
      says: RegExp,
      told: RegExp,
      mayBeMarkedByHand: boolean
    ]
  > = [
    ["it never was sent", {}, { history: was("pending", "discarded") }, /It isn't sent any more/, /^No\.$/, true],
    [
      "it was refused",
      { ...sent, lastError: { ...lastError, _tag: "Rejected" } },
      { history: was("sending", "rejected", "discarded") },
      /^A person gave it up\. It isn't sent any more/,
      /^No\.$/,
      true
    ],
    [
      "a whole request was refused, and nobody looked",
      sent,
      { history: was("sending", "pending", "discarded") },
      /may have been sent before: whether the customer was told isn't known/,
      /may have been told, or not/,
      true
    ],
    [
      "it was unknown",
      sent,
      { history: was("sending", "unknown", "discarded") },
      /may have been sent before: whether the customer was told isn't known/,
      /may have been told, or not/,
      true
    ],
    [
      "it was unknown, and refused when it was sent again",
      { ...sent, attempts: 2 },
      { history: was("sending", "unknown", "pending", "sending", "rejected", "discarded") },
      /may have been sent before/,
      /may have been told, or not/,
      true
    ],
    [
      "ShipStation had another number",
      { ...sent, found: { tracking_number: "JD2" } },
      { history: was("sending", "conflict", "discarded") },
      /In ShipStation it has JD2; the customer may have been told of that number/,
      /told of JD2, which ShipStation has. Of 1Z1 they may have been told too, or not/,
      false
    ],
    [
      "ShipStation had another number, and it was never sent",
      { attempts: 1, attempt: { startedAt: now, sendBefore: now }, found: { tracking_number: "JD2" } },
      { history: was("sending", "conflict", "discarded") },
      /In ShipStation it has JD2/,
      /Of 1Z1 they weren't told from here/,
      false
    ],
    [
      "it was retried as the other number was said to be void",
      {},
      { history: was("sending", "conflict", "pending", "discarded") },
      /It isn't sent any more/,
      /told of another number, which ShipStation had\. Of 1Z1: No\.$/,
      true
    ],
    [
      "a worker told too late that it was done",
      sent,
      { history: was("sending", "unknown", "discarded"), evidence: late({ _tag: "Fulfilled" }) },
      /In ShipStation it has 1Z1; the customer may have been told/,
      /They may have been told of 1Z1: ShipStation has it/,
      false
    ],
    [
      "a worker told too late of another number",
      sent,
      {
        history: was("sending", "unknown", "discarded"),
        evidence: late({ _tag: "Conflict", found: { tracking_number: "JD3" } })
      },
      /In ShipStation it has JD3/,
      /They may have been told of JD3/,
      false
    ]
  ]

  it.each(givenUp)(
    "was given up after %s: no advice that tells a customer twice",
    (_, changes, past, says, told, may) => {
      const { customer, steps, why } = Explanation.explain(
        row({ ...changes, state: "discarded" }),
        undefined,
        now,
        past
      )
      expect(why).toMatch(says)
      expect(customer).toMatch(told)
      const advice = steps.join(" ")
      expect(advice.includes("by hand")).toBe(may)
      // whoever is told to do it is told to look before
      expect(advice).toMatch(
        may
          ? /look for shipment se-1 in ShipStation first.*Only if it isn't, mark it.*by hand/
          : /^Nothing: it is marked as shipped there/
      )
    }
  )

  it.each<[what: string, row: Partial<OutboxRow.OutboxRow>, told: RegExp, past?: Explanation.Circumstances]>([
    ["waits", {}, /^No, not yet/],
    ["waits, and was refused before", { attempts: 1 }, /^Not yet, as far as is known/],
    ["waits, as its key was refused", sent, /^Not yet, as far as is known/, {
      history: [refused("ShipStationSecurityError")]
    }],
    ["waits, and was refused for something else than its key before", sent, /may have been told, or not/, {
      history: [refused("ShipStationRateLimitError"), refused("ShipStationSecurityError")]
    }],
    ["waits, and ShipStation had another number", {}, /told of another number.* Of 1Z1: No, not yet/, {
      history: was("sending", "conflict", "pending")
    }],
    ["is being sent", { ...sent, state: "sending" }, /^Not known yet/],
    ["is unknown", { ...sent, state: "unknown" }, /may have been told, or not/],
    [
      "is looked up as voided",
      { ...sent, state: "unknown", wasFulfilled: true },
      /may have been told when it was marked/
    ],
    ["was refused", { ...sent, state: "rejected" }, /^No\.$/],
    ["has another number", { ...sent, state: "conflict", found: { tracking_number: "JD2" } }, /told of JD2/],
    ["is done, and nothing was said of the customer", { ...sent, state: "fulfilled" }, /^Not known here/],
    ["was done by somebody else", { state: "fulfilled" }, /^Not known here: it was marked as shipped .* already/],
    ["is done, for a customer who was to be told", {
      ...sent,
      state: "fulfilled",
      input: { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups", notify_customer: true }
    }, /^Yes, by ShipStation, which was asked to/],
    ["was done by somebody else, for a customer who wasn't to be told", {
      state: "fulfilled",
      input: { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups", notify_customer: false }
    }, /^Not known here: it was marked as shipped .* already/],
    ["is done, for a customer who wasn't", {
      ...sent,
      state: "fulfilled",
      input: { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups", notify_customer: false }
    }, /^No: it was asked that they aren't told/]
  ])("%s: whether the customer was told", (_, changes, told, past) => {
    expect(Explanation.explain(row(changes), undefined, now, past).customer).toMatch(told)
  })

  it("isn't told of in a shop: who sees to that", () => {
    expect(said({ state: "fulfilled", orderSource: { state: "notNotified" } })).toContain(
      "Ask who administers the ShipStation account to fix what it says"
    )
  })
})
