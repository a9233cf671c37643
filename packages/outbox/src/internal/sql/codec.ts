/** Values as columns, by a table that says where in the value each column stands. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { OutboxStoreError } from "../../OutboxError.js"
import { escaped, unescaped } from "../text.js"
import { type Columns, type Type, unreadable } from "./tables.js"

/** What is in columns. */
export type Stored = Readonly<Record<string, unknown>>

const get = (value: unknown, path: ReadonlyArray<string>): unknown => {
  let found = value
  for (const name of path) found = Predicate.isRecord(found) ? found[name] : undefined
  return found
}

/** Puts something at a path. */
const put = (into: Record<string, unknown>, path: ReadonlyArray<string>, last: string, what: unknown): void => {
  let inner = into
  for (const name of path) {
    const found = inner[name]
    const next: Record<string, unknown> = Predicate.isRecord(found) ? found : {}
    inner[name] = next
    inner = next
  }
  inner[last] = what
}

const columnOf = (type: Type, value: unknown): unknown => {
  if (typeof value === "string" && type === "exact") return escaped(value)
  return typeof value === "boolean" ? Number(value) : value ?? null
}

const valueOf = (type: Type, stored: unknown): unknown => {
  if (type === "exact" && typeof stored === "string") return unescaped(stored)
  return type === "flag" ? stored === 1 : stored
}

/** Writes values of a schema as columns, and reads them. What isn't there is null. */
export const make = <A, I>(schema: Schema.Schema<A, I>, columns: Columns, what: string) => {
  const encode = Schema.encode(schema)
  const decode = Schema.decodeUnknown(schema)
  const failed = () => unreadable(what)
  const entries = Object.entries(columns)
    // the others are for whoever asks
    .filter(([, [, path]]) => path !== "")
    .map(([name, [type, path]]) => {
      const names = path.split(".")
      return { name, type, names, outer: names.slice(0, -1), last: names.at(-1) ?? "" }
    })

  return {
    toColumns: (value: A): Effect.Effect<Record<string, unknown>, OutboxStoreError> =>
      Effect.mapBoth(encode(value), {
        onFailure: failed,
        onSuccess: (encoded) => {
          const stored: Record<string, unknown> = {}
          for (const { name, names, type } of entries) stored[name] = columnOf(type, get(encoded, names))
          return stored
        }
      }),
    /** `instead`: what counts instead of what is stored. */
    fromColumns: (stored: Stored, instead: Stored = {}): Effect.Effect<A, OutboxStoreError> => {
      const value: Record<string, unknown> = {}
      for (const { last, name, outer, type } of entries) {
        const found = (name in instead ? instead[name] : stored[name]) ?? null
        if (found !== null) put(value, outer, last, valueOf(type, found))
      }
      return Effect.mapError(decode(value), failed)
    }
  }
}
