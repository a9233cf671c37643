/** Servers whose list lies, and what is made of it: never a `NotFound` of what is there, nor a `Found` of what two have. */
import { Shipments } from "@effect-shipstation/shipments"
import { describe, expect, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Stream, TestClock } from "effect"
import { answer, hostile, inTime, many, numbers, resolve, told } from "./support.js"

type Row = Readonly<Record<string, unknown>>

interface Page {
  readonly shipments: ReadonlyArray<unknown>
  readonly total: unknown
  readonly page: number
  readonly pages: unknown
  readonly links?: unknown
}

/** `se-1` to `se-1500` with numbers `N-1` to `N-1500`, but for the last, which has the number of the first. */
const rows: ReadonlyArray<Row> = [
  ...many(1_499).map((row): Row => ({ ...row, shipment_status: "pending" })),
  { shipment_id: "se-1500", shipment_number: "N-1", external_shipment_id: "own-1500", sales_order_id: null }
]

/** The page of those that a query asks for. */
const pageOf = (all: ReadonlyArray<Row>, { searchParams }: URL): Page => {
  const [page, size] = [Number(searchParams.get("page") ?? 1), Number(searchParams.get("page_size"))]
  const filters = [...searchParams].filter(([name]) => name.endsWith("_number") || name.endsWith("_id"))
  const found = all.filter((row) => filters.every(([name, value]) => row[name] === value))
  return {
    shipments: found.slice((page - 1) * size, page * size),
    total: found.length,
    page,
    pages: Math.ceil(found.length / size)
  }
}

const isFiltered = ({ searchParams }: URL) => [...searchParams.keys()].some((name) => /_(number|id)$/.test(name))

/** A server whose whole list is changed, while it answers by number as it should. */
const listing = (change: (page: Page, url: URL, count: number) => unknown) =>
  hostile((url, count) => {
    const page = pageOf(rows, url)
    return answer(isFiltered(url) ? page : change(page, url, count))
  })

/** N-1 has two shipments, N-2 to N-20 one each, N-1499 one, N-9999 none. */
const asked = [...numbers(1, 20), { shipment_number: "N-1499" }, { shipment_number: "N-9999" }]

const expected = [
  "se-1 or se-1500",
  ...Array.from({ length: 19 }, (_, index) => `se-${index + 2}`),
  "se-1499",
  "none"
]

const mapRows = (change: (row: Row, index: number) => unknown) => (page: Page): Page => ({
  ...page,
  shipments: page.shipments.map((row, index) => change(Object(row), index))
})

const without = (field: string) => mapRows(({ [field]: _, ...others }) => others)

// these agree with themselves: only what they leave out gives them away
const lyingOfTotal = (page: Page) => ({ ...page, total: 500, pages: 1 })

const lying = (page: Page) => ({ ...page, shipments: page.page === 1 ? page.shipments : [], total: 500, pages: 1 })

describe("a list", () => {
  it.effect.each<[name: string, change: (page: Page, url: URL, count: number) => unknown, requests?: number]>([
    ["as it should be", (page) => page, 4],
    ["whose pages repeat", (_, url) => pageOf(rows, new URL(url.href.replace(/page=\d+/, "page=1")))],
    ["that says it has one page", lyingOfTotal],
    ["that says it has nothing more, and shows no more", lying],
    ["that says it has none", (page) => ({ ...page, shipments: [], total: 0, pages: 0 })],
    ["that has none and says it has many", (page) => ({ ...page, shipments: [] })],
    ["with rows beside a total of none", (page) => ({ ...page, total: 0, pages: 0 })],
    ["that says it has more than it shows", (page) => ({ ...page, total: 1_700, pages: 4 })],
    ["that says it has more pages than it shows", (page) => ({ ...lying(page), pages: 3 })],
    ["that ends early", (page) => ({ ...page, shipments: page.shipments.slice(0, 10) })],
    ["whose last page is missing", (page) => ({ ...page, shipments: page.page === 3 ? [] : page.shipments })],
    ["whose middle page comes again in place of the last", (page, url) => ({
      ...pageOf(rows, new URL(url.href.replace("page=3", "page=2"))),
      page: page.page
    })],
    ["that shrinks while it is read", (page) => ({
      ...page,
      shipments: page.page === 3 ? page.shipments.slice(0, 499) : page.shipments,
      total: page.page === 3 ? 1_499 : 1_500
    })],
    ["without a total", ({ total: _, ...page }) => page],
    ["whose total is a text", (page) => ({ ...page, total: "1500" })],
    ["without pages and links", ({ pages: _, ...page }) => page, 4],
    ["whose rows have no numbers", without("shipment_number")],
    ["whose numbers are null", mapRows((row) => ({ ...row, shipment_number: null }))],
    [
      "of which some numbers are null",
      (page) => page.page === 3 ? mapRows((row) => ({ ...row, shipment_number: null }))(page) : page
    ],
    ["of which one row has no number", (page) => page.page === 3 ? without("shipment_number")(page) : page],
    ["whose numbers are objects", mapRows((row) => ({ ...row, shipment_number: { text: row["shipment_number"] } }))],
    ["whose rows have no ids", without("shipment_id")],
    ["whose ids can't be ids", mapRows((row) => ({ ...row, shipment_id: `${row["shipment_id"]} ` }))],
    ["whose ids are all the same", mapRows((row) => ({ ...row, shipment_id: "se-1" }))],
    ["with a row that is null", mapRows((row, index) => index === 7 ? null : row)],
    ["with rows that aren't objects", mapRows(() => "se-1")],
    ["that leaves out what it likes, and tells so", (page) => ({
      ...page,
      shipments: page.shipments.slice(5),
      total: 1_485
    })]
  ])("%s", ([, change, requests]) =>
    Effect.gen(function*() {
      const { layer, requests: made } = yield* listing(change)
      expect(told(yield* inTime(Effect.provide(resolve(asked), layer)))).toEqual(expected)
      const count = (yield* made).length
      if (requests === undefined) expect(count).toBeLessThanOrEqual(4 + asked.length)
      else expect(count).toBe(requests)
      // without one that isn't there: then nothing is doubted, and the list alone must tell
      if (change === lying || change === lyingOfTotal) return
      expect(told(yield* inTime(Effect.provide(resolve(asked.slice(0, 20)), layer)))).toEqual(expected.slice(0, 20))
    }))

  it.effect("that leaves out more than are doubted is found out by one of them", () =>
    Effect.gen(function*() {
      const { layer } = yield* listing((page) => ({
        ...page,
        shipments: page.shipments.slice(0, 100),
        total: 100,
        pages: 1
      }))
      const matches = told(yield* inTime(Effect.provide(resolve(numbers(1, 400)), layer)))
      expect(matches).toEqual(["se-1 or se-1500", ...Array.from({ length: 399 }, (_, index) => `se-${index + 2}`)])
    }))

  it.effect("that grows with every page costs no more than twice one each", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url, count) =>
        answer(
          isFiltered(url)
            ? pageOf(rows, url)
            : { shipments: [{ shipment_id: `se-x${count}`, shipment_number: `x${count}` }], total: count + 2 }
        )
      )
      expect(told(yield* inTime(Effect.provide(resolve(asked), layer)))).toEqual(expected)
      expect((yield* requests).length).toBeLessThanOrEqual(2 * asked.length)
    }))

  it.effect("in which shipments are created while it is read has none left out", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url, count) =>
        answer(
          pageOf([
            ...many(10 * count).map((row) => ({
              ...row,
              shipment_id: `se-new-${row.shipment_id.slice(3)}`,
              shipment_number: `new ${row.shipment_id}`
            })),
            ...rows
          ], url)
        )
      )
      expect(told(yield* inTime(Effect.provide(resolve(asked), layer)))).toEqual(expected)
      expect((yield* requests).filter((path) => !path.includes("shipment_number=")).length).toBe(4)
    }))

  it.effect("is asked for in pages of 500, by creation, newest first", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* listing((page) => page)
      yield* inTime(Effect.provide(resolve(asked), layer))
      expect((yield* requests)[0]).toBe("/v2/shipments?page=1&page_size=500&sort_dir=desc&sort_by=created_at")
    }))
})

describe("one by its number", () => {
  const one = (
    respond: (url: URL, count: number) => unknown,
    status = 200,
    reference: object = { shipment_number: "N-1" }
  ) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url, count) => answer(respond(url, count), status))
      // @ts-expect-error a reference of the test's making
      const result = yield* inTime(Effect.either(Effect.provide(resolve([reference]), layer)))
      return { result, count: (yield* requests).length }
    })

  it.effect.each<[name: string, respond: (url: URL) => unknown, expected: string]>([
    ["a list that holds others too", (url) => ({ shipments: rows.slice(0, 5), total: 5, url }), "se-1"],
    ["a list that ignores what is asked", (url) => {
      const all = new URL(url)
      all.searchParams.delete("shipment_number")
      return pageOf(rows, all)
    }, "se-1 or se-1500"],
    [
      "a list that holds parts of it only",
      () => ({ shipments: [{ shipment_id: "se-3", shipment_number: "N-11" }], total: 1 }),
      "none"
    ],
    [
      "a number in other case",
      () => ({ shipments: [{ shipment_id: "se-3", shipment_number: "n-1" }], total: 1 }),
      "none"
    ],
    ["a status of tomorrow", () => ({
      shipments: [{ shipment_id: "se-3", shipment_number: "N-1", shipment_status: "on_hold" }],
      total: 1
    }), "se-3"],
    ["the same shipment twice", () => ({ shipments: [rows[0], rows[0]], total: 2 }), "se-1"],
    [
      "capped pages that tell nothing of their number",
      (url) => {
        url.searchParams.set("page_size", "1")
        return { shipments: pageOf(rows, url).shipments }
      },
      "se-1 or se-1500"
    ]
  ])("%s", ([, respond, expected]) =>
    Effect.gen(function*() {
      const { result } = yield* one(respond)
      expect(result._tag === "Right" ? told(result.right) : result.left.message).toEqual([expected])
    }))

  it.effect.each<[name: string, respond: (url: URL, count: number) => unknown, message: string, status?: number]>([
    ["no id", () => ({ shipments: [{ shipment_number: "N-1" }], total: 1 }), "without its id or its shipment_number"],
    [
      "an id that can't be",
      () => ({ shipments: [{ shipment_id: "1", shipment_number: "N-1" }], total: 1 }),
      "without its id"
    ],
    [
      "a number that is null",
      () => ({ shipments: [{ shipment_id: "se-1", shipment_number: null }], total: 1 }),
      "without its id"
    ],
    ["no number", () => ({ shipments: [{ shipment_id: "se-1" }], total: 1 }), "without its id or its shipment_number"],
    ["no object", () => ({ shipments: [null], total: 1 }), "without its id or its shipment_number"],
    [
      "another total on its last page",
      (_, count) => ({
        shipments: count === 0 ? [{ shipment_id: "se-7", shipment_number: "N-7" }] : [],
        total: 3 - 2 * count
      }),
      "before it has told all"
    ],
    [
      "others on a page that isn't full, and then the right total",
      (_, count) =>
        count === 0
          ? {
            shipments: [{ shipment_id: "se-7", shipment_number: "N-7" }, {
              shipment_id: "se-8",
              shipment_number: "N-8"
            }]
          }
          : { shipments: [], total: 1 },
      "more than it says"
    ],
    ["fewer than it says", () => ({ shipments: [], total: 3 }), "before it has told all"],
    ["pages that repeat", () => ({ shipments: [rows[0]], total: 9 }), "repeats itself"],
    [
      "no end",
      (_, count) => ({ shipments: [{ shipment_id: `se-${count}`, shipment_number: "N-1" }], total: 99 }),
      "no end"
    ],
    ["HTML", () => "<html>Just a moment</html>", "Status 200"],
    ["HTML of a gateway", () => "<html>Bad gateway</html>", "502", 502],
    ["an empty 500", () => "", "500", 500],
    ["no list", () => ({ shipments: null }), "Status 200"]
  ])("of which the list tells %s is no match, but an error", ([, respond, message, status]) =>
    Effect.gen(function*() {
      const { result } = yield* one(respond, status)
      expect(result).toMatchObject({
        _tag: "Left",
        left: { _tag: "ShipStationUnexpectedResponseError", message: expect.stringContaining(message) }
      })
    }))
})

describe("one by its id", () => {
  const notFound = (error_code: string, error_type = "validation") => ({
    errors: [{ error_source: "ShipStation", error_type, error_code, message: "no" }]
  })

  it.effect.each<[name: string, status: number, body: unknown, expected: string]>([
    ["found", 200, rows[6], "se-7"],
    ["not found", 404, notFound("not_found"), "none"],
    ["no such id", 404, notFound("invalid_identifier"), "none"],
    ["no such id, as a wrong request", 400, notFound("invalid_identifier"), "none"],
    ["another wrong request", 400, notFound("invalid_field_value"), "ShipStationValidationError"],
    ["another shipment", 200, rows[7], "ShipStationUnexpectedResponseError"],
    ["a shipment without an id", 200, {}, "ShipStationUnexpectedResponseError"],
    ["a gateway's 404", 404, "<html>", "ShipStationUnexpectedResponseError"],
    ["an empty 404", 404, "", "ShipStationUnexpectedResponseError"],
    [
      "a carrier's 404",
      404,
      { errors: [{ error_source: "carrier", error_type: "validation" }] },
      "ShipStationValidationError"
    ],
    ["a 404 of the account", 404, notFound("not_found", "account_status"), "ShipStationAccountStatusError"],
    ["a 404 of the key", 404, notFound("not_found", "security"), "ShipStationSecurityError"],
    ["a 404 of the system", 404, notFound("not_found", "system"), "ShipStationSystemError"],
    ["a 404 of an integration", 404, notFound("not_found", "integrations"), "ShipStationIntegrationsError"],
    ["a wrong key", 401, notFound("unauthorized", "security"), "ShipStationSecurityError"]
  ])("%s", ([, status, body, expected]) =>
    Effect.gen(function*() {
      const { layer } = yield* hostile(() => answer(body, status))
      const result = yield* inTime(Effect.either(Effect.provide(resolve([{ v1_order_id: "7" }]), layer)))
      expect(result._tag === "Right" ? told(result.right).join() : result.left._tag).toBe(expected)
    }))
})

describe("a failure", () => {
  const unauthorized = { errors: [{ error_source: "shipengine", error_type: "security", error_code: "unauthorized" }] }

  it.effect("ends the resolution, and nothing more is asked", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url) =>
        isFiltered(url) ? answer(unauthorized, 401) : answer({ shipments: [], total: null })
      )
      const result = yield* inTime(Effect.either(Effect.provide(resolve(numbers(1, 500)), layer)))
      expect(result).toMatchObject({ left: { _tag: "ShipStationSecurityError" } })
      expect((yield* requests).length).toBeLessThanOrEqual(5)
    }))

  it.effect("of one ends the others too, while a slow one is waited for", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url) => {
        if (!isFiltered(url)) return answer({ shipments: [], total: null })
        const number = url.searchParams.get("shipment_number")
        if (number === "N-2") return answer(unauthorized, 401)
        return Effect.delay(answer(pageOf(rows, url)), number === "N-1" ? "20 seconds" : "10 millis")
      })
      const result = yield* inTime(Effect.either(Effect.provide(resolve(numbers(1, 100)), layer)))
      expect(result).toMatchObject({ left: { _tag: "ShipStationSecurityError" } })
      expect((yield* requests).length).toBe(1 + 4)
    }))

  it.effect("is none when it is interrupted, with four requests under way", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url) =>
        isFiltered(url) ? Effect.never : answer({ shipments: [], total: null })
      )
      const fiber = yield* Effect.fork(Effect.provide(resolve(numbers(1, 500)), layer))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      expect((yield* requests).length).toBe(1 + 4)
    }))
})

describe("all shipments", () => {
  const all = (query: Parameters<Shipments.Service["listAll"]>[0], respond: (url: URL) => unknown) =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile((url) => answer(respond(url)))
      const listed = yield* inTime(
        Effect.flatMap(Shipments.Shipments, ({ listAll }) => Stream.runCollect(listAll(query))).pipe(
          Effect.provide(layer)
        )
      )
      return { ids: Chunk.toReadonlyArray(listed).map(({ shipment_id }) => shipment_id), requests: yield* requests }
    })

  it.effect("come page by page", () =>
    Effect.gen(function*() {
      const { ids, requests } = yield* all({ sort_dir: "asc" }, (url) => pageOf(rows, url))
      expect(ids).toEqual(rows.map(({ shipment_id }) => shipment_id))
      expect(requests).toEqual([1, 2, 3].map((page) => `/v2/shipments?page=${page}&page_size=500&sort_dir=asc`))
      const others = yield* all({ page: 15, page_size: 100 }, (url) => pageOf(rows, url))
      expect(others.ids.length).toBe(100)
    }))

  it.effect("are those of a query that inherits its filters", () =>
    Effect.gen(function*() {
      class Own {
        get tag() {
          return "urgent"
        }
      }
      const { requests } = yield* all(new Own(), () => ({ shipments: [], pages: 1 }))
      expect(requests).toEqual(["/v2/shipments?tag=urgent&page=1&page_size=500"])
    }))

  it.effect("fail where the query can't be", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* hostile(() => answer(""))
      const result = yield* Effect.flatMap(Shipments.Shipments, ({ list }) => Effect.either(list({ page: 0, tag: "" })))
        .pipe(Effect.provide(layer))
      expect(result).toMatchObject({
        left: {
          _tag: "InvalidShipmentsQueryError",
          message: "tag must not be empty: leave it out instead; page must be 1 or more"
        }
      })
      expect(yield* requests).toEqual([])
    }))
})
