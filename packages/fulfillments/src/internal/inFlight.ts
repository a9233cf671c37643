/** Which shipments calls have to themselves. First come, first served: one that comes back at once waits for all others. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { Tickets } from "./ticket.js"

/** A call that has shipments to itself. */
interface Call<Seen> {
  /** What was found of its shipments by looks for others. */
  readonly seen: Map<string, Seen>
}

/** A call that waits for shipments that others have. */
interface Waiting<Seen> {
  readonly tickets: Tickets
  readonly turn: Deferred.Deferred<Call<Seen>>
}

/** Nobody has any. */
export const make = <Seen>() => {
  const calls = new Map<string, Call<Seen>>()
  const line = new Set<Waiting<Seen>>()

  const take = (tickets: Tickets): Call<Seen> => {
    const call: Call<Seen> = { seen: new Map() }
    for (const { shipmentId } of tickets) calls.set(shipmentId, call)
    return call
  }

  const isFree = (tickets: Tickets, others: ReadonlySet<string>) =>
    tickets.every(({ shipmentId }) => !calls.has(shipmentId) && !others.has(shipmentId))

  /** Those who wait get their shipments, unless others have them, or wait for them longer. */
  const serve = () => {
    const wanted = new Set<string>()
    for (const waiting of line) {
      const { tickets, turn } = waiting
      if (isFree(tickets, wanted)) {
        line.delete(waiting)
        Deferred.unsafeDone(turn, Effect.succeed(take(tickets)))
      } else for (const { shipmentId } of tickets) wanted.add(shipmentId)
    }
  }

  const release = (tickets: Tickets) => {
    for (const { shipmentId } of tickets) calls.delete(shipmentId)
    serve()
  }

  /** Takes these shipments, all at once. */
  const hold = (tickets: Tickets, restore: Restore): Effect.Effect<Call<Seen>> =>
    Effect.suspend(() => {
      const waiting = { tickets, turn: Deferred.unsafeMake<Call<Seen>>(FiberId.none) }
      line.add(waiting)
      serve()
      return Effect.onInterrupt(restore(Deferred.await(waiting.turn)), () =>
        Effect.sync(() => {
          // whoever is no longer in the line has been served
          if (line.delete(waiting)) serve()
          else release(tickets)
        }))
    })

  return {
    has: (id: string) => calls.has(id),
    ids: () => calls.keys(),
    of: (id: string) => calls.get(id),
    exclusively: <A, E, R>(tickets: Tickets, effect: Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(
          hold(tickets, restore),
          Effect.ensuring(restore(effect), Effect.sync(() => release(tickets)))
        )
      )
  }
}

type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
