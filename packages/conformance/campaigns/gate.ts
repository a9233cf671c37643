/** Explores every path through the gate: `pnpm campaign gate`, with `--depth 2` (default) requests whose fate differs. */
import { Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { paths, play } from "./gate/explore.js"

export const gate = Effect.gen(function*() {
  const { values } = parseArgs({ args: process.argv.slice(3), options: { depth: { type: "string", default: "2" } } })
  let count = 0
  let wrong = 0
  let withoutGate = 0
  for (const path of paths(Number(values.depth))) {
    count++
    const found = yield* Effect.promise(() => play(path))
    if (found !== undefined && ++wrong <= 10) yield* Console.error(`${JSON.stringify(path)}: ${found}`)
    // the control: each hundredth path without the gate
    if (count % 100 === 0 && (yield* Effect.promise(() => play(path, true))) !== undefined) withoutGate++
  }
  yield* Console.log(
    `${count} paths, ${wrong} of them wrong; without the gate ${withoutGate} of ${Math.floor(count / 100)}`
  )
  if (wrong > 0 || (count >= 100 && withoutGate === 0)) return yield* Effect.dieMessage("a promise is broken")
})
