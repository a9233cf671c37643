/**
 * The tests that a store proves itself with. They need `@effect/vitest`, so they are imported as
 * `@effect-shipstation/outbox/OutboxStoreTest`, in tests only.
 *
 * @example
 * ```ts
 * import { type OutboxRows, OutboxStore } from "@effect-shipstation/outbox"
 * import * as OutboxStoreTest from "@effect-shipstation/outbox/OutboxStoreTest"
 * import { Effect, Layer } from "effect"
 *
 * declare const makeRows: Effect.Effect<OutboxRows.Service>
 *
 * OutboxStoreTest.suite("my store", Layer.effect(OutboxStore.OutboxStore, Effect.map(makeRows, OutboxStore.fromRows)))
 * ```
 *
 * @since 0.1.0
 */
import { layer } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import { claims } from "./internal/storeTest/claims.js"
import { lists } from "./internal/storeTest/lists.js"
import { operators } from "./internal/storeTest/operators.js"
import type { OutboxStore } from "./OutboxStore.js"

/**
 * Runs them against a store, in real time.
 *
 * @since 0.1.0
 * @category testing
 */
export const suite = <E>(name: string, store: Layer.Layer<OutboxStore, E>): void =>
  layer(store, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
    for (const [title, test] of Object.entries({ ...claims, ...operators, ...lists })) it.effect(title, () => test)
  })
