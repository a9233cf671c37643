/** An Effect Workflow on a cluster. What a runner leaves, when it dies, another one goes on with. */
import { FulfillmentsActivity } from "@effect-shipstation/cluster"
import { FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import { ClusterWorkflowEngine } from "@effect/cluster"
import { PgClient } from "@effect/sql-pg"
import { Activity, Workflow } from "@effect/workflow"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { runner } from "../campaigns/worker/runner.js"
import type { Job } from "./Job.js"
import { fulfillments, inputs, plain, tell } from "./step.js"

const success = Schema.NonEmptyArray(FulfillmentOutcome.FulfillmentOutcome)
const error = FulfillmentsActivity.CreateError

const Ship = Workflow.make({
  name: "Ship",
  payload: { order: Schema.String },
  success,
  error,
  idempotencyKey: ({ order }) => order
})

const workflows = {
  ours: Ship.toLayer(() => FulfillmentsActivity.create({ name: "fulfill", inputs })),
  plain: Ship.toLayer(() => Activity.make({ name: "fulfill", success, error, execute: plain }))
}

/** Says so when it sends. */
const telling = Layer.map((context: Context.Context<Fulfillments.Fulfillments>) => {
  const service = Context.get(context, Fulfillments.Fulfillments)
  return Context.make(Fulfillments.Fulfillments, {
    ...service,
    create: (inputs, options) => Effect.zipRight(Effect.sync(() => tell("begins")), service.create(inputs, options))
  })
})

export const run = ({ port, postgres, shipStation, way }: Job): Promise<void> =>
  Ship.execute({ order: "1" }).pipe(
    Effect.zipRight(Effect.sync(() => tell("done"))),
    Effect.provide(
      workflows[way].pipe(
        Layer.provide(way === "ours" ? telling(fulfillments(shipStation)) : fulfillments(shipStation)),
        Layer.provideMerge(ClusterWorkflowEngine.layer),
        Layer.provide(runner(port)),
        Layer.provide(PgClient.layer({ url: Redacted.make(postgres) }))
      )
    ),
    Effect.runPromise
  )
