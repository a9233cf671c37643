/** Resolving references: by pages of the list where that takes fewer requests, and one by one. */
import type { ShipStationError } from "@effect-shipstation/http-client/ShipStationError"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { ShipmentMatch } from "../ShipmentMatch.js"
import type { ShipmentReference } from "../ShipmentReference.js"
import * as Concurrently from "./concurrently.js"
import { fewest } from "./estimate.js"
import * as Lookup from "./lookup.js"
import * as Pages from "./pages.js"
import type { Requests } from "./requests.js"
import { collect, isOpen, toMatch, type Wanted } from "./wanted.js"

/**
 * How far a resolution has come.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** How many answers came. */
  readonly requests: number
  /** How many of the different references are settled. With pages that is none for long, and then all. */
  readonly settled: number
  /** How many different references there are to look for. */
  readonly distinct: number
}

/**
 * Options of `resolve`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResolveOptions<R = never> {
  /**
   * Only shipments that were changed then or later count, where a reference means any such. It makes few pages of a long
   * list. What isn't among them is looked up by itself, whenever it was changed. Default: all count.
   *
   * So of two shipments with one number the one that was changed since is taken, without looking for the other.
   */
  readonly modifiedSince?: DateTime.DateTime | undefined
  /** Runs after each answer. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void, never, R>) | undefined
}

/** How many that a whole list doesn't have are looked up all the same, at least. */
const mostDoubted = 100

/** Tells what references mean. */
export const make = (requests: Requests) =>
  Effect.fnUntraced(function*<R = never>(
    references: Iterable<ShipmentReference>,
    { modifiedSince, onProgress }: ResolveOptions<R> = {}
  ): Effect.fn.Return<Array<ShipmentMatch>, ShipStationError, R> {
    const wants = collect(references)
    const context = yield* Effect.context<R>()
    let answers = 0
    const told = Effect.suspend(() => {
      answers++
      return onProgress === undefined ? Effect.void : Effect.provide(
        onProgress({
          requests: answers,
          settled: wants.all.filter((wanted) => !isOpen(wanted)).length,
          distinct: wants.all.length
        }),
        context
      )
    })
    yield* search(requests, told)(wants.all, modifiedSince)
    return wants.references.map((each, index) => toMatch(index, each, modifiedSince))
  })

const search = (requests: Requests, told: Effect.Effect<void>) => {
  const readPages = Pages.read({ page: (query) => Effect.tap(requests.page(query), () => told) })
  const lookUp = Lookup.make(requests)
  const lookUpAll = (wanted: ReadonlyArray<Wanted>) =>
    Concurrently.forEach(wanted, (wanted) => Effect.zipRight(lookUp(wanted), told))

  return Effect.fnUntraced(function*(all: ReadonlyArray<Wanted>, since: DateTime.DateTime | undefined) {
    if (all.length >= fewest) {
      const reading = yield* readPages(all, since)
      if (reading.isWhole) {
        const listed = all.filter(({ field }) => !reading.untold.has(field))
        for (const wanted of listed) if (wanted.matches.size > 0) wanted.isSettled = true
        // what was changed before isn't in that list
        if (since === undefined) yield* settleAbsent(listed, Math.max(mostDoubted, reading.pages))
      }
    }
    yield* lookUpAll(all.filter(isOpen))
  })

  /**
   * Of those that the list doesn't have so many are looked up by themselves. If one of them is there, the list isn't believed
   * at all, else also of the rest.
   */
  function settleAbsent(listed: ReadonlyArray<Wanted>, most: number) {
    const absent = listed.filter(({ matches }) => matches.size === 0)
    const step = Math.max(1, absent.length / most)
    const doubted = absent.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
    return Effect.map(lookUpAll(doubted), () => {
      const isBelieved = doubted.every(({ matches }) => matches.size === 0)
      const looked = new Set(doubted)
      for (const wanted of listed) if (!looked.has(wanted)) wanted.isSettled = isBelieved
    })
  }
}
