/** One file, imported by processes that are killed one after the other, until it is done. */
import { Emulator } from "@effect-shipstation/emulator"
import { parse } from "csv-parse/sync"
import { stringify } from "csv-stringify/sync"
import { Console, Effect, Random } from "effect"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Command from "../command.js"
import type { Done, Report } from "./check.js"
import { columns, type Row, settledAfter } from "./shipments.js"

export interface Options {
  readonly seed: number
  readonly rows: ReadonlyArray<Row>
  /** After so many no process is killed any more. */
  readonly kills: number
  /** Requests in a minute. */
  readonly limit: number
  readonly directory: string
  /** A Postgres; else it is SQLite. */
  readonly database: string | undefined
  /** The control: what was written down gets lost between two runs. */
  readonly forgets: boolean
}

/** Where in its work a process was killed. */
export type Phase = "planning" | "offering" | "sending" | "reading back" | "between" | "reports"

export interface Played extends Done {
  readonly kills: Readonly<Record<Phase, number>>
  readonly runs: number
  /** Rows that an operator had sent, as they couldn't be found. */
  readonly retried: number
  /** Ends that should not be. */
  readonly wrongEnds: ReadonlyArray<string>
}

/**
 * When a process is to be killed: when something is the case, and a while later. Once it has said what it does, it doesn't
 * live for long in any case.
 */
interface Aim {
  readonly when: "spoken" | Effect.Effect<boolean>
  readonly delay: number
}

const longestLife = 6_000

export const play = Effect.fnUntraced(function*(options: Options) {
  const { directory, limit, rows } = options
  const emulator = yield* Emulator.Emulator
  const { url } = yield* Emulator.Server
  const random = Random.make(options.seed)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, "shipments.csv"), stringify([columns, ...rows.map(({ cells }) => [...cells])]))
  const place: Command.Place = {
    directory,
    env: {
      SHIPSTATION_BASE_URL: url,
      SHIPSTATION_API_KEY: Emulator.defaultApiKey,
      FULFILL_DATABASE: options.database ?? join(directory, "fulfill.sqlite")
    }
  }
  const batchSize = Math.max(1, Math.min(100, Math.floor(rows.length / (options.kills * 10))))
  const args = ["import", "shipments.csv", "--yes", "--json", "--batch-size", `${batchSize}`]
  const importArgs = [...args, "--requests-per-minute", `${limit}`]

  const kills: Record<Phase, number> = {
    planning: 0,
    offering: 0,
    sending: 0,
    "reading back": 0,
    between: 0,
    reports: 0
  }
  const total = () => Object.values(kills).reduce((sum, count) => sum + count, 0)
  const wrongEnds: Array<string> = []
  let runs = 0
  let retried = 0
  let offered = false
  let offering = 0

  const isWriting = () => existsSync(join(directory, "shipments-outcomes", ".fulfilled.csv"))
  const underWay = Effect.map(
    emulator.requests,
    (all) => all.slice(-20).findLast(({ answer }) => answer === "pending")?.method
  )

  const aim = Effect.gen(function*() {
    const before = yield* emulator.requests
    const upTo = (millis: number) => random.nextIntBetween(0, millis)
    const nth = (method: "GET" | "POST", n: number) =>
      Effect.map(
        emulator.requests,
        (all) => all.slice(before.length).filter((request) => request.method === method).length >= n
      )
    const chance = yield* random.next
    if (options.forgets) return { when: nth("POST", 3), delay: 0 }
    if (kills.planning < Math.ceil(options.kills / 20)) return { when: Effect.succeed(true), delay: yield* upTo(2_500) }
    // each lives longer than the one before, so that it gets on, however slow the machine is
    if (!offered) return { when: "spoken" as const, delay: yield* upTo(150 * ++offering) }
    if (chance < 0.3) return { when: "spoken" as const, delay: yield* upTo(longestLife) }
    // the first one asks whether the key is any good
    if (chance < 0.5) return { when: nth("GET", yield* random.nextIntBetween(2, 12)), delay: yield* upTo(60) }
    return { when: nth("POST", yield* random.nextIntBetween(1, 6)), delay: yield* upTo(60) }
  })

  /** Runs it, and kills it. How it ended, if it did before. */
  const live = (aim: Aim) =>
    Effect.scoped(Effect.gen(function*() {
      runs++
      const run = yield* Command.start(place, importArgs)
      const hasSpoken = () => run.said.length > 0
      let at: number | undefined
      let spokenAt = Infinity
      while (!run.hasEnded()) {
        const now = performance.now()
        if (hasSpoken()) spokenAt = Math.min(spokenAt, now)
        if (at === undefined && (aim.when === "spoken" ? hasSpoken() : yield* aim.when)) at = now + aim.delay
        if (now >= Math.min(at ?? Infinity, spokenAt + longestLife)) break
        yield* Effect.sleep("10 millis")
      }
      if (run.hasEnded()) return yield* Effect.promise(() => run.ended)
      const request = yield* underWay
      const was = { planning: !hasSpoken(), writing: isWriting() }
      run.kill()
      const ended = yield* Effect.promise(() => run.ended)
      if (ended.code !== null) return ended
      if (!offered && !was.planning) offered = (yield* counted) >= rows.length
      const phase: Phase = was.planning
        ? "planning"
        : was.writing
        ? "reports"
        : !offered
        ? "offering"
        : request === "POST"
        ? "sending"
        : request === "GET"
        ? "reading back"
        : "between"
      kills[phase]++
      if (total() % 10 === 0) yield* Console.log(`${directory}: ${total()} kills`)
      return undefined
    }))

  /** How many rows the outbox has. */
  const counted = Effect.map(
    Command.run(place, ["list", "--json"]),
    ({ stdout }) => stdout.split("\n").filter((line) => line !== "").length
  )

  /** A person who looked, and found nothing, some time after the last process died. */
  const operate = Effect.gen(function*() {
    yield* Effect.sleep(settledAfter)
    const { code, stderr } = yield* Command.run(place, ["retry", "--state", "unknown", "--yes"])
    if (code !== 0) wrongEnds.push(`retry ended with ${code}: ${stderr}`)
    retried += Number(/(\d[\d,]*) rows?: done/.exec(stderr)?.[1]?.replaceAll(",", "") ?? 0)
  })

  const forget = Effect.sync(() => {
    for (const end of ["", "-wal", "-shm"]) rmSync(join(directory, `fulfill.sqlite${end}`), { force: true })
  })

  const isDone = (ended: Command.Ended): boolean => ended.code === 0 || ended.code === 3
  const note = (ended: Command.Ended): void => {
    if (ended.code !== null && ![0, 3, 5, 6].includes(ended.code)) wrongEnds.push(`${ended.code}: ${ended.stderr}`)
  }

  let sinceOperator = 0
  while (total() < options.kills) {
    const ended = yield* live(yield* aim)
    if (options.forgets) yield* forget
    if (ended !== undefined) note(ended)
    if (ended !== undefined && isDone(ended)) break
    if (offered && (++sinceOperator >= 8 || ended?.code === 6)) {
      sinceOperator = 0
      yield* operate
    }
  }
  // nothing is left to be sent, but the reports are written anew each time
  const untilReports = { when: Effect.sync(isWriting), delay: 0 }
  let last = yield* Command.run(place, importArgs)
  note(last)
  for (let n = 0; !isDone(last) && n < 20; n++) {
    yield* operate
    last = yield* Command.run(place, importArgs)
    note(last)
    runs++
  }
  for (let n = 0; n < Math.ceil(options.kills / 20); n++) {
    yield* live({ ...untilReports, delay: yield* random.nextIntBetween(0, 80) })
  }
  last = yield* Command.run(place, importArgs)
  if (!isDone(last)) wrongEnds.push(`the last run ended with ${last.code}: ${last.stderr}`)

  const report = (name: string): Report =>
    parse(readFileSync(join(directory, "shipments-outcomes", `${name}.csv`), "utf8"), { bom: true })
  const played: Played = {
    rows,
    columns,
    limit,
    fulfillments: yield* emulator.fulfillments,
    notifications: yield* emulator.notifications,
    requests: yield* emulator.requests,
    reports: {
      fulfilled: report("fulfilled"),
      rejected: report("rejected"),
      unknown: report("unknown"),
      "not-sent": report("not-sent")
    },
    kills,
    runs: runs + 2,
    retried,
    wrongEnds
  }
  return played
})
