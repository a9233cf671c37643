/** The program of workerd: a Worker that gets its job as a request, and answers with what it tells. */
import { FetchHttpClient } from "@effect/platform"
import { play } from "./play.js"

// oxlint-disable-next-line import/no-default-export -- this is how a Worker is found
export default {
  fetch: (request: Request): Promise<Response> =>
    request.json().then((job) => play(job, { fetch: FetchHttpClient.layer }, String)).then(
      (told) => Response.json(told),
      (error) => new Response(String(error), { status: 500 })
    )
}
