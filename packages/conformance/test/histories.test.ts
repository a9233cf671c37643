/** Histories of callers that collide, on a server that misbehaves. `pnpm campaign histories` plays thousands. */
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationError } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect, Fiber, identity, Layer, Runtime } from "effect"
import { from, makeSummary, ofSeed, playAll, replay } from "../campaigns/histories.js"
import { check } from "../campaigns/histories/check.js"
import { describe as text } from "../campaigns/histories/describe.js"
import type { History } from "../campaigns/histories/History.js"
import { client, ours, play, type Subject } from "../campaigns/histories/play.js"
import { keys } from "../campaigns/histories/server.js"

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
      return !(isOver() && summary.of.histories >= 150)
    })
    expect(failed).toEqual([])
    // and there was enough to stumble over
    expect(Object.keys(summary.outcomes).toSorted()).toEqual(
      ["AlreadyFulfilled", "Conflict", "Created", "NotSent", "Rejected", "Unknown"]
    )
    expect(Object.keys(summary.faults).length).toBe(14)
    expect(summary.errors["interrupted"]).toBeGreaterThan(10)
  })

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

  const controls: ReadonlyArray<Control> = [
    {
      name: "sending again what may have been done",
      subject: naive((client, inputs) => Effect.retry(send(client, inputs), { times: 3 })),
      broken: /fulfilled twice/
    },
    {
      name: "sending again what was refused, without a look",
      subject: onClient((client) => ({
        ...client,
        createFulfillments: (request, options) => client.createFulfillments(request, { leaves: options?.leaves })
      })),
      broken: /sent again without a look/
    },
    {
      name: "looking without asking: the list is always empty",
      subject: onClient((client) => ({ ...client, listFulfillments: () => Effect.succeed(emptyPage) })),
      broken: /fulfilled twice/
    },
    {
      name: "a list that lags longer than is promised",
      history: (history) => ({ ...history, faults: history.faults.map(withLongLag) }),
      broken: /fulfilled twice/
    },
    {
      name: "taking what was voided for valid",
      subject: onClient((client) => ({
        ...client,
        listFulfillments: (query) => Effect.map(client.listFulfillments(query), allValid)
      })),
      broken: /AlreadyFulfilled of se-\d is a lie/
    },
    {
      name: "taking a status of 200 for a success of all",
      subject: naive(send),
      broken: /Created of se-\d is a lie/
    },
    {
      name: "taking a failure for nothing done",
      subject: naive(send),
      broken: /Rejected of se-\d is a lie/
    },
    {
      name: "taking each refusal for the API's own",
      subject: onClient((client) => ({
        ...client,
        createFulfillments: (request, options) =>
          Effect.mapError(
            client.createFulfillments(request, options),
            (error) => ShipStationError.isShipStationError(error) && error.delivery === "unknown" ? ownRefusal : error
          )
      })),
      broken: /ShipStationValidationError is a lie/
    },
    {
      name: "an HTTP client that sends again, where nobody sees it",
      subject: (history) => ours(history).pipe(Layer.provide(Layer.effect(HttpClient.HttpClient, repeatsUnseen))),
      broken: /fulfilled twice/
    },
    { name: "no memory: a layer for each call", subject: withoutMemory, broken: /fulfilled twice/ },
    {
      name: "no limiter",
      subject: (history) =>
        Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
          Layer.provide(client(history, { limit: 1_000_000 }))
        ),
      broken: /more than \d+ requests within a minute/
    },
    {
      name: "losing an outcome",
      subject: changed((outcomes) => Effect.succeed([outcomes[0]])),
      broken: /1 outcomes of \d inputs/
    },
    {
      name: "outcomes in another order",
      subject: changed((outcomes) => Effect.succeed(Array.reverse(outcomes))),
      broken: /in another order/
    },
    { name: "never ending", subject: changed(() => Effect.never), broken: /never ended/ },
    {
      name: "logging the key",
      subject: changed((outcomes) => Effect.as(Effect.logDebug(`sent with ${keys.join(" or ")}`), outcomes)),
      broken: /the key was printed/
    }
  ]

  it.each(controls)("$name", async ({ broken, history: change = identity, subject = ours }) => {
    const isOver = seconds(60)
    let found: string | undefined
    for (const seed of from(1)) {
      const history = ofSeed(seed)
      const callers = history.callers.map((caller) => ({ ...caller, call: "create" as const }))
      found = check(await play(change({ ...history, callers }), subject)).find((problem) => broken.test(problem))
      if (found !== undefined || isOver()) break
    }
    expect(found ?? "nothing was found").toMatch(broken)
  })
})

interface Control {
  readonly name: string
  /** Ours unless given. */
  readonly subject?: Subject
  readonly history?: (history: History) => History
  readonly broken: RegExp
}

type Inputs = Array.NonEmptyReadonlyArray<Fulfillment.FulfillmentInput>

type Outcomes = Array.NonEmptyArray<FulfillmentOutcome.FulfillmentOutcome>

/** Ours, on a client that was changed. */
function onClient(change: (client: ShipStationClient.Service) => ShipStationClient.Service): Subject {
  return (history) =>
    Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(
      Layer.provide(
        Layer.effect(
          ShipStationClient.ShipStationClient,
          Effect.map(ShipStationClient.ShipStationClient, change)
        ).pipe(Layer.provide(client(history)))
      )
    )
}

const emptyPage = {
  body: { fulfillments: [], page: 1, pages: 0, total: 0 },
  method: "GET" as const,
  url: "/v2/fulfillments",
  status: 200,
  requestId: undefined,
  date: undefined
}

const allValid = (page: Effect.Effect.Success<ReturnType<ShipStationClient.Service["listFulfillments"]>>) => ({
  ...page,
  body: {
    ...page.body,
    fulfillments: page.body.fulfillments.map((fulfillment) => ({ ...fulfillment, voided: false, voided_at: null }))
  }
})

const withLongLag = (rule: History["faults"][number]): History["faults"][number] =>
  rule.action._tag === "LaggingList" ? { ...rule, action: { _tag: "LaggingList", lag: "10 minutes" } } : rule

const ownRefusal = new ShipStationError.ShipStationValidationError({
  delivery: "rejected",
  message: "No.",
  method: "POST",
  url: "/v2/fulfillments",
  errors: []
})

/** Its requests are others, made by fibers that know nothing of the one that asked for them. */
const repeatsUnseen = Effect.gen(function*() {
  const client = HttpClient.retryTransient(yield* HttpClient.HttpClient, { times: 2 })
  const run = Runtime.runFork(yield* Effect.runtime())
  return HttpClient.make((request) =>
    Effect.suspend(() => {
      const { body, headers, method, url, urlParams } = request
      const copy = HttpClientRequest.make(method)(url, { headers, urlParams: [...urlParams] })
      const bytes = body._tag === "Uint8Array" ? body.body : undefined
      return Fiber.join(run(client.execute(
        bytes === undefined ? copy : HttpClientRequest.bodyUint8Array(copy, bytes, "application/json")
      )))
    })
  )
})

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
