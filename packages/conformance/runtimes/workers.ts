/** Requests to a Worker that come at the same time: each must get its answer, and send one POST. */
import { Effect } from "effect"
import type { Case } from "./cases.js"
import { PlayError, startWorker, workerd } from "./runtimes.js"
import { serve } from "./server.js"

/** How the requests to a Worker ended that is built in one way. */
export interface Built {
  readonly how: string
  readonly path: "/request" | "/object" | "/module"
  /** The Worker's answers, and how often each came. */
  readonly answers: ReadonlyMap<string, number>
  readonly posts: number
  /** What the first of them is answered when it is asked again, and POSTs of that. */
  readonly again: string
  readonly postsAgain: number
}

const atOnce = 12

const ways: ReadonlyArray<Pick<Built, "how" | "path">> = [
  { how: "a layer for each request", path: "/request" },
  { how: "a layer in a Durable Object", path: "/object" },
  { how: "a layer for the module", path: "/module" }
]

/** Slow enough to have several under way. */
const answering = (success: Case): Case => ({
  ...success,
  does: (exchange, count) => void setTimeout(() => success.does(exchange, count), 30)
})

export const playWorkers = (success: Case, folder: string) =>
  Effect.forEach(ways, ({ how, path }) =>
    Effect.gen(function*() {
      const run = { id: path.slice(1), case: answering(success) }
      const server = yield* serve([run])
      if (workerd.binary === undefined) return yield* new PlayError({ message: "workerd isn't installed" })
      const url = yield* startWorker(
        workerd.binary,
        folder,
        "shop.js",
        `
        durableObjectNamespaces = [(className = "Account", uniqueKey = "account", preventEviction = true)],
        durableObjectStorage = (inMemory = void),
        bindings = [
          (name = "ACCOUNTS", durableObjectNamespace = "Account"),
          (name = "BASE_URL", text = "${server.baseUrl(run)}")
        ],`
      )
      const answers = yield* Effect.forEach(
        Array.from({ length: atOnce }, (_, n) => `${url}${path}?shipment=se-${1000 + n}`),
        (url) => answerOf(url),
        { concurrency: "unbounded" }
      )
      const counts = new Map<string, number>()
      for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
      const { posts } = server.seen(run)
      const again = yield* answerOf(`${url}${path}?shipment=se-1000`)
      const built: Built = { how, path, answers: counts, posts, again, postsAgain: server.seen(run).posts - posts }
      return built
    }).pipe(Effect.scoped))

const answerOf = (url: string): Effect.Effect<string> =>
  Effect.promise(() =>
    fetch(url, { signal: AbortSignal.timeout(3000) }).then(
      (response) => response.ok ? response.text() : `status ${response.status}`,
      () => "no answer"
    )
  )

/** In words, what must not be: also that the way which doesn't work works now. */
export const judgeWorkers = (built: ReadonlyArray<Built>): ReadonlyArray<string> =>
  built.flatMap(({ again, answers, how, path, posts, postsAgain }) => {
    const areAnswered = answers.get("Created") === atOnce && posts === atOnce
    const isRemembered = again === "AlreadyFulfilled" && postsAgain === 0
    const isRight = path === "/object" ? areAnswered && isRemembered : path === "/request" ? areAnswered : !areAnswered
    return isRight
      ? []
      : [`workerd, ${how}: ${describeAnswers(answers)}, with ${posts} POSTs; again: ${again}, with ${postsAgain}`]
  })

export const describeAnswers = (answers: Built["answers"]): string =>
  [...answers].map(([answer, count]) => `${count} × ${answer}`).join(", ")
