/**
 * Sends what is in the outbox until nothing is left that can be done now.
 */
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import * as OutboxWorker from "@effect-shipstation/outbox/OutboxWorker"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as ExitCode from "../ExitCode.js"
import { Limit } from "../outbox/Limit.js"
import { Tally } from "../outbox/Tally.js"
import { Progress } from "../terminal/Progress.js"
import { describeRefusal } from "../terminal/refusal.js"
import { Signals } from "../terminal/Signals.js"

/** Why a run ended. */
export type Ending =
  | { readonly _tag: "Finished" }
  | { readonly _tag: "Signal"; readonly signal: ExitCode.Signal }
  /** The key or the account was refused, or a worker's settings send nothing. The message says which. */
  | { readonly _tag: "Refused"; readonly message: string }
  /** An operator paused the account. */
  | { readonly _tag: "Paused" }
  /** Nothing went on for a while. */
  | { readonly _tag: "Temporary"; readonly message: string }

/** What to do. */
export interface Options<E, R> {
  /** Puts rows into the outbox, and calls what it is given with how many were offered so far. */
  readonly offering: (offered: (count: number) => void) => Effect.Effect<void, E, R>
  /** How many rows that will be. */
  readonly total: number
  readonly batchSize: number
  /** After so long without any progress that isn't the rate limit's doing it ends. */
  readonly giveUpAfter: Duration.Duration
}

/**
 * How the process's workers work. What a killed one was sending is free again when its lease ends, so that is short. A
 * worker that stood still for longer loses nothing: what it sent is read back.
 */
export const workerOptions = (batchSize: number): Effect.Effect<OutboxWorker.Options, never, Signals> =>
  Effect.map(Signals, ({ second }) => ({
    batchSize,
    lease: "6 seconds",
    sendWithin: "5 seconds",
    stopNow: Deferred.await(second)
  }))

/**
 * Offers and sends. Whatever it ends with, nothing of it is under way any more.
 *
 * What waits is sent at once; else sending begins when all is offered. So a run that is killed has left rows that the next
 * one can send before it has read the file once more.
 */
export const drain = <E, R>(options: Options<E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const { first } = yield* Signals
    const show = yield* (yield* Progress).start
    const startWorker = yield* Effect.cached(startTold(yield* workerOptions(options.batchSize)))
    const stopped = Effect.map(Deferred.await(first), (signal): Ending => ({ _tag: "Signal", signal }))
    return yield* Effect.raceFirst(follow(options, startWorker, show), stopped)
  }))

/** Starts a worker that tells the tally what it does. */
const startTold = Effect.fnUntraced(function*(options: OutboxWorker.Options) {
  const { add } = yield* Tally
  const worker = yield* OutboxWorker.make(options)
  yield* Effect.forkScoped(Stream.runForEach(worker.events, add))
  return worker
})

const follow = Effect.fnUntraced(function*<E, R, R2>(
  { giveUpAfter, offering, total }: Options<E, R>,
  startWorker: Effect.Effect<OutboxWorker.Service, never, R2>,
  show: Effect.Effect.Success<Effect.Effect.Success<typeof Progress>["start"]>
) {
  const outbox = yield* Outbox.Outbox
  const tally = yield* Tally
  const limit = yield* Limit
  let isLeft = (yield* outbox.openCounts).length > 0
  if (isLeft) yield* startWorker
  let offered = 0
  const offerer = yield* Effect.fork(offering((count) => {
    offered = count
  }))
  let before = ""
  let movedAt = yield* Clock.currentTimeMillis
  while (true) {
    const start = yield* Clock.currentTimeMillis
    const counts = yield* outbox.openCounts
    const now = yield* Clock.currentTimeMillis
    const told = yield* tally.counts
    const limitedUntil = yield* limit.until
    const of = (state: string) =>
      counts.find((one) => one.account === Accounts.defaultAccount && one.state === state)?.count ?? 0
    const [pending, sending, unknown] = [of("pending"), of("sending"), of("unknown")]
    const offering = yield* Fiber.poll(offerer)
    yield* show({
      total,
      done: Math.max(0, offered - pending - sending - unknown),
      // before, rows of earlier runs are among those that come
      left: Option.isSome(offering) ? pending + sending : undefined,
      rejected: told.rejected,
      unknown,
      limitedUntil
    })

    if (Option.isSome(offering)) yield* Effect.zipRight(offering.value, startWorker)
    const stopper = yield* whyPaused
    if (stopper !== undefined) return stopper
    if (Option.isSome(offering) && pending + sending === 0 && (unknown === 0 || !(yield* isToBeLookedUp))) {
      return { _tag: "Finished" } as const
    }
    // what other processes get done is progress too
    const state = [offered, told.fulfilled, told.rejected, told.looks, pending + sending + unknown].join()
    if (state !== before || limitedUntil !== undefined) movedAt = now
    else if (isLeft && now - movedAt > 1_000 && told.trouble === undefined && (yield* isIdle(startWorker))) {
      // a run that was cut off, or failed, left rows that aren't due yet. To look for them takes a while where many wait
      yield* outbox.sendNow()
      isLeft = false
      movedAt = now
    } else if (now - movedAt > Duration.toMillis(giveUpAfter)) {
      return { _tag: "Temporary", message: told.trouble ?? "nothing went on" } as const
    }
    before = state
    // with a million rows counting takes a while
    yield* Effect.sleep(Math.max(200, 10 * (now - start)))
  }
})

/** Whether a worker found nothing that is due. */
const isIdle = <R>(worker: Effect.Effect<OutboxWorker.Service, never, R>) =>
  Effect.flatMap(worker, ({ state }) => Effect.map(state, ({ batches }) => batches === 0))

/** What holds the account back until somebody does something. */
export const whyPaused = Effect.gen(function*() {
  const { accounts } = yield* Outbox.Outbox
  const paused = (yield* accounts).find(({ account }) => account === Accounts.defaultAccount)?.paused
  if (paused === undefined) return undefined
  const ending: Ending = paused.by._tag === "Operator"
    ? { _tag: "Paused" }
    : { _tag: "Refused", message: describeRefusal(paused.error ?? { _tag: "", message: "refused" }) }
  return ending
})

/** An unknown row is left to a person after two looks that didn't find it, one of them in this run. */
const isToBeLookedUp = Effect.gen(function*() {
  const { listAll } = yield* Outbox.Outbox
  const now = yield* DateTime.now
  const row = yield* listAll({ account: Accounts.defaultAccount, states: ["unknown"] }).pipe(
    Stream.filter(({ absent, claim, due, resendWhenAbsent }) =>
      claim !== undefined || resendWhenAbsent || (absent?.looks ?? 0) < 2 || DateTime.lessThanOrEqualTo(due, now)
    ),
    Stream.runHead
  )
  return Option.isSome(row)
})
