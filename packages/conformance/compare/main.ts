// pnpm compare            runs all cases, in about half a minute, and fails where ours does anything but what it must
// pnpm compare --write    … and writes docs/failures.md
import { Effect, TestContext } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { isDeepStrictEqual, parseArgs } from "node:util"
import { type Case, cases } from "./cases.js"
import { axios, handWritten } from "./others.js"
import { inRealTime, inVirtualTime } from "./ours.js"
import { page, type Row, tableOfOurs, tableOfTheirs } from "./report.js"

const { values: { write = false } } = parseArgs({ options: { write: { type: "boolean" } } })

const wrong: Array<string> = []

const expectOurs = ({ name, ours }: Case, where: string, got: Case["ours"]) => {
  if (!isDeepStrictEqual(got, ours)) {
    wrong.push(`${name}, ${where}: ${JSON.stringify(got)} instead of ${JSON.stringify(ours)}`)
  }
}

// a fiber of its own for each: within another fiber the test clock would stay in force
for (const one of cases) {
  const ours = await Effect.runPromise(Effect.provide(inVirtualTime(one), TestContext.TestContext))
  expectOurs(one, "in virtual time", ours)
}

const compare = (one: Case): Effect.Effect<Row> =>
  Effect.all({ ours: inRealTime(one), handWritten: handWritten(one), axios: axios(one) }, { concurrency: 3 }).pipe(
    Effect.map(({ ours, ...theirs }) => {
      // real time isn't the same each time
      const { seconds } = one.ours
      expectOurs(one, "in real time", { ...ours, seconds })
      return { name: one.name, ours: { ...ours, seconds }, ...theirs }
    })
  )

const rows = await Effect.runPromise(Effect.forEach(cases, compare, { concurrency: 6 }))

console.log(`${tableOfOurs(rows)}\n\n${tableOfTheirs(rows)}`)
for (const one of wrong) console.error(one)

if (wrong.length === 0 && write) {
  mkdirSync("docs", { recursive: true })
  writeFileSync("docs/failures.md", page(rows))
}

// connections that are kept alive would keep the process alive
process.exit(wrong.length === 0 ? 0 : 1)
