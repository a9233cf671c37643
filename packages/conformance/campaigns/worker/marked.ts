/** Marks the points that a process passes, around what it really uses. Nothing else is changed. */
import type { RateLimiter } from "@effect-shipstation/http-client"
import type { OutboxStore } from "@effect-shipstation/outbox"
import { HttpClient } from "@effect/platform"
import type { SqlClient, SqlConnection } from "@effect/sql"
import { Effect, FiberRef } from "effect"
import { subscribe } from "node:diagnostics_channel"
import type { Operation, Point } from "./Point.js"

/** Is told of each point, before anything else happens. */
export type Pass = (point: Point) => void

/** In which operation a fiber is. */
const current = FiberRef.unsafeMake<Operation | undefined>(undefined)

const around =
  (pass: Pass) =>
  <A, E>(operation: Operation, self: Effect.Effect<A, E>, counts: (result: A) => boolean = () =>
    true) =>
    Effect.suspend(() => {
      pass(`${operation}: before`)
      return Effect.tap(Effect.locally(self, current, operation), (result) =>
        Effect.sync(() => {
          if (counts(result)) pass(`${operation}: after`)
        }))
    })

export const markStore = (store: OutboxStore.Service, pass: Pass): OutboxStore.Service => {
  const at = around(pass)
  const isSome = ({ rows }: OutboxStore.Claim) => rows.length > 0
  return {
    ...store,
    offer: (account, inputs) =>
      Effect.suspend(() => {
        pass("offer: before")
        return Effect.tap(store.offer(account, inputs), () => Effect.sync(() => pass("offer: after")))
      }),
    claim: (options) => at("claim", store.claim(options), isSome),
    claimUnknown: (options) => at("claimUnknown", store.claimUnknown(options), isSome),
    renew: (claimed, lease) => at("renew", store.renew(claimed, lease)),
    release: (claimed) => at("release", store.release(claimed)),
    intend: (claimed, options) => at("intend", store.intend(claimed, options)),
    settle: (token, results) => at("settle", store.settle(token, results)),
    looked: (token, results, patience) => at("looked", store.looked(token, results, patience)),
    expire: at("expire", store.expire),
    pause: (account, by, error) => at("pause", store.pause(account, by, error)),
    resume: (account) => at("resume", store.resume(account)),
    holdBack: (account, duration) => at("holdBack", store.holdBack(account, duration)),
    retry: (id, options) => at("retry", store.retry(id, options)),
    discard: (id, options) => at("discard", store.discard(id, options)),
    reconcile: (...which) => at("reconcile", store.reconcile(...which))
  }
}

export const markLimiter = (store: RateLimiter.Store, pass: Pass): RateLimiter.Store => {
  const at = around(pass)
  return { ...store, take: (options) => at("take", store.take(options)) }
}

/** Transactions run on connections that are reserved for them. */
export const markCommits = (sql: SqlClient.SqlClient, pass: Pass): void => {
  const mark = (connection: SqlConnection.Connection): SqlConnection.Connection => {
    const executeUnprepared: SqlConnection.Connection["executeUnprepared"] = (statement, ...rest) => {
      const executed = connection.executeUnprepared(statement, ...rest)
      if (statement !== "COMMIT") return executed
      return Effect.flatMap(FiberRef.get(current), (operation) => {
        if (operation === undefined) return executed
        pass(`${operation}: before its commit`)
        return Effect.tap(executed, () => Effect.sync(() => pass(`${operation}: after its commit`)))
      })
    }
    return new Proxy(connection, {
      get: (target, key) => {
        if (key === "executeUnprepared") return executeUnprepared
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === "function" ? value.bind(target) : value
      }
    })
  }
  Object.assign(sql, { reserve: Effect.map(sql.reserve, mark) })
}

/** Undici tells when it has handed a request to the socket, and when the answer begins and ends. */
export const markClient = (client: HttpClient.HttpClient, pass: Pass): HttpClient.HttpClient => {
  const steps = [
    ["undici:client:sendHeaders", "before the write"],
    ["undici:request:bodySent", "written"],
    ["undici:request:headers", "answer begins"],
    ["undici:request:trailers", "answered"]
  ] as const
  for (const [channel, moment] of steps) {
    subscribe(channel, (message) => {
      const method = methodOf(message)
      if (method !== undefined) pass(`${method}: ${moment}`)
    })
  }
  return HttpClient.tapRequest(client, ({ method }) =>
    Effect.sync(() => {
      if (method === "POST" || method === "GET") pass(`${method}: before`)
    }))
}

const methodOf = (message: unknown): "POST" | "GET" | undefined => {
  if (typeof message !== "object" || message === null || !("request" in message)) return undefined
  const { request } = message
  if (typeof request !== "object" || request === null || !("method" in request)) return undefined
  return request.method === "POST" || request.method === "GET" ? request.method : undefined
}
