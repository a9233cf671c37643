/**
 * Two hundred accounts, whose rows three processes on one Postgres drain while they are killed and stopped: first by workers
 * that share the accounts, then by runners of an Effect Cluster. Nothing may be lost or done twice, each account's limit must be
 * held, and how they do is told of both.
 *
 *     pnpm campaign crowd [--rows 50000]
 */
import { Emulator } from "@effect-shipstation/emulator"
import { Console, Effect, Layer } from "effect"
import { parseArgs } from "node:util"
import * as Postgres from "../../outbox/test/postgres.js"
import { built } from "./outbox/child.js"
import * as Crowd from "./outbox/crowd.js"

const emulator = Emulator.layerServer({
  accounts: Crowd.accounts.map((name) => ({ name, apiKey: name })),
  alreadyFulfilled: "accept",
  acceptAnyShipment: true,
  rateLimit: "off",
  control: false
})

export const crowd: Effect.Effect<void> = Effect.gen(function*() {
  const { values: { rows } } = parseArgs({ args: process.argv.slice(3), options: { rows: { type: "string" } } })
  const { port } = yield* Postgres.server
  const file = yield* built
  for (const kind of ["workers", "runners"]) {
    const database = { _tag: "Postgres" as const, url: yield* Postgres.create(port, kind) }
    const { broken, ...told } = yield* Effect.provide(
      Crowd.play({ file, database, prefix: "crowd_", isCluster: kind === "runners" }, Number(rows ?? 50_000)),
      Layer.fresh(emulator)
    )
    yield* Console.log(kind, told)
    if (broken.length === 0) continue
    yield* Console.error(`Broken by ${kind}:\n${broken.slice(0, 100).join("\n")}`)
    process.exitCode = 1
  }
}).pipe(Effect.scoped, Effect.orDie)
