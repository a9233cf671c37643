import { ExitCode } from "@effect-shipstation/cli"
import { expect, it } from "@effect/vitest"
import type * as Drain from "../src/import/Drain.js"
import * as Summary from "../src/import/Summary.js"
import { describeRefusal } from "../src/terminal/refusal.js"

const none = { fulfilled: 1, rejected: 0, conflict: 0, refused: 0, discarded: 0, unknown: 0, not_sent: 0 }

const endings: Readonly<Record<Drain.Ending["_tag"], Drain.Ending>> = {
  Finished: { _tag: "Finished" },
  Signal: { _tag: "Signal", signal: "SIGTERM" },
  Refused: { _tag: "Refused", message: "401" },
  Paused: { _tag: "Paused" },
  Temporary: { _tag: "Temporary", message: "503" }
}

it.each(
  [
    ["ShipStationConfigError", "Nothing can be sent with these settings: Not sent: it is readOnly"],
    [
      "ShipStationSecurityError",
      "ShipStation refuses the key or the account: Not sent: it is readOnly. Check the API key"
    ],
    ["ShipStationAccountStatusError", "ShipStation refuses the key or the account: Not sent: it is readOnly"]
  ] as const
)("a person reads what a pause by %s is about", (_tag, text) => {
  expect(describeRefusal({ _tag, message: "Not sent: it is readOnly." })).toBe(text)
})

const all = { rejected: 1, unknown: 1, not_sent: 1 }

it.each(
  [
    ["Finished", {}, ExitCode.ok, false],
    ["Finished", { rejected: 1 }, ExitCode.rejected, false],
    ["Finished", { conflict: 1 }, ExitCode.rejected, false],
    ["Finished", { unknown: 1, rejected: 1 }, ExitCode.unknown, false],
    ["Finished", all, ExitCode.temporary, true],
    ["Temporary", { unknown: 1, rejected: 1 }, ExitCode.temporary, true],
    ["Paused", { unknown: 1 }, ExitCode.temporary, true],
    ["Paused", all, ExitCode.temporary, true],
    ["Refused", { unknown: 1, rejected: 1 }, ExitCode.refused, true],
    ["Refused", all, ExitCode.refused, true],
    ["Refused", { rejected: 1 }, ExitCode.rejected, false],
    ["Temporary", {}, ExitCode.ok, false],
    ["Signal", {}, 143, false],
    ["Signal", all, 143, true]
  ] as const
)("a run that ends %s with %j ends with %i", (ending, counts, code, goesOn) => {
  const summary = { ...Summary.make().summary(0), counts: { ...none, ...counts } }
  expect(Summary.exitCode(endings[ending], summary)).toBe(code)
  expect(Summary.advice(endings[ending], summary, "fulfill import it").includes("  fulfill import it")).toBe(goesOn)
})
