import { OutboxStoreSql } from "@effect-shipstation/outbox"
import * as OutboxStorePg from "@effect-shipstation/outbox/OutboxStorePg"
import { Layer, ManagedRuntime } from "effect"
import { claims } from "./outbox/claims.js"
import { postgres, sqlite } from "./outbox/databases.js"
import { offers } from "./outbox/offers.js"
import { parts } from "./outbox/parts.js"
import { drained, latency, offered, offeredSingly } from "./outbox/rates.js"
import type { Limit, Subject } from "./runner.js"

export const outbox: Subject = {
  title: "The outbox",
  about: [
    "SQLite with `synchronous=FULL` on the disk that has the temporary files, and a Postgres 18 of its own with its defaults.",
    "ShipStation is a function in the same process that answers at once, the rate limiter's log is in the database and lets",
    "all requests go, and one worker with its defaults sends 100 rows a request. An account may make 200 requests in 61",
    "seconds, with 100 rows each 328 rows a second, so that the outbox isn't what a shop waits for."
  ].join("\n"),
  open: async (quick) => {
    const onSqlite = ManagedRuntime.make(
      Layer.provideMerge(Layer.provideMerge(parts, OutboxStoreSql.layer()), sqlite)
    )
    const onPostgres = ManagedRuntime.make(
      Layer.provideMerge(Layer.provideMerge(parts, OutboxStorePg.layer()), postgres)
    )
    // a machine of a quick run may be busy with other things
    const atLeast = (least: number) => ({ atLeast: quick ? least / 4 : least })
    const atMost = (most: number) => ({ atMost: quick ? most * 4 : most })
    const limits: ReadonlyArray<Limit> = [{
      title: "Rows a second, offered 500 at a time, SQLite",
      ...atLeast(20_000),
      measure: () => onSqlite.runPromise(offered)
    }, {
      title: "Rows a second, offered one by one, each in a transaction with its order, SQLite",
      ...atLeast(500),
      measure: () => onSqlite.runPromise(offeredSingly)
    }, {
      title: "Rows a second, sent and settled, SQLite",
      ...atLeast(2_000),
      measure: () => onSqlite.runPromise(drained)
    }, {
      title: "Rows a second, sent and settled, Postgres",
      ...atLeast(2_000),
      measure: () => onPostgres.runPromise(drained)
    }, {
      title: "Milliseconds from `offer` to its request, 99 of 100, SQLite",
      ...atMost(50),
      measure: () => onSqlite.runPromise(latency)
    }, {
      title: "Milliseconds from `offer` to its request, 99 of 100, Postgres",
      ...atMost(50),
      measure: () => onPostgres.runPromise(latency)
    }]
    return {
      cases: [
        ...await offers(quick),
        await claims("SQLite", onSqlite, quick),
        ...(quick ? [] : [await claims("Postgres", onPostgres, quick)])
      ],
      limits,
      close: () => Promise.all([onSqlite.dispose(), onPostgres.dispose()])
    }
  }
}
