/**
 * Where the outbox keeps its rows. Every operation is atomic: it happens as a whole or not at all, also when several
 * processes use the same database.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as memory from "./internal/memory.js"
import { make } from "./internal/operations.js"
import { duration } from "./internal/options.js"
import type { Service } from "./internal/service.js"
import type * as OutboxRows from "./OutboxRows.js"

/**
 * Where the outbox keeps its rows.
 *
 * @since 0.1.0
 * @category tags
 */
export class OutboxStore extends Context.Tag("@effect-shipstation/outbox/OutboxStore")<OutboxStore, Service>() {}

/**
 * What can be set for a store on rows of your own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How often workers look for rows that nobody announced. Default 1 second. What can't be is a defect. */
  readonly poll?: Duration.DurationInput | undefined
}

/**
 * Builds a store on rows that are kept wherever you like. `OutboxStoreTest` has the tests that it must pass.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRows = (rows: OutboxRows.Service, { poll = "1 second" }: Options = {}): Service =>
  make(rows, duration("poll", poll))

/**
 * For tests, and for what needn't survive: it is lost with the process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeStoreMemory: Effect.Effect<Service> = Effect.map(memory.make, (rows) => fromRows(rows))

/**
 * For tests, and for what needn't survive: it is lost with the process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStoreMemory: Layer.Layer<OutboxStore> = Layer.effect(OutboxStore, makeStoreMemory)

export {
  /**
   * How many rows got into which state, and when: for stores that count what they have read.
   *
   * @since 0.1.0
   * @category getters
   */
  changesOf,
  /**
   * How many rows are in each state, by account: for stores that count what they have read.
   *
   * @since 0.1.0
   * @category getters
   */
  countsOf,
  /**
   * Is the row one of those that are meant? For stores that filter what they have read.
   *
   * @since 0.1.0
   * @category predicates
   */
  matches,
  /**
   * The rows of a list, in its order: for stores that filter what they have read, in the order of their ids.
   *
   * @since 0.1.0
   * @category getters
   */
  rowsOf
} from "./internal/memory.js"

export type { Ended, Looked } from "./internal/told.js"

export type { Policy } from "./internal/waiting.js"

export type { Seen, Verified } from "./internal/verification.js"

export { AccountEntry, AccountState, Evidence } from "./internal/service.js"

export type {
  AccountSeen,
  ChangeCount,
  ChangesOptions,
  Claim,
  Claimed,
  ClaimOptions,
  Count,
  DueAccount,
  Filter,
  Operation,
  OperationOptions,
  Page,
  RowHistory,
  RowWithHistory,
  Service
} from "./internal/service.js"
