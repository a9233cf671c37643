/**
 * Every path through the gate: two calls that share a shipment, with all that may become of their requests, whoever is
 * interrupted and whenever, and a third call that asks again for all. The gate is the real one, and time is virtual.
 */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RetryPolicy, ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import { Array, Context, Effect, Exit, Layer, Logger, Option, Redacted } from "effect"
import { run } from "../histories/virtualTime.js"

type Outcomes = ReadonlyArray<FulfillmentOutcome.FulfillmentOutcome>

/** What becomes of a request. */
const fates = {
  answered: {},
  "answered late": { after: "5 seconds" },
  "lost, done": { how: "reset" },
  "lost, not done": { how: "reset", does: 0 },
  "lost, lands after 20 s": { how: "reset", lands: "20 seconds" },
  "silent, lands after 20 s": { how: "silence", lands: "20 seconds" },
  "a carrier's 400, half done": { status: 400, does: 1, body: AcceptEverything.error({ source: "carrier" }) },
  "an own 400, half done": { status: 400, does: 1, body: AcceptEverything.error() },
  "an own 429, not done": { status: 429, does: 0, headers: { "retry-after": "1" } },
  "502, not done": { status: 502, does: 0 },
  "a 200 that doesn't tell, half done": { does: 1, body: {} }
} as const

export type Fate = keyof typeof fates

export interface Path {
  /** Of the first requests; those after them are answered. */
  readonly fates: ReadonlyArray<Fate>
  /** When the second call begins, in seconds. */
  readonly second: number
  /** When the calls are interrupted, in seconds. */
  readonly interrupt: readonly [first: number, second: number]
  /** How far the list lags, in seconds. */
  readonly lag: number
  readonly kind: "create" | "createOne"
}

const all = <const A extends ReadonlyArray<unknown>>(...values: A): A => values

const never = Number.POSITIVE_INFINITY

/** All that differ in something. `depth`: of so many requests each fate is tried. */
export const paths = function*(depth: number): Generator<Path> {
  const names = Array.filter(Object.keys(fates), (name): name is Fate => name in fates)
  const lists = (length: number): ReadonlyArray<ReadonlyArray<Fate>> =>
    length === 0 ? [[]] : lists(length - 1).flatMap((rest) => names.map((name) => [...rest, name]))
  for (const kind of all("create", "createOne")) {
    for (const list of lists(depth)) {
      for (const lag of [0, 8]) {
        for (const second of [0, 2, 12]) {
          for (const interrupt of all([never, never], [1, never], [never, 1], [6, 14])) {
            // (an own refusal at the door that did something, and a list that lags besides, aren't promised)
            if (lag > 0 && list.includes("an own 400, half done")) continue
            yield { fates: list, second, interrupt, lag, kind }
          }
        }
      }
    }
  }
}

const shipment = (n: number) => ({ shipment_id: `se-${n}`, tracking_number: `1Z${n}`, carrier_code: "ups" })
const [a, b, c] = [shipment(1), shipment(2), shipment(3)]

/** Is it certain that whoever heard this heard the truth? Else what was the lie. */
const lieOf = (exit: Exit.Exit<Outcomes, unknown>, mails: ReadonlyMap<string, number>): string | undefined => {
  if (!Exit.isSuccess(exit)) return undefined
  for (const outcome of exit.value) {
    const isDone = (mails.get(outcome.input.shipment_id) ?? 0) > 0
    const saysDone = outcome._tag === "Created" || outcome._tag === "AlreadyFulfilled"
    if (saysDone && !isDone) return `${outcome.input.shipment_id} is told as ${outcome._tag}, and was not done`
  }
  return undefined
}

/** What is wrong with a path, if anything is. Without the gate requests go to the client as they come. */
export const play = async (path: Path, withoutGate = false): Promise<string | undefined> => {
  const ended = await run(() =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* AcceptEverything.inProcess({
        post: ({ number }) => fates[path.fates[number - 1] ?? "answered"],
        list: () => ({ lag: `${path.lag} seconds` })
      })
      const client = ShipStationClient.layer.pipe(
        Layer.provide([ShipStationConfig.layer({ apiKey: Redacted.make("secret-key") }), server.layer]),
        Layer.provide(RetryPolicy.layer(RetryPolicy.defaultPolicy))
      )
      const context = yield* Layer.build(Layer.provideMerge(Fulfillments.layer({ notify: "account-default" }), client))
      const { create, createOne } = Context.get(context, Fulfillments.Fulfillments)
      const { createFulfillments } = Context.get(context, ShipStationClient.ShipStationClient)
      const ask = (inputs: Array.NonEmptyReadonlyArray<typeof a>): Effect.Effect<Outcomes, unknown> =>
        withoutGate
          ? Effect.as(createFulfillments({ fulfillments: inputs }), [])
          : path.kind === "create"
          ? create(inputs)
          : Effect.map(
            Effect.forEach(inputs, (input) => Effect.either(createOne(input)), { concurrency: "unbounded" }),
            Array.getRights
          )
      const call = (inputs: Array.NonEmptyReadonlyArray<typeof a>, at: number, interrupt: number) =>
        ask(inputs).pipe(
          interrupt === never ? (self) => self : Effect.timeout(`${interrupt} seconds`),
          Effect.delay(`${at} seconds`),
          Effect.exit,
          Effect.fork
        )
      const [first, second] = [
        yield* call([a, b], 0, path.interrupt[0]),
        yield* call([b, c], path.second, path.interrupt[1])
      ]
      const exits = [yield* first.await, yield* second.await].map(Exit.flatten)
      // for whoever asks again until it is known
      for (let again = 0; again < 4; again++) exits.push(yield* Effect.exit(ask([a, b, c])))
      // what was lost may still land
      yield* Effect.sleep("2 minutes")
      const twice = server.twice()
      if (twice.length > 0) return `${twice.join(", ")} mailed twice`
      const undone = [a, b, c].filter(({ shipment_id }) => !server.mails().has(shipment_id))
      if (undone.length > 0) return `${undone.map(({ shipment_id }) => shipment_id).join(", ")} never done`
      return Option.getOrUndefined(
        Array.findFirst(exits.map((exit) => lieOf(exit, server.mails())), (lie) => lie !== undefined)
      )
    })).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))), {
    start: Date.parse("2026-03-02T12:00:00Z"),
    yieldAfter: 2048,
    atMost: 3_600_000
  })
  if (ended.exit === undefined) return "it hangs"
  return Exit.match(ended.exit, { onSuccess: (wrong) => wrong, onFailure: (cause) => `it breaks: ${String(cause)}` })
}
