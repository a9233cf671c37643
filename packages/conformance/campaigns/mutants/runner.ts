/**
 * Runs each test of a file as it is, and then again with each mutant that it comes upon and that none noticed yet. All is
 * loaded once, so a mutant takes as long as the tests that don't notice it.
 *
 * A test that fails without a mutant is no test of mutants. Where it does so after one only, that goes on in this process, which
 * ends: its mutant is noticed, and the others are tried in another process.
 */
import { Schema } from "effect"
import { writeFileSync } from "node:fs"
import type { Test, TestContext } from "vitest"
import { VitestTestRunner } from "vitest/runners"
import { getFn } from "vitest/suite"
import { Results, Task } from "./exchange.js"

/** Of Stryker's switches, which all instrumented sources share. */
interface Switches {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number
  hitLimit?: number
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> }
}

declare global {
  var __stryker__: Switches | undefined
}

const decodeTask = Schema.decodeUnknownSync(Task)
const encodeResults = Schema.encodeSync(Schema.parseJson(Results))

/** So long a test may take the first time. */
const mostMillisFirst = 120_000
/** So long a test with a mutant may take, which often waits for ever: or ten times as long as without. */
const mostMillis = 1_000
/** A loop that goes round so often with a mutant is without end. */
const mostHits = 100_000

// tests may have clocks of their own
const { clearTimeout, performance, setTimeout } = globalThis

const switches: Switches = globalThis.__stryker__ ??= {}

/** What tests registered to be done at their end, which otherwise ran on into the next one. */
const atEnd: Array<() => unknown> = []

const finish = async (): Promise<void> => {
  for (const handler of atEnd.splice(0)) await handler()
}

/** Whether it passes. */
const passes = async (test: Test, most: number, mutant?: string): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  switches.activeMutant = mutant
  switches.hitCount = 0
  switches.hitLimit = mostHits
  try {
    await Promise.race([
      getFn(test)(),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("It takes too long")), most)
      })
    ])
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
    await finish().catch(() => {})
    switches.activeMutant = undefined
  }
}

const nameOf = ({ file, name, suite }: Test): string => `${file.name}: ${suite?.name ?? ""} ${name}`

/** No mutant has been tried in this process. */
let isFresh = true

const noticed: Record<string, string> = {}
const tried = new Set<string>()
const leftOut: Array<string> = []
const done: Array<string> = []

export default class MutantsRunner extends VitestTestRunner {
  readonly #task = decodeTask(this.injectValue("mutants"))

  override extendTaskContext(context: TestContext): TestContext {
    return Object.assign(super.extendTaskContext(context), {
      onTestFinished: (handler: () => unknown) => void atEnd.push(handler)
    })
  }

  async runTask(test: Test): Promise<void> {
    // by a run that a mutant ended
    if (this.#task.done.includes(nameOf(test))) return
    switches.currentTestId = test.id
    const began = performance.now()
    const used = process.cpuUsage()
    if (!await passes(test, mostMillisFirst)) {
      if (isFresh) throw new Error(`${nameOf(test)} fails without a mutant`)
      process.exit(1)
    }
    const took = performance.now() - began
    const { system, user } = process.cpuUsage(used)
    // not what it waits while others use the machine
    const work = (system + user) / 1_000
    switches.currentTestId = "again"
    const covered = Object.keys(switches.mutantCoverage?.perTest[test.id] ?? {})
    for (const mutant of covered) tried.add(mutant)
    const { longMillis, mutants } = this.#task
    const left = covered.filter((mutant) => noticed[mutant] === undefined && mutants.includes(mutant))
    const most = Math.max(mostMillis, 10 * took)
    if (left.length > 0 && (work > longMillis || !await passes(test, most))) {
      leftOut.push(nameOf(test))
    } else {
      for (const mutant of left) {
        // it may end the process
        this.#write(mutant)
        isFresh = false
        if (await passes(test, most, mutant)) continue
        // it goes on in here: the others are tried where it never was
        if (!await passes(test, most)) process.exit(1)
        noticed[mutant] = nameOf(test)
      }
    }
    switches.currentTestId = undefined
    done.push(nameOf(test))
    this.#write()
  }

  #write(trying?: string): void {
    const whenLoaded = Object.keys(switches.mutantCoverage?.static ?? {}).filter((mutant) => !tried.has(mutant))
    writeFileSync(this.#task.results, encodeResults({ noticed, tried: [...tried], whenLoaded, done, leftOut, trying }))
  }
}
