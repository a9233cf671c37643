/**
 * A million rows through `fulfill`: `plan`, an `import` to a server that answers at once, `kill -9` in the middle, the rest,
 * and the reports. How long it takes, and how much memory. On Linux, as it reads `/proc`.
 *
 *     pnpm campaign million [--rows 20000]
 */
import { Console, Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Command from "./command.js"
import type { Told } from "./million/server.js"
import { write } from "./million/shipments.js"

/** Resident memory in MB, and seconds of CPU. Undefined when the process is gone. */
const measured = (pid: number) => {
  try {
    const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return memory === undefined
      ? undefined
      : { memory: Number(memory) / 1_024, cpu: (Number(fields[11]) + Number(fields[12])) / 100 }
  } catch {
    return undefined
  }
}

/** Runs a command, and looks now and then. `until`: then it is killed. */
const watched = Effect.fnUntraced(function*(
  place: Command.Place,
  args: ReadonlyArray<string>,
  until: (cpu: number) => Effect.Effect<boolean> = () => Effect.succeed(false)
) {
  const started = Date.now()
  const run = yield* Command.start(place, args)
  const memory: Array<number> = []
  let cpu = 0
  while (!run.hasEnded()) {
    const now = measured(run.pid ?? 0)
    if (now !== undefined) {
      memory.push(now.memory)
      cpu = now.cpu
    }
    if (yield* until(cpu)) run.kill()
    yield* Effect.sleep("50 millis")
  }
  const ended = yield* Effect.promise(() => run.ended)
  const most = (of: ReadonlyArray<number>) => Math.round(of.reduce((most, one) => Math.max(most, one), 0))
  return {
    ...ended,
    started,
    seconds: (Date.now() - started) / 1_000,
    cpu,
    memory: most(memory),
    /** In each tenth of the run. */
    tenths: Array.from(
      { length: 10 },
      (_, n) => most(memory.slice(Math.floor(n * memory.length / 10), Math.floor((n + 1) * memory.length / 10)))
    )
  }
}, Effect.scoped)

const startServer = Effect.acquireRelease(
  Effect.promise(async () => {
    const file = fileURLToPath(new URL("million/server.ts", import.meta.url))
    const child = spawn(process.execPath, ["--import", "tsx", file], { stdio: ["ignore", "pipe", "inherit"] })
    const [url] = await once(createInterface({ input: child.stdout }), "line")
    return { child, url: String(url) }
  }),
  ({ child }) => Effect.sync(() => child.kill())
)

const rowsOf = (path: string) =>
  Effect.promise(async () => {
    let lines = -1
    for await (const _ of createInterface({ input: createReadStream(path) })) lines++
    return lines
  })

/**
 * What it may take, in MB and in seconds of CPU, of all threads: those of a clock say more about what else the machine does.
 * `resume`: until the first request of a run that goes on, as a multiple of what `plan` takes: the file is compared with the
 * one that was confirmed first, as a row that was corrected meanwhile must not go out as it was. `start`: what it takes beside
 * that, for the database and the client, which counts where there are few rows.
 */
const bounds = { planCpu: 60, planMemory: 200, importMemory: 300, growth: 60, resume: 1.5, start: 1 }

export const million: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: { rows: { type: "string", default: "1000000" } }
  })
  const rows = Number(values.rows)
  yield* Command.build
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "fulfill-million-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )
  const { url } = yield* startServer
  const told = Effect.promise(async (): Promise<Told> => JSON.parse(await (await fetch(`${url}/told`)).text()))
  yield* Effect.promise(() => write(join(directory, "shipments.csv"), rows))
  const place: Command.Place = {
    directory,
    env: { SHIPSTATION_BASE_URL: url, SHIPSTATION_API_KEY: "key", FULFILL_DATABASE: join(directory, "fulfill.sqlite") }
  }
  const problems: Array<string> = []
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem)
  }

  const plan = yield* watched(place, ["plan", "shipments.csv", "--notify", "none"])
  expect(plan.code === 0, `plan ended with ${plan.code}: ${plan.stderr}`)
  expect(plan.cpu <= bounds.planCpu, `plan took ${plan.cpu} s of CPU`)
  expect(plan.memory <= bounds.planMemory, `plan had ${plan.memory} MB`)
  yield* Console.log({ plan: of(plan) })

  const args = ["import", "shipments.csv", "--notify", "none", "--yes", "--json", "--batch-size", "500"]
  const importArgs = [...args, "--requests-per-minute", "100000"]
  let created = 0
  const killed = yield* watched(place, importArgs, () =>
    Effect.map(told, (now) => {
      created = now.created
      return created >= rows / 2
    }))
  expect(killed.code === null, `the first import ended with ${killed.code}: ${killed.stderr}`)
  yield* Console.log({ killed: { ...of(killed), created, rowsPerSecond: Math.round(created / killed.seconds) } })

  yield* told
  let resumed: { readonly at: number; readonly cpu: number } | undefined
  let rest = yield* watched(place, importArgs, (cpu) =>
    Effect.map(told, ({ firstPost }) => {
      if (firstPost > 0) resumed ??= { at: firstPost, cpu }
      return false
    }))
  const first = resumed === undefined ? undefined : { seconds: (resumed.at - rest.started) / 1_000, cpu: resumed.cpu }
  yield* Console.log({
    firstRequest: first,
    rest: { ...of(rest), rowsPerSecond: Math.round((rows - created) / rest.seconds) }
  })
  expect(
    first !== undefined && first.cpu <= bounds.resume * plan.cpu + bounds.start,
    `the first request took ${first?.cpu} s of CPU, and plan ${plan.cpu}`
  )
  for (let n = 0; rest.code === 6 && n < 3; n++) {
    // what didn't leave before the kill: a person decides
    yield* Command.run(place, ["retry", "--state", "unknown", "--yes"])
    rest = yield* watched(place, importArgs)
  }
  expect(rest.code === 0, `the import ended with ${rest.code}: ${rest.stderr}`)

  const reports = yield* watched(place, importArgs)
  yield* Console.log({ reports: of(reports) })
  for (const [name, { memory, tenths }] of Object.entries({ killed, rest, reports })) {
    const growth = Math.max(...tenths.slice(5)) - Math.max(...tenths.slice(1, 5))
    expect(memory <= bounds.importMemory, `${name} had ${memory} MB`)
    expect(growth <= bounds.growth, `${name} grew by ${growth} MB`)
  }
  const counts = yield* Effect.forEach(
    ["fulfilled", "rejected", "unknown", "not-sent"],
    (name) => rowsOf(join(directory, "shipments-outcomes", `${name}.csv`))
  )
  const seenInAll = yield* told
  yield* Console.log({ counts, ...seenInAll })
  expect(counts.join() === `${rows},0,0,0`, `the reports have ${counts.join()} rows`)
  expect(seenInAll.created === rows && seenInAll.again === 0, "not each was created once")

  if (problems.length === 0) return yield* Console.log("All within the bounds.")
  yield* Console.error(`Broken:\n${problems.join("\n")}`)
  process.exitCode = 1
}).pipe(Effect.scoped, Effect.orDie)

const of = ({ cpu, memory, seconds, tenths }: Effect.Effect.Success<ReturnType<typeof watched>>) => ({
  seconds,
  cpu,
  memory,
  tenths: tenths.join(" ")
})
