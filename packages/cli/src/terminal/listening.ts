import type { ServeError } from "@effect/platform/HttpServerError"
import * as Predicate from "effect/Predicate"
import { UsageError } from "./UsageError.js"

/** That a server can't listen there, and what to do. */
export const notListening =
  ({ host, port }: { readonly host: string; readonly port: number }) => ({ cause }: ServeError): UsageError =>
    new UsageError({ message: `Can't listen on port ${port} of ${host}: ${reasonOf(cause)}` })

const reasonOf = (cause: unknown): string => {
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
