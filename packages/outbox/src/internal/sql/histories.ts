/** The tables of what happened to rows, and of what was told too late. */
import * as Effect from "effect/Effect"
import { HistoryEntry } from "../../OutboxRow.js"
import type * as OutboxRows from "../../OutboxRows.js"
import { Evidence } from "../service.js"
import { asText, type Tables } from "./tables.js"

const { decode: decodeHistory, encode: encodeHistory } = asText(HistoryEntry, "a row's history")
const { decode: decodeEvidence, encode: encodeEvidence } = asText(Evidence, "evidence")

export const make = ({ records, sql, stored, table }: Tables) => {
  const addData = <A>(name: string, values: ReadonlyArray<{ readonly row_id: number; readonly data: A }>) =>
    values.length === 0 ? Effect.void : stored(
      sql`INSERT INTO ${table(name)} (row_id, data) SELECT row_id, data FROM ${
        records({ row_id: "number", data: "text" }, values)
      }`
    )

  const dataOf = (name: string, id: number) =>
    Effect.map(
      stored(sql<{ readonly data: string }>`SELECT data FROM ${table(name)} WHERE row_id = ${id} ORDER BY id`),
      (rows) => rows.map(({ data }) => data)
    )

  const addHistory = (changes: ReadonlyArray<OutboxRows.Changed>) =>
    Effect.flatMap(
      Effect.forEach(
        changes.flatMap(({ history, row }) => history.map((entry) => ({ entry, id: row.id }))),
        ({ entry, id }) => Effect.map(encodeHistory(entry), (data) => ({ row_id: id, data }))
      ),
      (values) => addData("history", values)
    )

  return {
    addHistory,
    addEvidence: (evidence) =>
      Effect.flatMap(
        Effect.forEach(evidence, (one) => Effect.map(encodeEvidence(one), (data) => ({ row_id: one.id, data }))),
        (values) => addData("evidence", values)
      ),
    told: (id) =>
      Effect.all({
        history: Effect.flatMap(dataOf("history", id), Effect.forEach(decodeHistory)),
        evidence: Effect.flatMap(dataOf("evidence", id), Effect.forEach(decodeEvidence))
      })
  } satisfies Partial<OutboxRows.Service> & Record<"addHistory", unknown>
}
