import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type * as Effect from "effect/Effect"
import * as ExitCode from "../ExitCode.js"
import { printable } from "./text.js"
import { isTls, tlsHint } from "./tls.js"
import { Ended, UsageError } from "./UsageError.js"

/** Without what only a program can do: list hosts. */
export const ofCommand = (reason: string): string => reason.replace(/, or list \S+ in allowInsecureHosts/, "")

/** Why nothing is sent until somebody does something, and what. */
export const describeRefusal = ({ _tag, message }: { readonly _tag: string; readonly message: string }): string => {
  const reason = printable(message).replace(/\.$/, "")
  switch (_tag) {
    case "ShipStationConfigError":
      return `Nothing can be sent with these settings: ${reason}`
    case "ShipStationSecurityError":
      return `ShipStation refuses the key or the account: ${reason}. Check the API key`
    default:
      return `ShipStation refuses the key or the account: ${reason}`
  }
}

/** Ends the command, as ShipStation can't be asked. Nothing was sent. */
export const refuse = (error: ShipStationError): Effect.Effect<never, UsageError | Ended> => {
  const message = printable(error.message)
  const reason = message.replace(/^Not sent: /, "")
  if (error._tag === "ShipStationConfigError") {
    return new UsageError({ message: `SHIPSTATION_BASE_URL can't be used: ${ofCommand(reason)}` })
  }
  if (error.concerns === "account") {
    return error.delivery === "unsent"
      ? new UsageError({ message: `Check the key in SHIPSTATION_API_KEY or --key-file: ${reason}` })
      : new Ended({ code: ExitCode.refused, message: describeRefusal(error) })
  }
  if (isTls(message)) {
    return new UsageError({ message: `ShipStation can't be reached: ${message}${tlsHint(message)}. Nothing was sent` })
  }
  return error.status === 404
    ? new UsageError({ message: `There is no ShipStation API at SHIPSTATION_BASE_URL: ${message}` })
    : new Ended({ code: ExitCode.temporary, message: `ShipStation can't be reached: ${message}. Nothing was sent` })
}
