import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { FaultAction } from "../Fault.js"
import type { Answer } from "./answer.js"
import { withoutFields } from "./fields.js"
import type { ListChange } from "./paging.js"

/** How all faults together change what a list finds. */
export const changeOfList = (faults: ReadonlyArray<FaultAction>, now: DateTime.Utc): ListChange => {
  const changes = changesOf(faults)
  const lags = faults.flatMap((fault) => fault._tag === "LaggingList" ? [Duration.decode(fault.lag)] : [])
  return {
    createdUntil: lags.length === 0 ? undefined : DateTime.subtractDuration(now, lags.reduce(Duration.max)),
    hoursOff: changes.reduce((sum, { hoursOff = 0 }) => sum + hoursOff, 0),
    ignores: changes.flatMap(({ ignores = [] }) => ignores),
    mostRows: Math.min(...changes.map(({ mostRows = Infinity }) => mostRows))
  }
}

/** A page as all faults together change it; the same object when there are none. */
export const withListChanges = (answer: Answer, faults: ReadonlyArray<FaultAction>): Answer => {
  const changes = changesOf(faults)
  const { body, status } = answer
  if (changes.length === 0 || status !== 200 || !Predicate.isRecord(body)) return answer
  const name = ["fulfillments", "shipments", "carriers"].find((name) => Array.isArray(body[name]))
  const all = name === undefined ? undefined : body[name]
  if (name === undefined || !Array.isArray(all)) return answer
  const without = changes.flatMap(({ without = [] }) => without)
  const values = Object.assign({}, ...changes.map(({ values }) => values))
  const rows = all.filter(Predicate.isRecord).map((row, index) =>
    changes.some(({ nullRow }) => nullRow === index) ? null : withoutFields(withValues(row, values), without)
  )
  return { ...answer, body: withoutFields({ ...body, [name]: rows }, without) }
}

const changesOf = (faults: ReadonlyArray<FaultAction>) =>
  faults.flatMap((fault) => fault._tag === "ChangeList" ? [fault] : [])

const withValues = (
  row: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name in values && value !== null ? values[name] : value])
  )
