/** What a process of the campaigns is told to do, as its one argument; and what it tells, a line each, on stdout. */
import * as Schema from "effect/Schema"
import { Point } from "./Point.js"

/** Where the rows are. */
export const Database = Schema.Union(
  Schema.TaggedStruct("SQLite", { filename: Schema.String }),
  Schema.TaggedStruct("Postgres", { url: Schema.String })
)

/** Where the rows are. */
export type Database = typeof Database.Type

/** A shipment that is packed: stored as an order, and offered, in one transaction. */
export const Order = Schema.Struct({
  account: Schema.String,
  shipment_id: Schema.String,
  tracking_number: Schema.String
})

/** A shipment that is packed. */
export interface Order extends Schema.Schema.Type<typeof Order> {}

const Pace = Schema.Struct({
  /** How long rows are a worker's that isn't heard of. */
  lease: Schema.Int,
  /** How long after its intent a request may be sent. */
  sendWithin: Schema.Int,
  /** How long an answer may take. */
  timeout: Schema.Int,
  /** How long after a question for rows that are due it asks again. */
  poll: Schema.Int
})

export const Job = Schema.Struct({
  name: Schema.String,
  database: Database,
  /** Of the tables. */
  prefix: Schema.String,
  /** Of the emulator. */
  url: Schema.String,
  /** Their names are their keys. */
  accounts: Schema.Array(Schema.String),
  limit: Schema.Int,
  /** In milliseconds. */
  window: Schema.Int,
  pace: Pace,
  /** The most rows of a request. */
  batchSize: Schema.Int,
  /** Where it listens as a runner of a cluster. Left out: it is a worker that shares the accounts with the others. */
  port: Schema.optional(Schema.Int),
  /** Transaction by transaction. */
  orders: Schema.Array(Schema.Array(Order)),
  /** Where it kills or stops itself. */
  at: Schema.optional(Schema.Struct({
    point: Point,
    /** At which passage of it, from 1. */
    nth: Schema.Int,
    signal: Schema.Literal("SIGKILL", "SIGSTOP")
  })),
  /** In milliseconds: then it is told to stop, as by a deployment. */
  stopAfter: Schema.optional(Schema.Int),
  /** It doesn't end when no row is open. */
  stays: Schema.optional(Schema.Boolean),
  /** Decides what its operator does. Left out: there is none. */
  operator: Schema.optional(Schema.Int),
  /** The control: what is found on its way is sent again. */
  resends: Schema.Boolean
})

export interface Job extends Schema.Schema.Type<typeof Job> {}

/** What it tells. */
export const Told = Schema.Union(
  Schema.TaggedStruct("Ready", {}),
  /** A transaction was committed. */
  Schema.TaggedStruct("Packed", { shipmentIds: Schema.Array(Schema.String) }),
  /** It stops itself now. */
  Schema.TaggedStruct("Stopping", {})
)

export type Told = typeof Told.Type

/** How fast it lives, in milliseconds. */
export type Pace = typeof Pace.Type

/** Who is killed soon. */
export const hasty: Pace = { lease: 1_000, sendWithin: 700, timeout: 600, poll: 50 }

/** Who has very many accounts on a machine that others use too. */
export const busy: Pace = { lease: 4_000, sendWithin: 3_000, timeout: 2_500, poll: 1_000 }

/** Who brings all to an end, on a machine that may be busy. */
export const patient: Pace = { lease: 10_000, sendWithin: 5_000, timeout: 5_000, poll: 50 }

/** By then a request that was sent has done what it does, and the list shows it: what an operator has to wait for. */
export const settledAfter = 1_200
