/**
 * What the outbox already did with the rows of a file.
 */
import * as Accounts from "@effect-shipstation/outbox/Accounts"
import * as Outbox from "@effect-shipstation/outbox/Outbox"
import type { State } from "@effect-shipstation/outbox/OutboxRow"
import { isSameTrackingNumber } from "@effect-shipstation/schema/Fulfillment"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Checked, Row, ShipmentsFile } from "../file/ShipmentsFile.js"
import * as Database from "../outbox/Database.js"
import * as Location from "../outbox/Location.js"
import type { Planned } from "../Output.js"
import { count, printable } from "../terminal/text.js"
import * as Earlier from "./Earlier.js"
import { isSent } from "./inputs.js"
import * as Origins from "./Origins.js"

/** A row that says something else than the outbox has of its shipment. */
export interface Changed {
  readonly line: number
  readonly shipment_id: string
  readonly state: State
  readonly was: string
}

/** A row whose tracking number another shipment was sent with, or is to be. */
export interface Reused {
  readonly line: number
  readonly shipment_id: string
  readonly tracking_number: string
  readonly of: string
  readonly state: State
}

/** What the outbox has of the rows. */
export interface Known {
  readonly _tag: "Known"
  readonly where: string
  /** How many days ago it was made, if it is a file that tells. */
  readonly days: number | undefined
  /** Shipments by state. */
  readonly states: { readonly [state in State]?: number }
  /** Shipments that were sent before, or given up, and that an import doesn't send. */
  readonly done: number
  readonly changed: { readonly count: number; readonly first: ReadonlyArray<Changed> }
  /** Only of rows whose shipment isn't known yet, or had another number. */
  readonly reused: { readonly count: number; readonly first: ReadonlyArray<Reused> }
}

/** The same, and what it has of an earlier run that aren't among the rows any more. */
export interface Compared extends Known {
  readonly left: Earlier.Shipments
}

/** What the outbox has of the rows, or why that isn't known. */
export type Preview =
  | Compared
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
  const compare = Effect.gen(function*() {
    // an outbox that may only be read may have no such table
    const origins = yield* Effect.orElseSucceed(Origins.all, () => new Map<string, string>())
    const compared: Preview = { ...yield* known(file, location.right), left: yield* Earlier.leftOf(file, origins) }
    return compared
  })
  return yield* compare.pipe(
    Effect.provide(Database.layer({ location: location.right, access: "read" })),
    Effect.catchAll(({ message = "" }) => Effect.succeed<Preview>({ _tag: "Unreadable", where, reason: message }))
  )
})

/** Looks the rows up in the outbox that is there. */
export const known = Effect.fnUntraced(function*(file: ShipmentsFile, location: Location.Location) {
  const outbox = yield* Outbox.Outbox
  const states = new Map<State, number>()
  const first: Array<Changed> = []
  let changed = 0
  let done = 0
  const now = yield* DateTime.now
  const { all: reused, look: lookAtNumbers } = makeReused(outbox)
  const look = Effect.fnUntraced(function*(chunk: Chunk.Chunk<Checked>) {
    const rows = [...chunk].flatMap((row) => Either.isRight(row) && row.right.sameAs === undefined ? [row.right] : [])
    const found = yield* outbox.find(rows.map(({ input }) => input.shipment_id))
    const otherNumbers: Array<Row> = []
    for (const row of rows) {
      const { input, line } = row
      const existing = found.get(input.shipment_id)
      if (existing === undefined) {
        otherNumbers.push(row)
        continue
      }
      const { state, was } = existing._tag === "Row"
        ? { state: existing.row.state, was: existing.row.input.tracking_number }
        : { state: existing.remembered.state, was: existing.remembered.tracking_number }
      states.set(state, (states.get(state) ?? 0) + 1)
      if (!isSent(input, existing, now)) done++
      if (isSameTrackingNumber(was, input.tracking_number)) continue
      changed++
      otherNumbers.push(row)
      if (first.length < 20) first.push({ line, shipment_id: input.shipment_id, state, was })
    }
    yield* lookAtNumbers(otherNumbers)
  })
  yield* Stream.runForEachChunk(Stream.rechunk(file.rows, 500), look)
  const preview: Known = {
    _tag: "Known",
    where: Location.describe(location),
    days: yield* ageOf(location),
    states: Object.fromEntries(states),
    done,
    changed: { count: changed, first },
    reused: reused()
  }
  return preview
})

/** Finds numbers that other shipments have. What was refused or given up was told to nobody, and its number is free. */
const makeReused = ({ listAll }: Outbox.Service) => {
  let count = 0
  const first: Array<Reused> = []
  const look = Effect.fnUntraced(function*(rows: ReadonlyArray<Row>) {
    if (rows.length === 0) return
    const lines = new Map(rows.map((row) => [row.input.tracking_number, row]))
    const others = listAll({
      account: Accounts.defaultAccount,
      states: ["pending", "sending", "unknown", "fulfilled"],
      trackingNumbers: [...lines.keys()]
    })
    yield* Stream.runForEach(others, ({ input, state }) =>
      Effect.sync(() => {
        const row = lines.get(input.tracking_number)
        if (row === undefined) return
        // an order in many boxes is one thing to know of its number
        lines.delete(input.tracking_number)
        count++
        if (first.length >= 20) return
        const { shipment_id, tracking_number } = row.input
        first.push({ line: row.line, shipment_id, tracking_number, of: input.shipment_id, state })
      }))
  })
  return { look, all: () => ({ count, first }) }
}

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
        ...(preview.reused.count === 0 ? [] : [["number in use", reusedText(preview)] as const]),
        ...(preview.left.count === 0 ? [] : [["not in file", Earlier.leftText(preview.left)] as const]),
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

/** Names the rows whose number is another shipment's. */
export const reusedText = ({ reused }: Known): string =>
  `${count(reused.count, "row")} with a tracking number that another shipment has: ${
    reused.first.map(({ line, of, shipment_id, state, tracking_number }) =>
      `${shipment_id} in line ${line} has ${printable(tracking_number, 60)} of ${of} (${described[state]})`
    ).join(", ")
  }${reused.count > reused.first.length ? ", …" : ""}. If they went out in one parcel that is right`

/** For programs. */
export const toJson = (preview: Preview): typeof Planned.Type.before =>
  preview._tag === "Known"
    ? {
      memory: preview.where,
      states: preview.states,
      changed: preview.changed.first,
      changedCount: preview.changed.count,
      reused: preview.reused.first,
      reusedCount: preview.reused.count,
      leftTheFile: preview.left.first,
      leftTheFileCount: preview.left.count
    }
    : {
      memory: preview.where,
      states: {},
      changed: [],
      changedCount: 0,
      reused: [],
      reusedCount: 0,
      leftTheFile: [],
      leftTheFileCount: 0
    }
