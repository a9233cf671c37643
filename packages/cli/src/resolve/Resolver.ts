/**
 * The one place where what people have becomes what the API wants: order numbers become ids of shipments, names of carriers
 * become codes.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { UsageError } from "../terminal/UsageError.js"
import { nameOf, type Reference } from "./Reference.js"

/** What came of one reference, or of one name: what was looked for, or why it isn't sent. */
export type Answer =
  | { readonly _tag: "Found"; readonly value: string }
  | { readonly _tag: "NotFound"; readonly reason: string; readonly remedy: string }

/** Looks up what a file says in words of its own. */
export class Resolver extends Context.Tag("@effect-shipstation/cli/resolve/Resolver")<Resolver, {
  /**
   * The ids of shipments, one answer for each reference, in their order. A file is read several times, so who implements
   * this remembers what it found.
   */
  readonly shipments: (references: ReadonlyArray<Reference>) => Effect.Effect<ReadonlyArray<Answer>, UsageError>
  /** The codes of carriers, likewise. */
  readonly carriers: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Answer>, UsageError>
}>() {}

/** Looks nothing up, and says so of each. */
export const layerNone: Layer.Layer<Resolver> = Layer.succeed(Resolver, {
  shipments: (references) =>
    Effect.succeed(references.map((reference): Answer => ({
      _tag: "NotFound",
      reason: `is an ${nameOf(reference)}, and this version can't look up which shipment that is`,
      remedy: "put the shipment's id in, such as se-12345678: whoever exports the orders can export it"
    }))),
  carriers: (names) =>
    Effect.succeed(names.map((name): Answer => ({
      _tag: "NotFound",
      reason: "is no code of a carrier: those are in lower case, such as ups or dhl_express",
      remedy: `say --carrier-code "${name}"=the code that ShipStation has for it`
    })))
})
