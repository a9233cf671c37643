import { ExitCode, Progress, type Reports, Sending, type ShipmentsFile, Signals } from "@effect-shipstation/cli"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationError } from "@effect-shipstation/http-client"
import { describe, expect, it } from "@effect/vitest"
import { Array, Deferred, Duration, Effect, Layer, Stream } from "effect"

type Create = Fulfillments.Service["create"]

const rows = Array.makeBy(5, (index): ShipmentsFile.Row => ({
  line: index + 2,
  cells: [],
  input: { shipment_id: `se-${index}`, tracking_number: "1", carrier_code: "ups" }
}))

const result = (outcome: Reports.Outcome): Reports.Result => ({ row: rows[0], outcome, message: "" })

const error = <Delivery extends ShipStationError.Delivery>(delivery: Delivery) => ({
  delivery,
  message: "why",
  method: "POST",
  url: "/v2/fulfillments",
  errors: [],
  requestId: "id"
} as const)

const created: Create = (inputs) =>
  Effect.succeed(Array.map(inputs, (input, index) => new FulfillmentOutcome.Created({ index, input })))

const unknown: Create = (inputs) =>
  Effect.succeed(Array.map(inputs, (input, index) =>
    new FulfillmentOutcome.Unknown({
      index,
      input,
      error: new ShipStationError.ShipStationConnectionLostError({ ...error("unknown"), reason: "cut" })
    })))

const failing = (
  tag: Exclude<ShipStationError.ShipStationError["_tag"], "ShipStationConnectionLostError">,
  delivery: "unsent" | "rejected" = "rejected"
): Create => {
  const failure = new ShipStationError[tag]({ ...error(delivery), retryAfter: Duration.seconds(1) })
  return () => ShipStationError.isNotDone(failure) ? Effect.fail(failure) : Effect.die(failure)
}

/** Sends five rows in batches of two; `second` is what the second of the three batches meets. */
const send = (
  second: Create,
  signals = Layer.effect(Signals.Signals, noSignals),
  results = Array.map(rows, () => result("not_sent")),
  last: () => Effect.Effect<unknown> = () => Effect.void
) =>
  Effect.gen(function*() {
    const batches: globalThis.Array<number> = []
    const create: Create = (inputs) => {
      batches.push(inputs.length)
      if (batches.length === 2) return second(inputs)
      return batches.length === 3 ? Effect.zipRight(last(), created(inputs)) : created(inputs)
    }
    const ending = yield* Sending.send(rows, results, 2).pipe(
      Effect.provideService(Fulfillments.Fulfillments, {
        create,
        createOne: () => Effect.dieMessage("not used"),
        createAll: () => Stream.dieMessage("not used"),
        readBack: () => Effect.dieMessage("not used"),
        list: () => Effect.dieMessage("not used"),
        listAll: () => Stream.dieMessage("not used")
      }),
      Effect.provideService(Progress.Progress, { start: () => Effect.succeed(() => Effect.void) }),
      Effect.provide(signals)
    )
    return { batches, run: { ending, results }, outcomes: results.map(({ outcome }) => outcome) }
  })

const noSignals = Effect.all({ first: Deferred.make<ExitCode.Signal>(), second: Deferred.make<ExitCode.Signal>() })

describe("send", () => {
  it.effect("sends batch after batch", () =>
    Effect.gen(function*() {
      const { batches, outcomes, run } = yield* send(created)
      expect(batches).toStrictEqual([2, 2, 1])
      expect(outcomes).toStrictEqual(["created", "created", "created", "created", "created"])
      expect(Sending.exitCode(run)).toBe(ExitCode.ok)
    }))

  it.effect.each<readonly [name: string, second: Create, goesOn: boolean, code: number]>([
    ["a refused content", failing("ShipStationValidationError"), true, ExitCode.rejected],
    ["a broken rule", failing("ShipStationBusinessRulesError"), true, ExitCode.rejected],
    ["an unexpected refusal", failing("ShipStationUnexpectedResponseError"), true, ExitCode.rejected],
    ["a refused key", failing("ShipStationSecurityError"), false, ExitCode.refused],
    ["a key that we refuse", failing("ShipStationSecurityError", "unsent"), false, ExitCode.usage],
    ["a refused account", failing("ShipStationAccountStatusError"), false, ExitCode.refused],
    ["a rate limit", failing("ShipStationRateLimitError"), false, ExitCode.temporary],
    ["no connection", failing("ShipStationNetworkError", "unsent"), false, ExitCode.temporary]
  ])("after %s", ([, second, goesOn, code]) =>
    Effect.gen(function*() {
      const { outcomes, run } = yield* send(second)
      expect(outcomes).toStrictEqual(["created", "created", "not_sent", "not_sent", goesOn ? "created" : "not_sent"])
      expect(run.results[2]).toMatchObject({ row: rows[2], message: "why", requestId: "id" })
      expect(Sending.exitCode(run)).toBe(code)
    }))

  it.effect("stops when nothing is known of a whole batch", () =>
    Effect.gen(function*() {
      const { outcomes, run } = yield* send(unknown)
      expect(outcomes).toStrictEqual(["created", "created", "unknown", "unknown", "not_sent"])
      expect(Sending.exitCode(run)).toBe(ExitCode.temporary)
    }))

  it.effect("after a signal awaits the batch under way", () =>
    Effect.gen(function*() {
      const signals = yield* noSignals
      const { outcomes, run } = yield* send(
        (inputs) => Effect.zipRight(Deferred.succeed(signals.first, "SIGTERM"), created(inputs)),
        Layer.succeed(Signals.Signals, signals)
      )
      expect(outcomes).toStrictEqual(["created", "created", "created", "created", "not_sent"])
      expect(Sending.exitCode(run)).toBe(143)
    }))

  it.effect("a signal while the last batch is under way counts too", () =>
    Effect.gen(function*() {
      const signals = yield* noSignals
      const { outcomes, run } = yield* send(created, Layer.succeed(Signals.Signals, signals), undefined, () =>
        Deferred.succeed(signals.first, "SIGINT"))
      expect(outcomes).toStrictEqual(["created", "created", "created", "created", "created"])
      expect(Sending.exitCode(run)).toBe(130)
    }))

  it.effect("after a second signal doesn't, and the batch is unknown", () =>
    Effect.gen(function*() {
      const signals = yield* noSignals
      const { outcomes, run } = yield* send(
        () =>
          Deferred.succeed(signals.first, "SIGINT").pipe(
            Effect.zipRight(Deferred.succeed(signals.second, "SIGINT")),
            Effect.zipRight(Effect.never)
          ),
        Layer.succeed(Signals.Signals, signals)
      )
      expect(outcomes).toStrictEqual(["created", "created", "unknown", "unknown", "not_sent"])
      expect(Sending.exitCode(run)).toBe(130)
    }))

  it.effect("a batch is unknown if the program breaks while it is under way", () =>
    Effect.gen(function*() {
      const results = Array.map(rows, () => result("not_sent"))
      yield* Effect.exit(send(() => Effect.dieMessage("broken"), undefined, results))
      expect(results.map(({ outcome }) => outcome)).toStrictEqual([
        "created",
        "created",
        "unknown",
        "unknown",
        "not_sent"
      ])
    }))
})

describe("exitCode", () => {
  const finished: Sending.Ending = { _tag: "Finished" }
  const signal: Sending.Ending = { _tag: "Signal", signal: "SIGINT" }
  const refused: Sending.Ending = { _tag: "Refused", code: ExitCode.refused, message: "" }
  const temporary: Sending.Ending = { _tag: "Temporary", message: "" }
  it.each<readonly [Sending.Ending, ReadonlyArray<Reports.Outcome>, number]>([
    [finished, ["created", "already_fulfilled"], 0],
    [finished, ["created", "rejected"], 3],
    [finished, ["created", "conflict"], 3],
    [finished, ["created", "not_sent"], 3],
    [finished, ["rejected", "unknown", "created"], 6],
    [temporary, ["rejected", "unknown", "not_sent"], 5],
    [temporary, ["created", "unknown"], 6],
    [refused, ["rejected", "unknown", "not_sent"], 4],
    [signal, ["rejected", "unknown", "not_sent"], 130],
    [signal, ["created"], 130]
  ])("%o with %o: %i", (ending, outcomes, code) => {
    expect(Sending.exitCode({ ending, results: outcomes.map(result) })).toBe(code)
  })
})
