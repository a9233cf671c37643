/** What a process of an engine is told, as its one argument. It says `begins` before it sends, and `done` at the end. */
import * as Schema from "effect/Schema"

export const Job = Schema.Struct({
  engine: Schema.Literal("Effect Workflow", "pg-boss", "DBOS"),
  /** How the step does it: as the documentation says, or by a plain call of `create`, which is the control. */
  way: Schema.Literal("ours", "plain"),
  /** Where the engine keeps its state. */
  postgres: Schema.String,
  shipStation: Schema.String,
  /** Where a runner of a cluster listens. */
  port: Schema.Int
})

export interface Job extends Schema.Schema.Type<typeof Job> {}
