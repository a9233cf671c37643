import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { Context, type Duration, Effect, Layer, Redacted } from "effect"

export type Script = NonNullable<Parameters<typeof AcceptEverything.inProcess>[0]>

/** A server that accepts everything and counts e-mails, and the service that asks it. */
export const serve = (
  script: Script,
  options: Partial<Fulfillments.Options> = {},
  timeout: Duration.DurationInput = "30 seconds"
) =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess(script)
    const client = ShipStationClient.layer.pipe(
      Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make("secret-key"), timeout })),
      Layer.provide(server.layer)
    )
    const context = yield* Layer.build(
      Fulfillments.layer({ notify: "account-default", ...options }).pipe(Layer.provideMerge(client))
    )
    return {
      ...server,
      client: Context.get(context, ShipStationClient.ShipStationClient),
      service: Context.get(context, Fulfillments.Fulfillments)
    }
  })

export const isDone = (outcomes: ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>) =>
  FulfillmentOutcome.partition(outcomes).fulfilled.length === outcomes.length
