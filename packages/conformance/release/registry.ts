/** A registry on loopback that takes what is published, and gives it back. */
import { Effect, Schema } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

/** What `npm publish` sends: the manifest of one version, and its tarball. */
const Published = Schema.parseJson(Schema.Struct({
  name: Schema.String,
  "dist-tags": Schema.Record({ key: Schema.String, value: Schema.String }),
  versions: Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Schema.Unknown }) }),
  _attachments: Schema.Record({ key: Schema.String, value: Schema.Struct({ data: Schema.String }) })
}))

/** What was published of one package. */
export interface Package {
  readonly document: Pick<typeof Published.Type, "name" | "dist-tags" | "versions">
  readonly tarball: Buffer
}

/** A registry, and what it was given. */
export interface Registry {
  readonly url: string
  readonly packages: ReadonlyMap<string, Package>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

const answer = (response: ServerResponse, status: number, body: unknown) =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))

/** Listens until the scope is closed. */
export const serve = Effect.gen(function*() {
  const packages = new Map<string, Package>()

  const take = async (request: IncomingMessage) => {
    const { _attachments, ...document } = Schema.decodeUnknownSync(Published)(await bodyOf(request))
    const [{ data } = { data: "" }] = Object.values(_attachments)
    packages.set(document.name, { document, tarball: Buffer.from(data, "base64") })
  }

  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? "").split("?")[0] ?? "").slice(1)
    if (request.method === "PUT") {
      return void take(request).then(() => answer(response, 201, {}), (error) => answer(response, 400, String(error)))
    }
    const found = packages.get(name)
    return found === undefined ? answer(response, 404, { error: "not found" }) : answer(response, 200, found.document)
  })
  const port = yield* Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close())
  )
  const registry: Registry = { url: `http://127.0.0.1:${port}`, packages }
  return registry
})
