/**
 * The outbox in a browser. A host application mounts `httpApp` behind its own authentication: whoever reaches it can see
 * all rows, and retry and discard them.
 */
import { Outbox, type Service as OutboxService } from "@effect-shipstation/outbox/Outbox"
import type { OutboxStoreError } from "@effect-shipstation/outbox/OutboxError"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { DashboardApi, Unavailable } from "./DashboardApi.js"
import { explain } from "./Explanation.js"
import * as Events from "./internal/events.js"
import * as Guard from "./internal/guard.js"
import * as Page from "./internal/page.js"
import * as Watch from "./internal/watch.js"

/** So many rows of a page. */
const pageSize = 50

const unavailable = (error: OutboxStoreError) => new Unavailable({ message: error.message })

const handlers = (outbox: OutboxService, watch: Effect.Effect.Success<typeof Watch.make>) =>
  HttpApiBuilder.group(DashboardApi, "outbox", (handlers) =>
    handlers
      .handle("overview", () => watch.current)
      .handle("rows", ({ urlParams: { state, ...filter } }) =>
        Effect.catchTag(
          outbox.list({ ...filter, ...(state === undefined ? {} : { states: [state] }), limit: pageSize }),
          "OutboxStoreError",
          unavailable
        ))
      .handle("row", ({ path: { id } }) =>
        Effect.gen(function*() {
          const { evidence, history, row } = yield* outbox.get(id)
          const account = (yield* outbox.accounts).find(({ account }) => account === row.account)
          return { row, history, evidence, explanation: explain(row, account, yield* DateTime.now) }
        }).pipe(Effect.catchTag("OutboxStoreError", unavailable)))
      .handle("retry", ({ path: { id }, payload }) =>
        Effect.catchTag(outbox.retry(id, payload), "OutboxStoreError", unavailable))
      .handle("discard", ({ path: { id }, payload }) =>
        Effect.catchTag(outbox.discard(id, payload), "OutboxStoreError", unavailable))
      .handle("pause", ({ path: { account }, payload }) =>
        Effect.catchTag(outbox.pause(account, payload), "OutboxStoreError", unavailable))
      .handle("resume", ({ path: { account }, payload }) =>
        Effect.catchTag(outbox.resume(account, payload), "OutboxStoreError", unavailable)))

/** The page, its routes and its events. Whoever mounts it decides who may use it. */
export class Dashboard extends Context.Tag("@effect-shipstation/dashboard/Dashboard")<Dashboard, {
  /** At whatever path it is mounted: `HttpRouter.mountApp("/outbox", httpApp)`. */
  readonly httpApp: HttpApp.Default
}>() {}
