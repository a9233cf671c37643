import { Bench } from "tinybench"

/** What is measured beside each other. */
export interface Case {
  readonly title: string
  /** How many calls are under way at once. A run is that many of them. */
  readonly concurrency: number
  /** Each prepares a call, which isn't timed, and makes it. The first is what the others are compared with. */
  readonly contenders: ReadonlyMap<string, () => () => Promise<unknown>>
  /** The lowest ratio that passes. Generous: it is there to notice what went wrong, on any machine. */
  readonly floors: ReadonlyMap<string, number>
}

/** A group of cases that share what they need. */
export interface Subject {
  readonly title: string
  /** What is measured and how, in Markdown. */
  readonly about: string
  /** `quick` leaves out what has no floor. */
  readonly open: (quick: boolean) => Promise<{
    readonly cases: ReadonlyArray<Case>
    readonly limits?: ReadonlyArray<Limit>
    readonly close: () => unknown
  }>
}

/** What is measured on its own, and must not be beyond some value. */
export interface Limit {
  readonly title: string
  readonly atLeast?: number
  readonly atMost?: number
  readonly measure: () => Promise<number>
}

/** How long each contender runs, in milliseconds. */
export interface Plan {
  /** Before anything counts. Effect's interpreter takes thousands of calls until it is compiled. */
  readonly warmUp: number
  readonly rounds: number
  readonly round: number
}

export interface Result {
  readonly name: string
  readonly callsPerSecond: number
  /** Of the processor's time, all threads of the process: what else the machine does hardly changes it. */
  readonly callsPerCpuSecond: number
  /** Times as many calls per second of the processor's time as the first contender. */
  readonly ratio: number
  readonly floor: number | undefined
}

/**
 * Every contender runs for a moment in every round, so that what else the machine does hits all of them. What counts is
 * the median over the rounds, of the ratios as of the calls.
 */
export const measure = async (one: Case, plan: Plan): Promise<ReadonlyArray<Result>> => {
  const names = [...one.contenders.keys()]
  await run(one, names, plan.warmUp)
  const rounds: Array<ReadonlyMap<string, Round>> = []
  for (let round = 0; round < plan.rounds; round++) {
    rounds.push(await run(one, round % 2 === 0 ? names : names.toReversed(), plan.round))
  }
  const [baseline = ""] = names
  const over = (f: (round: (name: string) => Round) => number) =>
    median(rounds.map((round) => f((name) => round.get(name) ?? { calls: Number.NaN, perCpu: Number.NaN })))
  return names.map((name) => ({
    name,
    callsPerSecond: over((round) => round(name).calls),
    callsPerCpuSecond: over((round) => round(name).perCpu),
    ratio: over((round) => round(name).perCpu / round(baseline).perCpu),
    floor: one.floors.get(name)
  }))
}

/** Calls a second, and a second of the processor's time. */
interface Round {
  readonly calls: number
  readonly perCpu: number
}

/** One contender after the other. */
const run = async (one: Case, names: ReadonlyArray<string>, time: number): Promise<ReadonlyMap<string, Round>> => {
  const bench = new Bench({ time, iterations: 1, warmup: false, throws: true })
  const perCpu = new Map<string, number>()
  for (const name of names) {
    const prepare = one.contenders.get(name) ?? (() => Promise.reject)
    let calls: ReadonlyArray<() => Promise<unknown>> = []
    let before = process.cpuUsage()
    let [made, micros] = [0, 0]
    bench.add(name, () => Promise.all(calls.map((call) => call())), {
      async: true,
      beforeEach: () => {
        calls = Array.from({ length: one.concurrency }, prepare)
        before = process.cpuUsage()
      },
      afterEach: () => {
        const { system, user } = process.cpuUsage(before)
        made += one.concurrency
        micros += system + user
        perCpu.set(name, made * 1e6 / micros)
      }
    })
  }
  const tasks = await bench.run()
  return new Map(
    tasks.map(({ name, result }) => [
      name,
      {
        // the mean, so that the collection of a contender's garbage counts
        calls: "latency" in result ? (one.concurrency * 1_000) / result.latency.mean : Number.NaN,
        perCpu: perCpu.get(name) ?? Number.NaN
      }
    ])
  )
}

export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((self, that) => self - that)[Math.floor(values.length / 2)] ?? Number.NaN
