/**
 * Shipments that others fulfill and void as well, seen in a list that lags: what is theirs is not taken for ours. The truth
 * is a server that accepts everything, and counts e-mails.
 */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient, ShipStationConfig } from "@effect-shipstation/http-client"
import { AcceptEverything } from "@effect-shipstation/test-kit"
import type { HttpClient } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted, Schema, Stream } from "effect"
import { FulfillmentOutcome } from "../src/index.js"
import { input, inTime } from "./support.js"

const notify = { customer: true, orderSource: true }

const config = () => ShipStationConfig.layer({ apiKey: Redacted.make("secret-key") })

/** A program of its own: it remembers nothing of what others did. */
const program = (httpClient: Layer.Layer<HttpClient.HttpClient>, options: Partial<Fulfillments.Options> = {}) =>
  Fulfillments.layer({ notify, ...options }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide([config(), httpClient]),
    Layer.build,
    Effect.map(Context.get(Fulfillments.Fulfillments))
  )

const tags = (outcomes: ReadonlyArray<{ readonly _tag: string }>) => outcomes.map(({ _tag }) => _tag)

const theirs = input(1, { tracking_number: "T0" })

const ours = input(1, { tracking_number: "T1" })

const numbers = ({ fulfillments }: AcceptEverything.InProcess) =>
  fulfillments().map(({ tracking_number }) => tracking_number)

it.scoped("another's older fulfillment settles nothing while ours may land", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: ({ number }) => number === 2 ? { how: "reset", lands: "20 seconds" } : {}
    })
    const person = yield* program(server.layer)
    yield* inTime(person.create([theirs]))
    yield* inTime(Effect.sleep("10 minutes"))
    const { create } = yield* program(server.layer)
    expect(tags(yield* inTime(create([ours])))).toEqual(["Unknown"])
    // who takes it for a conflict and voids the other
    server.void("se-1")
    expect(tags(yield* inTime(create([ours])))).toEqual(["AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T0", "T1"])
  }))

it.scoped("another's fulfillment is a conflict once ours can't land any more", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: ({ number }) => number === 2 ? { how: "reset", does: 0 } : {}
    })
    const person = yield* program(server.layer)
    yield* inTime(person.create([theirs]))
    const { create } = yield* program(server.layer)
    expect(tags(yield* inTime(create([ours])))).toEqual(["Unknown"])
    expect(tags(yield* inTime(create([ours])))).toEqual(["Conflict"])
    expect(numbers(server)).toEqual(["T0"])
  }))

it.scoped("another's voided one doesn't free ours, however long the look takes", () =>
  Effect.gen(function*() {
    let isSlow = false
    const server = yield* AcceptEverything.inProcess({
      post: ({ items }) =>
        items.some(({ tracking_number }) => tracking_number === "T1") && !isSlow ? { how: "reset" } : {},
      list: ({ query }) => ({
        lag: "15 seconds",
        ...(isSlow && query["shipment_id"] === "se-3" ? { after: "20 seconds" } : {})
      })
    })
    const person = yield* program(server.layer)
    yield* inTime(person.create([input(3)]))
    yield* inTime(Effect.sleep("10 minutes"))
    yield* inTime(person.create([theirs]))
    server.void("se-1")
    yield* inTime(Effect.sleep("16 seconds"))
    const { create } = yield* program(server.layer)
    yield* inTime(create([input(3)], { readBack: "before" }))
    expect(tags(yield* inTime(create([ours], { readBack: "none" })))).toEqual(["Unknown"])
    isSlow = true
    expect(tags(yield* inTime(create([ours, input(3)])))).toEqual(["AlreadyFulfilled", "AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["1Z3", "T0", "T1"])
  }))

it.scoped("another's voided one with our number doesn't free ours, though its dates are ahead and the list lags", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      list: () => ({
        lag: "10 seconds",
        // local time, told as if it were UTC
        change: (row) => ({ ...row, created_at: new Date(Date.parse(row.created_at) + 10 * 3_600_000).toISOString() })
      })
    })
    yield* inTime(Effect.flatMap(program(server.layer), ({ create }) => create([ours])))
    yield* inTime(Effect.sleep("2 hours"))
    server.void("se-1")
    const { create } = yield* program(server.layer)
    expect(tags(yield* inTime(create([ours])))).toEqual(["Created"])
    expect(tags(yield* inTime(create([ours])))).toEqual(["AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T1", "T1"])
  }))

it.scoped("a list that goes back to an older state doesn't free what was found", () =>
  Effect.gen(function*() {
    let isStale = false
    const server = yield* AcceptEverything.inProcess({ list: () => isStale ? { lag: "60 seconds" } : {} })
    yield* inTime(Effect.flatMap(program(server.layer), ({ create }) => create([ours])))
    server.void("se-1")
    yield* inTime(Effect.sleep("10 minutes"))
    yield* inTime(Effect.flatMap(program(server.layer), ({ create }) => create([ours])))
    const { create } = yield* program(server.layer, { readBack: "before" })
    expect(tags(yield* inTime(create([ours])))).toEqual(["AlreadyFulfilled"])
    isStale = true
    expect(tags(yield* inTime(create([ours])))).toEqual(["AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T1", "T1"])
  }))

it.scoped.each([undefined, ["se-1"]])("forget(%j) leaves what is under way", (ids) =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: () => ({ how: "reset", after: "3 seconds" }),
      list: () => ({ lag: "15 seconds" })
    })
    const { create, forget } = yield* program(server.layer)
    const fiber = yield* Effect.fork(inTime(create([ours])))
    yield* inTime(Effect.sleep("1 second"))
    yield* forget(ids)
    yield* Fiber.join(fiber)
    expect(tags(yield* inTime(create([ours])))).toEqual(["AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T1"])
  }))

it.scoped("layers of one configuration remember together, however they are put together", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({ post: () => ({ after: "1 second" }) })
    const layer = Fulfillments.layer({ notify }).pipe(
      Layer.provideMerge(ShipStationClient.layer),
      Layer.provide([config(), server.layer])
    )
    const outcomes = yield* inTime(
      Effect.gen(function*() {
        const one = yield* Fulfillments.Fulfillments
        const other = yield* Fulfillments.make({ notify })
        return yield* Effect.all([one.create([ours]), other.create([ours])], { concurrency: 2 })
      }).pipe(Effect.scoped, Effect.provide(layer))
    )
    expect(tags(outcomes.flat())).toEqual(["Created", "AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T1"])
  }))

it.scoped("a row that comes again in a later batch waits for the first, also while that is halved", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: ({ items }) =>
        items.some(({ shipment_id }) => shipment_id === "se-0")
          ? { status: 400, body: AcceptEverything.error(), does: 0 }
          : {}
    })
    const { createAll } = yield* program(server.layer)
    const rows = [input(0), input(2), input(3), ours, input(1, { tracking_number: "T2" }), input(4), input(5)]
    const outcomes = yield* inTime(Stream.runCollect(createAll(rows, { batchSize: 4, concurrency: 2 })))
    expect(tags([...outcomes])).toEqual(["NotSent", "Created", "Created", "Created", "Conflict", "Created", "Created"])
    expect(numbers(server)).toContain("T1")
    expect(numbers(server)).not.toContain("T2")
  }))

it.scoped("an input that can't be read harms no other, and its outcome can be stored", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess()
    const { createAll } = yield* program(server.layer)
    const hostile = Object.defineProperty({ ...input(2) }, "carrier_code", {
      get: () => {
        throw new Error("no")
      }
    })
    const rows = [input(1), hostile, input(3, { shipment_id: "wrong" }), input(4)]
    const outcomes = [...yield* inTime(Stream.runCollect(createAll(rows)))]
    expect(tags(outcomes)).toEqual(["Created", "NotSent", "NotSent", "Created"])
    const [, , third] = outcomes
    const encoded = yield* Schema.encode(FulfillmentOutcome.NotSent)(
      yield* Schema.validate(FulfillmentOutcome.NotSent)(third)
    )
    expect(encoded).toMatchObject({ _tag: "NotSent", index: 2, input: { shipment_id: "wrong" } })
  }))

it.scoped("what a refusal for its state did, and wasn't listed at once, is found before it is sent again", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: ({ number }) =>
        number === 1 ? { status: 422, body: AcceptEverything.error({ type: "business_rules" }), does: "all" } : {},
      list: () => ({ lag: "3 seconds" })
    })
    const { create } = yield* program(server.layer)
    expect(yield* inTime(Effect.flip(create([ours])))).toMatchObject({ _tag: "ShipStationBusinessRulesError" })
    yield* inTime(Effect.sleep("5 seconds"))
    expect(tags(yield* inTime(create([ours])))).toEqual(["AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T1"])
  }))

it.scoped("that a fulfillment is another's, and ours isn't there, only a list of that shipment tells", () =>
  Effect.gen(function*() {
    // the oldest first, whatever is asked for, and page by page
    const server = yield* AcceptEverything.inProcess({
      post: ({ number }) => number === 2 ? { how: "reset" } : {},
      list: () => ({ ignores: ["sort_dir"], cap: 2 })
    })
    const others = [theirs, input(2, { tracking_number: "U0" })] as const
    const both = [ours, input(2, { tracking_number: "U1" })] as const
    yield* inTime(Effect.flatMap(program(server.layer), ({ create }) => create(others)))
    const { create } = yield* program(server.layer)
    expect(tags(yield* inTime(create(both, { readBack: "none" })))).toEqual(["Unknown", "Unknown"])
    yield* inTime(Effect.sleep("1 minute"))
    expect(tags(yield* inTime(create(both)))).toEqual(["AlreadyFulfilled", "AlreadyFulfilled"])
    expect(numbers(server)).toEqual(["T0", "U0", "T1", "U1"])
  }))

it.scoped("a fulfillment of which no number is told is nobody's, however late it is looked at", () =>
  Effect.gen(function*() {
    const server = yield* AcceptEverything.inProcess({
      post: ({ number }) => number === 2 ? { how: "reset", does: 0 } : {},
      list: () => ({ without: ["tracking_number"] })
    })
    yield* inTime(Effect.flatMap(program(server.layer), ({ create }) => create([theirs])))
    const { create, readBack } = yield* program(server.layer)
    expect(tags(yield* inTime(create([ours])))).toEqual(["Unknown"])
    yield* inTime(Effect.sleep("1 minute"))
    expect(tags(yield* inTime(create([ours])))).toEqual(["Unknown"])
    expect(yield* inTime(Effect.flip(readBack([ours])))).toMatchObject({ _tag: "ShipStationUnexpectedResponseError" })
    expect(numbers(server)).toEqual(["T0"])
  }))
