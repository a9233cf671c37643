/** Models of a script, and of what the server saw. */
import type * as Duration from "effect/Duration"

/** A request that was read in full. */
interface Received {
  /** Counted from 1, POSTs and GETs each for themselves. */
  readonly number: number
  /** In milliseconds, by the server's clock. */
  readonly at: number
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface Post extends Received {
  readonly _tag: "Post"
  readonly body: string
  readonly items: ReadonlyArray<Item>
}

export interface Get extends Received {
  readonly _tag: "Get"
  readonly query: Readonly<Record<string, string>>
}

/** An item of a POST, with all that was sent. */
export interface Item {
  readonly [field: string]: unknown
  readonly shipment_id: string
  readonly tracking_number: string
}

/** How a request is answered. */
export interface Answer {
  /** Default 200. */
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A text as it is, anything else as JSON. Default: what the contract says for a 2xx, else nothing. */
  readonly body?: unknown
  /**
   * `half`: the head and half of the body, and then the end of the connection. `stall`: the same, and then silence.
   * `silence`: nothing, and the connection stays. `reset`: nothing, and the connection is reset. Default `whole`.
   */
  readonly how?: "whole" | "half" | "stall" | "silence" | "reset" | undefined
  /** The answer takes so long. */
  readonly after?: Duration.DurationInput | undefined
}

export interface PostAnswer extends Answer {
  /** The first so many items, or these shipments. Default `all`. */
  readonly does?: "all" | number | ReadonlyArray<string> | undefined
  /** They are done only so long after the request was read, whatever the answer, and whoever still waits for it. */
  readonly lands?: Duration.DurationInput | undefined
}

export interface ListAnswer extends Answer {
  /** What is younger isn't shown. */
  readonly lag?: Duration.DurationInput | undefined
  /** Filters by date take each fulfillment for created so many hours later, or earlier. */
  readonly hoursOff?: number | undefined
  /** A page has so many rows at most. */
  readonly cap?: number | undefined
  /** Parameters of the query, such as `shipment_id`, that change nothing. */
  readonly ignores?: ReadonlyArray<string> | undefined
  /** Fields that rows and the page (`pages`, `total`, `links`) don't have. */
  readonly without?: ReadonlyArray<string> | undefined
  /** Any last change of a row. */
  readonly change?: ((row: Row) => unknown) | undefined
}

export interface Script {
  readonly post?: ((post: Post) => PostAnswer) | undefined
  readonly list?: ((get: Get) => ListAnswer) | undefined
}

/** What it has seen and done so far. */
export interface Books {
  /** How many e-mails went out for each shipment. */
  readonly mails: () => ReadonlyMap<string, number>
  /** The shipments with more than one. */
  readonly twice: () => ReadonlyArray<string>
  /** All requests, in the order in which they were read. */
  readonly requests: () => ReadonlyArray<Post | Get>
  readonly posts: () => ReadonlyArray<Post>
  readonly gets: () => ReadonlyArray<Get>
  /** All fulfillments, as the list has them when nothing is wrong with it. */
  readonly fulfillments: () => ReadonlyArray<Row>
  /** Voids all fulfillments of a shipment, as only a person can. */
  readonly void: (shipment_id: string) => void
}

/** A fulfillment, as the list has it. */
export interface Row {
  readonly fulfillment_id: string
  readonly shipment_id: string
  readonly shipment_number: string
  readonly tracking_number: string
  readonly created_at: string
  readonly ship_date: string
  readonly voided: boolean
  readonly voided_at: string | null
}
