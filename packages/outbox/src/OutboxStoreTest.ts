/**
 * The tests that a store proves itself with. They need `@effect/vitest`, so they are imported as
 * `@effect-shipstation/outbox/OutboxStoreTest`, in tests only.
 *
 * @example
 * ```ts
 * OutboxStoreTest.suite("my store", Layer.effect(OutboxStore.OutboxStore, Effect.map(makeRows, OutboxStore.fromRows)))
 * ```
 */
import { layer } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import { claims } from "./internal/storeTest/claims.js"
import { operators } from "./internal/storeTest/operators.js"
import type { OutboxStore } from "./OutboxStore.js"

/** Runs them against a store, in real time. */
export const suite = <E>(name: string, store: Layer.Layer<OutboxStore, E>): void =>
  layer(store, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
    for (const [title, test] of Object.entries({ ...claims, ...operators })) it.effect(title, () => test)
  })
