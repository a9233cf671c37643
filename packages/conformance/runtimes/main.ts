// pnpm runtimes                        plays all cases on all runtimes, and fails where a POST went out twice or ended wrongly
// pnpm runtimes --only node20,workerd  … on these
// pnpm runtimes --quick                … the cases that tell most
// pnpm runtimes --write                … and writes docs/runtimes.md
import { Effect } from "effect"
import { copyFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { cases } from "./cases.js"
import { type Column, playOn } from "./matrix.js"
import { page, table } from "./report.js"
import { bundled, runtimes, workerd } from "./runtimes.js"
import { describeAnswers, judgeWorkers, playWorkers } from "./workers.js"

const { values: { only, quick = false, write = false } } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean" }, write: { type: "boolean" } }
})

const names = only?.split(",") ?? runtimes.map(({ name }) => name)
const unknown = names.filter((name) => !runtimes.some((runtime) => runtime.name === name))
if (unknown.length > 0) {
  console.error(`${unknown.join(", ")}: there are ${runtimes.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

const chosen = cases.filter(({ isQuick }) => !quick || isQuick)

const [success] = cases

const program = Effect.gen(function*() {
  const folder = yield* bundled
  copyFileSync(fileURLToPath(new URL("./tls/ca.pem", import.meta.url)), join(folder, "ca.pem"))
  const columns = yield* Effect.forEach(
    runtimes.filter(({ name }) => names.includes(name)),
    (runtime) => playOn(runtime, chosen, folder),
    { concurrency: 2 }
  )
  const workers = success !== undefined && names.includes("workerd") && workerd.binary !== undefined
    ? yield* playWorkers(success, folder)
    : []
  return { columns: columns.flat(), workers }
})

const isUnsafe = ({ client, runtime }: Column): boolean =>
  runtimes.some(({ name, unsafe }) => name === runtime && unsafe === client)

const { columns, workers } = await Effect.runPromise(Effect.scoped(program))
const wrong = [...columns.flatMap(({ wrong }) => wrong), ...judgeWorkers(workers)]

console.log(table(chosen, columns))
for (const { answers, how } of workers) console.log(`workerd, ${how}: ${describeAnswers(answers)}`)
for (const one of wrong) console.error(one)
if (wrong.length === 0 && write) {
  writeFileSync("docs/runtimes.md", page(chosen, columns, columns.filter(isUnsafe), workers))
}
process.exit(wrong.length === 0 ? 0 : 1)
