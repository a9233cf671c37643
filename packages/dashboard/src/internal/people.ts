/** What people did to an account, and whom to ask about it. */
import type { OutboxRow } from "@effect-shipstation/outbox/OutboxRow"
import type { AccountState } from "@effect-shipstation/outbox/OutboxStore"
import * as DateTime from "effect/DateTime"

/** Who can change what ShipStation has. */
export const administrator = "who administers the ShipStation account"

/** Who can change what the program does. */
export const operator = "who runs the program that sends"

type Pause = NonNullable<AccountState["paused"]>

/** Who paused it, and why. */
export const whyPaused = ({ by, error }: Pause): string => {
  if (by._tag === "Worker") {
    return `The program paused it by itself: ${sentence(error?.message ?? "its key was refused")}`
  }
  return by._tag === "Operator" && by.reason !== undefined
    ? `A person paused it: ${sentence(by.reason)}`
    : "A person paused it."
}

/** What is to be done before it is resumed. */
export const stepsOfPause = ({ by, error }: Pause): ReadonlyArray<string> => {
  if (by._tag !== "Worker") {
    return [
      "Ask who paused it, and why, unless the reason above says enough.",
      "When that is over, resume the account, on this page."
    ]
  }
  const resume = "Only then resume the account, on this page."
  switch (error?._tag) {
    case "ShipStationConfigError":
      return [`Ask ${operator} to correct the program's configuration.`, resume]
    case "ShipStationAccountStatusError":
      return [`Ask ${administrator} to fix what it says.`, resume]
    default:
      return [
        `Ask ${administrator}: is the API key valid there? If not, they make another one.`,
        `Ask ${operator} to put it into the program's configuration (SHIPSTATION_API_KEY, or however it is set up), and to start it again. The key can't be changed on this page.`,
        resume
      ]
  }
}

/** Who resumed it since the row came in, and why. */
export const whyResumed = ({ createdAt }: OutboxRow, account: AccountState | undefined): string => {
  const resumed = account?.resumed
  if (resumed === undefined || DateTime.lessThan(resumed.at, createdAt)) return ""
  const reason = resumed.by._tag === "Operator" ? resumed.by.reason : undefined
  return ` A person resumed the account at ${DateTime.formatIso(resumed.at)}${
    reason === undefined ? "." : `: ${sentence(reason)}`
  }`
}

/** A text with its full stop. */
export const sentence = (text: string): string => /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
