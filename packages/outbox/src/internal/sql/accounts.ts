/** The table of accounts. */
import * as Effect from "effect/Effect"
import type * as OutboxRows from "../../OutboxRows.js"
import { AccountState } from "../service.js"
import { asText, type Tables } from "./tables.js"

const { decode: decodeAccount, encode: encodeAccount } = asText(AccountState, "an account")

export const make = ({ lock, sql, stored, table }: Tables) => {
  const findAccount = (name: string, how: "shared" | "exclusive") =>
    sql<{ readonly data: string }>`SELECT data FROM ${table("accounts")} WHERE account = ${name} ${
      lock(how === "shared" ? "FOR SHARE" : "FOR UPDATE")
    }`.pipe(
      stored,
      Effect.flatMap(([row]) => row === undefined ? Effect.succeed(undefined) : decodeAccount(row.data))
    )

  const addAccount = (account: string) =>
    Effect.flatMap(encodeAccount({ account }), (data) =>
      stored(
        sql`INSERT INTO ${table("accounts")} (account, data) VALUES (${account}, ${data}) ON CONFLICT DO NOTHING`
      ))

  return {
    account: (name, how) =>
      Effect.flatMap(findAccount(name, how), (state) =>
        state !== undefined ? Effect.succeed(state) : Effect.zipRight(
          // another may write it down at the same moment, and then what it says counts
          addAccount(name),
          Effect.map(findAccount(name, how), (state): AccountState => state ?? { account: name })
        )),
    accounts: sql<{ readonly data: string }>`SELECT data FROM ${table("accounts")} ORDER BY account`.pipe(
      stored,
      Effect.flatMap(Effect.forEach(({ data }) => decodeAccount(data)))
    ),
    saveAccount: (state) =>
      Effect.flatMap(
        encodeAccount(state),
        (data) => stored(sql`UPDATE ${table("accounts")} SET data = ${data} WHERE account = ${state.account}`)
      )
  } satisfies Partial<OutboxRows.Service>
}
