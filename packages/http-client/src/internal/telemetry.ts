/**
 * The metrics of requests, and the attributes of their spans, by OpenTelemetry's names for HTTP.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import { userAgent } from "./version.js"

const requests = MetricKey.counter("shipstation.requests", {
  description: "Requests sent to ShipStation",
  incremental: true
})

const retries = MetricKey.counter("shipstation.retries", {
  description: "Requests to ShipStation that were tried again",
  incremental: true
})

const durations = MetricKey.histogram(
  "http.client.request.duration",
  MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30]),
  "How long requests to ShipStation took"
)

/**
 * Counts requests that were sent, by `method`, by the answer's `status` (`none` when none came), and by `account`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const requestCount = Metric.fromMetricKey(requests)

/**
 * Counts attempts after the first, by `method` and `account`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const retryCount = Metric.fromMetricKey(retries)

/**
 * How long requests took in seconds, from the send to the last byte of the answer, by OpenTelemetry's attributes for HTTP
 * and by `account`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const requestDuration = Metric.fromMetricKey(durations)

/** One request that was sent. */
export interface Sent {
  readonly method: string
  readonly status: number | undefined
  /** The class of the error that it became. */
  readonly errorType: string | undefined
  readonly seconds: number
}

/** Whose requests they are, and where they go. */
export interface Destination {
  readonly account: string
  /** `undefined` when nothing is sent, since the base URL can't be. */
  readonly server: URL | undefined
}

type Attributes = Readonly<Record<string, string | number>>

/** What to count, and the attributes of a span. */
export const make = ({ account, server }: Destination) => {
  const address: Attributes = server === undefined
    ? {}
    : { "server.address": server.hostname, "server.port": portOf(server) }
  // tagged once each, since a metric that is tagged per call is looked up per call
  const counted = remember((method: string, status: string) => tagged(requests, { method, status, account }))
  const retried = remember((method: string) => tagged(retries, { method, account }))
  const timed = remember((method: string, status: string, errorType: string) =>
    tagged(durations, {
      "http.request.method": method,
      ...(status === none ? {} : { "http.response.status_code": status }),
      ...(errorType === none ? {} : { "error.type": errorType }),
      ...address,
      account,
      unit: "s"
    })
  )
  return {
    countRequest: ({ errorType = none, method, seconds, status }: Sent): Effect.Effect<void> => {
      const answered = status === undefined ? none : String(status)
      return Effect.zipRight(
        Metric.update(counted(method, answered), 1),
        Metric.update(timed(method, answered, errorType), seconds)
      )
    },
    countRetry: (method: string): Effect.Effect<void> => Metric.update(retried(method), 1),
    attributes: (method: string, url: string): Attributes => ({
      "http.request.method": method,
      "url.full": url,
      ...address,
      "user_agent.original": userAgent,
      "shipstation.account": account
    })
  }
}

const none = "none"

const portOf = ({ port, protocol }: URL): number => port !== "" ? Number(port) : protocol === "https:" ? 443 : 80

const tagged = <Type extends Parameters<typeof Metric.fromMetricKey>[0]["keyType"]>(
  key: MetricKey.MetricKey<Type>,
  tags: Attributes
) =>
  Metric.fromMetricKey(
    MetricKey.taggedWithLabels(key, Object.entries(tags).map(([name, value]) => MetricLabel.make(name, String(value))))
  )

/** Each result is made once. There are few: methods, statuses, classes of errors. */
const remember = <Args extends ReadonlyArray<string>, A>(f: (...args: Args) => A): (...args: Args) => A => {
  const known = new Map<string, A>()
  return (...args) => {
    const name = args.join(" ")
    const found = known.get(name) ?? f(...args)
    known.set(name, found)
    return found
  }
}
