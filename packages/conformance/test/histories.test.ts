/** Histories of callers that collide, on a server that misbehaves. `pnpm campaign histories` plays thousands. */
import { Emulator } from "@effect-shipstation/emulator"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, type ShipStationError } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect, Layer } from "effect"
import { from, makeSummary, ofSeed, playAll, replay } from "../campaigns/histories.js"
import { check } from "../campaigns/histories/check.js"
import { describe as text } from "../campaigns/histories/describe.js"
import type { History } from "../campaigns/histories/History.js"
import { client, ours, play, type Subject } from "../campaigns/histories/play.js"

const seconds = (seconds: number) => {
  const end = performance.now() + seconds * 1_000
  return () => performance.now() > end
}

describe("whatever callers and the server do", () => {
  it("nothing is done twice, nothing that is said is a lie, nobody hangs, and the limit holds", async () => {
    const isOver = seconds(20)
    const failed: globalThis.Array<string> = []
    const { add, summary } = makeSummary()
    await playAll(from(1, 300), (seed, broken, played) => {
      add(played)
      if (broken.length > 0) failed.push(`${broken.join(", ")}: see ${replay(seed)}`)
      return !(isOver() && summary.of.histories >= 60)
    })
    expect(failed).toEqual([])
    // and there was enough to stumble over
    expect(Object.keys(summary.outcomes).toSorted()).toEqual(
      ["AlreadyFulfilled", "Conflict", "Created", "NotSent", "Rejected", "Unknown"]
    )
    expect(Object.keys(summary.faults).length).toBe(11)
    expect(summary.errors["interrupted"]).toBeGreaterThan(10)
  }, 180_000)

  it("the same seed is the same history, however long promises are waited for", async () => {
    for (const seed of from(1, 5)) {
      const [once, again] = [await play(ofSeed(seed)), await play(ofSeed(seed), ours, 5)]
      expect(text(again)).toBe(text(once))
    }
  })
})

describe("without a safeguard, the same histories show it within seconds", () => {
  const send = (client: ShipStationClient.Service, inputs: Inputs) =>
    client.createFulfillments({ fulfillments: inputs })

  const controls: ReadonlyArray<readonly [name: string, subject: Subject, broken: RegExp]> = [
    [
      "sending again what may have been done",
      naive((client, inputs) => Effect.retry(send(client, inputs), { times: 3 })),
      /a notification twice, customer/
    ],
    ["taking a status of 200 for a success of all", naive(send), /Created of se-\d is a lie/],
    ["taking a failure for nothing done", naive(send), /Rejected of se-\d is a lie/],
    [
      "an HTTP client that retries by itself",
      (history) =>
        ours(history).pipe(Layer.provide(Layer.effect(
          HttpClient.HttpClient,
          Effect.map(HttpClient.HttpClient, HttpClient.retryTransient({ times: 3 }))
        ))),
      /fulfilled twice/
    ],
    ["no memory: a layer for each call", withoutMemory, /fulfilled twice/],
    [
      "no limiter",
      (history) =>
        Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
          Layer.provide(client(history, { limit: Infinity }))
        ),
      /more than \d+ requests within a minute/
    ],
    ["losing an outcome", changed((outcomes) => Effect.succeed([outcomes[0]])), /1 outcomes of \d inputs/],
    [
      "outcomes in another order",
      changed((outcomes) => Effect.succeed(Array.reverse(outcomes))),
      /in another order/
    ],
    ["never ending", changed(() => Effect.never), /never ended/],
    [
      "logging the key",
      changed((outcomes) => Effect.as(Effect.logDebug(`sent with ${Emulator.defaultApiKey}`), outcomes)),
      /the key was printed/
    ]
  ]

  it.each(controls)("%s", async (_, subject, broken) => {
    const isOver = seconds(30)
    let found: string | undefined
    for (const seed of from(1)) {
      const history = ofSeed(seed)
      const callers = history.callers.map((caller) => ({ ...caller, call: "create" as const }))
      found = check(await play({ ...history, callers }, subject)).find((problem) => broken.test(problem))
      if (found !== undefined || isOver()) break
    }
    expect(found ?? "nothing was found").toMatch(broken)
  })
})

type Inputs = Array.NonEmptyReadonlyArray<Fulfillment.FulfillmentInput>

type Outcomes = Array.NonEmptyArray<FulfillmentOutcome.FulfillmentOutcome>

/** As many programs do it: what is answered is done, and what fails is not. */
function naive(
  send: (client: ShipStationClient.Service, inputs: Inputs) => Effect.Effect<unknown, ShipStationError.ShipStationError>
): Subject {
  return (history) =>
    Layer.effect(
      Fulfillments.Fulfillments,
      Effect.gen(function*() {
        const service = yield* Fulfillments.Fulfillments
        const client = yield* ShipStationClient.ShipStationClient
        return {
          ...service,
          create: (inputs: Inputs) =>
            Effect.match(send(client, inputs), {
              onSuccess: (): Outcomes =>
                Array.map(inputs, (input, index) => new FulfillmentOutcome.Created({ index, input })),
              onFailure: ({ message, requestId }): Outcomes =>
                Array.map(
                  inputs,
                  (input, index) => new FulfillmentOutcome.Rejected({ index, input, message, requestId })
                )
            })
        }
      })
    ).pipe(Layer.provide(ours(history)), Layer.provide(client(history)))
}

function withoutMemory(history: History): ReturnType<Subject> {
  return Layer.effect(
    Fulfillments.Fulfillments,
    Effect.gen(function*() {
      const context = yield* Effect.context<Layer.Layer.Context<ReturnType<Subject>>>()
      return {
        ...yield* Fulfillments.Fulfillments,
        create: <E, R>(inputs: Inputs, options?: Fulfillments.CreateOptions<E, R>) =>
          Effect.flatMap(Fulfillments.Fulfillments, (service) => service.create(inputs, options)).pipe(
            Effect.provide(Layer.fresh(ours(history))),
            Effect.provide(context)
          )
      }
    })
  ).pipe(Layer.provide(ours(history)))
}

/** Ours, and what it gives is changed on the way. */
function changed(change: (outcomes: Outcomes) => Effect.Effect<Outcomes>): Subject {
  return (history) =>
    Layer.effect(
      Fulfillments.Fulfillments,
      Effect.map(Fulfillments.Fulfillments, (service) => ({
        ...service,
        create: <E, R>(inputs: Inputs, options?: Fulfillments.CreateOptions<E, R>) =>
          Effect.flatMap(service.create(inputs, options), change)
      }))
    ).pipe(Layer.provide(ours(history)))
}
