/** A webhook is evidence for the outbox: what is unknown is looked up as soon as ShipStation says that it was shipped. */
import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Accounts, Outbox, OutboxStore, OutboxWorker } from "@effect-shipstation/outbox"
import { WebhookKeys, Webhooks } from "@effect-shipstation/webhooks"
import { HttpRouter, HttpServer } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Logger, Redacted, Schedule } from "effect"
import { createServer } from "node:http"

const ofAccount = Layer.unwrapEffect(Effect.map(Emulator.Server, ({ url }) =>
  Layer.mergeAll(
    Fulfillments.layer({ notify: { customer: true, orderSource: true } }),
    WebhookKeys.layer({ url: `${url}/jwks` })
  ).pipe(
    Layer.provideMerge(Layer.provide(ShipStationClient.layer, RetryPolicy.layer(RetryPolicy.none))),
    Layer.provideMerge(
      ShipStationConfig.layer({ apiKey: Redacted.make(Emulator.defaultApiKey), baseUrl: url })
    ),
    Layer.provide(NodeHttpClient.layerUndici)
  )))

/** It looks for what is unknown so seldom that only a webhook can be why it does. */
const working = Layer.provide(
  OutboxWorker.layer({ backoff: { look: { first: "1 day" }, failedLook: { first: "1 day", longest: "1 day" } } }),
  Accounts.layer
)

const application = Layer.mergeAll(working, Outbox.layer).pipe(
  Layer.provideMerge(OutboxStore.layerStoreMemory),
  Layer.provideMerge(ofAccount),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
)

/** Takes webhooks, as the documentation says it. Gives where. */
const subscribe = Effect.gen(function*() {
  const { reconcile } = yield* Outbox.Outbox
  yield* HttpRouter.empty.pipe(
    HttpRouter.post(
      "/hooks",
      Webhooks.httpApp((event) =>
        event._tag === "OtherEvent"
          ? Effect.void
          : reconcile(Accounts.defaultAccount, { shipmentIds: event.shipmentIds })
      )
    ),
    HttpServer.serveEffect()
  )
  const url = yield* HttpServer.addressFormattedWith((address) => Effect.succeed(`${address}/hooks`))
  yield* Effect.flatMap(Emulator.Emulator, ({ seed }) => seed({ webhooks: [{ url }] }))
  return url
})

const row = Effect.flatMap(Outbox.Outbox, ({ list }) => Effect.map(list(), ({ rows: [row] }) => row))

const until = (state: string) =>
  Effect.repeat(row, {
    until: (row) => row?.state === state && row.claim === undefined,
    schedule: Schedule.spaced("20 millis")
  }).pipe(Effect.timeout("3 minutes"))

it.scopedLive("what is unknown is looked up at once when its webhook comes, and not when a forged one does", () =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    const url = yield* subscribe
    yield* emulator.setFaults([
      { endpoint: "create", times: 1, action: { _tag: "Reset", commits: "all" } },
      // so that nothing finds it
      { endpoint: "list", action: { _tag: "ErrorBody", status: 500 } },
      { endpoint: "webhook", action: { _tag: "Delay", duration: "1 minute" } }
    ])
    const { offer } = yield* Outbox.Outbox
    yield* offer([{ shipment_id: "se-1", tracking_number: "1Z12345E6605272234", carrier_code: "ups" }])
    yield* until("unknown")
    // the first look fails, and the next one is far away
    yield* Effect.repeat(row, {
      until: (row) =>
        row?.claim === undefined &&
        DateTime.greaterThan(row?.due ?? DateTime.unsafeMake(0), DateTime.add(DateTime.unsafeNow(), { hours: 1 })),
      schedule: Schedule.spaced("20 millis")
    })
    const unknown = yield* row
    yield* emulator.setFaults([])

    const forged = yield* Effect.promise(() =>
      fetch(url, {
        method: "POST",
        headers: {
          "x-shipengine-rsa-sha256-key-id": "a",
          "x-shipengine-rsa-sha256-signature": "AAAA",
          "x-shipengine-timestamp": new Date().toISOString()
        },
        body: JSON.stringify({
          resource_type: "FULFILLMENT_SHIPPED_V2",
          resource_url: "http://127.0.0.1/v2/fulfillments"
        })
      })
    )
    expect(forged.status).toBe(401)
    expect(yield* row).toMatchObject({ state: "unknown", due: unknown?.due })

    yield* emulator.clock.advance("1 minute")
    yield* until("fulfilled")
    // however often it comes
    const [sent] = yield* emulator.webhooks
    yield* emulator.sendWebhookAgain(sent?.id ?? 0)
    yield* Effect.repeat(emulator.webhooks, {
      until: (all) => all.length === 2 && all.every(({ status }) => status === 200),
      schedule: Schedule.spaced("20 millis")
    })
    expect((yield* row)?.state).toBe("fulfilled")
    expect((yield* emulator.committed("se-1")).length).toBe(1)
    expect((yield* emulator.notifiedAgain).length).toBe(0)
  }).pipe(
    Effect.provide(
      Layer.provideMerge(application, Emulator.layerServer()).pipe(Layer.merge(Logger.remove(Logger.defaultLogger)))
    )
  ))
