/**
 * The one place where what people have becomes what the API wants: order numbers become ids of shipments, names of carriers
 * become codes.
 */
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ofCommand } from "../terminal/refusal.js"
import { printable } from "../terminal/text.js"
import type { Ended, UsageError } from "../terminal/UsageError.js"
import { nameOf, type Reference } from "./Reference.js"

/** What was looked for. */
export interface Found {
  readonly _tag: "Found"
  readonly value: string
}

/** Why something isn't sent. */
export interface NotFound {
  readonly _tag: "NotFound"
  readonly reason: string
  readonly remedy: string
  /** What it is counted with. Default: the reason. */
  readonly kind?: string | undefined
  /** The ids among which a person may choose. */
  readonly oneOf?: ReadonlyArray<string> | undefined
}

/** What came of one reference, or of one name. */
export type Answer = Found | NotFound

/** It couldn't be looked up. */
export type ResolveError = UsageError | Ended

/** The carriers of an account. */
export interface Account {
  /** What is odd about a code: no such carrier is there. */
  readonly doubtOf: (code: string) => NotFound | undefined
  /** Whom a name means. Undefined where the account has no carriers at all. */
  readonly meaningOf: (name: string) => Answer | undefined
}

/** Looks up what a file says in words of its own. */
export interface Service {
  /**
   * The ids of shipments, one answer for each reference, in their order. It is asked once for all that a file has, so that it
   * can choose the way that takes the fewest requests.
   */
  readonly shipments: (references: ReadonlyArray<Reference>) => Effect.Effect<ReadonlyArray<Answer>, ResolveError>
  /** The codes of carriers, likewise. */
  readonly carriers: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Answer>, ResolveError>
  /**
   * What carriers the account has. Without a key it isn't known; nor where ShipStation can't be asked, which is said: a file
   * can be checked without.
   */
  readonly account: Effect.Effect<Account | undefined>
  /**
   * What a word means that may be a carrier's name or its code: by the account's carriers, or undefined if they aren't known.
   * Fails where something would be sent and they can't be asked for.
   */
  readonly words: Effect.Effect<Account["meaningOf"], ResolveError>
  /** Whether ShipStation has answered, so that the key and the address are known to be right. */
  readonly hasAnswered: Effect.Effect<boolean>
}

/** Looks up what a file says in words of its own. */
export class Resolver extends Context.Tag("@effect-shipstation/cli/resolve/Resolver")<Resolver, Service>() {}

/** Looks nothing up, and says of each that it takes a key. */
const none: Service = {
  shipments: (references) =>
    Effect.succeed(references.map((reference): Answer => ({
      _tag: "NotFound",
      reason: `is ${nameOf(reference)}, and without a key it can't be looked up which shipment that is`,
      remedy: "set SHIPSTATION_API_KEY, or say --key-file"
    }))),
  carriers: (names) =>
    Effect.succeed(names.map((name): Answer => ({
      _tag: "NotFound",
      reason: "is no code of a carrier: those are in lower case, such as ups or dhl_express",
      remedy: `say --carrier-code "${name}"=the code that ShipStation has for it, or have it looked up with a key: `
        + "SHIPSTATION_API_KEY or --key-file"
    }))),
  account: Effect.succeed(undefined),
  words: Effect.succeed(() => undefined),
  hasAnswered: Effect.succeed(false)
}

/** That carriers aren't compared. */
export const notCompared = ({ message }: { readonly message?: string }): Service["account"] =>
  Effect.zipRight(
    Console.error(`The carriers weren't compared with those of the account: ${ofCommand(printable(message ?? ""))}`),
    none.account
  )

/** Looks nothing up, and says of each that it takes a key. */
export const layerNone: Layer.Layer<Resolver> = Layer.succeed(Resolver, none)

/** Builds what looks things up when something has to be, and not for files that say it themselves. */
export const layerLazy = <E extends ResolveError, R>(layer: Layer.Layer<Resolver, E, R>): Layer.Layer<
  Resolver,
  never,
  R
> =>
  Layer.scoped(
    Resolver,
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const context = yield* Effect.context<R>()
      const built = yield* Effect.cached(Effect.provide(Layer.buildWithScope(layer, scope), context))
      const resolver = Effect.map(built, Context.get(Resolver))
      // asked for by who reads the file, and by who plans
      const account = yield* Effect.cached(
        Effect.catchAll(Effect.flatMap(resolver, ({ account }) => account), notCompared)
      )
      return {
        shipments: (references) => Effect.flatMap(resolver, ({ shipments }) => shipments(references)),
        carriers: (names) => Effect.flatMap(resolver, ({ carriers }) => carriers(names)),
        account,
        words: Effect.map(account, (account) => account?.meaningOf ?? (() => undefined)),
        hasAnswered: Effect.catchAll(
          Effect.flatMap(resolver, ({ hasAnswered }) => hasAnswered),
          () => Effect.succeed(false)
        )
      }
    })
  )
