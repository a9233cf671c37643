/** What one runner does for all accounts of the store: it tells those that have something to do. */
import { OutboxStore } from "@effect-shipstation/outbox/OutboxStore"
import * as OutboxWorker from "@effect-shipstation/outbox/OutboxWorker"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Account, type Due } from "./account.js"

/** An account that stays due, as it is paused or has much to do, is told again so seldom, in milliseconds. */
const between = 5_000

/** What an announcement may mean. */
const announced = ["pending", "unknown"] as const

/** Tells accounts that rows of them may be due, and looks after rows of runners that died. For ever. */
export const run = Effect.gen(function*() {
  const store = yield* OutboxStore
  const accountOf = yield* Account.client
  const telling = yield* FiberMap.make<string>()
  /** A runner that is gone must keep no account from being told later. */
  const tell = (account: string, due: ReadonlyArray<Due>) =>
    FiberMap.run(
      telling,
      account,
      accountOf(account).Look({ due }, { discard: true }).pipe(
        Effect.timeoutOption("10 seconds"),
        Effect.catchAllCause((cause) => Effect.logWarning("An account couldn't be told to look", cause)),
        Effect.annotateLogs("shipstation.account", account)
      ),
      { onlyIfMissing: true }
    )
  const alarm = yield* Queue.sliding<void>(1)
  yield* Effect.forkScoped(
    Stream.runForEach(
      store.announcements,
      (account) =>
        account === undefined ? Effect.asVoid(Queue.offer(alarm, undefined)) : Effect.asVoid(tell(account, announced))
    )
  )
  yield* Effect.forkScoped(OutboxWorker.lookAfterAll)

  let told = new Map<string, number>()
  const round = Effect.gen(function*() {
    const due = new Map<string, Array<Due>>()
    for (const { account, state } of yield* Effect.timeout(store.dueAccounts, "10 seconds")) {
      due.set(account, [...due.get(account) ?? [], state])
    }
    const now = yield* Clock.currentTimeMillis
    const toTell = [...due].filter(([account]) => now - (told.get(account) ?? -Infinity) >= between)
    told = new Map([
      ...[...told].filter(([account]) => due.has(account)),
      ...toTell.map(([account]) => [account, now] as const)
    ])
    yield* Effect.forEach(toTell, ([account, states]) => tell(account, states), { discard: true })
    yield* Effect.timeoutOption(Queue.take(alarm), store.poll)
  })
  // whatever happens: without it nothing would be sent any more
  return yield* round.pipe(
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.interrupt
        : Effect.zipRight(
          Effect.logError("The outbox can't be asked what is due", cause),
          Effect.sleep("1 second")
        )
    ),
    Effect.forever
  )
})
