/** Plays a history: what the callers were told, beside what the emulator's ledger says. */
import { Emulator } from "@effect-shipstation/emulator"
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { RateLimiter, ShipStationClient } from "@effect-shipstation/http-client"
import type { Fulfillment } from "@effect-shipstation/schema"
import { Array, type Clock, Data, DateTime, Effect, Exit, Fiber, Layer, Random, Schedule, Stream } from "effect"
import { type Caller, type History, releaseEvery, type Way, type Wish } from "./History.js"
import * as Printed from "./printed.js"
import * as Server from "./server.js"
import * as VirtualTime from "./virtualTime.js"

type Input = Fulfillment.FulfillmentInput
type Outcome = FulfillmentOutcome.FulfillmentOutcome

/** One call of ours, and what it gave. */
export interface Call {
  readonly caller: number
  readonly call: Caller["call"]
  readonly inputs: ReadonlyArray<Input>
  /** Do outcomes come in the order of the inputs? */
  readonly isOrdered: boolean
  /** Of the server's clock, in milliseconds. */
  readonly start: number
  /** Undefined when it hangs. */
  end: number | undefined
  /** How many of the inputs it read. Those of a source that is read no further never got there. */
  read: number
  /** What it told, and when. */
  readonly told: Array<Told>
  /** How it ended, without its outcomes. */
  exit: Exit.Exit<void, unknown> | undefined
}

/** An outcome, and when it was told. */
export interface Told {
  readonly at: number
  readonly outcome: Outcome
  /** By `onLeftover`, as nobody took it. */
  readonly leftover: boolean
}

/** What happened. */
export interface Played {
  readonly history: History
  readonly calls: ReadonlyArray<Call>
  readonly fulfillments: ReadonlyArray<Emulator.Fulfillment>
  readonly notifications: ReadonlyArray<Emulator.Notification>
  readonly requests: ReadonlyArray<Emulator.Request>
  /** What each `GET` that was answered asked for, by its request id. */
  readonly queries: ReadonlyMap<string, URLSearchParams>
  readonly printed: ReadonlyArray<string>
  readonly ended: VirtualTime.Ended<void, unknown>
}

/** Where the calls go. */
export type Subject = (
  history: History
) => Layer.Layer<Fulfillments.Fulfillments, never, Layer.Layer.Success<ReturnType<typeof Emulator.layerHttpClient>>>

/** Ours, with its limiter. */
export const ours: Subject = (history) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: true } }).pipe(Layer.provide(client(history)))

/** Our client. */
export const client = (history: History, options?: RateLimiter.Options) =>
  ShipStationClient.layer.pipe(
    Layer.provide(RateLimiter.layer({ limit: history.limit, ...options })),
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(Server.config(history))
  )

/** The date tells which call a fulfillment comes from. Callers of `createOne` have one in common, or none would share. */
export const dateOf = (call: number): DateTime.Utc => DateTime.unsafeMake(Date.UTC(2026, 0, 1) + call * 1_000)

export const sharedDate = dateOf(0)

const toInput = ({ flaw, shipment, tracking }: Wish, ship_date: DateTime.Utc): Input => ({
  shipment_id: `se-${shipment}`,
  tracking_number: flaw === "blank" ? " " : `1Z${shipment}T${tracking}`,
  carrier_code: flaw === "carrier" ? "nobody" : "ups",
  ship_date
})

// `create` refuses a shipment that is there twice
const isSameShipment = (self: Wish, that: Wish): boolean => self.shipment === that.shipment

/** Nothing takes longer than this, in virtual milliseconds. */
const atMost = 24 * 60 * 60 * 1_000

/** Nobody was told yet what became of a shipment. */
class NotKnown extends Data.TaggedError("NotKnown") {}

export const play = async (
  history: History,
  subject: Subject = ours,
  turns?: number
): Promise<Played> => {
  const calls: Array<Call> = []
  const printed = Printed.make()
  const notes: Server.Notes = { queries: new Map(), bodies: new Map() }
  let emulator: Emulator.Service | undefined

  const program = (serverTime: Clock.Clock) =>
    Effect.gen(function*() {
      const server = yield* Emulator.Emulator
      emulator = server
      const service = yield* Fulfillments.Fulfillments
      const now = () => serverTime.unsafeCurrentTimeMillis() - Server.start

      const tell = (call: Call, outcome: Outcome, leftover = false) =>
        void call.told.push({ at: now(), outcome, leftover })

      /** A call that is written down from its first step to its last, whatever interrupts it. */
      const record = (
        caller: Caller,
        number: number,
        wishes: ReadonlyArray<Wish>,
        run: (call: Call) => Effect.Effect<ReadonlyArray<Outcome>, unknown>
      ) =>
        Effect.uninterruptibleMask((restore) => {
          const date = caller.call === "createOne" ? sharedDate : dateOf(calls.length + 1)
          const call: Call = {
            caller: number,
            call: caller.call,
            inputs: wishes.map((wish) => toInput(wish, date)),
            isOrdered: caller.call !== "createAll" || !caller.unordered,
            start: now(),
            end: undefined,
            read: caller.call === "createAll" ? 0 : wishes.length,
            told: [],
            exit: undefined
          }
          calls.push(call)
          return Effect.onExit(restore(run(call)), (exit) =>
            Effect.sync(() => {
              if (Exit.isSuccess(exit)) { for (const outcome of exit.value) tell(call, outcome) }
              call.end = now()
              call.exit = Exit.asVoid(exit)
            }))
        })

      const create = (caller: Caller, number: number) =>
        record(
          caller,
          number,
          Array.dedupeWith(caller.wishes, isSameShipment),
          ({ inputs }) =>
            Array.isNonEmptyReadonlyArray(inputs)
              ? service.create(inputs, { readBack: caller.readBack })
              : Effect.succeed([])
        )

      const createOne = (caller: Caller, number: number) =>
        together(caller.wishes, (wish) =>
          record(caller, number, [wish], ({ inputs }) => Effect.forEach(inputs, service.createOne)))

      const createAll = (caller: Caller, number: number) =>
        record(caller, number, caller.wishes, (call) => {
          const source = Stream.fromIterable(call.inputs).pipe(
            Stream.rechunk(1),
            Stream.tap(() =>
              Effect.sleep(caller.pace)
            ),
            Stream.mapChunks((chunk) => {
              call.read += chunk.length
              return chunk
            })
          )
          const outcomes = service.createAll(source, {
            ...caller,
            onLeftover: (outcomes) => Effect.sync(() => outcomes.forEach((outcome) => tell(call, outcome, true)))
          })
          return outcomes.pipe(
            Stream.tap((outcome) => Effect.sync(() => tell(call, outcome))),
            caller.takes === null ? (all) => all : Stream.take(caller.takes),
            Stream.runDrain,
            Effect.as([])
          )
        })

      const make = { create, createOne, createAll }

      /** Was anybody told that they are fulfilled? */
      const isKnown = ({ wishes }: Caller) =>
        wishes.every(({ shipment }) =>
          calls.some(({ told }) =>
            told.some(({ outcome: { _tag, input } }) =>
              input.shipment_id === `se-${shipment}` &&
              (_tag === "Created" || _tag === "AlreadyFulfilled" || _tag === "Conflict")
            )
          )
        )

      const around = (caller: Caller) => (self: Effect.Effect<unknown, unknown>, way: Way) => {
        switch (way._tag) {
          case "Retry":
            return Effect.retry(self, { times: way.times, schedule: Schedule.spaced(way.delay) })
          case "UntilKnown":
            return Effect.retry(
              Effect.flatMap(
                Effect.exit(self),
                () => Effect.suspend(() => isKnown(caller) ? Effect.void : new NotKnown())
              ),
              { times: way.times, schedule: Schedule.spaced(way.delay) }
            )
          case "Timeout":
            return Effect.timeout(self, way.after)
          case "Interrupt":
            return Effect.gen(function*() {
              const fiber = yield* Effect.fork(self)
              yield* Effect.sleep(way.after)
              yield* Fiber.interrupt(fiber)
            })
          case "Race":
            return Effect.race(self, self)
        }
      }

      const releasing = yield* Effect.fork(Effect.forever(Effect.delay(server.release, releaseEvery)))
      yield* Effect.forEach(
        history.callers,
        (caller, number) =>
          Effect.delay(
            Effect.exit(caller.ways.reduce(around(caller), make[caller.call](caller, number))),
            caller.at
          ),
        { concurrency: "unbounded", discard: true }
      )
      // what the server still works on
      yield* Effect.sleep("2 minutes")
      yield* Fiber.interrupt(releasing)
    }).pipe(Effect.provide(subject(history)))

  const ended = await VirtualTime.run(
    (clockAhead) =>
      program(clockAhead(0)).pipe(
        Effect.withClock(clockAhead(history.clockAhead)),
        Effect.provide(Layer.provideMerge(Server.layer(history, notes), printed.layer)),
        Effect.withRandom(Random.make(history.seed))
      ),
    { start: Server.start, yieldAfter: history.yieldAfter, atMost, turns }
  )
  printed.print(ended.exit, calls)
  // read from outside, as the program may hang
  const read = <A>(part: (emulator: Emulator.Service) => Effect.Effect<ReadonlyArray<A>>) =>
    emulator === undefined ? [] : Effect.runSync(part(emulator))
  return {
    history,
    calls,
    fulfillments: read(({ fulfillments }) => fulfillments),
    notifications: read(({ notifications }) => notifications),
    requests: read(({ requests }) => requests).map((request) => ({
      ...request,
      ...notes.bodies.get(request.requestId)
    })),
    queries: notes.queries,
    printed: printed.all,
    ended
  }
}

/**
 * As `Effect.forEach` without a limit, which hangs when it is interrupted at the moment when it starts (effect 3.22, and
 * only if the fiber makes way for others just then).
 */
const together = <A, E>(all: ReadonlyArray<A>, f: (one: A) => Effect.Effect<unknown, E>): Effect.Effect<void, E> =>
  Effect.scoped(
    Effect.flatMap(
      Effect.forEach(all, (one) => Effect.forkScoped(f(one))),
      Effect.forEach(Fiber.join, { discard: true })
    )
  )
