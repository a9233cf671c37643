/** A SQLite whose disk is full: its file may not grow, and it says what it says on a full disk. In real time. */
import { Outbox, OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freshMany, outbox, readBackQuickly, soon, states, told, toldTwice, working } from "./support.js"

const client = Layer.unwrapEffect(
  Effect.sync(() => SqliteClient.layer({ filename: join(mkdtempSync(join(tmpdir(), "outbox-full-")), "outbox.db") }))
)

const layer = Layer.merge(
  outbox(OutboxStoreSql.layer(), {}, readBackQuickly).pipe(Layer.provideMerge(client)),
  Logger.remove(Logger.defaultLogger)
)

/** So many pages more than there are. */
const allowPages = (more: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [pages] = yield* sql<{ page_count: number }>`PRAGMA page_count`
    yield* sql.unsafe(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + more}`)
  })

const isFull = { _tag: "OutboxStoreError", uncertain: false, message: expect.stringContaining("disk is full") }

it.live("an offer that has no room fails as a whole, in the caller's transaction too", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { list, offer } = yield* Outbox.Outbox
    const [few, many] = [freshMany(10), freshMany(2_000)]
    yield* sql`CREATE TABLE orders (id TEXT)`
    yield* offer(few)
    yield* allowPages(20)
    expect(yield* Effect.flip(offer(many))).toMatchObject(isFull)
    const packing = sql.withTransaction(Effect.zipRight(sql`INSERT INTO orders VALUES ('1')`, offer(many)))
    expect((yield* Effect.exit(packing))._tag).toBe("Failure")
    expect(yield* sql`SELECT id FROM orders`).toEqual([])
    expect((yield* list({ limit: 5_000 })).rows.map(({ input }) => input.shipment_id).toSorted()).toEqual(
      few.map(({ shipment_id }) => shipment_id).toSorted()
    )
    yield* allowPages(10_000)
    yield* packing
    expect(yield* states).toEqual({ pending: 2_010 })
  }).pipe(Effect.provide(layer)))

it.live.each(["intend", "settle"] as const)(
  "a worker that has no room to %s goes on when there is some",
  (moment) =>
    Effect.gen(function*() {
      const store = yield* OutboxStore.OutboxStore
      const { offer } = yield* Outbox.Outbox
      const sql = yield* SqlClient.SqlClient
      const failures: Array<unknown> = []
      /** Pages that were freed would be room. */
      const noRoom = Effect.zipRight(sql`VACUUM`, allowPages(0))
      const fill = yield* Effect.once(Effect.provideService(Effect.orDie(noRoom), SqlClient.SqlClient, sql))
      /** The disk gets full right before it, the first time. */
      const full = <A, E, R>(self: Effect.Effect<A, E, R>) =>
        Effect.tapError(Effect.zipRight(fill, self), (error) => Effect.sync(() => failures.push(error)))
      const onFullDisk: OutboxStore.Service = {
        ...store,
        ...(moment === "intend"
          ? { intend: (claimed, options) => full(store.intend(claimed, options)) }
          : { settle: (token, results) => full(store.settle(token, results)) })
      }
      yield* offer(freshMany(200))
      yield* Effect.gen(function*() {
        yield* soon(Effect.sync(() => failures.length > 0))
        expect(failures[0]).toMatchObject(isFull)
        expect((yield* told).size).toBe(moment === "settle" ? 200 : 0)
        yield* allowPages(10_000)
        yield* soon(Effect.map(states, ({ fulfilled }) => fulfilled === 200))
      }).pipe(working({ batchSize: 200 }), Effect.provideService(OutboxStore.OutboxStore, onFullDisk))
      expect((yield* told).size).toBe(200)
      expect(yield* toldTwice).toEqual([])
    }).pipe(Effect.provide(layer))
)
