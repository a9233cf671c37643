import type { Client } from "pg"
import type { Queue } from "./Queue.js"

/** What is measured of a queue. */
export const measures = {
  offeredSingly: "rows a second, offered one by one",
  offered: "rows a second, offered 500 at a time",
  drained: "rows a second, done by one worker",
  micros: "microseconds of the worker's processor time a row",
  log: "bytes of the database's log a row, from its offer to its end",
  half: "milliseconds from the offer to its start, 50 of 100",
  most: "milliseconds from the offer to its start, 99 of 100"
} as const

export type Measured = Record<keyof typeof measures, number>

const singly = 300
const batches = 20
const batch = 500
const waits = 100

/** Numbers of jobs that weren't there before. */
const fresh = (() => {
  let last = 0
  return (count: number) => Array.from({ length: count }, () => ++last)
})()

/** Offers, drains what was offered, and then offers one at a time to a worker that waits. */
export const measure = async (queue: Queue, database: Client, startedAt: Map<number, number>): Promise<Measured> => {
  const logBefore = await logPosition(database)
  const offeredSingly = await rate(singly, async () => {
    for (const number of fresh(singly)) await queue.offer([number])
  })
  const offered = await rate(batches * batch, async () => {
    for (let n = 0; n < batches; n++) await queue.offer(fresh(batch))
  })
  const rows = singly + batches * batch
  const cpuBefore = process.cpuUsage()
  startedAt.clear()
  const drained = await rate(rows, () => queue.drain(rows))
  if (startedAt.size !== rows) throw new Error(`${startedAt.size} of ${rows} rows were done`)
  const { system, user } = process.cpuUsage(cpuBefore)
  const log = (await logPosition(database) - logBefore) / rows
  const times = await latencies(queue, startedAt)
  return {
    offeredSingly,
    offered,
    drained,
    micros: (system + user) / rows,
    log,
    half: times[Math.floor(times.length * 0.5)] ?? Number.NaN,
    most: times[Math.floor(times.length * 0.99)] ?? Number.NaN
  }
}

const latencies = async (queue: Queue, startedAt: Map<number, number>): Promise<ReadonlyArray<number>> => {
  const stop = await queue.work()
  await sleep(500)
  const times: Array<number> = []
  for (const number of fresh(waits)) {
    const start = performance.now()
    await queue.offer([number])
    while (!startedAt.has(number)) await sleep(1)
    times.push((startedAt.get(number) ?? Number.NaN) - start)
    // so that offers come at any moment between two looks
    await sleep(number % 30)
  }
  await stop()
  return times.toSorted((a, b) => a - b)
}

const rate = async (count: number, work: () => Promise<void>): Promise<number> => {
  const start = performance.now()
  await work()
  return count * 1_000 / (performance.now() - start)
}

const logPosition = async (database: Client): Promise<number> => {
  const { rows } = await database.query<{ at: string }>("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS at")
  return Number(rows[0]?.at)
}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))
