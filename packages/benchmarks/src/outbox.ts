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
    "seconds, with 100 rows each 328 rows a second, so that the outbox isn't what a shop waits for.",
    "",
    "### Beside ten million rows that have ended",
    "",
    "Nothing but a count of all rows takes longer beside 10,000,000 rows that have ended than beside 10,000. That is what",
    "`pnpm campaign claims --count 10000000` found, once, in medians of 20, with the tables that there were before rows became",
    "plain columns; it also looks at the databases' plans, on each run of the continuous integration too. Filling the",
    "tables took it 2 minutes on SQLite and 4 on Postgres.",
    "",
    "| milliseconds                  | SQLite, 10,000 | SQLite, 10,000,000 | Postgres, 10,000 | Postgres, 10,000,000 |",
    "| ----------------------------- | -------------: | -----------------: | ---------------: | -------------------: |",
    "| offer 100 rows                |           11.1 |               10.3 |             19.3 |                 17.6 |",
    "| claim 100 rows                |           13.9 |               12.0 |             16.5 |                 21.0 |",
    "| write the intent of 100       |           10.7 |               11.7 |             19.0 |                 17.9 |",
    "| write the outcomes of 100     |           15.3 |               16.6 |             26.0 |                 23.5 |",
    "| look for rows, and find none  |            0.5 |                0.5 |              6.0 |                  6.7 |",
    "| count open rows               |            0.1 |                0.1 |              0.7 |                  0.6 |",
    "| the first page of all         |            1.1 |                1.0 |              7.0 |                  2.9 |",
    "| the first page of the pending |            0.2 |                0.2 |              2.5 |                  3.6 |",
    "| one by its tracking number    |            0.1 |                0.1 |              1.2 |                  0.7 |",
    "| prune 400 rows                |           23.0 |               22.7 |             33.1 |                 26.9 |",
    "| count all rows                |                |               3092 |                  |                 3721 |"
  ].join("\n"),
  open: async (quick) => {
    const onSqlite = ManagedRuntime.make(
      Layer.provideMerge(Layer.provideMerge(parts, OutboxStoreSql.layer()), sqlite)
    )
    const onPostgres = ManagedRuntime.make(
      Layer.provideMerge(Layer.provideMerge(parts, OutboxStorePg.layer()), postgres)
    )
    // the machine of a quick run may be busy with other things: it is there to notice what went wrong
    const atLeast = (least: number) => ({ atLeast: quick ? least / 10 : least })
    const atMost = (most: number) => ({ atMost: quick ? most * 10 : most })
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
