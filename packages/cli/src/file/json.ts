/**
 * The records of a file of JSON objects: an array of them, or one on each line.
 */
import JSONParser from "@streamparser/json/jsonparser.js"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { UsageError } from "../terminal/UsageError.js"
import type { Problem } from "./Problem.js"
import type { Record, Table } from "./table.js"

interface Item {
  readonly line: number
  /** Left: not even JSON. */
  readonly value: Either.Either<unknown, string>
}

type Fail = (problem: Problem) => UsageError

const maxSize = 1_048_576

/** How many objects say what columns there are. */
const sampleSize = 1000

/** The columns are the keys of the first objects. */
export const table = Effect.fnUntraced(function*(
  format: "json" | "ndjson",
  text: Stream.Stream<string, UsageError>,
  fail: Fail,
  isWrapped = false
) {
  const items = format === "json" ? itemsOfArray(text, isWrapped, fail) : itemsOfLines(text, fail)
  const names = new Set<string>()
  yield* Stream.runForEach(Stream.take(items, sampleSize), ({ value }) =>
    Effect.sync(() => {
      if (Either.isRight(value) && isObject(value.right)) {
        for (const name of Object.keys(value.right)) names.add(name)
      }
    }))
  const columns = [...names]
  const toRecord = ({ line, value }: Item): Either.Either<Record, Problem> => {
    if (Either.isLeft(value)) return Either.left({ line, reason: value.left })
    const object = value.right
    if (!isObject(object)) return Either.left({ line, reason: "must be an object" })
    const field = Object.keys(object).find((name) => !names.has(name))
    if (field !== undefined) {
      return Either.left({
        line,
        field,
        reason: `is in none of the first ${sampleSize} objects, which say what columns there are`,
        remedy: "add it to the first, with null"
      })
    }
    const numbers = columns.filter((name) => typeof ownOf(object, name) === "number")
    return Either.right({ line, cells: columns.map((name) => toCell(ownOf(object, name))), numbers })
  }
  const result: Table = {
    unit: format === "json" ? "item" : "line",
    columns,
    records: Stream.map(items, toRecord)
  }
  return result
})

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  Predicate.isRecord(value) && !Array.isArray(value)

/** A column may be called as something that every object inherits. */
const ownOf = (object: { readonly [key: string]: unknown }, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined

const toCell = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value)

const itemsOfLines = (text: Stream.Stream<string, UsageError>, fail: Fail): Stream.Stream<Item, UsageError> =>
  Stream.suspend(() => {
    let line = 0
    let rest = ""
    const read = (source: string): ReadonlyArray<Item> => {
      line++
      return source.trim() === "" ? [] : [{
        line,
        value: Either.try({ try: (): unknown => JSON.parse(source), catch: () => "is no JSON" })
      }]
    }
    const readChunk = (chunk: string) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop() ?? ""
      const items = lines.flatMap(read)
      return rest.length > maxSize
        ? Effect.fail(fail({ line: line + 1, reason: "this line is longer than 1 MiB" }))
        : Effect.succeed(Chunk.unsafeFromArray(items))
    }
    return Stream.concat(
      Stream.mapEffect(text, readChunk),
      Stream.sync(() => Chunk.unsafeFromArray(read(rest)))
    ).pipe(Stream.flattenChunks)
  })

/** `isWrapped`: the array is a value of an object. */
const itemsOfArray = (
  text: Stream.Stream<string, UsageError>,
  isWrapped: boolean,
  fail: Fail
): Stream.Stream<Item, UsageError> =>
  Stream.suspend(() => {
    let line = 0
    let sinceItem = 0
    let items: Array<Item> = []
    const parser = new JSONParser({ paths: [isWrapped ? "$.*.*" : "$.*"], keepStack: false })
    parser.onValue = ({ parent, value }) => {
      // other values of the object that wraps it
      if (isWrapped && !Array.isArray(parent)) return
      sinceItem = 0
      items.push({ line: ++line, value: Either.right(value) })
    }
    const step = (chunk: string | undefined) =>
      Effect.try({
        try: () => {
          // it is ended already where the array is
          if (chunk !== undefined) parser.write(chunk)
          else if (!parser.isEnded) parser.end()
          const found = Chunk.unsafeFromArray(items)
          items = []
          return found
        },
        catch: () => fail({ line: line + 1, reason: "is no JSON, or the file ends in the middle of it" })
      }).pipe(Effect.filterOrFail(
        () => {
          sinceItem += chunk?.length ?? 0
          return sinceItem <= maxSize
        },
        () => fail({ line: line + 1, reason: "this object is longer than 1 MiB" })
      ))
    return Stream.concat(Stream.mapEffect(text, step), Stream.fromEffect(Effect.suspend(() => step(undefined)))).pipe(
      Stream.flattenChunks
    )
  })
