/**
 * Where the outbox keeps its rows. Every operation is atomic: it happens as a whole or not at all, also when several
 * processes use the same database.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as memory from "./internal/memory.js"
import { make } from "./internal/operations.js"
import type { Service } from "./internal/service.js"
import type * as OutboxRows from "./OutboxRows.js"

/** Where the outbox keeps its rows. */
export class OutboxStore extends Context.Tag("@effect-shipstation/outbox/OutboxStore")<OutboxStore, Service>() {}

/** Builds a store on rows that are kept wherever you like. `OutboxStoreTest` has the tests that it must pass. */
export const fromRows = (rows: OutboxRows.Service): Service => make(rows)

/** For tests, and for what needn't survive: it is lost with the process. */
export const makeStoreMemory: Effect.Effect<Service> = Effect.map(memory.make, fromRows)

/** For tests, and for what needn't survive: it is lost with the process. */
export const layerStoreMemory: Layer.Layer<OutboxStore> = Layer.effect(OutboxStore, makeStoreMemory)

export {
  /** How many rows are in each state, by account: for stores that count what they have read. */
  countsOf,
  /** Is the row one of those that are meant? For stores that filter what they have read. */
  matches
} from "./internal/memory.js"

export type { Ended, Looked } from "./internal/told.js"

export type { Policy } from "./internal/waiting.js"

export type { Seen, Verified } from "./internal/verification.js"

export { AccountState, Evidence } from "./internal/service.js"

export type {
  Claim,
  Claimed,
  ClaimOptions,
  Count,
  DueAccount,
  Filter,
  Operation,
  OperationOptions,
  Page,
  RowWithHistory,
  Service
} from "./internal/service.js"
