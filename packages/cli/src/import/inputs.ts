import type { Mode } from "@effect-shipstation/http-client/ShipStationConfig"
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Offer from "@effect-shipstation/outbox/Offer"
import type { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Chunk from "effect/Chunk"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Row } from "../file/ShipmentsFile.js"
import { UsageError } from "../terminal/UsageError.js"

/**
 * What is offered for rows that were checked before: each shipment once. The outbox keeps what was confirmed: a silent row
 * stays silent, whoever sends it.
 */
export const inputsOf = (
  chunk: Chunk.Chunk<Either.Either<Row, unknown>>,
  mode: Mode
): Effect.Effect<ReadonlyArray<FulfillmentInput>, UsageError> => {
  const rows = Chunk.toReadonlyArray(Chunk.filterMap(chunk, Either.getRight))
  return rows.length === chunk.length
    ? Effect.succeed(
      rows.flatMap(({ input, sameAs }) =>
        sameAs !== undefined
          ? []
          : mode === "silent"
          ? { ...input, notify_customer: false, notify_order_source: false }
          : input
      )
    )
    : new UsageError({ message: "The file was changed while it was read. Run it again" })
}

/** Whether an import sends an input, as far as the outbox knows its shipment: what was rejected is sent once it is corrected. */
export const isSent = (input: FulfillmentInput, existing: Offer.Existing | undefined, now: DateTime.Utc): boolean => {
  const { answer } = Offer.decide({ account: Accounts.defaultAccount, index: 0, input, existing }, now)
  return answer._tag !== "Refused" && (answer._tag !== "Duplicate" || answer.state === "pending")
}
