/**
 * Thousands of histories of callers that collide, retry, time out and are interrupted, while the server misbehaves; in
 * virtual time. After each the emulator's ledger says whether what the callers were told is true.
 *
 *     pnpm campaign histories --count 5000 [--from 1] [--jobs 2]    many of them, in so many processes
 *     pnpm campaign histories --seed 17                             one of them, step by step
 */
import { Array, Console, Effect, Exit, FastCheck as fc } from "effect"
import { spawn } from "node:child_process"
import { parseArgs } from "node:util"
import { check } from "./histories/check.js"
import { describe, errorOf } from "./histories/describe.js"
import { type History, history } from "./histories/History.js"
import { ours, play, type Played, type Subject } from "./histories/play.js"

/** The history of a seed. */
export const ofSeed = (seed: number): History => {
  const [first] = fc.sample(history, { seed, numRuns: 1 })
  if (first === undefined) throw new Error("fast-check gave nothing")
  return first
}

/** What some histories came to. */
export const makeSummary = () => {
  const summary = { histories: 0, virtualHours: 0, requests: 0, calls: 0, fulfilled: 0 }
  const counts: Record<"faults" | "outcomes" | "errors", Record<string, number>> = {
    faults: {},
    outcomes: {},
    errors: {}
  }
  const count = (counts: Record<string, number>, name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  return {
    summary: { ...counts, of: summary },
    add: ({ calls, ended, fulfillments, requests }: Played) => {
      summary.histories++
      summary.virtualHours += ended.took / 3_600_000
      summary.requests += requests.length
      summary.calls += calls.length
      summary.fulfilled += fulfillments.length
      for (const { faults } of requests) for (const fault of faults) count(counts.faults, fault)
      for (const { exit, told } of calls) {
        for (const { outcome } of told) count(counts.outcomes, outcome._tag)
        if (exit !== undefined && Exit.isFailure(exit)) count(counts.errors, errorOf(exit.cause)._tag)
      }
    }
  }
}

/** Plays the histories of some seeds, and calls back after each with what was broken, until that says to stop. */
export const playAll = async (
  seeds: Iterable<number>,
  each: (seed: number, broken: ReadonlyArray<string>, played: Played) => boolean,
  subject: Subject = ours
): Promise<void> => {
  for (const seed of seeds) {
    const played = await play(ofSeed(seed), subject)
    if (!each(seed, check(played), played)) return
  }
}

/** How to see what happened. */
export const replay = (seed: number): string => `pnpm campaign histories --seed ${seed}`

export function* from(first: number, count = Infinity) {
  for (let seed = first; seed < first + count; seed++) yield seed
}

const playOne = async (seed: number): Promise<boolean> => {
  const show = async (history: History) => {
    const played = await play(history)
    const broken = check(played)
    console.log(describe(played))
    console.log(broken.length === 0 ? "All is well." : broken.join("\n"))
    return broken.length === 0
  }
  const isWell = await show(ofSeed(seed))
  if (isWell) return true
  console.log("\nLooking for a smaller one, for a minute at most ...\n")
  let smallest = ofSeed(seed)
  await fc.check(
    fc.asyncProperty(history, async (history) => {
      const isWell = check(await play(history)).length === 0
      if (!isWell) smallest = history
      return isWell
    }),
    { seed, numRuns: 1, interruptAfterTimeLimit: 60_000 }
  )
  await show(smallest)
  return false
}

const playMany = async (first: number, count: number): Promise<boolean> => {
  const failed: globalThis.Array<number> = []
  const { add, summary } = makeSummary()
  const start = performance.now()
  await playAll(from(first, count), (seed, broken, played) => {
    add(played)
    if (broken.length > 0) {
      failed.push(seed)
      console.log(`${replay(seed)}\n  ${broken.join("\n  ")}`)
    }
    if (summary.of.histories % 100 === 0) console.log(JSON.stringify({ ...summary, failed: failed.length }))
    return true
  })
  console.log({ ...summary, seconds: Math.round((performance.now() - start) / 1_000) })
  console.log(failed.length === 0 ? "No promise was broken." : `Failed: ${failed.join(", ")}`)
  return failed.length === 0
}

/** Each process takes its share of the seeds. What they say is mixed, and each says in the end which seeds failed. */
const playInProcesses = async (first: number, count: number, jobs: number): Promise<boolean> => {
  const share = Math.ceil(count / jobs)
  const ends = Array.makeBy(jobs, (job) => {
    const start = first + job * share
    const args = ["--from", String(start), "--count", String(Math.min(share, first + count - start))]
    const [program = "", name = ""] = process.argv.slice(1)
    const child = spawn(
      process.execPath,
      // fibers leave much behind, soon
      ["--max-semi-space-size=64", ...process.execArgv, program, name, ...args],
      { stdio: "inherit" }
    )
    return new Promise<boolean>((resolve) => child.on("close", (code) => resolve(code === 0)))
  })
  return (await Promise.all(ends)).every((isWell) => isWell)
}

export const histories: Effect.Effect<void> = Effect.gen(function*() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      seed: { type: "string" },
      count: { type: "string" },
      from: { type: "string" },
      jobs: { type: "string" }
    }
  })
  const [first, count, jobs] = [Number(values.from ?? 1), Number(values.count ?? 1_000), Number(values.jobs ?? 1)]
  const isWell = yield* Effect.promise(() =>
    values.seed !== undefined
      ? playOne(Number(values.seed))
      : jobs > 1
      ? playInProcesses(first, count, jobs)
      : playMany(first, count)
  )
  if (!isWell) {
    yield* Console.error("Promises were broken.")
    process.exitCode = 1
  }
})
