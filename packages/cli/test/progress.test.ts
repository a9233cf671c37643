import { ExitCode } from "@effect-shipstation/cli"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect, TestClock } from "effect"
import * as Progress from "../src/terminal/Progress.js"
import { denied, given, header, json, layer, posts } from "./support.js"

describe("how far a run is", () => {
  it.scoped("time left is that of what is left, whatever was done before", () =>
    Effect.gen(function*() {
      const said: globalThis.Array<string> = []
      const console = yield* Effect.console
      const shown = yield* Effect.gen(function*() {
        const show = yield* (yield* Progress.Progress).start
        const state = { total: 20_000, rejected: 0, unknown: 0, limitedUntil: undefined }
        yield* show({ ...state, done: 0, left: undefined })
        yield* TestClock.adjust("1 second")
        yield* show({ ...state, done: 10_000, left: 10_000 })
        yield* TestClock.adjust("1 minute")
        yield* show({ ...state, done: 11_000, left: 9_000 })
        yield* TestClock.adjust("1 minute")
        yield* show({ ...state, done: 20_000, left: 0 })
        return said
      }).pipe(
        Effect.provide(Progress.layer),
        Effect.withConsole({ ...console, error: (text) => Effect.sync(() => said.push(String(text))) })
      )
      expect(shown).toStrictEqual([
        "11,000 of 20,000 shipments, 1,000 a minute, 9 min left",
        "20,000 of 20,000 shipments, 5,000 a minute"
      ])
    }))

  it.scopedLive("a run that goes on, or has rows of an earlier one, counts only its own as left", () =>
    Effect.gen(function*() {
      const rows = Array.makeBy(40, (n) => `${n},se-${n},${n + 1},ups,`)
      const { importIt, write } = yield* given(header, ...rows.slice(0, 30))
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      yield* write(header, ...rows)
      const states: globalThis.Array<Progress.State> = []
      const seen = Effect.provideService(Progress.Progress, {
        start: Effect.succeed((state: Progress.State) => Effect.sync(() => states.push(state))),
        startReading: undefined
      })
      const cut = Effect.provide(importIt(), posts((request) => json(request, denied, 401)))
      expect((yield* seen(cut)).code).toBe(ExitCode.refused)
      expect((yield* seen(importIt())).code).toBe(ExitCode.ok)
      const left = states.flatMap(({ left }) => left ?? [])
      expect(Math.max(...left)).toBe(10)
      expect(left.at(-1)).toBe(0)
      expect(states.at(-1)).toMatchObject({ total: 40, done: 40 })
    }).pipe(Effect.provide(layer())))
})
