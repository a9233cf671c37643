import { OutboxStoreSql } from "@effect-shipstation/outbox"
import type { SqlClient } from "@effect/sql"
import { Duration, Effect, type ManagedRuntime, Scope } from "effect"
import type { Case } from "../runner.js"
import { addFinishedRows } from "./finishedRows.js"
import { freshMany } from "./parts.js"

/** Claims of 100 rows that are given back at once, from tables in which more and more rows have ended. */
export const claims = async (
  database: string,
  runtime: ManagedRuntime.ManagedRuntime<SqlClient.SqlClient, unknown>,
  quick: boolean
): Promise<Case> => {
  const contenderOf = async (finished: number) => {
    const prefix = `finished_${finished}_`
    const store = await runtime.runPromise(
      Effect.flatMap(Scope.make(), (scope) => Scope.extend(OutboxStoreSql.make({ prefix }), scope))
    )
    await runtime.runPromise(addFinishedRows(prefix, finished))
    await runtime.runPromise(store.offer("default", freshMany(1_000).map((input, index) => ({ index, input }))))
    const claim = store.claim({ account: "default", worker: "worker", limit: 100, lease: Duration.minutes(1) }).pipe(
      Effect.tap(({ rows }) => rows.length === 100 ? Effect.void : Effect.dieMessage("Not 100 rows")),
      Effect.flatMap(({ rows, token }) => store.release({ token, ids: rows.map(({ id }) => id) }))
    )
    return () => () => runtime.runPromise(claim)
  }
  const name = (finished: number) => finished === 0 ? "no row has ended" : `${finished.toLocaleString("en")} have ended`
  const sizes = quick ? [0, 100_000] : [0, 100_000, 1_000_000]
  const contenders: Case["contenders"] = new Map(
    await Promise.all(sizes.map(async (finished) => [name(finished), await contenderOf(finished)] as const))
  )
  return {
    title: `Claims of 100 rows, given back at once, ${database}`,
    concurrency: 1,
    contenders,
    floors: new Map(sizes.slice(1).map((finished) => [name(finished), 0.6]))
  }
}
