/** A request that was given up goes out no more, and what fails after it was read says nothing of it. */
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, TestClock } from "effect"
import { client, httpClients, postOnce } from "./support/clients.js"
import { over } from "./support/repeating.js"
import { closedPort, serve, type Wire } from "./support/wire.js"

const created = `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}`

const server = serve({ onRequest: (socket) => socket.write(created) })

const withFetch = (own: typeof globalThis.fetch) =>
  Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, own))

/** Somebody waits until it is open. */
const makeDoor = () => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** What becomes of a request that has waited for longer than its time. */
const sendLate = (wire: Wire, httpClient: Layer.Layer<HttpClient.HttpClient>, hasWaited: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(
      Effect.flip(Effect.provide(postOnce, client({ baseUrl: wire.url, timeout: "2 seconds" }, httpClient)))
    )
    yield* hasWaited
    yield* TestClock.adjust("10 seconds")
    return yield* Fiber.join(fiber)
  })

describe("a request that was given up", () => {
  it.scoped.each([["after its time", true], ["in time", false]] as const)(
    "stays in the queue of a fetch that doesn't pass signals on: %s",
    ([, isLate]) =>
      Effect.gen(function*() {
        const wire = yield* server
        const queue = makeDoor()
        const turn = makeDoor()
        let sent: Promise<unknown> = Promise.resolve("not sent")
        const queueing: typeof globalThis.fetch = async (input, { signal: _, ...init } = {}) => {
          queue.open()
          if (isLate) await turn.opened
          const answer = fetch(input, init)
          sent = answer.then(({ status }) => status, () => "failed")
          return answer
        }
        if (isLate) {
          const error = yield* sendLate(wire, withFetch(queueing), Effect.promise(() => queue.opened))
          expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", reason: "timeout" })
          turn.open()
          // a turn later it has asked the other fetch
          yield* Effect.promise(() => new Promise(setImmediate))
          expect(yield* Effect.promise(() => sent)).toBe("failed")
        } else {
          yield* Effect.provide(postOnce, client({ baseUrl: wire.url }, withFetch(queueing)))
          expect(yield* Effect.promise(() => sent)).toBe(200)
        }
        expect(wire.requests).toHaveLength(isLate ? 0 : 1)
      })
  )

  it.scoped.each(httpClients)(
    "isn't let out by a client that can't be interrupted, on %s",
    ([, httpClient]) =>
      Effect.gen(function*() {
        const wire = yield* server
        const isQueued = yield* Deferred.make<void>()
        const turn = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<Exit.Exit<unknown, unknown>>()
        const queueing = over(
          httpClient,
          HttpClient.transform((send) =>
            Deferred.succeed(isQueued, undefined).pipe(
              Effect.zipRight(Deferred.await(turn)),
              Effect.zipRight(send),
              Effect.onExit((exit) => Deferred.succeed(ended, exit)),
              Effect.uninterruptible
            )
          )
        )
        const error = yield* sendLate(wire, queueing, Deferred.await(isQueued))
        expect(error).toMatchObject({ _tag: "ShipStationConnectionLostError", reason: "timeout" })
        yield* Deferred.succeed(turn, undefined)
        expect(Exit.isSuccess(yield* Deferred.await(ended))).toBe(false)
        expect(wire.requests).toHaveLength(0)
      })
  )
})

describe("a fetch that asks somebody else besides, whom it can't reach", () => {
  it.scoped.each(
    [["before", "ShipStationNetworkError", 0], ["after", "ShipStationConnectionLostError", 1]] as const
  )("%s the request", ([when, tag, requests]) =>
    Effect.gen(function*() {
      const wire = yield* server
      const url = `http://127.0.0.1:${yield* closedPort}`
      const auditing: typeof globalThis.fetch = async (input, init) => {
        if (when === "before") await fetch(url)
        const answer = await fetch(input, init)
        await fetch(url)
        return answer
      }
      const error = yield* Effect.flip(
        Effect.provide(postOnce, client({ baseUrl: wire.url }, withFetch(auditing)))
      )
      expect(error._tag).toBe(tag)
      expect(wire.requests).toHaveLength(requests)
    }))
})
