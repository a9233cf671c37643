/** How much of their limits accounts use, where the program has the rate limiter's store. */
import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Limit, Overview } from "../DashboardApi.js"

/** Each is asked for by itself. */
const mostAccounts = 100

/** Finds the store, if there is one. */
export const make = Effect.map(Effect.serviceOption(RateLimiter.RateLimiterStore), (store) => {
  const of = Effect.fnUntraced(function*(account: string): Effect.fn.Return<Option.Option<Limit>> {
    if (Option.isNone(store)) return Option.none()
    const found = yield* Effect.option(store.value.state({ account, window: RateLimiter.defaultWindow }))
    const now = yield* DateTime.now
    return Option.map(found, ({ limit, pausedFor, used }) => ({
      account,
      used,
      limit,
      pausedUntil: Duration.greaterThan(pausedFor, Duration.zero) ? endOf(now, pausedFor) : undefined
    }))
  })
  return {
    of,
    /** Ends a pause. Where that can't be done it ends by itself. */
    resume: (account: string): Effect.Effect<void> =>
      Effect.ignore(Option.getOrUndefined(store)?.resume?.({ account }) ?? Effect.void),
    /** Of the accounts that there are. */
    all: ({ accounts, counts }: Pick<Overview, "accounts" | "counts">): Effect.Effect<ReadonlyArray<Limit>> =>
      Option.isNone(store)
        ? Effect.succeed([])
        : Effect.map(Effect.forEach(busiest(accounts, counts), of), (limits) => limits.flatMap(Option.toArray))
  }
})

/** To the second, so that it stays the same while the pause does. */
const endOf = (now: DateTime.Utc, pausedFor: Duration.Duration): DateTime.Utc =>
  DateTime.unsafeMake(Math.ceil((DateTime.toEpochMillis(now) + Duration.toMillis(pausedFor)) / 1_000) * 1_000)

const busiest = (accounts: Overview["accounts"], counts: Overview["counts"]): ReadonlyArray<string> => {
  const waiting = new Map(accounts.map(({ account }) => [account, 0]))
  for (const { account, count } of counts) waiting.set(account, (waiting.get(account) ?? 0) + count)
  return [...waiting].toSorted(([, one], [, other]) => other - one).slice(0, mostAccounts).map(([account]) => account)
}
