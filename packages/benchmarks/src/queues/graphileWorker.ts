import { Logger, makeWorkerUtils, run, runOnce, type TaskList } from "graphile-worker"
import { Pool } from "pg"
import type { Open } from "./Queue.js"

const logger = new Logger(() => () => {})

/** With a queue in the process, that takes many jobs at once and ends many at once. */
export const graphileWorker: Open = async (url, started) => {
  const pgPool = new Pool({ connectionString: url, max: 12 })
  pgPool.on("error", fail)
  pgPool.on("connect", (client) => client.on("error", fail))
  const utils = await makeWorkerUtils({ pgPool, logger })
  await utils.migrate()
  const taskList: TaskList = {
    noop: (payload) => {
      started(numberOf(payload))
    }
  }
  const options = {
    pgPool,
    logger,
    taskList,
    concurrency: 10,
    noHandleSignals: true,
    preset: {
      worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0, concurrentJobs: 10 }
    }
  }
  return {
    offer: async (numbers) => {
      await utils.addJobs(numbers.map((number) => ({ identifier: "noop", payload: { number } })))
    },
    drain: () => runOnce(options),
    work: async () => {
      const runner = await run(options)
      return () => runner.stop()
    },
    close: async () => {
      await utils.release()
      await pgPool.end()
    }
  }
}

const fail = (error: Error) => {
  throw error
}

const numberOf = (payload: unknown): number =>
  typeof payload === "object" && payload !== null && "number" in payload ? Number(payload.number) : Number.NaN
