/** Looking rows up: the newest fulfillments as long as they are searched, and by its own id what decides. */
import type { Absent, AlreadyFulfilled, Conflict } from "@effect-shipstation/fulfillments/FulfillmentOutcome"
import type { ListError } from "@effect-shipstation/fulfillments/Fulfillments"
import type { Fulfillment } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { OutboxRow, RowError } from "../OutboxRow.js"
import { someAtOnce, unless } from "./alongside.js"
import * as Backoff from "./backoff.js"
import type { Claim, Options } from "./claims.js"
import { foundOf, meaningOf, rowError } from "./refusal.js"
import { search } from "./search.js"
import type { Looked } from "./told.js"
import { isLastLook, isLate } from "./waiting.js"
import type { Needs, Trouble } from "./work.js"

type ReadBack = Absent | AlreadyFulfilled | Conflict

/** How many are looked up by their own ids before what they told is written down. */
export const atOnce = 20

const lookedOf = (fulfillment: Fulfillment | undefined): Looked =>
  fulfillment === undefined ? { _tag: "Unlisted" } : { _tag: "Fulfilled", found: foundOf(fulfillment) }

/** What a look by its own id tells. */
export type ById = Exclude<Looked, { readonly _tag: "Unlisted" | "Failed" }>

/** Asking the list. What is refused to the account is told, and who is told to stop doesn't wait for an answer. */
export const makeAsking = (needs: Needs, trouble: Trouble) => {
  /** What is only looked up needn't be awaited. */
  const unlessStopping = unless(Effect.zipRight(needs.stopping, Effect.interrupt))

  const answered = <A>(self: Effect.Effect<A, ListError>) =>
    self.pipe(
      Effect.tapError((error) => meaningOf(error) === "account" ? trouble.pause(error) : Effect.void),
      Effect.either,
      unlessStopping
    )

  /** What the list says about one shipment. */
  const readBack = (row: OutboxRow) =>
    answered(Effect.map(needs.fulfillments.readBack([row.input]), ([found]) => found))

  return { answered, readBack }
}

const byIdOf = (found: ReadBack): ById => {
  const { requestId } = found
  return found._tag === "Absent"
    ? { _tag: "Absent", requestId }
    : {
      _tag: found._tag === "AlreadyFulfilled" ? "Fulfilled" : "Conflict",
      requestId,
      found: foundOf(found.fulfillment)
    }
}

/** Looks up the rows of claims. */
export const make = (needs: Needs, trouble: Trouble, { policy }: Pick<Options, "policy">) => {
  const { account, delays, fulfillments, publish } = needs
  const { answered, readBack } = makeAsking(needs, trouble)
  const byId = (row: OutboxRow) => Effect.map(readBack(row), Either.map(byIdOf))

  const save = (claim: Claim, results: ReadonlyArray<{ readonly id: number; readonly what: Looked }>) =>
    results.length === 0 ? Effect.void : Effect.zipRight(
      claim.look(results),
      Effect.forEach(results, ({ id, what }) => publish({ _tag: "Looked", account, id, looked: what }), {
        discard: true
      })
    )

  const failed = (row: OutboxRow, error: RowError) =>
    Effect.map(
      Backoff.jittered(Backoff.after(delays.failedLook, row.absent?.looks ?? 0)),
      (delay) => ({ id: row.id, what: { _tag: "Failed", error, delay } as const })
    )

  /** One request each. What keeps one from being looked up would keep the others too, so they aren't asked for. */
  const lookUpEach = Effect.fnUntraced(function*(claim: Claim, rows: ReadonlyArray<OutboxRow>) {
    let broken: RowError | undefined
    for (const some of Array.chunksOf(rows, atOnce)) {
      const results = yield* someAtOnce(4, some, (row) =>
        Effect.gen(function*() {
          if (broken !== undefined) return yield* failed(row, broken)
          const answer = yield* byId(row)
          if (Either.isRight(answer)) return { id: row.id, what: answer.right }
          broken = rowError(answer.left)
          return yield* failed(row, broken)
        }))
      yield* save(claim, results)
    }
  })

  /** Those that are still to be looked up by their own ids. */
  const searchFor = Effect.fnUntraced(function*(claim: Claim, rows: ReadonlyArray<OutboxRow>) {
    const answer = yield* search(fulfillments, rows).pipe(
      answered
    )
    if (Either.isLeft(answer)) {
      const error = rowError(answer.left)
      yield* save(claim, yield* Effect.forEach(rows, (row) => failed(row, error)))
      return []
    }
    const { found, isWhole, others } = answer.right
    const isOpen = (row: OutboxRow) =>
      !found.has(row.id) && (!isWhole || (others.has(row.id) && isLate(row, claim.at, policy)))
    yield* save(
      claim,
      rows.filter((row) => !isOpen(row)).map(({ id }) => ({ id, what: lookedOf(found.get(id)) }))
    )
    return rows.filter(isOpen)
  })

  /**
   * One look for all rows that were refused. Those that aren't among all that were created since aren't there; `open` are to
   * be looked up by their own ids.
   */
  const together = (rows: ReadonlyArray<OutboxRow>) =>
    Effect.map(
      answered(search(fulfillments, rows)),
      Either.map(({ found, isSorted, isWhole, others }) => {
        const [absent, open] = Array.partition(
          rows.filter(({ id }) => !found.has(id)),
          ({ id }) => !isWhole || !isSorted || others.has(id)
        )
        return {
          found: [...found].map(([id, fulfillment]) => ({
            id,
            what: { _tag: "Fulfilled", found: foundOf(fulfillment) } as const
          })),
          absent,
          open
        }
      })
    )

  return {
    byId,
    together,
    /** Looks for unknown rows. */
    reconcile: Effect.fnUntraced(function*(claim: Claim) {
      // one alone costs no more by its own id, and nothing is overlooked there
      const [searched, last] = claim.rows.length === 1
        ? [[], claim.rows]
        : Array.partition(claim.rows, (row) => isLastLook(row, claim.at, policy))
      const open = searched.length < 2 ? searched : yield* searchFor(claim, searched)
      yield* lookUpEach(claim, [...open, ...last])
    })
  }
}
