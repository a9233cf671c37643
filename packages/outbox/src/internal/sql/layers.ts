/** All that a program with an outbox needs of its database. */
import type { RateLimiterStore } from "@effect-shipstation/http-client/RateLimiter"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Layer from "effect/Layer"
import * as Outbox from "../../Outbox.js"
import type { OutboxStoreError } from "../../OutboxError.js"
import type { OutboxStore } from "../../OutboxStore.js"
import * as RateLimiterStoreSql from "../../RateLimiterStoreSql.js"

/** The outbox on a store, and the rate limiter's log beside it. */
export const layerOn = <R>(
  store: Layer.Layer<OutboxStore, OutboxStoreError, R>,
  { prefix }: { readonly prefix?: string | undefined }
): Layer.Layer<Outbox.Outbox | OutboxStore | RateLimiterStore, OutboxStoreError, R | SqlClient> =>
  Layer.merge(Layer.provideMerge(Outbox.layer, store), RateLimiterStoreSql.layer({ prefix }))
