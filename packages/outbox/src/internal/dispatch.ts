/** What a worker does with the rows of one claim of an account. */
import * as Effect from "effect/Effect"
import * as Claims from "./claims.js"
import * as Lookups from "./lookups.js"
import * as Send from "./send.js"
import type { Claim } from "./service.js"
import { makeTrouble, type Needs } from "./work.js"

/** All that the handling of claims needs. */
export type Options = Needs & Omit<Claims.Options, "account" | "operations">

/** Sends rows, and looks unknown ones up, for one account. */
export const make = (options: Options) => {
  const trouble = makeTrouble(options)
  const lookups = Lookups.make(options, trouble, options)
  const send = Send.make(options, trouble, lookups)
  const holding =
    (name: string, to: "send" | "look", work: (claim: Claims.Claim) => Effect.Effect<void>) => (claim: Claim) =>
      Effect.scoped(Effect.gen(function*() {
        const held = yield* Claims.hold(claim, options)
        yield* options.publish({ _tag: "Claimed", account: options.account, ids: claim.rows.map(({ id }) => id), to })
        yield* work(held)
      })).pipe(Effect.withSpan(name, {
        captureStackTrace: false,
        attributes: { "shipstation.account": options.account, "shipstation.batch_size": claim.rows.length }
      }))
  return {
    send: holding("OutboxWorker.send", "send", send),
    reconcile: holding("OutboxWorker.reconcile", "look", lookups.reconcile)
  }
}
