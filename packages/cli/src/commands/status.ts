import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import { nameOf, State } from "@effect-shipstation/outbox/OutboxRow"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Output from "../Output.js"
import { printable } from "../terminal/text.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Records from "./Records.js"

const status = Effect.fnUntraced(function*(json: boolean) {
  const outbox = yield* Outbox.Outbox
  const counts = yield* outbox.counts
  const now = yield* DateTime.now
  const held = (yield* outbox.accounts).find(({ account }) => account === Accounts.defaultAccount)
  const store = yield* RateLimiter.RateLimiterStore
  const limiter = yield* store.state({
    account: Accounts.defaultAccount,
    window: RateLimiter.defaultWindow
  }).pipe(
    Effect.orElseSucceed(() => ({ used: 0, pausedFor: Duration.zero }))
  )
  const limitedUntil = Duration.toMillis(limiter.pausedFor) > 0
    ? DateTime.addDuration(now, limiter.pausedFor)
    : undefined
  const states = State.literals.map((state) => {
    const found = counts.find((one) => one.account === Accounts.defaultAccount && one.state === state)
    return { state, count: found?.count ?? 0, oldest: found?.oldest }
  })
  if (json) {
    const { paused } = held ?? {}
    return yield* Output.print(Output.Status, {
      states: Record.fromIterableWith(states, ({ count, oldest, state }) => [state, { count, oldest }]),
      paused: paused === undefined
        ? null
        : { since: paused.at, by: nameOf(paused.by), message: paused.error?.message },
      waitingUntil: held?.notBefore ?? null,
      requestsInTheLastMinute: limiter.used,
      rateLimitedUntil: limitedUntil ?? null
    })
  }
  yield* Records.print(
    Shown,
    ["state", "count", "oldest"],
    Stream.fromIterable(states.map(({ count, oldest, state }) => ({
      state,
      count,
      oldest: oldest === undefined ? "" : Records.ago(oldest, now)
    }))),
    { json }
  )
  const { notBefore, paused } = held ?? {}
  const notes = [
    ...(paused === undefined ? [] : [
      `Paused by ${paused.by._tag === "Operator" ? "an operator" : "a worker"} ${Records.ago(paused.at, now)} ago`
      + (paused.error === undefined ? "" : `: ${printable(paused.error.message).replace(/\.$/, "")}`) +
      ". To go on: fulfill resume"
    ]),
    ...(notBefore !== undefined && DateTime.greaterThan(notBefore, now)
      ? [`After trouble, nothing is sent before ${DateTime.formatIso(notBefore)}`]
      : []),
    ...(limitedUntil === undefined ? [] : [`The rate limit holds all back until ${DateTime.formatIso(limitedUntil)}`])
  ]
  if (notes.length > 0) yield* Console.error(notes.join("\n"))
})

const Shown = Schema.Struct({ state: State, count: Schema.Number, oldest: Schema.String })

const command = Command.make(
  "status",
  { database: CommonOptions.database, json: CommonOptions.json },
  ({ database, json }) => Effect.provide(status(json), CommonOptions.layerDatabase(database, "read"))
).pipe(Command.withDescription("Tells how many shipments are in each state, since when, and what holds them back."))

/** `fulfill status`. */
export const help = CommandHelp.make(command, {
  summary: "tells how many shipments are in each state, and what holds them back",
  examples: ["fulfill status", "fulfill status --json"],
  environment: [CommandHelp.environment.database]
})
