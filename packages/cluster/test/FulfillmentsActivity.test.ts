/** A step of a workflow that is cut off and run again by another runner, in virtual time. The messages outlive the runners. */
import { FulfillmentsActivity } from "@effect-shipstation/cluster"
import { Emulator, type Fault } from "@effect-shipstation/emulator"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import {
  ClusterWorkflowEngine,
  MessageStorage,
  RunnerHealth,
  Runners,
  RunnerStorage,
  Sharding,
  ShardingConfig
} from "@effect/cluster"
import { describe, expect, it } from "@effect/vitest"
import { Activity, Workflow } from "@effect/workflow"
import { Clock, Effect, Exit, FiberStatus, Layer, Schema, Scope } from "effect"
import { emulator, fulfillments, until } from "./support.js"

const inputs = [
  { shipment_id: "se-1", tracking_number: "1Z1", carrier_code: "ups" },
  { shipment_id: "se-2", tracking_number: "1Z2", carrier_code: "ups" }
] as const

const Ship = Workflow.make({
  name: "Ship",
  payload: { order: Schema.String },
  success: Schema.NonEmptyArray(FulfillmentOutcome.FulfillmentOutcome),
  error: FulfillmentsActivity.CreateError,
  idempotencyKey: ({ order }) => order
})

const ours = Ship.toLayer(() => FulfillmentsActivity.create({ name: "fulfill", inputs }))

/** What people write. */
const plain = Ship.toLayer(() =>
  Activity.make({
    name: "fulfill",
    success: Schema.NonEmptyArray(FulfillmentOutcome.FulfillmentOutcome),
    error: FulfillmentsActivity.CreateError,
    execute: Effect.flatMap(Fulfillments.Fulfillments, ({ create }) => create(inputs))
  })
)

/** A runner that is told to end ends at once. */
const config = ShardingConfig.layer({ entityTerminationTimeout: 0 })

const messages = Layer.provide(MessageStorage.layerMemory, config)

/** A process, with a memory of its own. It dies when its scope is closed. */
const start = (workflow: typeof ours, maxBatchSize?: number) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* workflow.pipe(
      Layer.provideMerge(ClusterWorkflowEngine.layer),
      Layer.provide(Sharding.layer),
      Layer.provide([Runners.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
      Layer.provide(config),
      Layer.provide(fulfillments("default", maxBatchSize)),
      Layer.fresh,
      Layer.build,
      Scope.extend(scope)
    )
    return {
      run: Effect.provide(Ship.execute({ order: "A-1" }, { discard: true }), context),
      result: (id: string) => Effect.provide(Ship.poll(id), context),
      die: Scope.close(scope, Exit.void)
    }
  })

const lagging: ReadonlyArray<Fault.FaultRule> = [
  { endpoint: "list", action: { _tag: "LaggingList", lag: "20 seconds" } }
]

/** One runner dies while the request is under way, another one goes on. What became of it, and who was told again. */
const diesAndGoesOn = (
  workflow: typeof ours,
  meanwhile: ReadonlyArray<Fault.FaultRule> = lagging,
  maxBatchSize?: number
) =>
  Effect.gen(function*() {
    const { committed, notifiedAgain, setFaults } = yield* Emulator.Emulator
    const first = yield* start(workflow)
    const id = yield* first.run
    yield* until(Effect.map(committed("se-1"), ({ length }) => length === 1), "50 millis")
    const dying = yield* Effect.fork(first.die)
    yield* until(Effect.map(dying.status, FiberStatus.isDone), "50 millis")
    yield* setFaults(meanwhile)
    const second = yield* start(workflow, maxBatchSize)
    let result: Effect.Effect.Success<ReturnType<typeof second.result>>
    yield* until(
      Effect.map(second.result(id), (now) => {
        result = now
        return now?._tag === "Complete"
      }),
      "1 second"
    )
    return {
      outcomes: result?._tag === "Complete" && Exit.isSuccess(result.exit)
        ? result.exit.value.map(({ _tag }) => _tag)
        : result,
      toldAgain: (yield* notifiedAgain).map(({ shipment_id }) => shipment_id)
    }
  })

/** The first request is acted on, and answered late; the list lags. */
const slow = emulator(["default"], {
  faults: [
    { endpoint: "create", nth: 1, action: { _tag: "Delay", when: "after", duration: "10 seconds" } },
    ...lagging
  ]
})

const cluster = Layer.merge(slow, messages)

describe("a step that is run again", () => {
  it.scoped("tells nobody twice, and learns what the first run did", () =>
    Effect.map(
      diesAndGoesOn(ours),
      (seen) => expect(seen).toStrictEqual({ outcomes: ["AlreadyFulfilled", "AlreadyFulfilled"], toldAgain: [] })
    ).pipe(Effect.provide(cluster)))

  it.scoped.each([401, 403, 429])("doesn't say that nothing was done when it can't look: %s", (status) =>
    Effect.map(
      diesAndGoesOn(ours, [{ endpoint: "list", action: { _tag: "ErrorBody", status } }]),
      (seen) => expect(seen).toStrictEqual({ outcomes: ["Unknown", "Unknown"], toldAgain: [] })
    ).pipe(Effect.provide(cluster)))

  it.scoped("doesn't say that nothing was done when the next program doesn't take its inputs", () =>
    Effect.map(
      diesAndGoesOn(ours, lagging, 1),
      (seen) => expect(seen).toStrictEqual({ outcomes: ["Unknown", "Unknown"], toldAgain: [] })
    ).pipe(Effect.provide(cluster)))

  it.scoped("would tell them twice if it plainly called create", () =>
    Effect.map(
      diesAndGoesOn(plain),
      (seen) => expect(seen).toStrictEqual({ outcomes: ["Created", "Created"], toldAgain: ["se-1", "se-2"] })
    ).pipe(Effect.provide(cluster)))
})

describe("a step that is run once", () => {
  it.scoped("waits for nothing", () =>
    Effect.gen(function*() {
      const runner = yield* start(ours)
      const id = yield* runner.run
      yield* until(Effect.map(runner.result(id), (result) => result?._tag === "Complete"), "50 millis")
      expect(yield* Clock.currentTimeMillis).toBeLessThan(10_000)
    }).pipe(Effect.provide(Layer.merge(emulator(["default"]), messages))))
})
