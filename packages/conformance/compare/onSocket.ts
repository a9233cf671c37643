import { Emulator } from "@effect-shipstation/emulator"
import { Effect, Layer } from "effect"
import type { Case } from "./cases.js"
import { urls } from "./unreachable.js"

/** How long an answer is waited for over real sockets, in milliseconds. */
export const timeout = 2_000

/** Runs a case against a real server, which is told to fulfill and notify again whatever was fulfilled already. */
export const onSocket = <A>(
  { happens }: Case,
  use: (baseUrl: string) => Effect.Effect<A, never, Emulator.Emulator>
): Effect.Effect<A> =>
  Effect.gen(function*() {
    const { url } = yield* Emulator.Server
    return yield* use(typeof happens === "string" ? yield* urls[happens] : url)
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.orDie(Emulator.layerServer({
      alreadyFulfilled: "accept",
      faults: typeof happens === "string" ? [] : happens
    })))
  )
