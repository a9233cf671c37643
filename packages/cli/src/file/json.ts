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
import type { CellFlaw, Record, Table } from "./table.js"

interface Item {
  readonly line: number
  /** Left: not even JSON. */
  readonly value: Either.Either<unknown, string>
  /** A key that it has more than once: of two values, only the last is read. */
  readonly twice?: string | undefined
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
  /** How many objects are around the array. */
  depth = 0
) {
  const page = new Map<string, unknown>()
  const items = format === "json" ? itemsOfArray(text, { page, wrapped: depth }, fail) : itemsOfLines(text, fail)
  const names = new Set<string>()
  let seen = 0
  yield* Stream.runForEach(Stream.take(items, sampleSize), ({ value }) =>
    Effect.sync(() => {
      seen++
      if (Either.isRight(value) && isObject(value.right)) {
        for (const name of Object.keys(value.right)) names.add(name)
      }
    }))
  const columns = [...names]
  const toRecord = ({ line, twice, value }: Item): Either.Either<Record, Problem> => {
    if (Either.isLeft(value)) return Either.left({ line, reason: value.left })
    const object = value.right
    if (!isObject(object)) return Either.left({ line, reason: "must be an object" })
    if (twice !== undefined) return Either.left({ line, reason: `has ${twice} more than once`, remedy: "leave one" })
    const field = Object.keys(object).find((name) => !names.has(name))
    if (field !== undefined) {
      return Either.left({
        line,
        field,
        reason: `is in none of the first ${sampleSize} objects, which say what columns there are`,
        remedy: "add it to the first, with null"
      })
    }
    const flaws = columns.flatMap((name, column): ReadonlyArray<CellFlaw> => {
      const value = ownOf(object, name)
      return isInexact(value) ? [{ column, ...lostDigits }] : isObject(value) ? [{ column, ...notText }] : []
    })
    return Either.right({ line, cells: columns.map((name) => toCell(ownOf(object, name))), flaws })
  }
  const result: Table = {
    unit: format === "json" ? "item" : "line",
    columns,
    isPage: isOfMore(page, seen),
    records: Stream.map(items, toRecord)
  }
  return result
})

/** What an answer of an API says of its pages, beside the items. */
const pageKeys = ["total", "pages", "links", "next", "has_more"]

/** Whether an answer says that there is more than what is here. */
const isOfMore = (page: ReadonlyMap<string, unknown>, items: number): boolean => {
  const links = page.get("links")
  const next = Predicate.hasProperty(links, "next") ? links.next : page.get("next")
  const [total, pages] = [page.get("total"), page.get("pages")]
  return (typeof total === "number" && Number.isInteger(total) && total > items && items < sampleSize)
    || (typeof pages === "number" && pages > 1)
    || page.get("has_more") === true
    || (Predicate.hasProperty(next, "href") ? next.href !== "" : typeof next === "string" && next !== "")
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  Predicate.isRecord(value) && !Array.isArray(value)

/** JSON's numbers have 15 digits that are certain, as a spreadsheet's have. */
const isInexact = (value: unknown): boolean => typeof value === "number" && Math.abs(value) >= 1e15

const lostDigits = {
  reason: "is a number of more than 15 digits, of which JSON has lost some: it must be text",
  remedy: "put it in quotes, as it is in the file"
}

const notText = { reason: "is an object, and no text", remedy: "put the text itself in its place" }

/** A key that an object on a line has more than once. */
const repeated = (source: string, value: unknown): string | undefined => {
  const keys = [...source.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?/g)].flatMap(([, key = "", colon]) =>
    colon === undefined ? [] : [key]
  )
  return keys.length === countKeys(value) ? undefined : keys.find((key, index) => keys.indexOf(key) < index) ?? keys[0]
}

const countKeys = (value: unknown): number =>
  Predicate.isObject(value)
    ? Object.values(value).reduce<number>(
      (sum, inner) => sum + countKeys(inner),
      Array.isArray(value) ? 0 : Object.keys(value).length
    )
    : 0

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
      if (source.trim() === "") return []
      const parsed = Either.try({ try: (): unknown => JSON.parse(source), catch: () => "is no JSON" })
      return [{ line, value: parsed, twice: Either.isRight(parsed) ? repeated(source, parsed.right) : undefined }]
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

const severalArrays = ([first, second]: ReadonlyArray<string>): Problem => ({
  reason: `has more than one array: ${first} and ${second}`,
  remedy: "put the one that is meant into a file of its own"
})

/** `wrapped`: how many objects are around the array. `page` gets what else is in the first of them. */
const itemsOfArray = (
  text: Stream.Stream<string, UsageError>,
  { page, wrapped }: { readonly page: Map<string, unknown>; readonly wrapped: number },
  fail: Fail
): Stream.Stream<Item, UsageError> =>
  Stream.suspend(() => {
    let line = 0
    let sinceItem = 0
    let items: Array<Item> = []
    const isWrapped = wrapped > 0
    const depth = wrapped + 1
    const at = (depth: number) => `$${".*".repeat(depth)}`
    // what its objects have, to tell a key that comes twice
    const parser = new JSONParser({
      paths: [
        at(depth),
        at(depth + 1),
        ...Array.from({ length: depth - 2 }, (_, n) => at(n + 2)),
        ...(isWrapped
          ? pageKeys.map((key) => `$.${key}`)
          : [])
      ],
      keepStack: false
    })
    let keys = new Set<unknown>()
    let again: string | undefined
    const arrays = new Set<string>()
    parser.onValue = ({ key, parent, stack, value }) => {
      if (stack.length === 1 && isWrapped) return void page.set(String(key), value)
      if (isWrapped && Array.isArray(parent) && (stack.length === depth || isObject(value))) {
        const path = stack.slice(1).map(({ key }) => key)
        // of one in an item a key is a number
        if (path.every(Predicate.isString)) arrays.add(path.join("."))
      }
      if (stack.length < depth) return
      if (stack.length > depth) {
        if (keys.has(key) && !Array.isArray(parent)) again ??= String(key)
        keys.add(key)
        return
      }
      const item: Item = { line: line + 1, value: Either.right(value), twice: again }
      keys = new Set()
      again = undefined
      // other values of the object that wraps it
      if (isWrapped && !Array.isArray(parent)) return
      line++
      sinceItem = 0
      items.push(item)
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
      }).pipe(
        Effect.filterOrFail(
          () => {
            sinceItem += chunk?.length ?? 0
            return sinceItem <= maxSize
          },
          () => fail({ line: line + 1, reason: "this object is longer than 1 MiB" })
        ),
        Effect.filterOrFail(() => arrays.size < 2, () => fail(severalArrays([...arrays])))
      )
    return Stream.concat(Stream.mapEffect(text, step), Stream.fromEffect(Effect.suspend(() => step(undefined)))).pipe(
      Stream.flattenChunks
    )
  })
