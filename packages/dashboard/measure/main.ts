/**
 * Measures the dashboard as it was built (`pnpm build`), or what its page holds over an hour:
 *
 *     pnpm --filter @effect-shipstation/dashboard measure [rows]
 *     pnpm --filter @effect-shipstation/dashboard measure memory [minutes]
 *
 * It ends with 1 when something is out of its bounds, which are relative to this machine. A million rows take some minutes.
 * Needs Chromium in the PATH.
 */
import { Console, Effect } from "effect"
import { measureDatabase } from "./database.js"
import { measureMemory, measurePage } from "./page.js"

const [first, second] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const all = first === "memory"
    ? yield* measureMemory(Number(second ?? 60))
    : [...yield* measurePage, ...yield* measureDatabase(Number(first ?? 1_000_000))]
  yield* Effect.forEach(all, ({ isGood, value, what }) => Console.log(`${isGood ? " " : "!"} ${what}: ${value}`))
  if (!all.every(({ isGood }) => isGood)) process.exitCode = 1
})

await Effect.runPromise(program)
