/** What goes out once goes out once, over whatever it goes, and whatever becomes of the answer. */
import { RetryPolicy, ShipStationClient } from "@effect-shipstation/http-client"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import {
  Cause,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  identity,
  Layer,
  Logger,
  LogLevel,
  Stream,
  TestClock,
  Tracer
} from "effect"
import { inspect } from "node:util"
import * as Zlib from "node:zlib"
import * as Deadlines from "../src/internal/deadlines.js"
import * as Transport from "../src/internal/transport.js"
import { client, httpClients, input, keepingClients, postOnce, secret, unlimited } from "./support/clients.js"
import { layerFetchTwice, over, repeating } from "./support/repeating.js"
import { watch } from "./support/watch.js"
import { answer, type Behaviour, type Received, serve, success } from "./support/wire.js"

const write = (text: string): Behaviour => ({ onRequest: (socket) => void socket.write(text) })

const isPost = ({ line }: Received): boolean => line.startsWith("POST")

const getOnce = (page: number) =>
  ShipStationClient.ShipStationClient.pipe(
    Effect.flatMap((client) => client.listFulfillments({ page })),
    RetryPolicy.withRetryPolicy(RetryPolicy.none)
  )

/** A connection is free for the next request a moment after the end of an answer. */
const getAndKeep = Effect.zipLeft(getOnce(1), Effect.sleep("2 millis"))

const head = success.slice(0, success.indexOf("\r\n\r\n") + 4)

const emptyPage = answer(200, "{\"fulfillments\":[],\"page\":1,\"pages\":0,\"total\":0}")

describe.each(httpClients)("on %s", (_, httpClient) => {
  const statuses: ReadonlyArray<readonly [status: number, headers: Readonly<Record<string, string>>]> = [
    [421, {}],
    [408, {}],
    [425, {}],
    [503, { "retry-after": "0" }],
    [401, { "www-authenticate": "Basic realm=\"x\"" }],
    [407, { "proxy-authenticate": "Basic realm=\"x\"" }],
    [411, {}],
    [417, {}]
  ]

  it.live.each(statuses)(
    "a POST that is answered with %s goes out once",
    ([status, headers]) =>
      Effect.gen(function*() {
        const server = yield* serve(write(answer(status, "", headers)))
        const error = yield* Effect.flip(Effect.provide(postOnce, client({ baseUrl: server.url }, httpClient)))
        expect(error).toMatchObject(
          status === 401
            ? { _tag: "ShipStationSecurityError" }
            // fetch doesn't show a 407
            : status === 407
            ? { delivery: "unknown" }
            : { _tag: "ShipStationUnexpectedResponseError", delivery: "unknown", status }
        )
        expect(server.requests.filter(isPost).length).toBe(1)
      }).pipe(Effect.scoped)
  )

  it.live.each(["100 Continue", "102 Processing", "103 Early Hints"])(
    "a %s before the answer is no answer",
    (status) =>
      Effect.gen(function*() {
        const server = yield* serve(write(`HTTP/1.1 ${status}\r\n\r\n${success}`))
        const answered = yield* Effect.provide(postOnce, client({ baseUrl: server.url }, httpClient)).pipe(
          Effect.either
        )
        // undici takes a 100 that it didn't ask for as a fault of the server
        if (Either.isLeft(answered)) {
          expect(answered.left).toMatchObject({ _tag: "ShipStationConnectionLostError", delivery: "unknown" })
        } else expect(answered.right.status).toBe(200)
        expect(server.requests.filter(isPost).length).toBe(1)
      }).pipe(Effect.scoped)
  )

  it.live.each(["HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"])(
    "a connection that is closed after %j sent one POST",
    (text) =>
      Effect.gen(function*() {
        const server = yield* serve({ onRequest: (socket) => void socket.end(text) })
        const error = yield* Effect.flip(Effect.provide(postOnce, client({ baseUrl: server.url }, httpClient)))
        expect(error.delivery).toBe("unknown")
        expect(server.requests.filter(isPost).length).toBe(1)
      }).pipe(Effect.scoped)
  )

  const stopped = {
    _tag: "ShipStationConnectionLostError",
    delivery: "unknown",
    message: expect.stringContaining("the HttpClient tried to send the request again, and was stopped")
  }

  it.live.each(repeating)("%s sends one POST, and one GET", ([, change]) =>
    Effect.gen(function*() {
      const server = yield* serve({
        onRequest: (socket, { line }) => {
          if (line.includes("page=2")) return void socket.write(answer(503, ""))
          if (line.includes("page=3")) return void socket.write(answer(302, "", { location: "/" }))
          socket.resetAndDestroy()
        }
      })
      const { layer, printed } = watch()
      yield* Effect.gen(function*() {
        for (const request of [Effect.asVoid(postOnce), ...[1, 2, 3].map((page) => Effect.asVoid(getOnce(page)))]) {
          const before = server.requests.length
          const error = yield* Effect.flip(request)
          expect(server.requests.length - before).toBe(1)
          // what doesn't repeat this isn't stopped
          if (error.message.includes("again")) expect(error).toMatchObject(stopped)
        }
      }).pipe(Effect.provide(Layer.merge(client({ baseUrl: server.url }, over(httpClient, change)), layer)))
      expect(printed.join()).toContain("tried to send a request to ShipStation again, and was stopped")
      expect(printed.filter((text) => text.includes(secret))).toEqual([])
    }).pipe(Effect.scoped))
})

describe.each(keepingClients)("on %s", (_, httpClient) => {
  it.live.each(
    [["closed", false], ["closed", true], ["reset", false], ["reset", true]] as const
  )(
    "a connection that is %s at any byte of an answer's head sent one POST, if it was used before: %s",
    ([how, isReused]) =>
      Effect.gen(function*() {
        let length = 0
        const server = yield* serve({
          onRequest: (socket, { line }) => {
            if (line.startsWith("GET")) return void socket.write(emptyPage)
            const part = success.slice(0, length)
            if (how === "closed") return void socket.end(part)
            socket.write(part, () => socket.resetAndDestroy())
          }
        })
        yield* Effect.gen(function*() {
          for (; length <= head.length; length++) {
            if (isReused) yield* getAndKeep
            const [before, opened] = [server.requests.length, server.connections.opened]
            const error = yield* Effect.flip(postOnce)
            expect({ length, tag: error._tag, delivery: error.delivery }).toEqual({
              length,
              tag: "ShipStationConnectionLostError",
              delivery: "unknown"
            })
            expect(server.requests.length - before).toBe(1)
            if (isReused) expect(server.connections.opened).toBe(opened)
          }
        }).pipe(Effect.provide(unlimited(server.url, httpClient)))
        expect(length).toBeGreaterThan(120)
      }).pipe(Effect.scoped)
  )

  const ends: ReadonlyArray<readonly [name: string, behaviour: Behaviour, posts: number]> = [
    ["as soon as the head of its POST came", {
      onHead: (socket, count) => count === 1 ? undefined : void socket.destroy()
    }, 0],
    ["with its POST unread", {
      onRequest: (socket, { line }) => {
        if (line.startsWith("GET")) socket.write(emptyPage, () => socket.pause())
        setTimeout(() => socket.resetAndDestroy(), 30)
      }
    }, 0],
    ["when it was idle", {
      onRequest: (socket, { line }) => void (line.startsWith("GET") ? socket.end(emptyPage) : socket.write(success))
    }, 1],
    ["when it was idle, by a reset", {
      onRequest: (socket, { line }) =>
        void (line.startsWith("GET")
          ? socket.write(emptyPage, () => socket.resetAndDestroy())
          : socket.write(success))
    }, 1]
  ]

  it.live.each(ends)(
    "a used connection that ends %s sends one POST at most",
    ([, behaviour, posts]) =>
      Effect.gen(function*() {
        const server = yield* serve({ onRequest: (socket) => void socket.write(emptyPage), ...behaviour })
        const exit = yield* getAndKeep.pipe(
          Effect.zipRight(Effect.exit(postOnce)),
          Effect.provide(client({ baseUrl: server.url }, httpClient))
        )
        const read = server.requests.filter(isPost).length
        // on a busy machine the connection may have ended before the POST, which then goes over another
        const isReused = server.connections.opened === 1
        expect(read).toBeLessThanOrEqual(isReused ? posts : 1)
        if (Exit.isSuccess(exit)) expect(read).toBe(1)
        else expect(yield* Effect.flip(exit)).toMatchObject({ delivery: "unknown" })
        return posts === 1 || isReused
      }).pipe(Effect.scoped, Effect.repeat({ until: (isSeen) => isSeen }))
  )
})

describe("whatever is traced", () => {
  it.live.each(httpClients)(
    "what repeats is stopped on %s, without a tracer too",
    ([, httpClient]) =>
      Effect.gen(function*() {
        const server = yield* serve(write(answer(503, "")))
        const repeats = over(
          httpClient,
          (client) => client.pipe(HttpClient.filterStatusOk, HttpClient.transform(Effect.retry({ times: 2 })))
        )
        yield* Effect.flip(Effect.provide(postOnce, client({ baseUrl: server.url }, repeats))).pipe(
          Effect.withTracerEnabled(false),
          Logger.withMinimumLogLevel(LogLevel.None)
        )
        expect(server.requests.length).toBe(1)
      }).pipe(Effect.scoped)
  )

  it.live.each(httpClients)(
    "a span that a client makes all the same on %s doesn't show the key",
    ([, httpClient]) =>
      Effect.gen(function*() {
        const server = yield* serve(write(success))
        const native = yield* Effect.tracer
        const spans: Array<Tracer.Span> = []
        const tracer = Tracer.make({
          span: (...args) => {
            const span = native.span(...args)
            spans.push(span)
            return span
          },
          context: (f) => f()
        })
        const tracing = over(httpClient, HttpClient.withTracerDisabledWhen(() => false))
        yield* Effect.provide(postOnce, client({ baseUrl: server.url }, tracing)).pipe(Effect.withTracer(tracer))
        const span = spans.find(({ name }) => name === "http.client POST")
        expect([...span?.attributes ?? []].length).toBeGreaterThan(5)
        expect(inspect(spans.map(({ attributes }) => [...attributes]), { depth: 9 })).not.toContain(secret)
      }).pipe(Effect.scoped)
  )
})

describe("clients that look like repeating ones", () => {
  const legitimate: ReadonlyArray<
    readonly [name: string, change: (client: HttpClient.HttpClient) => HttpClient.HttpClient]
  > = [
    [
      "one that logs what it sends, before and behind",
      HttpClient.transform((effect, request) =>
        Effect.logDebug(request.body.toJSON()).pipe(
          Effect.zipRight(Effect.logDebug(request.body._tag)),
          Effect.zipRight(effect),
          Effect.zipLeft(Effect.logDebug(request.body._tag))
        )
      )
    ],
    ["one around another", (client) => HttpClient.make((request) => client.execute(request))],
    [
      "one around another with an address of its own",
      (client) => HttpClient.make((request) => client.execute(HttpClientRequest.setUrlParam(request, "via", "proxy")))
    ],
    ["one that retries, though there is no need", HttpClient.retryTransient({ times: 3 })],
    [
      "one that asks for something else first",
      (client) =>
        HttpClient.mapRequestEffect(client, (request) =>
          Effect.as(
            client.get(request.url).pipe(Effect.flatMap((response) => response.text), Effect.orDie),
            request
          ))
    ],
    [
      "one that looks at what it sends where no fiber runs",
      (client) =>
        HttpClient.make((request) =>
          Effect.zipRight(
            Effect.promise(async () => {
              await Promise.resolve()
              return [[...request.urlParams], request.body.toJSON(), request.body.toJSON()]
            }),
            client.execute(request)
          )
        )
    ],
    ["one that isn't to be traced", HttpClient.withTracerDisabledWhen(() => true)]
  ]

  describe.each(httpClients)("on %s", (_, httpClient) => {
    it.live.each(legitimate)("%s works", ([, change]) =>
      Effect.gen(function*() {
        const server = yield* serve({
          onRequest: (socket, { line }) => void socket.write(line.startsWith("GET") ? emptyPage : success)
        })
        const answered = yield* Effect.provide(
          Effect.all([postOnce, getOnce(1), postOnce]),
          client({ baseUrl: server.url }, over(httpClient, change))
        )
        expect(answered.map(({ status }) => status)).toEqual([200, 200, 200])
        expect(server.requests.filter(isPost).length).toBe(2)
      }).pipe(Effect.scoped))
  })
})

/** A rule about tracing takes the place of ours, in which a client is seen to begin. */
describe.each(httpClients)("a client with a rule of its own about tracing, on %s", (_, transport) => {
  const changes: ReadonlyArray<
    readonly [name: string, change: (client: HttpClient.HttpClient) => HttpClient.HttpClient]
  > = [
    ["that repeats", HttpClient.transform(Effect.retry({ times: 2 }))],
    [
      "around which another repeats",
      (client) => HttpClient.make((request) => Effect.retry(client.execute(request), { times: 2 }))
    ],
    ["in another", (client) => HttpClient.make((request) => client.execute(request))]
  ]
  type Request = Effect.Effect<void, never, ShipStationClient.ShipStationClient>
  // a fiber that a layer starts has other services, which Effect merges in another way
  const places: ReadonlyArray<readonly [name: string, place: (request: Request) => Request]> = [
    ["a program", identity],
    ["a layer", (request) => Effect.scoped(Effect.asVoid(Layer.build(Layer.effectDiscard(request))))]
  ]
  const cases = changes.flatMap(([name, change]) =>
    [503, 421, 307].flatMap((status) =>
      places.map(([by, place]) => [`${name}, by ${by}, answered with ${status}`, { change, place, status }] as const)
    )
  )

  it.live.each(cases)("%s, sends one POST", ([, { change, place, status }]) =>
    Effect.gen(function*() {
      const server = yield* serve(write(answer(status, "", { location: "/elsewhere" })))
      const httpClient = over(transport, (client) =>
        change(client.pipe(HttpClient.withTracerDisabledWhen(() => true), HttpClient.filterStatusOk)))
      const request = Effect.asVoid(Effect.flip(postOnce)).pipe(Effect.orDie)
      yield* place(request).pipe(
        Effect.provide(client({ baseUrl: server.url }, httpClient)),
        Logger.withMinimumLogLevel(LogLevel.None)
      )
      expect(server.requests.length).toBe(1)
    }).pipe(Effect.scoped))
})

describe("on fetch", () => {
  it.scopedLive("a fetch that fetches again sends one POST", () =>
    Effect.gen(function*() {
      const server = yield* serve(write(answer(503, "")))
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ baseUrl: server.url }, layerFetchTwice)))
      expect(error.delivery).toBe("unknown")
      expect(server.requests.length).toBe(1)
    }))

  it.scopedLive("a body is sent in one piece, with its length", () =>
    Effect.gen(function*() {
      const server = yield* serve(write(success))
      yield* Effect.provide(postOnce, client({ baseUrl: server.url }, FetchHttpClient.layer))
      const [request] = server.requests
      expect(request?.headers).toMatchObject({ "content-length": String(request?.body.length) })
      expect(request?.headers).not.toHaveProperty("transfer-encoding")
    }))

  it.live.each([true, false])(
    "a RequestInit with keepalive: %s changes nothing about that",
    (keepalive) =>
      Effect.gen(function*() {
        const server = yield* serve(write(answer(421, "")))
        const httpClient = Layer.provide(
          FetchHttpClient.layer,
          Layer.succeed(FetchHttpClient.RequestInit, { keepalive })
        )
        const error = yield* Effect.flip(Effect.provide(postOnce, client({ baseUrl: server.url }, httpClient)))
        expect(error).toMatchObject({ _tag: "ShipStationUnexpectedResponseError", status: 421 })
        expect(server.requests.length).toBe(1)
      }).pipe(Effect.scoped)
  )

  it.scopedLive("a success that is small as it comes and large as it is read is not read to its end", () =>
    Effect.gen(function*() {
      const text = Zlib.gzipSync(`{"fulfillments":[],"x":"${"x".repeat(17 * 1024 * 1024)}"}`)
      const headers = { "content-encoding": "gzip", "content-length": String(text.length) }
      const server = yield* serve({
        onRequest: (socket) => {
          socket.write(answer(200, "", headers))
          socket.write(text)
        }
      })
      const error = yield* Effect.flip(Effect.provide(postOnce, client({ baseUrl: server.url }, FetchHttpClient.layer)))
      expect(error).toMatchObject({
        _tag: "ShipStationUnexpectedResponseError",
        message: "Status 200, and the answer was larger than we read"
      })
    }))
})

describe("a defect", () => {
  const dying = (cause: Cause.Cause<never>) =>
    Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.failCause(cause)))

  const logged = (httpClient: Layer.Layer<HttpClient.HttpClient>) =>
    Effect.gen(function*() {
      const { layer, printed } = watch()
      const lines: Array<string> = []
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning)) {
          lines.push(
            `${logLevel.label} ${String(message)} ${[...annotations].map(([, value]) => String(value)).join(" ")}`
          )
        }
      })
      const error = yield* Effect.flip(
        Effect.provide(postOnce, Layer.mergeAll(client({}, httpClient), layer, Logger.add(logger)))
      )
      expect(printed.filter((text) => text.includes(secret) || text.includes(input.tracking_number))).toEqual([])
      return { error, lines }
    })

  it.effect("is a lost connection, and is logged without the key", () =>
    Effect.gen(function*() {
      const { error, lines } = yield* logged(dying(Cause.die(new RangeError(`too deep: ${secret}`))))
      expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", delivery: "unknown", reason: "reset" })
      expect(lines).toEqual([
        expect.stringMatching(
          /^ERROR A defect in an exchange with ShipStation RangeError: too deep: <redacted>\n +at .+transport\.test/
        )
      ])
    }))

  it.effect.each([150, 160, 170, 180, 190])(
    "whose message is cut within the key, at %i, is logged without any of it",
    (before) =>
      Effect.gen(function*() {
        const { lines } = yield* logged(dying(Cause.die(new Error(`${".".repeat(before)}${secret}${"!".repeat(100)}`))))
        expect(lines.join()).toContain("....")
        expect(lines.join()).not.toContain(secret.slice(0, 4))
      })
  )

  it.effect("that isn't an Error is logged as such", () =>
    Effect.gen(function*() {
      const { lines } = yield* logged(dying(Cause.die({ apiKey: secret, input })))
      expect(lines).toEqual(["ERROR A defect in an exchange with ShipStation not an Error, but of type object"])
    }))

  it.effect("beside another is logged beside it", () =>
    Effect.gen(function*() {
      const { lines } = yield* logged(dying(Cause.parallel(Cause.die("one"), Cause.die("two"))))
      expect(lines.length).toBe(2)
    }))

  it.effect("while an answer is read is logged, and the answer is cut", () =>
    Effect.gen(function*() {
      for (const headers of [{ "content-length": "5" }, {}] satisfies ReadonlyArray<Record<string, string>>) {
        const { error, lines } = yield* logged(Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) => {
            const response = HttpClientResponse.fromWeb(request, new Response("", { headers }))
            return Effect.succeed(Object.defineProperties(response, {
              arrayBuffer: { value: Effect.die(new RangeError("too long")) },
              stream: { value: Stream.die(new RangeError("too long")) }
            }))
          })
        ))
        expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", reason: "cut" })
        expect(lines).toEqual([expect.stringContaining("RangeError: too long")])
      }
    }))

  it.effect("is not what ends a request in the usual way", () =>
    Effect.gen(function*() {
      const { error, lines } = yield* logged(Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: new Error("reset") }))
        )
      ))
      expect(error._tag).toBe("ShipStationConnectionLostError")
      expect(lines).toEqual([])
    }))
})

describe("a client that does more than send", () => {
  const audit = HttpClientRequest.post("http://127.0.0.1:9/audit")
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" })
  const errorOf = (fails: Effect.Effect<never, HttpClientError.HttpClientError>) =>
    Effect.provide(
      Effect.flip(postOnce),
      client({}, Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => fails)))
    )

  it.effect.each<readonly [string, Effect.Effect<never, HttpClientError.HttpClientError>]>([
    ["can't connect", new HttpClientError.RequestError({ request: audit, reason: "Transport", cause: refused })],
    [
      "is refused",
      new HttpClientError.ResponseError({
        request: audit,
        reason: "StatusCode",
        response: HttpClientResponse.fromWeb(audit, new Response("", { status: 401 }))
      })
    ],
    ["dies", Effect.die(refused)]
  ])("and %s for that, tells nothing of what was sent", ([, fails]) =>
    Effect.gen(function*() {
      expect(yield* errorOf(fails)).toMatchObject({
        _tag: "ShipStationConnectionLostError",
        delivery: "unknown",
        reason: "reset"
      })
    }))

  it.effect("and says of the request itself that it couldn't connect, is believed", () =>
    Effect.gen(function*() {
      const http = HttpClient.make((request) =>
        Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: refused }))
      ).pipe(HttpClient.mapRequest(HttpClientRequest.setHeader("x", "y")))
      const error = yield* Effect.provide(
        Effect.flip(postOnce),
        client({}, Layer.succeed(HttpClient.HttpClient, http))
      )
      expect(error).toMatchObject({ _tag: "ShipStationNetworkError", delivery: "unsent" })
    }))

  it.effect("and can't be interrupted, is left to itself a second after the time-out", () =>
    Effect.gen(function*() {
      const { layer: logs, printed } = watch()
      const http = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.uninterruptible(Effect.never)))
      const fiber = yield* Effect.fork(
        Effect.provide(Effect.flip(postOnce), Layer.merge(client({ timeout: "30 seconds" }, http), logs))
      )
      yield* TestClock.adjust("31 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "ShipStationConnectionLostError", reason: "timeout" })
      expect(printed.join()).toContain("can't be interrupted")
      expect([...yield* TestClock.sleeps()]).toEqual([])
    }))
})

describe("leaves", () => {
  const send = (httpClient: HttpClient.HttpClient, leaves: Effect.Effect<void>) =>
    Effect.flatMap(Deadlines.make(Duration.seconds(1)), (deadlines) =>
      Transport.make(httpClient, deadlines)(
        HttpClientRequest.post("http://127.0.0.1").pipe(HttpClientRequest.bodyUnsafeJson([])),
        { leaves, redact: identity }
      ))

  const recording = (events: Array<string>) =>
    HttpClient.make((request) =>
      Effect.sync(() => {
        events.push("sent")
        return HttpClientResponse.fromWeb(request, new Response(null, { status: 503 }))
      })
    )

  it.effect("runs once, behind all that the client does first, right before a request is sent", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const httpClient = recording(events).pipe(
        HttpClient.tapRequest(() => Effect.sync(() => events.push("prepared"))),
        // before 0.94 the platform retried no answers, only errors
        HttpClient.filterStatusOk,
        HttpClient.retryTransient({ times: 2 })
      )
      yield* send(httpClient, Effect.sync(() => void events.push("leaves")))
      expect(events.slice(0, 3)).toEqual(["prepared", "leaves", "sent"])
      expect(events.slice(3)).toEqual(["prepared"])
    }))

  it.effect("doesn't run when the client fails before it", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const httpClient = HttpClient.mapRequestEffect(recording(events), (request) =>
        Effect.fail(new HttpClientError.RequestError({ request, reason: "Encode" })))
      yield* send(
        httpClient,
        Effect.sync(() =>
          void events.push("leaves")
        )
      )
      expect(events).toEqual([])
    }))

  it.effect("nothing is sent when it is interrupted while it runs", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const fiber = yield* Effect.fork(send(recording(events), Effect.never))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(fiber)
      expect(events).toEqual([])
    }))
})
