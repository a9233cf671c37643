import { Outbox, OutboxWorker } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { PgClient } from "@effect/sql-pg"
import { Effect, Exit, Layer, ManagedRuntime, Redacted, Scope, Stream } from "effect"
import { partsWith } from "../outbox/parts.js"
import type { Open } from "./Queue.js"

/** Ours: a state for each row, its history, the rate limit, and a ShipStation that answers at once. */
export const outbox: Open = async (url, started) => {
  const database = PgClient.layer({ url: Redacted.make(url) })
  const parts = partsWith((shipmentId) => started(Number(shipmentId.slice("se-".length))))
  const runtime = ManagedRuntime.make(
    Layer.provideMerge(Layer.provideMerge(parts, OutboxStorePg.layer()), database)
  )
  const offer = await runtime.runPromise(Effect.map(Outbox.Outbox, ({ offer }) => offer))
  return {
    offer: (numbers) =>
      runtime.runPromise(Effect.asVoid(offer(numbers.map((number) => ({
        shipment_id: `se-${number}`,
        tracking_number: `1Z12345E${number}`,
        carrier_code: "ups",
        notify_customer: true
      }))))),
    drain: (rows) =>
      runtime.runPromise(
        Effect.scoped(Effect.flatMap(OutboxWorker.make(), ({ events }) =>
          events.pipe(
            Stream.filter(({ _tag }) => _tag === "Ended"),
            Stream.take(rows),
            Stream.runDrain
          )))
      ),
    work: async () => {
      const scope = await runtime.runPromise(Scope.make())
      await runtime.runPromise(Scope.extend(OutboxWorker.make(), scope))
      return () => runtime.runPromise(Scope.close(scope, Exit.void))
    },
    close: () => runtime.dispose()
  }
}
