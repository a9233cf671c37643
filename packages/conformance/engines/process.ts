/** A process of an engine. It goes on until it is killed. */
import { Schema } from "effect"
import * as Dbos from "./dbos.js"
import { Job } from "./Job.js"
import * as PgBoss from "./pgBoss.js"
import * as Workflow from "./workflow.js"

const job = Schema.decodeUnknownSync(Schema.parseJson(Job))(process.argv[2])

await { "Effect Workflow": Workflow, "pg-boss": PgBoss, DBOS: Dbos }[job.engine].run(job)
setInterval(() => {}, 60_000)
