/** What the routes answer. */
import type { Service as Outbox } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import { State } from "@effect-shipstation/outbox/OutboxRow"
import { rowsOf } from "@effect-shipstation/outbox/OutboxStore"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { DashboardApi, type Filter, type Many, ManyState, mostMatching, Unavailable } from "../DashboardApi.js"
import { explain } from "../Explanation.js"
import type * as Endings from "./endings.js"
import type * as Limits from "./limits.js"
import * as Search from "./search.js"
import type * as Watch from "./watch.js"

/** So many rows of a page. */
const pageSize = 50

const unavailable = {
  OutboxStoreError: ({ message }: OutboxStoreError) => Effect.fail(new Unavailable({ message }))
}

/** Answers from the outbox, and from what is watched. */
export const make = ({ endings, limits, outbox, watch }: {
  readonly outbox: Outbox
  readonly endings: Effect.Effect.Success<ReturnType<typeof Endings.make>>
  readonly limits: Effect.Effect.Success<typeof Limits.make>
  readonly watch: Effect.Effect.Success<ReturnType<typeof Watch.make>>
}) => {
  const row = Effect.fnUntraced(function*(id: number) {
    const { evidence, history, row } = yield* outbox.get(id)
    const account = (yield* outbox.accounts).find(({ account }) => account === row.account)
    const limit = yield* limits.of(row.account)
    const limitedUntil = Option.getOrUndefined(limit)?.pausedUntil
    const idle = (yield* watch.overview).idle.find(({ account }) => account === row.account)
    const explanation = explain(row, account, yield* DateTime.now, {
      history,
      evidence,
      idleSince: idle?.since,
      lastDone: idle?.lastDone,
      limitedUntil
    })
    return { row, history, evidence, explanation, accountHistory: yield* outbox.accountHistory(row.account) }
  })
  return HttpApiBuilder.group(DashboardApi, "outbox", (handlers) =>
    handlers
      .handle("overview", () => watch.overview)
      .handle("samples", () => watch.samples)
      .handle("ended", ({ urlParams: { span } }) => Effect.catchTags(endings(span), unavailable))
      .handle("rows", ({ urlParams }) => Effect.catchTags(rows(outbox, urlParams), unavailable))
      .handle("row", ({ path: { id } }) => Effect.catchTags(row(id), unavailable))
      .handle("retry", ({ path: { id }, payload }) => Effect.catchTags(outbox.retry(id, payload), unavailable))
      .handle("discard", ({ path: { id }, payload }) => Effect.catchTags(outbox.discard(id, payload), unavailable))
      .handle("matching", ({ urlParams }) => Effect.catchTags(matching(outbox, urlParams), unavailable))
      .handle("retryMany", ({ payload }) => Effect.catchTags(each(outbox.retry, payload), unavailable))
      .handle("discardMany", ({ payload }) => Effect.catchTags(each(outbox.discard, payload), unavailable))
      .handle("accountHistory", ({ urlParams: { account } }) =>
        Effect.catchTags(outbox.accountHistory(account), unavailable))
      .handle("pause", ({ payload: { account, ...options } }) =>
        Effect.catchTags(outbox.pause(account, options), unavailable))
      .handle("resume", ({ payload: { account, ...options } }) =>
        Effect.catchTags(outbox.resume(account, options), unavailable).pipe(
          Effect.zipRight(limits.resume(account))
        )))
}

const unfulfilled = State.literals.filter((state) => state !== "fulfilled")

const rows = (outbox: Outbox, { search: text, ...filter }: Filter) =>
  text === undefined
    ? outbox.list({ ...filterOf(filter), limit: pageSize })
    : Effect.map(searched(outbox, text, filter), ({ rows, ...searched }) => ({ rows, next: undefined, searched }))

/** Few, and narrowed by the rest of the filter. */
const searched = Effect.fnUntraced(function*(outbox: Outbox, text: string, { state, ...filter }: Filter) {
  const terms = Search.termsOf(text)
  const found = yield* Search.search(outbox, terms)
  const rows = rowsOf(found, { ...filter, states: state && [state], limit: found.length })
  return { rows, notFound: Search.notFound(terms, rows), leftOut: terms.leftOut }
})

/** What went wrong is looked for among what isn't fulfilled, which is little, unless somebody says otherwise. */
const filterOf = ({ state, ...filter }: Filter) => {
  if (state !== undefined) return { ...filter, states: [state] }
  return filter.message === undefined ? filter : { ...filter, states: unfulfilled }
}

const isPast = (moment: DateTime.Utc, now: DateTime.Utc) => DateTime.lessThanOrEqualTo(moment, now)

const isManyState = Schema.is(ManyState)

const matching = Effect.fnUntraced(function*(outbox: Outbox, { search: text, state, ...filter }: Filter) {
  const states = state === undefined ? ManyState.literals : [state].filter(isManyState)
  if (states.length === 0) return { rows: [], isWhole: true }
  const all = text === undefined
    ? outbox.listAll({ ...filter, states })
    : Stream.fromIterableEffect(Effect.map(searched(outbox, text, { ...filter, state }), ({ rows }) => rows))
  const now = yield* DateTime.now
  const found = yield* all.pipe(
    Stream.filterMap(({ claim, due, id, input: { tracking_number }, state }) =>
      isManyState(state)
        ? Option.some({
          id,
          state,
          tracking_number,
          isDue: state === "pending" && (claim !== undefined || isPast(due, now))
        })
        : Option.none()
    ),
    Stream.take(mostMatching + 1),
    Stream.runCollect
  )
  return { rows: Chunk.toReadonlyArray(Chunk.take(found, mostMatching)), isWhole: found.length <= mostMatching }
})

/** One by one, so that none keeps another from it. */
const each = (operate: Outbox["retry"], { reason, rows }: typeof Many.Type) =>
  Effect.map(
    Effect.forEach(rows, ({ id, ...seen }) =>
      operate(id, { reason, ...seen }).pipe(
        Effect.as(1),
        Effect.catchTags({ OutboxStateError: () => Effect.succeed(0), OutboxRowNotFound: () => Effect.succeed(0) })
      )),
    (changed) => {
      const done = changed.filter((one) => one === 1).length
      return { done, left: rows.length - done }
    }
  )
