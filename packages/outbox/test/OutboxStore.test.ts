/** What every store has to do, on all four of them. Time is real, except in memory. */
import { OutboxStore, OutboxStoreSql } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { suite } from "@effect-shipstation/outbox/OutboxStoreTest"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Layer } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OwnStore from "./ownStore.js"
import * as Postgres from "./postgres.js"

const file = join(mkdtempSync(join(tmpdir(), "outbox-sqlite-")), "outbox.db")

suite("memory", OutboxStore.layerStoreMemory)

suite("SQLite", OutboxStoreSql.layer().pipe(Layer.provide(SqliteClient.layer({ filename: file }))))

suite("Postgres", OutboxStorePg.layer().pipe(Layer.provide(Postgres.layer)))

suite("a store of one's own, in JSON files", OwnStore.layer(mkdtempSync(join(tmpdir(), "outbox-json-"))))
