/** Effect's races may wait for ever when they are interrupted as they start, so this is tried at every step. */
import { Accounts, OutboxStore } from "@effect-shipstation/outbox"
import { describe, expect, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, type Fiber, FiberId, ManagedRuntime, type Scheduler } from "effect"
import { alongside, someAtOnce, within } from "../src/internal/alongside.js"
import * as Backoff from "../src/internal/backoff.js"
import * as Dispatch from "../src/internal/dispatch.js"
import { freshMany, outbox } from "./support.js"

/** Interrupts the fiber at its nth step. The result: how it ended, if it did. */
const interruptAt = async (n: number, effect: Effect.Effect<unknown, unknown>) => {
  let steps = 0
  let first: Fiber.RuntimeFiber<unknown, unknown> | undefined
  const tasks: Array<Scheduler.Task> = []
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (each) => {
      first ??= each
      if (each === first && ++steps === n) each.unsafeInterruptAsFork(FiberId.none)
      return false
    },
    scheduleTask: (task) => void tasks.push(task)
  }
  const fiber = Effect.runFork(effect, { scheduler })
  for (let turn = 0; turn < 10; turn++) {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { exit: fiber.unsafePoll(), wasInterrupted: steps >= n }
}

/** Interrupts it at each of its steps. The result: the steps after which it never ended. */
const hangs = async (self: () => Effect.Effect<unknown, unknown>) => {
  const hung: Array<number> = []
  for (let n = 1;; n++) {
    const { exit, wasInterrupted } = await interruptAt(n, self())
    if (!wasInterrupted) return { hung, steps: n }
    if (exit === null) hung.push(n)
  }
}

describe("an interruption, at whatever step, ends", () => {
  const cases: ReadonlyArray<readonly [name: string, Effect.Effect<unknown, unknown>]> = [
    ["what something runs alongside", Effect.never.pipe(alongside(Effect.never))],
    ["what has a time-out", Effect.never.pipe(within("1 hour", () => "late"))],
    ["some at once", someAtOnce(2, [1, 2, 3], () => Effect.never)]
  ]
  it.each(cases)("%s", async (_, self) => {
    const { hung, steps } = await hangs(() => self)
    expect(hung).toEqual([])
    expect(steps).toBeGreaterThan(5)
  })

  it("and would not end everywhere with a race (should this fail, `internal/alongside.ts` can go)", async () => {
    expect((await hangs(() => Effect.raceFirst(Effect.never, Effect.never))).hung).not.toEqual([])
  })

  it.each(["send", "reconcile"] as const)("what is done with a claim: %s", async (what) => {
    const runtime = ManagedRuntime.make(outbox(OutboxStore.layerStoreMemory))
    const context = await runtime.runPromise(Effect.context<Accounts.Accounts | OutboxStore.OutboxStore>())
    const store = Context.get(context, OutboxStore.OutboxStore)
    const fulfillments = Context.get(context, Accounts.Accounts).get("default")
    if (fulfillments === undefined) throw new Error("no account")
    const lease = Duration.hours(1)
    const delays = Backoff.check()
    const batch = Dispatch.make({
      account: "default",
      fulfillments,
      operations: store,
      worker: "me",
      stopping: Effect.never,
      lease,
      sendWithin: lease,
      delays,
      publish: () => Effect.void,
      policy: { resendAfter: 0, nextLook: () => 0 }
    })
    await Effect.runPromise(store.offer("default", freshMany(3).map((input, index) => ({ index, input }))))
    const { rows } = await Effect.runPromise(store.list({ limit: 3 }))
    const { hung, steps } = await hangs(() => batch[what]({ token: "lost", at: DateTime.unsafeMake(0), rows }))
    expect(hung).toEqual([])
    expect(steps).toBeGreaterThan(20)
    await runtime.dispose()
  })
})
