/** Each pause and resume of an account stays known, with who did it and why. */
import { Outbox, OutboxRow, OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OwnStore from "./ownStore.js"
import * as Postgres from "./postgres.js"

/** Pauses and resumes of an account of that name, which is in no statement as it is. */
const steered = Effect.gen(function*() {
  const account = "o'neill \"eu\""
  const { accountHistory, pause, resume } = yield* Outbox.Outbox
  for (const reason of ["first", "second", "third"]) {
    yield* pause(account, { reason: `${reason}, paused` })
    yield* Effect.sleep("5 millis")
    yield* resume(account, { reason: `${reason}, resumed` })
    yield* Effect.sleep("5 millis")
  }
  yield* pause("another", { reason: "not of it" })
  return yield* accountHistory(account)
})

const because = (reason: string, isPaused: boolean) => ({ isPaused, by: OutboxRow.operatorBecause(reason) })

const all = ["third", "second", "first"].flatMap((reason) => [
  because(`${reason}, resumed`, false),
  because(`${reason}, paused`, true)
])

const suite = (name: string, store: Layer.Layer<OutboxStore.OutboxStore, unknown>) =>
  layer(Layer.provide(Outbox.layer, store), { excludeTestServices: true })(name, (it) => {
    it.effect("has all of them, the newest first", () =>
      Effect.gen(function*() {
        expect((yield* steered).map(({ by, isPaused }) => ({ by, isPaused }))).toEqual(all)
      }))
  })

suite("memory", OutboxStore.layerStoreMemory)

suite("SQLite", OutboxStoreSql.layer().pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" }))))

suite("Postgres", OutboxStoreSql.layer().pipe(Layer.provide(Postgres.layer)))

it.live("a store of one's own that keeps no more than states tells the last one", () =>
  Effect.gen(function*() {
    expect((yield* steered).map(({ by, isPaused }) => ({ by, isPaused }))).toEqual(all.slice(0, 1))
  }).pipe(Effect.provide(
    Layer.provide(Outbox.layer, OwnStore.layer(mkdtempSync(join(tmpdir(), "outbox-json-"))))
  )))

it.live("what an older version did beside this one is told from the state", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { accountHistory, pause } = yield* Outbox.Outbox
    yield* pause("a", { reason: "stock is counted" })
    yield* sql`DELETE FROM shipstation_outbox_account_history`
    expect(yield* accountHistory("a")).toMatchObject([because("stock is counted", true)])
  }).pipe(Effect.provide(
    Layer.provide(Outbox.layer, OutboxStoreSql.layer()).pipe(
      Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" }))
    )
  )))
