/** What a worker does with the rows of one claim of an account. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Claims from "./claims.js"
import * as Lookups from "./lookups.js"
import * as Send from "./send.js"
import type { Claim } from "./service.js"
import * as Verify from "./verify.js"
import { makeTrouble, type Needs } from "./work.js"

/** All that the handling of claims needs. */
export type Options = Needs & Omit<Claims.Options, "account" | "operations">

/** Sends rows, looks unknown ones up, and sees whether order sources were told, for one account. */
export const make = (options: Options) => {
  const trouble = makeTrouble(options)
  const lookups = Lookups.make(options, trouble, options)
  const send = Send.make(options, trouble, lookups)
  const verify = Verify.make(options, trouble)
  const working =
    (name: string, to: "send" | "look" | "verify", work: (claim: Claim) => Effect.Effect<void>) => (claim: Claim) =>
      Effect.zipRight(
        options.publish({ _tag: "Claimed", account: options.account, ids: claim.rows.map(({ id }) => id), to }),
        work(claim)
      ).pipe(Effect.withSpan(name, {
        captureStackTrace: false,
        attributes: { "shipstation.account": options.account, "shipstation.batch_size": claim.rows.length }
      }))
  // before the claim is given back, and whoever comes next takes the same rows
  const orHoldBack = (self: Effect.Effect<void>) =>
    Effect.tapErrorCause(self, (cause) => Cause.isInterruptedOnly(cause) ? Effect.void : trouble.broke)
  const holding = (work: (claim: Claims.Claim) => Effect.Effect<void>) => (claim: Claim) =>
    Effect.scoped(Effect.flatMap(Claims.hold(claim, options), (held) => orHoldBack(work(held))))
  return {
    send: working("OutboxWorker.send", "send", holding(send)),
    reconcile: working("OutboxWorker.reconcile", "look", holding(lookups.reconcile)),
    // nobody loses anything by a look too many, so their claim isn't kept
    verify: working("OutboxWorker.verify", "verify", (claim) => orHoldBack(verify(claim)))
  }
}
