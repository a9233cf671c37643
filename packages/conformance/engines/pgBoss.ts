/** A job of pg-boss. A worker that dies is noticed when the job's time is over, and then another one gets it. */
import PgBoss from "pg-boss"
import type { Job } from "./Job.js"
import { promising, tell } from "./step.js"

const queue = "fulfill"

export const run = async ({ postgres, shipStation, way }: Job): Promise<void> => {
  const boss = new PgBoss({ connectionString: postgres, maintenanceIntervalSeconds: 1, schedule: false })
  boss.on("error", () => {})
  await boss.start()
  // more than the step may take when it is run again
  await boss.createQueue(queue, { name: queue, policy: "standard", expireInSeconds: 45, retryLimit: 5, retryDelay: 0 })
  const { lookFirst, plain } = promising(shipStation)
  await boss.work(queue, { includeMetadata: true, pollingIntervalSeconds: 0.5 }, async ([job]) => {
    await (way === "plain" ? plain() : lookFirst(job !== undefined && job.retryCount > 0))
    tell("done")
  })
  await boss.send(queue, {}, { singletonKey: "order-1", singletonSeconds: 3_600 })
}
