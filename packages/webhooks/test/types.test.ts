import type { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { Webhook, WebhookError, type WebhookEvent, WebhookKeys, Webhooks } from "@effect-shipstation/webhooks"
import type { HttpApp, HttpClient } from "@effect/platform"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Context, Effect, type Layer, Schema } from "effect"

class Need extends Context.Tag("Need")<Need, string>() {}

const bytes = new Uint8Array()

describe("types", () => {
  it("verify fails with what can be wrong with bytes, and needs keys", () => {
    const verified = Webhook.verify({ headers: {}, body: bytes })
    expectTypeOf<Effect.Effect.Error<typeof verified>["_tag"]>().toEqualTypeOf<
      | "WebhookHeaderError"
      | "WebhookTimestampError"
      | "WebhookKeyError"
      | "WebhookSignatureError"
      | "WebhookPayloadError"
      | "WebhookKeysError"
    >()
    expectTypeOf<Effect.Effect.Context<typeof verified>>().toEqualTypeOf<WebhookKeys.WebhookKeys>()
    // @ts-expect-error a text isn't what came
    const text = () => Webhook.verify({ headers: {}, body: "{}" })
    expect(text).toBeTypeOf("function")
  })

  it("the app fails with nothing, whatever its handler does, and needs what its handler needs", () => {
    const app = Webhooks.httpApp(() => Effect.zipRight(Need, Effect.fail("no" as const)))
    expectTypeOf(app).toEqualTypeOf<HttpApp.Default<never, Need | Webhooks.Requirements>>()
    expectTypeOf<Webhooks.Requirements>().toEqualTypeOf<
      ShipStationClient.ShipStationClient | ShipStationConfig.ShipStationConfig | WebhookKeys.WebhookKeys
    >()
    expectTypeOf<WebhookEvent.WebhookEvent["_tag"]>().toEqualTypeOf<
      "FulfillmentsShipped" | "FulfillmentsRejected" | "OtherEvent"
    >()
  })

  it("the keys need an HttpClient and a configuration", () => {
    expectTypeOf(WebhookKeys.layer).returns.toEqualTypeOf<
      Layer.Layer<WebhookKeys.WebhookKeys, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig>
    >()
    expect(WebhookKeys.WebhookKeys.key).toBe("@effect-shipstation/webhooks/WebhookKeys")
  })
})

describe("errors", () => {
  const errors: ReadonlyArray<readonly [WebhookError.WebhookError, number]> = [
    [new WebhookError.WebhookHeaderError({ header: "x-shipengine-timestamp" }), 404],
    [new WebhookError.WebhookTimestampError({ timestamp: "now", reason: "unreadable" }), 400],
    [new WebhookError.WebhookTimestampError({ timestamp: "now", reason: "old" }), 400],
    [new WebhookError.WebhookTimestampError({ timestamp: "now", reason: "future" }), 400],
    [new WebhookError.WebhookKeyError({ keyId: "a" }), 401],
    [new WebhookError.WebhookSignatureError({ keyId: "a" }), 401],
    [new WebhookError.WebhookBodyError({ reason: "too large" }), 413],
    [new WebhookError.WebhookBodyError({ reason: "cut" }), 400],
    [new WebhookError.WebhookPayloadError(), 500],
    [new WebhookError.WebhookKeysError({ url: "https://x", reason: "no answer came" }), 503],
    [new WebhookError.WebhookResourceError({ reason: "it is at another origin" }), 500]
  ]

  it.each(errors)("%s is answered as it deserves, and can be stored", (error, status) => {
    expect(WebhookError.statusOf(error)).toBe(status)
    const json = Schema.parseJson(WebhookError.WebhookError)
    const again = Schema.decodeSync(json)(Schema.encodeSync(json)(error))
    expect(again).toEqual(error)
    expect(again.message).toBe(error.message)
    expect(error.message).toMatch(/: /)
  })
})
