import { Console, Effect } from "effect"
import { availableParallelism } from "node:os"
import { measureAccounts } from "./queues/accounts.js"
import { measurePeers } from "./queues/peers.js"
import { measureRestart } from "./queues/restart.js"
import { markdown } from "./report.js"

type Goal = readonly [title: string, value: number, way: "at least" | "at most", goal: number]

const goals = (rows: ReadonlyArray<Goal>): string =>
  markdown([
    ["", "measured", "goal"],
    ...rows.map(([title, value, way, goal]) => [title, value.toFixed(value < 10 ? 2 : 0), `${way} ${goal}`])
  ])

/** The outbox beside queues that others use, with ten thousand accounts, and after a kill: a page. */
export const measureQueues = Effect.gen(function*() {
  const peers = yield* measurePeers
  yield* Console.error("with many accounts")
  const accounts = yield* measureAccounts
  yield* Console.error("after a kill")
  const restart = yield* measureRestart
  return `# The outbox as a queue

Measured and written by \`pnpm bench queues --write\`, here with Node ${process.versions.node} on ${availableParallelism()} cores. Postgres is one of
its own with its defaults.

## Beside other queues

Each has a database of its own, and a job that does nothing: what is measured is the queue. Ours does more than the others:
it keeps a state and a history for each row, holds the rate limit in the database, writes down that it is about to send
before it does, makes requests of 100 rows, and reads their answers. graphile-worker has its local queue and ends jobs in
batches; pg-boss takes 100 jobs at a time. They take turns, and the median of the rounds counts. An account may make 200
requests in 61 seconds, with 100 rows each 328 rows a second.

${peers.results}

${
    goals([
      ["drained, of what graphile-worker drains", peers.drained, "at least", 1],
      ["offered in batches, of the faster one", peers.offered, "at least", 0.5],
      ["bytes of log a row", peers.log, "at most", 2_000],
      ["milliseconds from the offer to its start, 50 of 100", peers.half, "at most", 10],
      ["milliseconds from the offer to its start, 99 of 100", peers.most, "at most", 50]
    ])
  }

## With ten thousand accounts

One worker on one Postgres has 10,000 accounts. First all are idle, then any of them is offered a row now and then, and then
the same again while one account has 20,000 rows to send. Each has a client, a limit and a memory of its own, which are built
when a row of its is due (\`Accounts.layerLazy\`). One that never had any takes no memory; the figure is of those that had a row,
and nothing for some seconds since.

${
    goals([
      ["transactions a second when all are idle", accounts.idle, "at most", 5],
      ["kB of memory an idle account", accounts.kB, "at most", 10],
      ["milliseconds from the offer to its request, 50 of 100", accounts.half, "at most", 100],
      ["milliseconds from the offer to its request, 99 of 100", accounts.most, "at most", 200],
      ["the same while one has 20,000 rows, 99 of 100", accounts.mostBeside, "at most", 200]
    ])
  }

## After a kill

A worker on SQLite is killed with 400 of 1,000 rows under way, none of which ShipStation did. The next one sends the 600 that
were never sent, and looks for the 400. They wait, as long as \`resendAfter\` says, before they are sent again.

${
    goals([
      ["seconds from the start of its process to its first request", restart.firstPost, "at most", 15],
      ["seconds until all that was never sent is sent", restart.lastPost, "at most", 30],
      ["of the 600, fulfilled", restart.fulfilled, "at least", 600],
      ["looks in 100 seconds", restart.looks, "at most", 20]
    ])
  }
`
})
