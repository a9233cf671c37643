/**
 * What is done by hand in the common case beside the schemas that it stands for, on many values of all kinds.
 *
 *     pnpm campaign plain [--count 1000000] [--seed 1]
 */
import { Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { compare, pairs } from "./plain/equal.js"

export const plain: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } }
  })
  for (const name of Object.keys(pairs)) {
    const { parted, valid } = compare(name, Number(values.count), Number(values.seed))
    yield* Console.log(`${name}: ${values.count} values, ${valid} of them valid`)
    if (parted === undefined) continue
    yield* Console.error("The two ways part:", parted)
    process.exitCode = 1
  }
})
