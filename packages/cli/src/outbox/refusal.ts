import { printable } from "../terminal/text.js"

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
