import { Effect, Record } from "effect"
import { Client } from "pg"
import { postgresServer } from "../outbox/databases.js"
import { markdown } from "../report.js"
import { median } from "../runner.js"
import { graphileWorker } from "./graphileWorker.js"
import { measure, type Measured, measures } from "./measure.js"
import { outbox } from "./outbox.js"
import { pgBoss } from "./pgBoss.js"
import type { Open } from "./Queue.js"

const queues: Readonly<Record<string, Open>> = { outbox, "graphile-worker": graphileWorker, "pg-boss": pgBoss }

/** The first one warms up what is compiled while it runs, and doesn't count. */
const rounds = 4

const measureOnce = async (port: number, password: string, name: string, round: number): Promise<Measured> => {
  const urlOf = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
  const database = `${name.replace("-", "_")}_${round}`
  const admin = new Client({ connectionString: urlOf("postgres") })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${database}`)
  const startedAt = new Map<number, number>()
  const open = queues[name]
  if (open === undefined) throw new Error(`there is no ${name}`)
  const queue = await open(urlOf(database), (number) => startedAt.set(number, performance.now()))
  try {
    return await measure(queue, admin, startedAt)
  } finally {
    await queue.close()
    await admin.end()
  }
}

/** Our outbox beside queues that others use, in turns, so that what else the machine does hits all of them. */
export const measurePeers = Effect.scoped(Effect.gen(function*() {
  const { password, port } = yield* postgresServer
  const measured = new Map<string, Array<Measured>>(Object.keys(queues).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, ofQueue] of measured) {
      const result = yield* Effect.promise(() => measureOnce(port, password, name, round))
      console.error(`${name}: ${result.drained.toFixed(0)} rows a second`)
      if (round > 0) ofQueue.push(result)
    }
  }
  const of = (queue: string, measure: keyof Measured) =>
    median((measured.get(queue) ?? []).map((result) => result[measure]))
  return {
    results: markdown([
      ["", ...measured.keys()],
      ...Record.keys(measures).map((key) => [
        measures[key],
        ...[...measured.keys()].map((queue) => format(of(queue, key)))
      ])
    ]),
    drained: of("outbox", "drained") / of("graphile-worker", "drained"),
    offered: of("outbox", "offered") / Math.max(of("graphile-worker", "offered"), of("pg-boss", "offered")),
    log: of("outbox", "log"),
    half: of("outbox", "half"),
    most: of("outbox", "most")
  }
}))

const format = (value: number): string => value.toFixed(value < 100 ? 1 : 0)
