import PgBoss from "pg-boss"
import type { Open } from "./Queue.js"

const queue = "noop"

interface Payload {
  readonly number: number
}

/** A hundred jobs at a time. */
export const pgBoss: Open = async (url, started) => {
  const boss = new PgBoss({ connectionString: url, schedule: false })
  boss.on("error", (error) => {
    throw error
  })
  await boss.start()
  await boss.createQueue(queue)
  const takeSome = async (): Promise<boolean> => {
    const jobs = await boss.fetch<Payload>(queue, { batchSize: 100 })
    if (jobs.length === 0) return false
    for (const { data } of jobs) started(data.number)
    await boss.complete(queue, jobs.map(({ id }) => id))
    return true
  }
  return {
    offer: (numbers) => boss.insert(numbers.map((number) => ({ name: queue, data: { number } }))),
    drain: async () => {
      while (await takeSome());
    },
    work: async () => {
      const worker = await boss.work<Payload>(queue, { batchSize: 100, pollingIntervalSeconds: 0.5 }, async (jobs) => {
        for (const { data } of jobs) started(data.number)
      })
      return () => boss.offWork({ id: worker })
    },
    close: () => boss.stop({ graceful: false })
  }
}
