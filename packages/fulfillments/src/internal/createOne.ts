/**
 * Single calls of unrelated fibers, gathered into batches. Whatever happens to one caller, the others don't feel it.
 */
import { FulfillmentInput } from "@effect-shipstation/schema/Fulfillment"
import * as Array from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Iterable from "effect/Iterable"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import { type Batches, closed, type Options } from "./batches.js"
import type { Refusal } from "./create.js"
import type { Item } from "./item.js"
import type { Memory } from "./memory.js"

/** An input that callers wait for; those with an equal one share it. */
interface Asked {
  readonly item: Item
  readonly settled: Deferred.Deferred<FulfillmentOutcome, Refusal>
  readonly callers: Set<Caller>
  /** It was in no batch yet. */
  isWaiting: boolean
}

interface Caller {
  readonly span: Option.Option<Tracer.AnySpan>
}

interface Needs {
  readonly batches: Batches
  readonly batchSize: number
  readonly kindOf: Memory["kindOf"]
  readonly readBack: Options["readBack"]
}

/** What became of one shipment. */
export type CreateOne = (input: FulfillmentInput) => Effect.Effect<FulfillmentOutcome, Refusal>

/** How long the first caller waits for others. */
const window = "20 millis"

/** When the scope closes, callers whose request was sent get its outcome, and the others fail with `closed`. */
export const make = (
  { batchSize, batches, kindOf, readBack }: Needs
): Effect.Effect<CreateOne, never, Scope.Scope> =>
  Effect.gen(function*() {
    /** By shipment. The first of a line is queued or under way; the others wait for its outcome. */
    const lines = new Map<string, Array<Asked>>()
    const queue = new Set<Asked>()
    const hasWork = yield* Effect.makeLatch(false)
    let isClosed = false

    const enqueue = (asked: Asked) => {
      if (isClosed) return end(asked, exitClosed)
      queue.add(asked)
      hasWork.unsafeOpen()
    }

    const enter = (input: FulfillmentInput, caller: Caller): Asked => {
      const { shipment_id } = input
      const line = lines.get(shipment_id) ?? []
      const same = line.find(({ item }) => onWire(item.input) === onWire(input))
      if (same !== undefined) {
        same.callers.add(caller)
        return same
      }
      const asked: Asked = {
        // the caller may change its own
        item: { index: 0, input: { ...input } },
        settled: Deferred.unsafeMake(FiberId.none),
        callers: new Set([caller]),
        isWaiting: true
      }
      lines.set(shipment_id, line)
      if (line.push(asked) === 1) enqueue(asked)
      return asked
    }

    const leave = (asked: Asked, caller: Caller) => {
      asked.callers.delete(caller)
      // what is in a batch may yet be left out of its request, and otherwise finishes
      if (asked.callers.size === 0 && asked.isWaiting) end(asked, exitClosed)
    }

    /** The next in line is up. */
    const end = (asked: Asked, exit: Exit.Exit<FulfillmentOutcome, Refusal>) => {
      const { shipment_id } = asked.item.input
      asked.isWaiting = false
      queue.delete(asked)
      Deferred.unsafeDone(asked.settled, exit)
      const line = lines.get(shipment_id) ?? []
      const isFirst = line[0] === asked
      line.splice(line.indexOf(asked), 1)
      const [next] = line
      if (next === undefined) lines.delete(shipment_id)
      else if (isFirst) enqueue(next)
    }

    /** Starts a batch. What it returns is done when the batch is being sent, or has ended. */
    const send = Effect.fnUntraced(function*(batch: Array.NonEmptyReadonlyArray<Asked>) {
      const isUnderWay = yield* Deferred.make<void>()
      const left = new Map(batch.map((asked) => [asked.item, asked]))
      const settle = (item: Item, exit: Exit.Exit<FulfillmentOutcome, Refusal>) => {
        const asked = left.get(item)
        if (left.delete(item) && asked !== undefined) end(asked, exit)
      }
      const fiber = yield* batches.start(Array.map(batch, ({ item }) => item), {
        readBack,
        span: { root: true, links: batch.flatMap(linksOf) },
        isWanted: (item) => (left.get(item)?.callers.size ?? 0) > 0,
        onSend: () => Deferred.unsafeDone(isUnderWay, Exit.void),
        onCreated: (outcomes) => outcomes.forEach((outcome, item) => settle(item, Exit.succeed(outcome))),
        onResults: (results) => results.forEach((result, item) => settle(item, Exit.fromEither(result)))
      })
      fiber.addObserver((exit) => {
        Deferred.unsafeDone(isUnderWay, Exit.void)
        for (const asked of left.values()) {
          // nobody wanted it when the batch was sent, and by now somebody may
          if (Exit.isFailure(exit)) end(asked, Exit.failCause(exit.cause))
          else if (asked.callers.size > 0) enqueue(asked)
          else end(asked, exitClosed)
        }
      })
      return isUnderWay
    })

    const sendNext = Effect.gen(function*() {
      const gathered = Array.fromIterable(Iterable.take(queue, batchSize))
      for (const asked of gathered) {
        asked.isWaiting = false
        queue.delete(asked)
      }
      if (queue.size === 0) hasWork.unsafeClose()
      const { fresh, fulfilled, unsettled } = Array.groupBy(gathered, ({ item }) => kindOf(item))
      // these are read back first, or wait for another call, and the others needn't wait for that
      if (fulfilled !== undefined) yield* Effect.asVoid(send(fulfilled))
      if (unsettled !== undefined) yield* Effect.asVoid(send(unsettled))
      return fresh && (yield* send(fresh))
    })

    const gather = Effect.gen(function*() {
      yield* hasWork.await
      if (queue.size < batchSize) yield* Effect.sleep(window)
      const isUnderWay = yield* Effect.uninterruptible(sendNext)
      // while one batch waits to be sent, calls gather for the next
      if (isUnderWay !== undefined) yield* Deferred.await(isUnderWay)
    })

    yield* Effect.acquireRelease(
      // the layer may be built where nothing can be interrupted
      Effect.forkDaemon(Effect.interruptible(Effect.forever(gather))),
      (fiber) =>
        Effect.suspend(() => {
          isClosed = true
          for (const asked of queue) end(asked, exitClosed)
          return Fiber.interrupt(fiber)
        })
    )

    return (input) =>
      Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (span) => {
        const caller = { span }
        return Effect.uninterruptibleMask((restore) => {
          const asked = enter(input, caller)
          return Effect.flatMap(Effect.exit(restore(Deferred.await(asked.settled))), (exit) => {
            leave(asked, caller)
            return exit
          })
        })
      })
  })

const exitClosed = Exit.fail(closed)

const onWire = Schema.encodeSync(Schema.parseJson(FulfillmentInput))

const linksOf = ({ callers }: Asked): Array<Tracer.SpanLink> =>
  [...callers].flatMap(({ span }) =>
    Option.isSome(span) ? [{ _tag: "SpanLink" as const, span: span.value, attributes: {} }] : []
  )
