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
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { FulfillmentOutcome } from "../FulfillmentOutcome.js"
import { type Batches, closed, type Options } from "./batches.js"
import type { Refusal } from "./create.js"
import type { Item } from "./item.js"

/** An input that callers wait for. */
interface Asked {
  readonly item: Item
  /** The input as it is sent: callers with the same share it. */
  readonly wire: string
  readonly settled: Deferred.Deferred<FulfillmentOutcome, Refusal>
  readonly callers: Set<Caller>
  /** The shipment is known to be fulfilled, for this or another input: it is read back, and not sent. */
  isFulfilled: boolean
  /** What became of it. */
  exit: Exit.Exit<FulfillmentOutcome, Refusal> | undefined
}

interface Caller {
  readonly span: Option.Option<Tracer.AnySpan>
}

interface Needs {
  readonly batches: Batches
  readonly batchSize: number
  readonly readBack: Options["readBack"]
}

/** What became of one shipment. */
export type CreateOne = (input: FulfillmentInput) => Effect.Effect<FulfillmentOutcome, Refusal>

/** How long the first caller waits for others. */
const window = "20 millis"

/** About 30 MB. Beyond it the oldest are forgotten. */
const untoldKept = 100_000

/** When the scope closes, callers whose request was sent get its outcome, and the others fail with `closed`. */
export const make = ({ batchSize, batches, readBack }: Needs): Effect.Effect<CreateOne, never, Scope.Scope> =>
  Effect.gen(function*() {
    /** By shipment. The first of a line is queued or under way; the others wait for its outcome. */
    const lines = new Map<string, Array<Asked>>()
    const queue = new Set<Asked>()
    const hasWork = yield* Effect.makeLatch(false)
    /** What is fulfilled, and nobody was told for certain. Who was interrupted may ask again. */
    const untold = makeUntold()
    let isClosed = false

    const enqueue = (asked: Asked) => {
      queue.add(asked)
      hasWork.unsafeOpen()
    }

    const enter = (input: FulfillmentInput, caller: Caller): Asked => {
      const { shipment_id } = input
      const wire = onWire(input)
      const line = lines.get(shipment_id) ?? []
      const same = line.find((asked) => asked.wire === wire)
      if (same !== undefined) {
        same.callers.add(caller)
        return same
      }
      const asked: Asked = {
        // the caller may change its own
        item: { index: 0, input: { ...input } },
        wire,
        settled: Deferred.unsafeMake(FiberId.none),
        callers: new Set([caller]),
        isFulfilled: untold.has(shipment_id),
        exit: undefined
      }
      lines.set(shipment_id, line)
      if (line.push(asked) === 1) enqueue(asked)
      return asked
    }

    const leave = (asked: Asked, caller: Caller, isTold: boolean) => {
      const { shipment_id } = asked.item.input
      asked.callers.delete(caller)
      if (asked.exit !== undefined) {
        if (isTold && isFulfilled(asked.exit)) untold.delete(asked)
        return
      }
      const isUnderWay = lines.get(shipment_id)?.[0] === asked && !queue.has(asked)
      // what is under way may yet be left out of its request, and otherwise finishes
      if (asked.callers.size === 0 && !isUnderWay) end(asked, exitClosed)
    }

    /** The next in line is up. */
    const end = (asked: Asked, exit: Exit.Exit<FulfillmentOutcome, Refusal>) => {
      const { shipment_id } = asked.item.input
      const line = lines.get(shipment_id) ?? []
      const isFirst = line[0] === asked
      line.splice(line.indexOf(asked), 1)
      queue.delete(asked)
      asked.isFulfilled ||= isFulfilled(exit)
      asked.exit = exit
      if (asked.isFulfilled && Exit.isSuccess(exit)) untold.add(asked)
      Deferred.unsafeDone(asked.settled, exit)
      const [next] = line
      if (next === undefined) lines.delete(shipment_id)
      else if (isFirst) {
        next.isFulfilled ||= asked.isFulfilled
        if (isClosed) end(next, exitClosed)
        else enqueue(next)
      }
    }

    /** Starts a batch. What it returns is done when the batch is being sent, or has ended. */
    const send = Effect.fnUntraced(function*(batch: Array.NonEmptyReadonlyArray<Asked>) {
      const isUnderWay = yield* Deferred.make<void>()
      const left = new Map(batch.map((asked) => [asked.item, asked]))
      const fiber = yield* batches.start(Array.map(batch, ({ item }) => item), {
        readBack,
        span: { root: true, links: batch.flatMap(linksOf) },
        isFulfilled: (item) => left.get(item)?.isFulfilled === true,
        isWanted: (item) => (left.get(item)?.callers.size ?? 0) > 0,
        onSend: () => Deferred.unsafeDone(isUnderWay, Exit.void),
        onResults: (results) => {
          for (const [item, result] of results) {
            const asked = left.get(item)
            left.delete(item)
            if (asked !== undefined) end(asked, Exit.fromEither(result))
          }
        }
      })
      fiber.addObserver((exit) => {
        Deferred.unsafeDone(isUnderWay, Exit.void)
        for (const asked of left.values()) {
          // nobody wanted it when the batch was sent, and by now somebody may
          if (Exit.isFailure(exit)) end(asked, Exit.failCause(exit.cause))
          else if (asked.callers.size === 0 || isClosed) end(asked, exitClosed)
          else enqueue(asked)
        }
      })
      return isUnderWay
    })

    const sendNext = Effect.suspend(() => {
      const gathered = Array.take(queue, batchSize)
      for (const asked of gathered) queue.delete(asked)
      if (queue.size === 0) hasWork.unsafeClose()
      const [unsent, fulfilled] = Array.partition(gathered, ({ isFulfilled }) => isFulfilled)
      return Effect.zipRight(
        // the others needn't wait while these are read back
        Array.isNonEmptyReadonlyArray(fulfilled) ? send(fulfilled) : Effect.void,
        Array.isNonEmptyReadonlyArray(unsent) ? Effect.map(send(unsent), Option.some) : Effect.succeedNone
      )
    })

    const gather = Effect.gen(function*() {
      yield* hasWork.await
      if (queue.size < batchSize) yield* Effect.sleep(window)
      const isUnderWay = yield* Effect.uninterruptible(sendNext)
      // while one batch waits to be sent, calls gather for the next
      if (Option.isSome(isUnderWay)) yield* Deferred.await(isUnderWay.value)
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
        return Effect.acquireUseRelease(
          Effect.suspend(() => isClosed ? exitClosed : Effect.succeed(enter(input, caller))),
          ({ settled }) => Deferred.await(settled),
          (asked, exit) => Effect.sync(() => leave(asked, caller, Exit.isSuccess(exit)))
        )
      })
  })

const makeUntold = () => {
  const byShipment = new Map<string, Set<string>>()
  return {
    has: (shipmentId: string) => byShipment.has(shipmentId),
    add: ({ item, wire }: Asked) => {
      const { shipment_id } = item.input
      byShipment.set(shipment_id, (byShipment.get(shipment_id) ?? new Set()).add(wire))
      if (byShipment.size <= untoldKept) return
      const [oldest = ""] = byShipment.keys()
      byShipment.delete(oldest)
    },
    delete: ({ item, wire }: Asked) => {
      const { shipment_id } = item.input
      const wires = byShipment.get(shipment_id)
      wires?.delete(wire)
      if (wires?.size === 0) byShipment.delete(shipment_id)
    }
  }
}

const exitClosed = Exit.fail(closed)

const onWire = Schema.encodeSync(Schema.parseJson(FulfillmentInput))

const isFulfilled = (exit: Exit.Exit<FulfillmentOutcome, Refusal>): boolean => {
  if (Exit.isFailure(exit)) return false
  const { _tag } = exit.value
  return _tag === "Created" || _tag === "AlreadyFulfilled" || _tag === "Conflict"
}

const linksOf = ({ callers }: Asked): Array<Tracer.SpanLink> =>
  [...callers].flatMap(({ span }) =>
    Option.isSome(span) ? [{ _tag: "SpanLink" as const, span: span.value, attributes: {} }] : []
  )
