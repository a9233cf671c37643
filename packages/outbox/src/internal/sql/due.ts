/** Which accounts have something to do, and telling it. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type * as OutboxRows from "../../OutboxRows.js"
import type { DueAccount } from "../service.js"
import type { Tables } from "./tables.js"

const dueStates = ["pending", "unknown", "fulfilled"].map((state) => `SELECT '${state}' AS state`).join(" UNION ALL ")

const named = "account:"

/** What a notification says. A name that is too long for one isn't told. */
const payloadOf = (account: string | undefined): string =>
  account === undefined || account.length > 1_000 ? "due" : named + account

/** The account that a notification names. Older versions name none. */
export const accountOf = (payload: string | undefined): string | undefined =>
  payload?.startsWith(named) === true ? payload.slice(named.length) : undefined

/** Announcements on Postgres. */
export const channel = (prefix: string): string => `${prefix}due`

/** Announcements, and who has reason to make some. `heard`: what the database tells of other processes' announcements. */
export const make = Effect.fnUntraced(function*(
  { isPg, prefix, sql, stored, table }: Tables,
  heard: Stream.Stream<string | void> | undefined
) {
  const local = yield* PubSub.sliding<string | undefined>(1_000)
  const announceLocally = (account: string | undefined) => PubSub.publish(local, account)
  if (heard !== undefined) {
    yield* Effect.forkScoped(Stream.runForEach(heard, (account) => announceLocally(account ?? undefined)))
  }

  /** The next account of the index each time, so that no account's rows are read one by one. */
  const nextAccount = (of: "states" | "accounts", after: string) =>
    sql`(SELECT account FROM ${table("progress")} AS due
      WHERE due.state = ${sql.literal(`${of}.state`)} AND due_at IS NOT NULL AND due.state <> 'sending' ${
      sql.literal(after)
    } ORDER BY account LIMIT 1)`

  const dueAccounts = (now: number) =>
    stored(sql<DueAccount>`WITH RECURSIVE accounts(state, name) AS (
        SELECT state, ${nextAccount("states", "")} FROM (${sql.literal(dueStates)}) AS states
        UNION ALL
        SELECT state, ${nextAccount("accounts", "AND account > accounts.name")} FROM accounts WHERE name IS NOT NULL
      ) SELECT name AS account, state FROM accounts WHERE name IS NOT NULL AND EXISTS (
        SELECT 1 FROM ${table("progress")} AS due
        WHERE due.state = accounts.state AND due.account = accounts.name AND due_at <= ${now}
        AND due.state <> 'sending' AND (claimed_until IS NULL OR claimed_until <= ${now})
      )`)

  return {
    dueAccounts: (now) => dueAccounts(DateTime.toEpochMillis(now)),
    announce: (account) =>
      isPg
        ? Effect.zipRight(
          stored(sql`SELECT pg_notify(${channel(prefix)}, ${payloadOf(account)})`),
          announceLocally(account)
        )
        : announceLocally(account),
    announcements: Stream.fromPubSub(local)
  } satisfies Partial<OutboxRows.Service>
})
