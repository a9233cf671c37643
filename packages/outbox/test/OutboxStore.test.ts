/** What every store has to do, on all three of them. Time is real, except in memory. */
import { OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Layer } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "./postgres.js"
import { suite } from "./storeSuite.js"

const file = join(mkdtempSync(join(tmpdir(), "outbox-sqlite-")), "outbox.db")

suite("memory", OutboxStore.layerStoreMemory)

suite("SQLite", OutboxStoreSql.layer().pipe(Layer.provide(SqliteClient.layer({ filename: file }))))

suite("Postgres", OutboxStorePg.layer().pipe(Layer.provide(Postgres.layer)))
