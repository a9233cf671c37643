// pnpm bench            measures everything
// pnpm bench --write    … and writes docs/benchmarks.md
// pnpm bench queues     our outbox beside queues that others use; with --write it writes docs/queues.md
// pnpm bench --quick    measures what has a floor or a limit, in about a minute and a half
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { createFulfillments } from "./createFulfillments.js"
import { emulator } from "./emulator.js"
import { picture, withRun } from "./history.js"
import { outbox } from "./outbox.js"
import { measureQueues } from "./queues.js"
import { isBeyond, limitsTable, type Measured, page, table } from "./report.js"
import { type Case, type Limit, measure, type Plan, type Result, type Subject } from "./runner.js"

const subjects: ReadonlyArray<Subject> = [createFulfillments, emulator, outbox]

const { positionals: [only], values: { quick = false, write = false } } = parseArgs({
  options: { quick: { type: "boolean" }, write: { type: "boolean" } },
  allowPositionals: true
})
if (quick && write) throw new Error("--write takes a whole run, not a --quick one")

if (only !== undefined) {
  if (only !== "queues") throw new Error(`${only} isn't known: queues, or nothing for all the others`)
  const page = await Effect.runPromise(measureQueues)
  console.log(page)
  if (write) writeFileSync("docs/queues.md", page)
  process.exit(0)
}

const whole: Plan = { warmUp: 4_000, rounds: 15, round: 300 }
const plan: Plan = quick ? { warmUp: 1_200, rounds: 5, round: 200 } : whole

const isTooSlow = ({ floor, ratio }: Result) => floor !== undefined && ratio < floor

const measureSubject = async (subject: Subject): Promise<Measured> => {
  const { cases, close, limits = [] } = await subject.open(quick)
  const measured: Array<readonly [Case, ReadonlyArray<Result>]> = []
  for (const one of cases) {
    const first = await measure(one, plan)
    // a busy moment isn't a regression, which is there in a whole run too
    const results = quick && first.some(isTooSlow) ? await measure(one, whole) : first
    console.log(`\n${subject.title}: ${one.title}\n${table(results)}`)
    measured.push([one, results])
  }
  const measuredLimits: Array<readonly [Limit, number]> = []
  for (const limit of limits) measuredLimits.push([limit, await limit.measure()])
  if (limits.length > 0) console.log(`\n${subject.title}\n${limitsTable(measuredLimits)}`)
  await close()
  return { subject, cases: measured, limits: measuredLimits }
}

const measured: Array<Measured> = []
for (const subject of subjects) measured.push(await measureSubject(subject))

if (write) {
  mkdirSync("docs/images", { recursive: true })
  writeFileSync("docs/benchmarks.md", page(measured))
  const history = "packages/benchmarks/history.json"
  const entries = withRun(history, measured)
  writeFileSync(history, `${JSON.stringify(entries, undefined, 2)}\n`)
  writeFileSync("docs/images/benchmarks.svg", picture(entries))
}

const tooSlow = measured.flatMap(({ cases }) =>
  cases.flatMap(([{ title }, results]) =>
    results
      .filter(isTooSlow)
      .map(({ floor, name, ratio }) => `${name}, ${title}: ${ratio.toFixed(2)} is below ${floor}`)
  )
)
const beyond = measured.flatMap(({ limits }) =>
  limits.filter(isBeyond).map(([{ title }, value]) => `${title}: ${value.toFixed(0)} is beyond the limit`)
)
for (const one of [...tooSlow, ...beyond]) console.error(one)
// connections that are kept alive would keep the process alive
process.exit(tooSlow.length + beyond.length === 0 ? 0 : 1)
