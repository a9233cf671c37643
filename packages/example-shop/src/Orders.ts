/** The orders: which are packed, and what is known of their fulfillments. */
import { Accounts, Outbox, OutboxError } from "@effect-shipstation/outbox"
import { Migrator, SqlClient, SqlError } from "@effect/sql"
import { Context, Effect, Layer, Option, Schedule } from "effect"
import { DatabaseUnavailable, type Order, OrderExists, OrderUnknown, PackedAlready, type Parcel } from "./Api.js"

interface OrderRow {
  readonly id: string
  readonly shipment_id: string
  readonly tracking_number: string | null
  readonly carrier_code: string | null
}

export class Orders extends Context.Tag("@effect-shipstation/example-shop/Orders")<Orders, {
  /** An order came in. The same again changes nothing. */
  readonly add: (order: Pick<Order, "id" | "shipment_id">) => Effect.Effect<Order, OrderExists | DatabaseUnavailable>
  readonly get: (id: string) => Effect.Effect<Order, OrderUnknown | DatabaseUnavailable>
  /** Its parcel is ready, so its customer will be told. Also to be repeated, and to correct what ShipStation rejected. */
  readonly pack: (
    id: string,
    parcel: Parcel
  ) => Effect.Effect<Order, OrderUnknown | PackedAlready | DatabaseUnavailable>
}>() {}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const outbox = yield* Outbox.Outbox
  yield* migrate

  const toOrder = Effect.fnUntraced(function*({ carrier_code, id, shipment_id, tracking_number }: OrderRow) {
    if (tracking_number === null || carrier_code === null) return { id, shipment_id }
    const { rows: [row] } = yield* outbox.list({
      account: Accounts.defaultAccount,
      shipmentId: shipment_id,
      limit: 1
    })
    const parcel = { tracking_number, carrier_code }
    if (row === undefined) return { id, shipment_id, parcel }
    const { attempts, lastError, state, updatedAt } = row
    return { id, shipment_id, parcel, fulfillment: { state, since: updatedAt, attempts, trouble: lastError?.message } }
  })

  const find = (id: string) => Effect.map(sql<OrderRow>`SELECT * FROM orders WHERE id = ${id}`, ([row]) => row)

  return Orders.of({
    add: ({ id, shipment_id }) =>
      Effect.gen(function*() {
        yield* sql`INSERT INTO orders (id, shipment_id) VALUES (${id}, ${shipment_id}) ON CONFLICT DO NOTHING`
        const row = yield* find(id)
        return row?.shipment_id === shipment_id ? yield* toOrder(row) : yield* new OrderExists({ id })
      }).pipe(orUnavailable),

    get: (id) =>
      Effect.gen(function*() {
        const row = yield* find(id)
        return row === undefined ? yield* new OrderUnknown({ id }) : yield* toOrder(row)
      }).pipe(orUnavailable),

    pack: (id, parcel) =>
      Effect.gen(function*() {
        // of two who pack at once, one waits here for the other
        const [row] = yield* sql<OrderRow>`UPDATE orders SET ${sql.update(parcel)} WHERE id = ${id} RETURNING *`
        if (row === undefined) return yield* new OrderUnknown({ id })
        const [answer] = yield* outbox.offer([{ shipment_id: row.shipment_id, ...parcel }])
        if (answer?._tag === "Replaced" || answer?._tag === "Refused") return yield* new PackedAlready({ id })
        return yield* toOrder(row)
      }).pipe(
        // both are stored or neither: also when it fails after the offer
        sql.withTransaction,
        orUnavailable,
        Effect.withSpan("Orders.pack", { captureStackTrace: false, attributes: { "shop.order": id } })
      )
  })
})

/** Needs the database and the outbox in it. */
export const layer = Layer.effect(Orders, make)

const migrations = Migrator.fromRecord({
  "0001_orders": Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql`CREATE TABLE orders (
      id TEXT PRIMARY KEY,
      shipment_id TEXT NOT NULL UNIQUE,
      tracking_number TEXT,
      carrier_code TEXT
    )`)
})

/** Another replica may be at it, and then it is done at the next try. */
const migrate = Migrator.make({})({ loader: migrations, table: "shop_migrations" }).pipe(
  Effect.retry(Schedule.intersect(Schedule.spaced("200 millis"), Schedule.recurs(50)))
)

const orUnavailable = <A, E>(
  self: Effect.Effect<A, E | SqlError.SqlError | OutboxError.OutboxStoreError>
): Effect.Effect<A, E | DatabaseUnavailable> =>
  self.pipe(
    // such as a failed commit of `withTransaction`
    Effect.catchSomeDefect((defect) =>
      defect instanceof SqlError.SqlError ? Option.some(Effect.fail(defect)) : Option.none()
    ),
    Effect.catchAll((error): Effect.Effect<never, E | DatabaseUnavailable> =>
      error instanceof SqlError.SqlError || error instanceof OutboxError.OutboxStoreError
        ? Effect.zipRight(Effect.logWarning("The database failed", error), new DatabaseUnavailable())
        : Effect.fail(error)
    )
  )
