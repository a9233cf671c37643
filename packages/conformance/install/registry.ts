/** A registry on loopback that has what would be published, and nothing else. */
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import type { Packed } from "../../../scripts/pack.js"

const digest = (algorithm: string, content: Buffer, encoding: "base64" | "hex") =>
  createHash(algorithm).update(content).digest(encoding)

const packument = ({ json, manifest, tarball }: Packed, url: string) => {
  const content = readFileSync(tarball)
  const dist = {
    tarball: `${url}/tarballs/${encodeURIComponent(manifest.name)}.tgz`,
    integrity: `sha512-${digest("sha512", content, "base64")}`,
    shasum: digest("sha1", content, "hex")
  }
  const { name, version } = manifest
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...JSON.parse(json), dist } } }
}

const send = (response: ServerResponse, type: string, body: string | Buffer) =>
  void response.writeHead(200, { "content-type": type }).end(body)

/** Its address, until the scope is closed. */
export const serve = (packages: ReadonlyArray<Packed>) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        const path = decodeURIComponent(request.url ?? "").slice(1)
        const name = path.replace(/^tarballs\//, "").replace(/\.tgz$/, "")
        const found = packages.find(({ manifest }) => manifest.name === name)
        if (found === undefined) return void response.writeHead(404).end()
        return path.startsWith("tarballs/")
          ? send(response, "application/octet-stream", readFileSync(found.tarball))
          : send(response, "application/json", JSON.stringify(packument(found, `http://${request.headers.host}`)))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" ? address?.port : undefined
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ url }) => url))
