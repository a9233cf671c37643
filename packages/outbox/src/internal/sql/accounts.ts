/** The table of accounts. */
import * as Effect from "effect/Effect"
import type * as OutboxRows from "../../OutboxRows.js"
import { AccountEntry, AccountState } from "../service.js"
import * as Codec from "./codec.js"
import type { Columns, Tables } from "./tables.js"

const accountColumns = {
  account: ["text", "account"],
  paused_at: ["number", "paused.at"],
  paused_by: ["text", "paused.by"],
  error_tag: ["text", "paused.error._tag"],
  error_message: ["text", "paused.error.message"],
  error_request_id: ["text", "paused.error.requestId"],
  resumed_at: ["number", "resumed.at"],
  resumed_by: ["text", "resumed.by"],
  not_before: ["number", "notBefore"],
  // as it was named in the first version
  suspect_since: ["number", "distrustedSince"]
} as const satisfies Columns

const entryColumns = {
  account: ["text", "account"],
  at: ["number", "at"],
  is_paused: ["flag", "isPaused"],
  actor: ["text", "by"],
  error_tag: ["text", "error._tag"],
  error_message: ["text", "error.message"],
  error_request_id: ["text", "error.requestId"]
} as const satisfies Columns

const entryCodec = Codec.make(AccountEntry, entryColumns, "what was done to an account")

const { fromColumns, toColumns } = Codec.make(AccountState, accountColumns, "an account")

/** Writes accounts that are there. */
export const makeSave = ({ updateFrom }: Tables) => {
  const save = updateFrom("accounts", "account", accountColumns)
  return (state: AccountState) => Effect.flatMap(toColumns(state), (columns) => save([columns]))
}

/** What was done to accounts: nothing of it changes. */
const makeHistory = ({ insertInto, selected, sql, stored, table }: Tables) => {
  const add = insertInto("account_history", entryColumns)
  const columns = sql.literal(selected("told", entryColumns))
  return {
    accountHistory: (name, limit) =>
      Effect.flatMap(
        stored(
          sql<Codec.Stored>`SELECT ${columns} FROM ${table("account_history")} AS told
            WHERE account = ${name} ORDER BY id DESC LIMIT ${limit}`
        ),
        Effect.forEach((row) => entryCodec.fromColumns(row))
      ),
    addAccountEntry: (entry: AccountEntry) => Effect.flatMap(entryCodec.toColumns(entry), (columns) => add([columns]))
  } satisfies Partial<OutboxRows.Service> & Record<"addAccountEntry", unknown>
}

/** Reads accounts, and writes them. */
export const make = (tables: Tables) => {
  const { lock, selected, sql, stored, table } = tables
  const columns = sql.literal(selected("known", accountColumns))

  const findAccount = (name: string, how: "shared" | "exclusive") =>
    sql<Codec.Stored>`SELECT ${columns} FROM ${table("accounts")} AS known WHERE account = ${name} ${
      lock(how === "shared" ? "FOR SHARE" : "FOR UPDATE")
    }`.pipe(
      stored,
      Effect.flatMap(([row]) => row === undefined ? Effect.succeed(undefined) : fromColumns(row))
    )

  return {
    ...makeHistory(tables),
    account: (name, how) =>
      Effect.flatMap(findAccount(name, how), (state) =>
        state !== undefined ? Effect.succeed(state) : Effect.zipRight(
          // another may write it down at the same moment, and then what it says counts
          stored(sql`INSERT INTO ${table("accounts")} (account) VALUES (${name}) ON CONFLICT DO NOTHING`),
          Effect.map(findAccount(name, how), (state): AccountState => state ?? { account: name })
        )),
    accounts: sql<Codec.Stored>`SELECT ${columns} FROM ${table("accounts")} AS known ORDER BY account`.pipe(
      stored,
      Effect.flatMap(Effect.forEach((row) => fromColumns(row)))
    ),
    saveAccount: makeSave(tables)
  } satisfies Partial<OutboxRows.Service> & Record<"addAccountEntry" | "saveAccount", unknown>
}
