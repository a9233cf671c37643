/**
 * What the outbox already did with the rows of a file.
 */
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { State } from "@effect-shipstation/outbox/OutboxRow"
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Checked, ShipmentsFile } from "../file/ShipmentsFile.js"
import * as Database from "../outbox/Database.js"
import * as Location from "../outbox/Location.js"
import type { Planned } from "../Output.js"
import { count, printable } from "../terminal/text.js"

/** A row that says something else than the outbox has of its shipment. */
export interface Changed {
  readonly line: number
  readonly shipment_id: string
  readonly state: State
  readonly was: string
}

/** What the outbox has of the rows. */
export interface Known {
  readonly _tag: "Known"
  readonly where: string
  /** How many days ago it was made, if it is a file that tells. */
  readonly days: number | undefined
  /** Shipments by state. */
  readonly states: { readonly [state in State]?: number }
  readonly changed: { readonly count: number; readonly first: ReadonlyArray<Changed> }
}

/** What the outbox has of the rows, or why that isn't known. */
export type Preview =
  | Known
  /** It isn't there yet. */
  | { readonly _tag: "New"; readonly where: string }
  | { readonly _tag: "Unreadable"; readonly where: string; readonly reason: string }

/** Looks the rows up, without making an outbox where there is none. A plan goes on if that fails. */
export const make = Effect.fnUntraced(function*(
  file: ShipmentsFile,
  isSendable: boolean,
  database: Option.Option<Redacted.Redacted>
): Effect.fn.Return<Preview, never, FileSystem.FileSystem | Effect.Effect.Context<ReturnType<typeof Location.find>>> {
  const fs = yield* FileSystem.FileSystem
  const location = yield* Effect.either(Location.find(database))
  if (Either.isLeft(location)) return { _tag: "Unreadable", where: "not known", reason: location.left.message }
  const where = Location.describe(location.right)
  if (location.right._tag === "Sqlite" && !(yield* Effect.orElseSucceed(fs.exists(location.right.path), () => true))) {
    return { _tag: "New", where }
  }
  if (!isSendable) {
    return { _tag: "Unreadable", where, reason: "not looked up, as the file can't be sent yet" }
  }
  return yield* known(file, location.right).pipe(
    Effect.provide(Database.layer({ location: location.right, create: false })),
    Effect.catchAll(({ message = "" }) => Effect.succeed<Preview>({ _tag: "Unreadable", where, reason: message }))
  )
})

/** Looks the rows up in the outbox that is there. */
export const known = Effect.fnUntraced(function*(file: ShipmentsFile, location: Location.Location) {
  const outbox = yield* Outbox.Outbox
  const states = new Map<State, number>()
  const first: Array<Changed> = []
  let changed = 0
  const look = Effect.fnUntraced(function*(chunk: Chunk.Chunk<Checked>) {
    const rows = [...chunk].flatMap((row) => Either.isRight(row) && row.right.sameAs === undefined ? [row.right] : [])
    const found = yield* outbox.find(rows.map(({ input }) => input.shipment_id))
    for (const { input, line } of rows) {
      const existing = found.get(input.shipment_id)
      if (existing === undefined) continue
      const { state, was } = existing._tag === "Row"
        ? { state: existing.row.state, was: existing.row.input.tracking_number }
        : { state: existing.remembered.state, was: existing.remembered.tracking_number }
      states.set(state, (states.get(state) ?? 0) + 1)
      if (isSameTrackingNumber(was, input.tracking_number)) continue
      changed++
      if (first.length < 20) first.push({ line, shipment_id: input.shipment_id, state, was })
    }
  })
  yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), look)
  const preview: Known = {
    _tag: "Known",
    where: Location.describe(location),
    days: yield* ageOf(location),
    states: Object.fromEntries(states),
    changed: { count: changed, first }
  }
  return preview
})

/** How many days ago a file was made, where its system tells. */
export const ageOf = Effect.fnUntraced(function*(location: Location.Location) {
  if (location._tag === "Postgres") return undefined
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fs.stat(location.path))
  const now = yield* Clock.currentTimeMillis
  return Option.flatMap(info, ({ birthtime }) => birthtime).pipe(
    Option.filter((date) => date.getTime() > 0),
    Option.map((date) => Math.max(0, Math.floor((now - date.getTime()) / 86_400_000))),
    Option.getOrUndefined
  )
})

const described: { readonly [state in State]: string } = {
  pending: "waiting",
  sending: "being sent",
  unknown: "unknown",
  fulfilled: "fulfilled",
  rejected: "rejected",
  conflict: "in conflict",
  discarded: "given up"
}

/** How old an outbox is, for a person. */
export const age = (days: number | undefined): string =>
  days === undefined ? "" : days === 0 ? ", made today" : `, made ${count(days, "day")} ago`

/** Lines of a plan, by their names. */
export const describe = (preview: Preview): ReadonlyArray<readonly [string, string]> => {
  switch (preview._tag) {
    case "New":
      return [["sent before", "nothing is known of any"], ["memory", `${preview.where}, which isn't there yet`]]
    case "Unreadable":
      return [["sent before", preview.reason], ["memory", preview.where]]
    case "Known": {
      const states = Object.entries(preview.states).map(([state, n]) =>
        `${n} ${isState(state) ? described[state] : state}`
      )
      return [
        ["sent before", states.join(", ") || "none of these"],
        ...(preview.changed.count === 0 ? [] : [["changed", changedText(preview)] as const]),
        ["memory", `${preview.where}${age(preview.days)}`]
      ]
    }
  }
}

const isState = (state: string): state is State => Object.hasOwn(described, state)

/** Names the rows that changed. */
export const changedText = ({ changed }: Known): string =>
  `${count(changed.count, "row")} with another tracking number than before: ${
    changed.first.map(({ line, shipment_id, state, was }) =>
      `${shipment_id} in line ${line} was ${printable(was, 60)} (${described[state]})`
    ).join(", ")
  }${changed.count > changed.first.length ? ", …" : ""}`

/** For programs. */
export const toJson = (preview: Preview): typeof Planned.Type.before =>
  preview._tag === "Known"
    ? {
      memory: preview.where,
      states: preview.states,
      changed: preview.changed.first,
      changedCount: preview.changed.count
    }
    : { memory: preview.where, states: {}, changed: [], changedCount: 0 }
