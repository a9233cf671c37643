/** Does what it is told, with our client: this runs in every runtime, so it needs nothing but JavaScript and `fetch`. */
import { type FulfillmentOutcome, Fulfillments } from "@effect-shipstation/fulfillments"
import {
  RateLimiter,
  RetryPolicy,
  ShipStationClient,
  ShipStationConfig,
  type ShipStationError
} from "@effect-shipstation/http-client"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import {
  Array,
  Cause,
  Duration,
  Effect,
  Exit,
  Fiber,
  identity,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted
} from "effect"
import { type Job, secret, type Seen, type Task, type Told } from "./job.js"

type HttpClients = Readonly<Record<string, Layer.Layer<HttpClient.HttpClient>>>

/** A runtime's own way to print, if it has one. */
type Inspect = (value: unknown) => string

export const play = (job: Job, httpClients: HttpClients, inspect: Inspect): Promise<ReadonlyArray<Told>> =>
  Effect.forEach(job, ({ client, isAlone, tasks }) =>
    // one HTTP client for all, so that connections are kept from one task to the next
    Effect.forEach(tasks, (task) => inTime(task, isAlone ? playAlone(task) : playTask(inspect)(task))).pipe(
      Effect.provide(httpClients[client] ?? Layer.die(new Error(`no client ${client}`)))
    )).pipe(Effect.map(Array.flatten), Effect.runPromise)

/** What takes much longer than anything here hangs. */
const inTime = <E, R>(task: Task, effect: Effect.Effect<Told, E, R>) =>
  Effect.timeoutTo(Effect.disconnect(effect), {
    duration: "30 seconds",
    onSuccess: identity,
    onTimeout: () => told(task, ["it hung"], [])
  })

/** Another shipment for each request: of one that may have been fulfilled nothing more would be sent. */
const inputOf = (n: number) => ({
  shipment_id: `se-${1000 + n}`,
  tracking_number: "1Z12345E6605272234",
  carrier_code: "ups"
})

const playTask = (inspect: Inspect) => (task: Task) =>
  Effect.gen(function*() {
    const printed: globalThis.Array<string> = []
    const logger = Logger.make((entry) => {
      printed.push(Logger.stringLogger.log(entry), inspect(entry.message), Cause.pretty(entry.cause))
    })
    const exits = yield* Effect.provide(
      requests(task),
      Layer.mergeAll(
        Logger.replace(Logger.defaultLogger, logger),
        Logger.minimumLogLevel(LogLevel.All),
        clientOf(task)
      )
    )
    for (const exit of exits) printed.push(inspect(exit), String(exit), JSON.stringify(exit), printError(exit))
    return told(task, exits.map(end), printed)
  })

const told = ({ id }: Task, ends: ReadonlyArray<string>, printed: ReadonlyArray<string>): Told => ({
  id,
  ends: [...new Set(ends)],
  leaks: printed.filter((text) => text.includes(secret)).map((text) => text.slice(0, 300))
})

const clientOf = ({ baseUrl, timeout }: Task) =>
  Fulfillments.layer({ notify: { customer: true, orderSource: true }, readBack: "none" }).pipe(
    Layer.provide(ShipStationClient.layer),
    Layer.provide(RateLimiter.layer({ limit: Infinity })),
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(ShipStationConfig.layer({ apiKey: Redacted.make(secret), baseUrl, timeout }))
  )

const requests = (task: Task) =>
  Effect.gen(function*() {
    const fulfillments = yield* Fulfillments.Fulfillments
    const once = (n: number) =>
      Effect.gen(function*() {
        for (let get = 0; get < task.gets; get++) {
          yield* Effect.ignore(fulfillments.list({ shipment_id: "se-1" }))
          // a connection is free for the next request a moment after the end of an answer
          yield* Effect.sleep(2)
        }
        const post = fulfillments.create([inputOf(n)])
        if (task.interruptedBy !== undefined) return yield* interrupted(post, task.interruptedBy)
        return yield* Effect.exit(post)
      })
    const several = (n: number) => Effect.forEach(Array.range(1, task.times), (time) => once(n * task.times + time))
    return Array.flatten(
      yield* Effect.forEach(Array.range(1, task.atOnce), several, { concurrency: "unbounded" })
    )
  }).pipe(RetryPolicy.withRetryPolicy(RetryPolicy.none))

/** Interrupts it when the server has read it, and waits for the end of the connection. */
const interrupted = <A, E, R>(effect: Effect.Effect<A, E, R>, url: string) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* ask(url, ({ posts }) => posts === 1)
    const exit = yield* Fiber.interrupt(fiber)
    yield* ask(url, ({ open }) => open === 0)
    return exit
  })

/** Asks the server, until it says so. */
const ask = (url: string, is: (seen: Seen) => boolean) =>
  Effect.promise((signal) => fetch(url, { signal }).then((response): Promise<Seen> => response.json())).pipe(
    Effect.zipLeft(Effect.sleep(10)),
    Effect.repeat({ until: is })
  )

const printError = <A, E>(exit: Exit.Exit<A, E>): string =>
  Option.match(Option.flatMap(Exit.causeOption(exit), Cause.failureOption), {
    onNone: () => "",
    onSome: (error) => error instanceof Error ? `${error.stack} ${error.message} ${String(error.cause)}` : String(error)
  })

const end = (
  exit: Exit.Exit<Array.NonEmptyArray<FulfillmentOutcome.FulfillmentOutcome>, Fulfillments.CreateError>
): string =>
  Exit.match(exit, {
    onSuccess: ([outcome]) => outcome._tag === "Unknown" ? `Unknown, ${describe(outcome.error)}` : outcome._tag,
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => Cause.isInterrupted(cause) ? "interrupted, and the connection closed" : Cause.pretty(cause),
        onSome: (error) => error._tag === "InvalidFulfillmentError" ? error._tag : `fails, ${describe(error)}`
      })
  })

const describe = (error: ShipStationError.ShipStationError): string =>
  [
    error._tag.replaceAll(/^ShipStation|Error$/g, ""),
    ...(error.delivery === "unknown" ? [] : [error.delivery]),
    ...("reason" in error ? [error.reason] : error.status === undefined ? [] : [error.status]),
    ...(error._tag === "ShipStationRateLimitError" ? [`after ${Duration.format(error.retryAfter)}`] : [])
  ].join(" ")

/** The same requests by the platform's client, to see what a runtime does by itself. */
const playAlone = (task: Task) =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const url = `${task.baseUrl}/v2/fulfillments`
    const send = (request: HttpClientRequest.HttpClientRequest) =>
      client.execute(request).pipe(Effect.flatMap((response) => response.text), Effect.exit)
    for (let n = 0; n < task.gets; n++) {
      yield* send(HttpClientRequest.get(url))
      yield* Effect.sleep(2)
    }
    const exit = yield* send(
      HttpClientRequest.post(url).pipe(HttpClientRequest.bodyUnsafeJson({ fulfillments: [inputOf(0)] }))
    )
    return told(task, [exit._tag], [])
  })
