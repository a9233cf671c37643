/**
 * The one place where a request is sent: URL, key, time-out, span, decoding, and what a failure means. It runs on any
 * `HttpClient`. Give it a plain one. One that repeats is stopped before the second time, and what became of the first isn't
 * known.
 *
 * @since 0.1.0
 */
import * as CreateFulfillments from "@effect-shipstation/schema/CreateFulfillments"
import { validateInput } from "@effect-shipstation/schema/Fulfillment"
import * as ListFulfillments from "@effect-shipstation/schema/ListFulfillments"
import * as Paging from "@effect-shipstation/schema/Paging"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Array from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { flow } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Body from "./internal/body.js"
import * as Deadlines from "./internal/deadlines.js"
import { checkPath, encodePart, isCreateFulfillments } from "./internal/endpoint.js"
import * as Execute from "./internal/execute.js"
import { checkBaseUrl } from "./internal/origin.js"
import * as Telemetry from "./internal/telemetry.js"
import type { Happened } from "./internal/toError.js"
import * as Transport from "./internal/transport.js"
import * as Options from "./Options.js"
import * as RateLimiter from "./RateLimiter.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ShipStationConfig from "./ShipStationConfig.js"
import type { ShipStationError } from "./ShipStationError.js"

/**
 * The method of a request.
 *
 * @since 0.1.0
 * @category models
 */
export type Method = ShipStationError["method"]

/**
 * A decoded success.
 *
 * @since 0.1.0
 * @category models
 */
export interface Success<A> {
  readonly body: A
  readonly method: Method
  /** Without query. */
  readonly url: string
  readonly status: number
  /** ShipStation's id of the request, for their support. */
  readonly requestId: string | undefined
  /** The server's clock, from the header `Date`. */
  readonly date: DateTime.Utc | undefined
}

/**
 * Sends requests: the two of the API's fulfillments, and any other of API v2.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * `POST /v2/fulfillments`. A success may hold items that failed. An error with `delivery: "unknown"` means that the
   * shipments may have been fulfilled; it is never retried.
   *
   * A request that is an effect is made right before it is sent, at each attempt, after the wait for the rate limit. If
   * the effect fails, nothing is sent, and its error is not retried.
   */
  readonly createFulfillments: <E = never, R = never, E2 = never, R2 = never>(
    request: CreateFulfillments.Request | Effect.Effect<CreateFulfillments.Request, E, R>,
    options?: CreateOptions<E2, R2>
  ) => Effect.Effect<Success<CreateFulfillments.Response>, ShipStationError | E | E2, R | R2>
  /** `GET /v2/fulfillments`. */
  readonly listFulfillments: (
    query: ListFulfillments.Query
  ) => Effect.Effect<Success<ListFulfillments.Page>, ShipStationError>
  /**
   * Any other request of API v2, with the same key, limit, errors and spans. A GET is retried as the policy says; nothing
   * else is unless `mayRepeat` says so. The path begins with `/v2/`; `path` makes one with ids in it.
   *
   * Shipments are fulfilled by `createFulfillments`, or better by `Fulfillments.create`: a `POST /v2/fulfillments` is
   * refused here.
   */
  readonly request: <A, I, R, B = unknown, BI = unknown, BR = never>(
    method: Method,
    path: string,
    options: RequestOptions<A, I, R, B, BI, BR>
  ) => Effect.Effect<Success<A>, ShipStationError, R | BR>
  /** How long an answer is waited for: `ShipStationConfig`'s `timeout`. */
  readonly timeout: Duration.Duration
  /** Whose requests these are: `ShipStationConfig`'s `account`. */
  readonly account: string
  /**
   * One object for all clients of one configuration in one program: what is remembered of the account belongs to it, and not
   * to a client, as layers are built anew wherever they are used.
   */
  readonly shared?: object | undefined
  /** How far apart requests may go when the whole limit is used. */
  readonly pace: Effect.Effect<Duration.Duration>
}

/**
 * Options of `createFulfillments`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateOptions<E = never, R = never> {
  /**
   * Runs before each further attempt, given the error of the last one: after the policy's delay, before the wait for the
   * rate limit. If it fails, nothing more is sent, and its error is the end.
   */
  readonly beforeRetry?: ((error: ShipStationError) => Effect.Effect<void, E, R>) | undefined
  /** Runs as the request leaves, at each attempt: from then on it may be acted on. */
  readonly leaves?: Effect.Effect<void> | undefined
}

/**
 * Options of `request`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestOptions<A, I = unknown, R = never, B = unknown, BI = unknown, BR = never> {
  /** Values that are `undefined` are left out. */
  readonly query?: UrlParams.Input | undefined
  /** Becomes JSON, by `bodySchema` if there is one. */
  readonly body?: B | undefined
  readonly bodySchema?: Schema.Schema<B, BI, BR> | undefined
  /** What the JSON of a success is decoded with; `undefined` stands for an empty body, so `Schema.Void` takes one. */
  readonly response: Schema.Schema<A, I, R>
  /**
   * Whether it does no harm to do it twice, so that it is retried even if it may have been acted on. Default: for a GET,
   * and for nothing else.
   */
  readonly mayRepeat?: boolean | undefined
}

/**
 * Sends requests to ShipStation.
 *
 * @since 0.1.0
 * @category tags
 */
export class ShipStationClient extends Context.Tag("@effect-shipstation/http-client/ShipStationClient")<
  ShipStationClient,
  Service
>() {}

export {
  /**
   * Counts requests that were sent.
   *
   * @since 0.1.0
   * @category metrics
   */
  requestCount,
  /**
   * How long requests took, in seconds.
   *
   * @since 0.1.0
   * @category metrics
   */
  requestDuration,
  /**
   * Counts attempts after the first.
   *
   * @since 0.1.0
   * @category metrics
   */
  retryCount
} from "./internal/telemetry.js"

/**
 * Makes a path in which ids are escaped: ``path`/v2/shipments/${id}` ``.
 *
 * @since 0.1.0
 * @category constructors
 */
export const path = (texts: TemplateStringsArray, ...ids: ReadonlyArray<string | number>): string =>
  texts.map((text, index) => index === 0 ? text : encodePart(ids[index - 1] ?? "") + text).join("")

/**
 * Builds the client from its configuration and an `HttpClient`. Unless a `RateLimiter` is provided, it has one of its own,
 * with the API's limits; clients of one configuration count together.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, HttpClient.HttpClient | ShipStationConfig.ShipStationConfig> = Effect
  .map(build(), ({ service }) => service)

/** The client, and what ends its timer. */
function build() {
  return Effect.gen(function*() {
    const config = yield* ShipStationConfig.ShipStationConfig
    const baseUrl = checkBaseUrl(config.baseUrl, config.allowInsecureHosts)
    const server = Option.getOrUndefined(Either.getRight(baseUrl))
    const base = server === undefined ? "" : `${server.origin}${server.pathname.replace(/\/+$/, "")}`
    const shared = yield* sharedOf(config)
    const limiter = yield* limiterInForce(shared)
    const deadlines = yield* Deadlines.make(config.timeout)
    const execute = Execute.make({
      config,
      limiter,
      metrics: Telemetry.make({ account: config.account, server }),
      policy: yield* RetryPolicy.RetryPolicy,
      send: Transport.make(yield* HttpClient.HttpClient, deadlines)
    })

    /** Where a request goes, or why it isn't sent whatever it holds. */
    const to = (method: Method, path: Either.Either<string, string> = Either.right("/v2/fulfillments")) => ({
      method,
      url: Either.match(path, { onLeft: () => base, onRight: (path) => `${base}${path}` }),
      refusal: Option.firstSomeOf([
        Option.map(Either.getLeft(baseUrl), misconfigured),
        method !== "GET" && config.mode === "readOnly" ? Option.some(misconfigured(readOnly(method))) : Option.none(),
        Option.map(Either.getLeft(path), (reason): Happened => ({ _tag: "Invalid", reason }))
      ])
    })

    const create = to("POST")
    const createFulfillments: Service["createFulfillments"] = (request, options) =>
      execute({
        ...create,
        encode: Effect.map(
          Effect.isEffect(request) ? request : Effect.succeed(request),
          (request) => encodeRequest(config.mode === "silent" ? silenced(request) : request)
        ),
        decode: (body) => Effect.succeed(CreateFulfillments.decodeResponse(body)),
        leaves: options?.leaves
      }, { repeat: "notDone", beforeRetry: options?.beforeRetry })

    const list = to("GET")
    const listFulfillments: Service["listFulfillments"] = (query) =>
      execute({
        ...list,
        encode: Effect.sync(() => encodeQuery(query)),
        isWhole: true,
        decode: (body) => Effect.succeed(decodePage(body))
      }, { repeat: "always" })

    const request: Service["request"] = (given, path, options) => {
      const method = methodOf(given)
      return execute({
        ...to(method, checkRequest(method, path, options.body)),
        encode: Body.encode(options),
        decode: Body.decode(options.response)
      }, { repeat: options.mayRepeat ?? method === "GET" ? "always" : "never" })
    }

    const { account, timeout } = config
    const service: Service = {
      createFulfillments,
      listFulfillments,
      request,
      timeout,
      account,
      shared,
      pace: limiter.pace
    }
    return { service, close: deadlines.close }
  })
}

/**
 * Needs a configuration and an `HttpClient`. It is built anew for each configuration that it is provided with.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<
  ShipStationClient,
  never,
  HttpClient.HttpClient | ShipStationConfig.ShipStationConfig
> = Layer.fresh(Layer.scoped(
  ShipStationClient,
  Effect.map(Effect.acquireRelease(build(), ({ close }) => close), ({ service }) => service)
))

/** The one that is provided, else one of this client's own. */
const limiterInForce = ({ store }: Shared) =>
  Effect.flatMap(
    Effect.serviceOption(RateLimiter.RateLimiter),
    Option.match({
      onSome: Effect.succeed,
      onNone: () => Effect.provideService(RateLimiter.make(), RateLimiter.RateLimiterStore, store)
    })
  )

/** What clients of one configuration and clock have in common: the places of those who were given no limiter. */
interface Shared {
  readonly store: RateLimiter.Store
}

/**
 * As `layer` is built anew wherever it is used, two clients of one configuration in one program would otherwise have a limit
 * and a memory each.
 */
const known = new WeakMap<ShipStationConfig.Service, WeakMap<Clock.Clock, Shared>>()

const sharedOf = (config: ShipStationConfig.Service): Effect.Effect<Shared> =>
  Effect.zipWith(Effect.clock, RateLimiter.makeStoreMemory, (clock, store) => {
    // one that counts by another clock, a test's, knows other times
    const ofConfig = known.get(config) ?? new WeakMap<Clock.Clock, Shared>()
    const shared = ofConfig.get(clock) ?? { store }
    known.set(config, ofConfig.set(clock, shared))
    return shared
  })

const misconfigured = (reason: string): Happened => ({ _tag: "Misconfigured", reason })

const readOnly = (method: Method): string =>
  `the mode is readOnly, in which only GETs are sent, and this is a ${method}`

const methods: ReadonlyArray<Method> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

/** In capitals: a program without types may say "post", which HTTP clients send as a POST. */
const methodOf = (given: Method): Method => methods.find((method) => method === given.toUpperCase()) ?? given

const checkRequest = (method: Method, path: string, body: unknown): Either.Either<string, string> => {
  if (isCreateFulfillments(method, path)) {
    return Either.left(
      "fulfillments are created by Fulfillments.create (or createFulfillments of this client), not by request"
    )
  }
  return method === "GET" && body !== undefined ? Either.left("a GET has no body") : checkPath(path)
}

/** Forces both notify flags to false. */
const silenced = ({ fulfillments }: CreateFulfillments.Request): CreateFulfillments.Request => ({
  fulfillments: Array.map(fulfillments, (input) => ({
    // the copy has what the input inherits
    ...Either.getOrElse(validateInput(input), () => input),
    notify_customer: false,
    notify_order_source: false
  }))
})

const encodeRequest = flow(
  CreateFulfillments.encodeRequest,
  Either.mapBoth({ onLeft: describeIssue, onRight: (body) => ({ body }) })
)

const encodeQuery = flow(
  // a filter that is dropped would list too much
  (query: ListFulfillments.Query) => Options.withInherited(ListFulfillments.Query, query),
  Schema.encodeEither(ListFulfillments.Query),
  Either.mapBoth({ onLeft: describeIssue, onRight: (query) => ({ query }) })
)

const decodePage = Schema.decodeUnknownOption(Schema.parseJson(Paging.withoutErrors(ListFulfillments.Page)))

/** Where and what, without the values, which may be customers' data. */
function describeIssue(error: ParseResult.ParseError): string {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return [issue?.path.join("."), issue?.message].join(" ")
}
