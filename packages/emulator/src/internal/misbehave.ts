import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { FaultAction } from "../Fault.js"
import { type Answer, inBytes, toReply } from "./answer.js"
import { answer, type Call, keysOf, type Limits, preview } from "./call.js"
import { insteadOf, withChanges } from "./changes.js"
import { allowsOf } from "./commits.js"
import * as excerpt from "./excerpt.js"
import { changeOfList, withListChanges } from "./listChanges.js"
import { isInstead, isSending } from "./rules.js"
import type { Entry, State } from "./state.js"
import type { Reply, Wire } from "./wire.js"

/** Runs what goes on when the client hangs up, and ends with the emulator. */
export type Run = (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>

/** A request, the faults that it meets, and where its answer goes. */
export interface Exchange {
  readonly state: State
  readonly call: Call
  readonly entry: Entry
  readonly faults: ReadonlyArray<FaultAction>
  readonly wire: Wire
  readonly run: Run
  /** Of the request limit, as `Limits` has it. */
  readonly retryAfter: number | undefined
}

/** Takes a request through all stages, up to the last byte of its answer. */
export const misbehave = Effect.fnUntraced(function*(exchange: Exchange) {
  const { call, entry, faults } = exchange
  entry.faults = faults.map(({ _tag }) => _tag)
  yield* wait(exchange, "before")
  const usual = commit(exchange, yield* DateTime.now)
  yield* wait(exchange, "after")
  const context = { requestId: call.requestId, now: yield* DateTime.now }
  const instead = faults.find(isInstead)
  const changed = withListChanges(withChanges(usual, faults), faults)
  yield* send(
    exchange,
    inBytes(instead === undefined ? toReply(changed, context) : insteadOf(instead, context)),
    instead !== undefined || changed !== usual || faults.some(isOfAnswer) ? "changed" : "sent"
  )
})

/** What happens to a request, or will happen to it some time after it was answered. */
const commit = ({ call, entry, faults, retryAfter, run, state }: Exchange, now: DateTime.Utc): Answer => {
  const limits: Limits = {
    retryAfter,
    allows: allowsOf(faults),
    partial: faults.find((fault) => fault._tag === "PartialSuccess"),
    list: changeOfList(faults, now)
  }
  const late = faults.find((fault) => fault._tag === "LandLate")
  if (late === undefined) return answer(state, call, entry, now, limits)
  run(Effect.map(Effect.zipRight(Effect.sleep(late.after), DateTime.now), (now) => {
    answer(state, call, entry, now, limits)
  }))
  return preview(state, call, now, limits)
}

/** What lets an answer say less than the truth, or something else, before it is made. */
const isOfAnswer = (fault: FaultAction): boolean =>
  fault._tag === "LaggingList" || fault._tag === "ChangeList" ||
  (fault._tag === "PartialSuccess" && (fault.told ?? "message") !== "message")

const wait = ({ faults, state }: Exchange, when: "before" | "after") =>
  Effect.forEach(
    faults,
    (fault) =>
      (fault._tag !== "Delay" && fault._tag !== "Hold") || (fault.when ?? "before") !== when
        ? Effect.void
        : fault._tag === "Delay"
        ? Effect.sleep(fault.duration)
        : state.held.await,
    { discard: true }
  )

const send = Effect.fnUntraced(
  function*({ call, entry, faults, state, wire }: Exchange, reply: Reply, whole: "sent" | "changed") {
    const sending = faults.find(isSending)
    const open = (reply: Reply) => {
      entry.status = reply.status
      wire.open(reply)
    }
    if (sending?._tag !== "RefuseConnection") entry.responseBody = excerpt.ofBytes(keysOf(state, call), reply.body)
    if (wire.isGone()) {
      entry.answer = "lost"
      return wire.reset()
    }
    switch (sending?._tag) {
      case "RefuseConnection":
        entry.answer = "lost"
        return wire.refuse()
      case "Reset":
        entry.answer = "lost"
        return wire.reset()
      case "LandLate":
        if (!faults.some(isInstead)) {
          entry.answer = "lost"
          return wire.reset()
        }
        open(reply)
        wire.write(reply.body)
        break
      case "Stall":
      case "CutBody": {
        entry.answer = "lost"
        // of an empty body too something has to be missing
        const body = reply.body.length === 0 ? new Uint8Array(1) : reply.body
        const afterBytes = sending.afterBytes ?? (sending._tag === "Stall" ? 0 : Math.floor(body.length / 2))
        open({ ...reply, body })
        wire.write(body.subarray(0, Math.min(afterBytes, body.length - 1)))
        if (sending._tag === "CutBody") return wire.cut()
        yield* wire.gone
        return wire.reset()
      }
      case "SlowBody": {
        open(reply)
        for (let start = 0; start < reply.body.length; start += sending.bytesPerChunk) {
          if (start > 0) yield* Effect.sleep(sending.interval)
          if (wire.isGone()) {
            entry.answer = "lost"
            return wire.reset()
          }
          wire.write(reply.body.subarray(start, start + sending.bytesPerChunk))
        }
        break
      }
      case undefined:
        open(reply)
        wire.write(reply.body)
    }
    entry.answer = whole
    wire.end()
  }
)
