import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { FaultAction } from "../Fault.js"
import { inBytes, toReply } from "./answer.js"
import { answer, type Call, keysOf } from "./call.js"
import { insteadOf, withChanges } from "./changes.js"
import * as excerpt from "./excerpt.js"
import { isInstead, isSending } from "./rules.js"
import type { Entry, State } from "./state.js"
import type { Reply, Wire } from "./wire.js"

/** A request, the faults that it meets, and where its answer goes. */
export interface Exchange {
  readonly state: State
  readonly call: Call
  readonly entry: Entry
  readonly faults: ReadonlyArray<FaultAction>
  readonly wire: Wire
  /** Of the request limit, as `Limits` has it. */
  readonly retryAfter: number | undefined
}

/** Takes a request through all stages, up to the last byte of its answer. */
export const misbehave = Effect.fnUntraced(function*(exchange: Exchange) {
  const { call, entry, faults, retryAfter, state } = exchange
  entry.faults = faults.map(({ _tag }) => _tag)
  yield* wait(exchange, "before")
  const now = yield* DateTime.now
  const usual = answer(state, call, entry, now, {
    retryAfter,
    commits: Math.min(...faults.map(commitsOf)),
    createdUntil: createdUntil(faults, now)
  })
  yield* wait(exchange, "after")
  const context = { requestId: call.requestId, now: yield* DateTime.now }
  const instead = faults.find(isInstead)
  const changed = withChanges(usual, faults)
  yield* send(
    exchange,
    inBytes(instead === undefined ? toReply(changed, context) : insteadOf(instead, context)),
    instead !== undefined || changed !== usual || createdUntil(faults, now) !== undefined ? "changed" : "sent"
  )
})

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

const commitsOf = (fault: FaultAction): number => {
  switch (fault._tag) {
    case "RefuseConnection":
      return 0
    case "ErrorBody":
      return count(fault.commits ?? 0)
    case "RawBody":
    case "Reset":
    case "Stall":
    case "CutBody":
      return count(fault.commits ?? "all")
    default:
      return Infinity
  }
}

const count = (commits: "all" | number): number => commits === "all" ? Infinity : commits

const createdUntil = (faults: ReadonlyArray<FaultAction>, now: DateTime.Utc): DateTime.Utc | undefined => {
  const lags = faults.flatMap((fault) => fault._tag === "LaggingList" ? [Duration.decode(fault.lag)] : [])
  return lags.length === 0 ? undefined : DateTime.subtractDuration(now, lags.reduce(Duration.max))
}

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
