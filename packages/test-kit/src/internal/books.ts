import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { Answer, Books, Get, Item, Post, PostAnswer, Row, Script } from "../Script.js"
import { pageOf } from "./page.js"

export interface Sent extends Pick<Post, "url" | "headers" | "body"> {
  readonly method: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly how: NonNullable<Answer["how"]>
}

/** Keeps the books of a server, and answers as its script says. */
export const make = Effect.fnUntraced(function*(script: Script) {
  const scope = yield* Scope.Scope
  const requests: Array<Post | Get> = []
  const rows: Array<Row> = []
  const posts = () => requests.filter((request) => request._tag === "Post")
  const gets = () => requests.filter((request) => request._tag === "Get")

  const book = (items: ReadonlyArray<Item>) =>
    Effect.map(DateTime.now, (now) => {
      for (const item of items) rows.push(rowOf(item, rows.length + 1, DateTime.formatIso(now)))
    })

  const create = Effect.fnUntraced(function*(post: Post) {
    const answer = script.post?.(post) ?? {}
    const { does, lands } = answer
    const done = post.items.filter(isDone(does))
    yield* lands === undefined ? book(done) : Effect.forkIn(Effect.delay(book(done), lands), scope)
    return { answer, usual: resultsOf(post.items, done) }
  })

  const list = (get: Get) => {
    const answer = script.list?.(get) ?? {}
    return { answer, usual: pageOf(rows, get, answer) }
  }

  const handle = Effect.fnUntraced(function*({ body, headers, method, url }: Sent) {
    const at = DateTime.toEpochMillis(yield* DateTime.now)
    const query = Object.fromEntries(new URL(url, "http://localhost").searchParams)
    const request: Post | Get = method === "POST"
      ? { _tag: "Post", number: posts().length + 1, at, url, headers, body, items: itemsOf(body) }
      : { _tag: "Get", number: gets().length + 1, at, url, headers, query }
    requests.push(request)
    const { answer, usual } = request._tag === "Post" ? yield* create(request) : list(request)
    if (answer.after !== undefined) yield* Effect.sleep(answer.after)
    return replyOf(answer, usual, yield* DateTime.now)
  })

  const mails = () => {
    const all = new Map<string, number>()
    for (const { shipment_id } of rows) all.set(shipment_id, (all.get(shipment_id) ?? 0) + 1)
    return all
  }
  const books: Books = {
    mails,
    twice: () => [...mails()].flatMap(([shipment_id, count]) => count > 1 ? [shipment_id] : []),
    requests: () => requests.slice(),
    posts,
    gets,
    fulfillments: () => rows.slice(),
    void: (shipment_id) => {
      for (const [index, row] of rows.entries()) {
        if (row.shipment_id === shipment_id) rows[index] = { ...row, voided: true, voided_at: row.created_at }
      }
    }
  }
  return { books, handle }
})

/** Reads anything that was sent: what can't be read has no items. */
const itemsOf = (body: string): ReadonlyArray<Item> => {
  let sent: unknown
  try {
    sent = JSON.parse(body)
  } catch {
    return []
  }
  return Predicate.isRecord(sent) && Array.isArray(sent["fulfillments"])
    ? sent["fulfillments"].filter(Predicate.isRecord).map((item) => ({
      ...item,
      shipment_id: String(item["shipment_id"]),
      tracking_number: String(item["tracking_number"])
    }))
    : []
}

const isDone = (does: PostAnswer["does"] = "all") => ({ shipment_id }: Item, index: number): boolean =>
  does === "all" || (typeof does === "number" ? index < does : does.includes(shipment_id))

const rowOf = ({ shipment_id, tracking_number }: Item, number: number, created_at: string): Row => ({
  fulfillment_id: `se-f-${number}`,
  shipment_id,
  shipment_number: `N-${shipment_id}`,
  tracking_number,
  created_at,
  ship_date: created_at,
  voided: false,
  voided_at: null
})

const resultsOf = (items: ReadonlyArray<Item>, done: ReadonlyArray<Item>) => ({
  has_errors: done.length < items.length,
  fulfillments: items.map((item) => ({
    shipment_id: item.shipment_id,
    shipment_number: `N-${item.shipment_id}`,
    error_message: done.includes(item) ? null : "It was not done."
  }))
})

const replyOf = ({ body, headers, how = "whole", status = 200 }: Answer, usual: unknown, now: DateTime.Utc): Reply => {
  const content = body === undefined && status < 300 ? usual : body ?? ""
  return {
    status,
    headers: { date: DateTime.toDateUtc(now).toUTCString(), "content-type": "application/json", ...headers },
    body: typeof content === "string" ? content : JSON.stringify(content),
    how
  }
}
