/** A workflow of DBOS. It is recovered when its process is started again. */
import { DBOS } from "@dbos-inc/dbos-sdk"
import type { Job } from "./Job.js"
import { promising, tell } from "./step.js"

export const run = async ({ postgres, shipStation, way }: Job): Promise<void> => {
  const { lookFirst, plain } = promising(shipStation)
  const ship = DBOS.registerWorkflow(async () => {
    if (way === "plain") return DBOS.runStep(plain, { name: "fulfill" })
    let isFirstRun = false
    // kept before anything is sent, and not run where it was
    await DBOS.runStep(async () => {
      isFirstRun = true
    }, { name: "begin" })
    return DBOS.runStep(() => lookFirst(!isFirstRun), { name: "fulfill" })
  }, { name: "ship" })
  DBOS.setConfig({ name: "engines", systemDatabaseUrl: postgres, logLevel: "error", runAdminServer: false })
  await DBOS.launch()
  const handle = await DBOS.startWorkflow(ship, { workflowID: "order-1" })()
  await handle.getResult()
  tell("done")
}
