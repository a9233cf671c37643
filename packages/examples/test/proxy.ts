/** A proxy on a free port, and where it led: it tunnels, as those do that see nothing of what goes through them. */
import { Effect } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import { connect } from "node:net"

export const proxy = Effect.acquireRelease(
  Effect.promise(async () => {
    const tunnels: Array<string> = []
    const server = createServer()
    server.on("connect", ({ url = "" }, socket, head) => {
      tunnels.push(url)
      const { hostname, port } = new URL(`http://${url}`)
      const target = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
        target.write(head)
        target.pipe(socket)
        socket.pipe(target)
      })
      target.on("error", () => socket.destroy())
      socket.on("error", () => target.destroy())
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    return { server, tunnels, url: `http://127.0.0.1:${port}` }
  }),
  ({ server }) => Effect.sync(() => server.close())
)
