import * as Predicate from "effect/Predicate"

/** Why a port can't be listened on, and what to do. */
export const whyNotListening = (cause: unknown): string => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  switch (code) {
    case "EADDRINUSE":
      return "another program listens there. Choose another --port; 0 picks a free one"
    case "EACCES":
      return "it takes more rights. Choose a --port above 1023"
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return "this machine has no such address"
    default:
      return typeof code === "string" ? code : "no reason given"
  }
}
