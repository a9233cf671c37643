import * as Host from "@effect-shipstation/page/Host"
import { Webhook } from "@effect-shipstation/schema"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Control from "../Control.js"
import { FaultRule } from "../Fault.js"
import { SeedFile } from "../SeedFile.js"
import { textOf } from "./body.js"
import * as events from "./events.js"
import * as inspector from "./inspector.js"
import { decodeJson, type Issue, issuesOf } from "./issues.js"
import type { Service } from "./service.js"

/** Whether a request is for these routes. The page is for browsers: a client of the API gets what the API answers. */
export const isFor = ({ headers, method, url }: HttpServerRequest.HttpServerRequest): boolean =>
  url.startsWith("/__emulator/") ||
  (method === "GET" && /^\/(\?|$)/.test(url) && headers["accept"]?.includes("text/html") === true)

/** What is wrong with a request. */
class Refused
  extends Data.TaggedError("Refused")<{ readonly status: number; readonly problems: ReadonlyArray<Issue> }>
{}

const refuse = (status: number, message: string) => new Refused({ status, problems: [{ path: "", message }] })

/** An answer to who may ask for nothing. */
export const refusal = (message: string) =>
  HttpServerResponse.unsafeJson({ problems: [{ path: "", message }] }, { status: 403 })

/** What the routes need and the service doesn't have. */
export interface Inside extends events.Source {
  /** False when there is none at this index. */
  readonly removeFault: (index: number) => Effect.Effect<boolean>
}

/** The routes that control an emulator, and the inspector at `/`. */
export const make = (emulator: Omit<Service, "httpApp">, inside: Inside, allowedHosts?: ReadonlyArray<string>) => {
  const readers = makeReaders(inside)
  const rules = answer(Schema.Array(FaultRule), emulator.faults)
  const clock = answer(Control.ClockState, Effect.all({ now: emulator.clock.now, frozen: emulator.clock.isFrozen }))
  const stateNow = answer(Control.State, inside.describe)
  const routes = HttpRouter.empty.pipe(
    HttpRouter.get("/health", answer(Control.Health, Effect.succeed({ status: "ok" }))),
    HttpRouter.get("/state", stateNow),
    HttpRouter.get(
      "/journal",
      Effect.flatMap(
        lastOf,
        (last) => answer(Schema.Array(Control.Request), Effect.map(emulator.requests, (all) => all.slice(-last)))
      )
    ),
    HttpRouter.get("/notifications", answer(Schema.Array(Control.Notification), emulator.notifications)),
    HttpRouter.get("/fulfillments", answer(Schema.Array(Control.Fulfillment), emulator.fulfillments)),
    HttpRouter.get("/events", readers),
    HttpRouter.get("/faults", rules),
    HttpRouter.put("/faults", body(Schema.Array(FaultRule), emulator.setFaults).pipe(Effect.zipRight(rules))),
    HttpRouter.post("/faults", body(FaultRule, emulator.addFault).pipe(Effect.zipRight(rules))),
    HttpRouter.del("/faults", Effect.zipRight(emulator.setFaults([]), rules)),
    HttpRouter.del("/faults/:index", Effect.zipRight(removeFault(inside), rules)),
    HttpRouter.post("/release", Effect.zipRight(emulator.release, stateNow)),
    HttpRouter.post(
      "/seed",
      body(
        SeedFile,
        ({ faults = [], ...seed }) => Effect.zipRight(emulator.seed(seed), Effect.forEach(faults, emulator.addFault))
      ).pipe(
        Effect.zipRight(stateNow)
      )
    ),
    HttpRouter.post("/reset", Effect.zipRight(emulator.reset, stateNow)),
    HttpRouter.get("/clock", clock),
    HttpRouter.post(
      "/clock",
      body(Control.ClockChange, ({ advance = 0, frozen }) =>
        Effect.zipRight(
          frozen === undefined ? Effect.void : frozen ? emulator.clock.freeze : emulator.clock.resume,
          emulator.clock.advance(advance)
        )).pipe(Effect.zipRight(clock))
    ),
    HttpRouter.concat(ofWebhooks(emulator)),
    HttpRouter.prefixAll("/__emulator"),
    HttpRouter.concat(inspector.routes)
  )
  return Effect.zipRight(onlyFromHere(allowedHosts), routes).pipe(
    Effect.catchTags({
      RouteNotFound: () => refuse(404, "There is no such route, or not with this method.")
    }),
    Effect.catchTag("Refused", ({ problems, status }) => HttpServerResponse.unsafeJson({ problems }, { status }))
  )
}

const ofWebhooks = ({ rotateWebhookKey, sendWebhook, sendWebhookAgain, webhooks }: Omit<Service, "httpApp">) => {
  const sent = answer(Schema.Array(Control.WebhookDelivery), webhooks)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/webhooks", sent),
    HttpRouter.post("/webhooks", body(Webhook.Event, sendWebhook).pipe(Effect.zipRight(sent))),
    HttpRouter.post("/webhooks/key", Effect.zipRight(rotateWebhookKey, sent)),
    HttpRouter.post("/webhooks/:id/again", Effect.zipRight(again(sendWebhookAgain), sent))
  )
}

/** Each reader looks at all that there is ten times a second, which a program beside them would notice if they were many. */
const mostReaders = 20

const makeReaders = (source: events.Source) => {
  let readers = 0
  const stream = Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => void readers++),
      () => Effect.sync(() => void readers--)
    ),
    () => events.make(source)
  ))
  return Effect.suspend(() =>
    readers >= mostReaders
      ? refuse(503, `${mostReaders} pages are open already, which is as many as can be kept up to date.`)
      : HttpServerResponse.stream(stream, {
        contentType: "text/event-stream",
        headers: { "cache-control": "no-store" }
      })
  )
}

const answer = <A, I>(schema: Schema.Schema<A, I>, value: Effect.Effect<A>) =>
  Effect.flatMap(value, (value) => Effect.orDie(HttpServerResponse.schemaJson(schema)(value)))

const body = <A, I, B>(schema: Schema.Schema<A, I>, use: (body: A) => Effect.Effect<B>) => {
  const decode = decodeJson(schema)
  return Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const text = yield* Effect.mapError(
      textOf(request),
      (reason) => refuse(reason === "too large" ? 413 : 400, `The body is ${reason}.`)
    )
    const decoded = decode(text)
    if (Either.isLeft(decoded)) return yield* new Refused({ status: 400, problems: decoded.left })
    return yield* use(decoded.right)
  })
}

const again = Effect.fnUntraced(function*(send: Service["sendWebhookAgain"]) {
  const { id = "" } = yield* HttpRouter.params
  if (!/^[1-9]\d*$/.test(id) || !(yield* send(Number(id)))) {
    return yield* refuse(404, "No webhook with this id was sent.")
  }
})

const removeFault = Effect.fnUntraced(function*({ removeFault }: Inside) {
  const { index = "" } = yield* HttpRouter.params
  if (!/^\d+$/.test(index) || !(yield* removeFault(Number(index)))) {
    return yield* refuse(404, "There is no fault at this index.")
  }
})

const lastOf = HttpServerRequest.schemaSearchParams(Schema.Struct({
  last: Schema.optionalWith(
    Schema.NumberFromString.pipe(
      Schema.between(1, 10_000),
      Schema.int()
    ).annotations({ message: () => ({ message: "must be a whole number from 1 to 10000", override: true }) }),
    { default: () => 100 }
  )
})).pipe(
  Effect.map(({ last }) => last),
  Effect.mapError((error) => new Refused({ status: 400, problems: issuesOf(error) }))
)

/**
 * Pages in a browser on this machine can send requests here too. They carry their origin, and where a name was made to
 * lead here, that name. Nobody can make an address lead elsewhere.
 */
const onlyFromHere = Effect.fnUntraced(function*(allowedHosts: ReadonlyArray<string> | undefined) {
  const { headers, originalUrl } = yield* HttpServerRequest.HttpServerRequest
  // in-process requests carry their whole URL, those from a socket only the host
  const host = originalUrl.startsWith("/") ? headers["host"] ?? "" : new URL(originalUrl).host
  if (!Host.isHere(host, allowedHosts)) return yield* refuse(403, Host.whyNot)
  const origin = headers["origin"]
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return yield* refuse(403, "Web pages of other origins are not answered here.")
  }
  // sent without an origin too, by a picture or a script for example; a link may lead to the inspector
  const site = headers["sec-fetch-site"] ?? "none"
  if (site !== "none" && site !== "same-origin" && headers["sec-fetch-mode"] !== "navigate") {
    return yield* refuse(403, "Web pages of other origins are not answered here.")
  }
})
