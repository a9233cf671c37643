/** What can be seen of webhooks from outside, and what becomes of one whose sender hangs up. */
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { type WebhookEvent, WebhookKeys, Webhooks } from "@effect-shipstation/webhooks"
import { HttpServerRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, LogLevel, Metric, Redacted, TestClock } from "effect"
import { bytes, json, keyPair, keyServer, publicJwk, secret, signedBy } from "./support.js"

/** An app without a socket, with keys that are served with this status, and all that it logs. */
const setUp = <E>(
  handler: (event: WebhookEvent.WebhookEvent) => Effect.Effect<unknown, E>,
  { status = 200, ...options }: Webhooks.Options & { readonly status?: number } = {}
) =>
  Effect.gen(function*() {
    const pair = yield* keyPair
    const jwk = yield* publicJwk(pair, "a")
    const logs: Array<readonly [level: string, message: string]> = []
    const logger = Logger.make(({ logLevel: { label }, message }) => {
      // older versions of effect say this of each fiber that fails, also where another waits for it
      if (String(message) !== "Fiber terminated with an unhandled error") logs.push([label, String(message)])
    })
    const needs = Layer.mergeAll(ShipStationClient.layer, WebhookKeys.layer()).pipe(
      Layer.provideMerge(ShipStationConfig.layer({ apiKey: Redacted.make(secret) })),
      Layer.provide(keyServer(() => json({ keys: [jwk] }, status)).layer),
      Layer.merge(Logger.minimumLogLevel(LogLevel.Debug)),
      Layer.merge(Logger.add(logger))
    )
    const app = Webhooks.httpApp(handler, options)
    const delivery = yield* signedBy(pair, { body: "{\"resource_type\":\"TRACK_EVENT_V2\"}" })
    /** One after the other, by the same app. */
    const answers = (all: ReadonlyArray<typeof delivery>) =>
      Effect.forEach(all, ({ body, headers }) =>
        app.pipe(
          Effect.provideService(
            HttpServerRequest.HttpServerRequest,
            HttpServerRequest.fromWeb(new Request("https://shop.example.com/hooks", { method: "POST", headers, body }))
          ),
          Effect.map(({ status }) => status)
        )).pipe(Effect.provide(needs))
    const answer = (one: typeof delivery) => Effect.map(answers([one]), ([status]) => status)
    return { answer, answers, delivery, logs }
  })

const countOf = (result: string) =>
  Effect.map(Metric.value(Metric.tagged(Webhooks.webhookCount, "result", result)), ({ count }) => count)

describe("a webhook", () => {
  it.effect.each(
    [
      ["is taken", 200, "handled", []],
      ["is forged", 401, "WebhookSignatureError", ["DEBUG"]],
      ["can't be checked", 503, "WebhookKeysError", ["WARN", "DEBUG"]],
      ["makes its handler fail", 500, "HandlerFailed", ["ERROR"]]
    ] as const
  )(
    "that %s is answered with %d, counted as %s, and logged %j",
    ([what, status, result, levels]) =>
      Effect.gen(function*() {
        const { answer, delivery, logs } = yield* setUp(
          () => what === "makes its handler fail" ? Effect.fail("no") : Effect.void,
          what === "can't be checked" ? { status: 500 } : {}
        )
        const before = yield* countOf(result)
        expect(yield* answer(what === "is forged" ? { ...delivery, body: bytes("{}") } : delivery)).toBe(status)
        expect(yield* countOf(result)).toBe(before + 1)
        expect(logs.map(([level]) => level)).toEqual(levels)
        expect(JSON.stringify(logs)).not.toContain(secret)
      })
  )

  it.effect.each([200, 500])(
    "that names keys which somebody made up fills no log, where the keys are answered with %d",
    (status) =>
      Effect.gen(function*() {
        const { answers, delivery, logs } = yield* setUp(() => TestClock.adjust("1 second"), { status })
        const madeUp = (n: number) => ({
          ...delivery,
          headers: { ...delivery.headers, "x-shipengine-rsa-sha256-key-id": `made-up-${n}` }
        })
        const [first, ...others] = yield* answers([delivery, ...Array.from({ length: 20 }, (_, n) => madeUp(n))])
        expect([first, ...new Set(others)]).toEqual([status === 200 ? 200 : 503, 503])
        expect(logs.filter(([level]) => level !== "DEBUG").length).toBe(status === 200 ? 0 : 1)
      })
  )

  it.effect("has a span with its type, its result and the status", () =>
    Effect.gen(function*() {
      const span = yield* Deferred.make<{ readonly name: string; readonly attributes: ReadonlyMap<string, unknown> }>()
      const { answer, delivery } = yield* setUp(() =>
        Effect.flatMap(Effect.currentSpan, (s) => Deferred.succeed(span, s))
      )
      expect(yield* answer(delivery)).toBe(200)
      const { attributes, name } = yield* Deferred.await(span)
      expect([name, Object.fromEntries(attributes)]).toEqual(["Webhooks.receive", {
        "http.response.status_code": 200,
        "shipstation.webhook.result": "handled",
        "shipstation.webhook.type": "TRACK_EVENT_V2"
      }])
    }))

  it.effect("whose sender hangs up is neither taken nor a failure of its handler", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const { answer, delivery, logs } = yield* setUp(() =>
        Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)
      )
      const counts = Effect.all([countOf("handled"), countOf("HandlerFailed")])
      const before = yield* counts
      const fiber = yield* Effect.fork(answer(delivery))
      yield* Deferred.await(started)
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      expect(yield* counts).toEqual(before)
      expect(logs).toEqual([])
    }))

  it.effect("may be as old as the option says", () =>
    Effect.gen(function*() {
      const { answer, delivery } = yield* setUp(() => Effect.void, { tolerance: "1 hour" })
      yield* TestClock.adjust("1 hour")
      expect(yield* answer(delivery)).toBe(200)
      yield* TestClock.adjust("1 second")
      expect(yield* answer(delivery)).toBe(400)
    }))
})
