/** Ports for programs that have to be told one. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { createServer } from "node:net"

/** Below those that systems give to whoever doesn't ask for one, which other tests get meanwhile. */
const [lowest, highest] = [15_000, 32_000]

const isFree = (port: number) =>
  Effect.async<boolean>((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

/** Nobody listens there, at the moment. */
export const freePort: Effect.Effect<number> = Effect.repeat(
  Effect.flatMap(
    Random.nextIntBetween(lowest, highest),
    (port) => Effect.map(isFree(port), (free) => ({ free, port }))
  ),
  { until: ({ free }) => free }
).pipe(Effect.map(({ port }) => port))
