/** Plays cases on a runtime with each of its clients, and judges what was told and what the server saw. */
import { Effect, Either } from "effect"
import type { Case } from "./cases.js"
import { type Part, secret, type Seen, type Task, type Told } from "./job.js"
import type { Runtime } from "./runtimes.js"
import { type Run, serve, type Server } from "./server.js"

/** How the cases went on a runtime with a client. */
export interface Column {
  readonly runtime: string
  readonly version: string
  readonly client: string
  readonly cells: ReadonlyArray<Cell>
  /** In words, what must not be. */
  readonly wrong: ReadonlyArray<string>
}

export interface Cell {
  readonly name: string
  readonly ends: ReadonlyArray<string>
  readonly seen: Seen
  /** POSTs of the platform's client alone. */
  readonly alone: number | undefined
}

/** What is played with one client. */
interface Plan {
  readonly client: string
  readonly ours: ReadonlyArray<Run>
  /** For comparison, by the platform's client alone. */
  readonly alone: ReadonlyArray<Run>
}

const planOf = (runtime: Runtime, cases: ReadonlyArray<Case>) => (client: string): Plan => {
  const runOf = (prefix: string) => (one: Case): Run => ({
    id: idOf(`${prefix} ${runtime.name} ${client} ${one.name}`),
    case: one
  })
  return { client, ours: cases.map(runOf("ours")), alone: cases.filter(isForComparison).map(runOf("alone")) }
}

/** All in one process, with one client after the other. */
export const playOn = (runtime: Runtime, cases: ReadonlyArray<Case>, folder: string) =>
  Effect.gen(function*() {
    const { binary } = runtime
    if (binary === undefined) {
      yield* Effect.logWarning(`${runtime.name} isn't installed on this machine`)
      return []
    }
    const version = yield* runtime.version(binary)
    const plans = runtime.clients.map(planOf(runtime, cases))
    const server = yield* serve(plans.flatMap(({ alone, ours }) => [...ours, ...alone]))
    const partOf = (client: string, isAlone: boolean, runs: ReadonlyArray<Run>): Part => ({
      client,
      isAlone,
      tasks: runs.map((run) => taskOf(server, run))
    })
    const told = yield* Effect.either(runtime.play(
      binary,
      plans.flatMap(({ alone, client, ours }) => [partOf(client, false, ours), partOf(client, true, alone)]),
      folder
    ))
    return plans.map((plan): Column => {
      const { cells, wrong } = Either.match(told, {
        onLeft: ({ message }) => ({ cells: [], wrong: [message] }),
        onRight: (told) => judge(runtime, plan, told, server)
      })
      return {
        runtime: runtime.name,
        version,
        client: plan.client,
        cells,
        wrong: wrong.map((text) => `${runtime.name}, ${plan.client}: ${text.replaceAll(secret, "<THE KEY>")}`)
      }
    })
  }).pipe(Effect.scoped)

/** What was told and what the server saw, and what of it must not be. */
const judge = (runtime: Runtime, { alone, client, ours }: Plan, told: ReadonlyArray<Told>, server: Server) => {
  const played = ours.map((run) => {
    const compared = alone.find(({ case: { name } }) => name === run.case.name)
    const { ends = [], leaks = [] } = told.find(({ id }) => id === run.id) ?? {}
    const cell: Cell = {
      name: run.case.name,
      ends,
      seen: server.seen(run),
      alone: compared === undefined ? undefined : server.seen(compared).posts
    }
    return { cell, wrong: wrongOf(run.case, cell, leaks).map((text) => `${run.case.name}: ${text}`) }
  })
  const cells = played.map(({ cell }) => cell)
  const leaks = told.filter(({ id }) => id === "").flatMap(({ leaks }) => leaks)
  const wrong = [...played.flatMap(({ wrong }) => wrong), ...leaks.map((text) => `the program printed: ${text}`)]
  if (client === runtime.unsafe) return { cells, wrong: wrong.length > 0 ? [] : ["it is safe now"] }
  const control = client === "fetch" ? cells.find(({ name }) => name === runtime.repeats) : undefined
  return control?.alone === 1
    ? { cells, wrong: [...wrong, `${control.name}: the platform's client alone doesn't repeat it any more`] }
    : { cells, wrong }
}

/** In a path. */
const idOf = (name: string): string => name.replaceAll(/\W+/g, "-")

/** What a runtime does by itself is told where it is over soon. */
const isForComparison = ({ atOnce, isInterrupted, timeout, times, to = "HTTP/2" }: Case): boolean =>
  to === "HTTP/2" && [atOnce, isInterrupted, timeout, times].every((option) => option === undefined)

const taskOf = (server: Server, run: Run): Task => {
  const { atOnce = 1, gets = 0, isInterrupted = false, timeout = 10_000, times = 1 } = run.case
  return {
    id: run.id,
    baseUrl: server.baseUrl(run),
    gets,
    times,
    atOnce,
    timeout,
    interruptedBy: isInterrupted ? server.seenUrl(run) : undefined
  }
}

const wrongOf = (
  { atOnce = 1, ends, isReadAtMost = false, posts = 1, times = 1 }: Case,
  { ends: seenEnds, seen }: Cell,
  leaks: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const expected = posts * atOnce * times
  const isRight = isReadAtMost && !seenEnds.includes("Created") ? seen.posts <= expected : seen.posts === expected
  return [
    ...(isRight ? [] : [`${seen.posts} POSTs instead of ${expected}`]),
    ...(seenEnds.length === 0 ? ["no end"] : []),
    ...seenEnds.filter((end) => !ends.includes(end)).map((end) => `${end} instead of ${ends.join(", or ")}`),
    ...(seen.strays === 0 ? [] : [`${seen.strays} requests to another origin`]),
    ...leaks.map((text) => `the key was printed: ${text}`)
  ]
}
