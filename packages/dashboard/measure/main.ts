/**
 * Measures the dashboard: `pnpm --filter @effect-shipstation/dashboard measure [rows]`. It ends with 1 when something is out
 * of its bounds, which are relative to this machine. A million rows take some minutes. Needs Chromium in the PATH.
 */
import { Console, Effect } from "effect"
import { measureDatabase } from "./database.js"
import { measurePage } from "./page.js"

const rows = Number(process.argv[2] ?? 1_000_000)

const program = Effect.gen(function*() {
  const all = [...yield* measurePage, ...yield* measureDatabase(rows)]
  yield* Effect.forEach(all, ({ isGood, value, what }) => Console.log(`${isGood ? " " : "!"} ${what}: ${value}`))
  if (!all.every(({ isGood }) => isGood)) process.exitCode = 1
})

await Effect.runPromise(program)
