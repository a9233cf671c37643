import { parse } from "csv-parse/sync"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

export const key = "emulator-api-key"

export const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** The command, bundled from the sources. */
export const program = script("../node_modules/.programs/bin.js")

export interface Running {
  readonly child: ChildProcess
  readonly output: { readonly stdout: string; readonly stderr: string }
  readonly exit: Promise<unknown>
}

type Env = Readonly<Record<string, string>>

/** Starts a script. */
export const start = (name: string, args: ReadonlyArray<string>, env: Env = {}): Running =>
  node(["--import", "tsx", script(name), ...args], env)

/** Starts the command. */
export const fulfill = (args: ReadonlyArray<string>, env: Env = {}, cwd?: string): Running =>
  node([program, ...args], env, cwd)

/** Types a line into a shell, and becomes what it starts. `stdout` has all that it says, in order, as a terminal shows it. */
export const typed = (line: string, env: Env, cwd: string): Running =>
  spawned("sh", ["-c", `exec ${line} 2>&1`], env, cwd)

const node = (args: ReadonlyArray<string>, env: Env, cwd?: string): Running => spawned(process.execPath, args, env, cwd)

const spawned = (command: string, args: ReadonlyArray<string>, env: Env, cwd?: string): Running => {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const output = { stdout: "", stderr: "" }
  child.stdout.on("data", (data) => output.stdout += String(data))
  child.stderr.on("data", (data) => output.stderr += String(data))
  const exit = once(child, "close").then(([code]) => code)
  return { child, output, exit }
}

export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setTimeout(20)
}

export interface Server {
  readonly url: string
  /** The shipments of each request to create, in the order of their coming. */
  readonly posts: ReadonlyArray<ReadonlyArray<string>>
  /** Shipments whose customer, or order source, was to be notified. */
  readonly notified: ReadonlyArray<string>
  /** How often each shipment was created. */
  readonly created: ReadonlyMap<string, number>
  /** What to do before answering a request to create; by default nothing. Gets its number, from 0. */
  hold: (n: number) => Promise<void> | undefined
  readonly close: () => void
}

interface Item {
  readonly shipment_id: string
  readonly tracking_number: string
  readonly notify_customer: boolean
  readonly notify_order_source: boolean
}

/** A ShipStation that creates whatever it is sent, again and again, and answers when it is told to. */
export const serve = async (): Promise<Server> => {
  const posts: Array<ReadonlyArray<string>> = []
  const notified: Array<string> = []
  const created = new Map<string, number>()
  const fulfillments: Array<object> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (data) => body += String(data)).on("end", async (): Promise<void> => {
      const answer = (value: unknown) =>
        response.setHeader("content-type", "application/json").end(JSON.stringify(value))
      if (request.url?.startsWith("/v2/carriers") === true) {
        answer({ carriers: [{ carrier_code: "ups" }, { carrier_code: "usps" }] })
        return
      }
      if (request.method === "GET") {
        const wanted = new URL(request.url ?? "", "http://localhost").searchParams.get("shipment_id")
        const found = fulfillments.filter((one) => wanted === null || JSON.stringify(one).includes(`"${wanted}"`))
        answer({ fulfillments: found.slice(0, 500), total: found.length, page: 1, pages: 1 })
        return
      }
      const items: ReadonlyArray<Item> = JSON.parse(body).fulfillments
      const n = posts.push(items.map(({ shipment_id }) => shipment_id)) - 1
      for (const { notify_customer, notify_order_source, shipment_id, tracking_number } of items) {
        if (notify_customer || notify_order_source) notified.push(shipment_id)
        created.set(shipment_id, (created.get(shipment_id) ?? 0) + 1)
        fulfillments.push({ fulfillment_id: `f-${shipment_id}`, shipment_id, tracking_number, voided: false })
      }
      await self.hold(n)
      answer({
        has_errors: false,
        fulfillments: items.map(({ shipment_id }) => ({ shipment_id, error_message: null }))
      })
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  const self: Server = {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    posts,
    notified,
    created,
    hold: () => undefined,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
  return self
}

export interface Folder {
  readonly directory: string
  readonly file: string
  readonly server: Server
  readonly env: Readonly<Record<string, string>>
  readonly ids: ReadonlyArray<string>
  readonly importing: (...args: ReadonlyArray<string>) => Running
  readonly rowsOf: (report: string) => Promise<number>
  readonly sums: () => Promise<ReadonlyArray<number>>
}

/** A file with so many shipments, a place for its reports and database, and a server. */
export const inFolder = async (rows: number, use: (folder: Folder) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  const server = await serve()
  const ids = Array.from({ length: rows }, (_, n) => `se-${n}`)
  const file = join(directory, "shipments.csv")
  await writeFile(
    file,
    ["shipment_id,tracking_number,carrier_code", ...ids.map((id) => `${id},1Z-${id},ups`)].join("\n")
  )
  const env = {
    SHIPSTATION_API_KEY: key,
    SHIPSTATION_BASE_URL: server.url,
    FULFILL_DATABASE: join(directory, "outbox.sqlite")
  }
  const running: Array<Running> = []
  const rowsOf = async (report: string) =>
    parse(await readFile(join(directory, "shipments-outcomes", report))).length - 1
  try {
    await use({
      directory,
      file,
      server,
      env,
      ids,
      importing: (...args) => {
        const run = fulfill(["import", file, "--notify", "customer", "--yes", ...args], env)
        running.push(run)
        return run
      },
      rowsOf,
      sums: () => Promise.all(["fulfilled.csv", "rejected.csv", "unknown.csv", "not-sent.csv"].map(rowsOf))
    })
    for (const { output } of running) {
      if ((output.stdout + output.stderr).includes(key)) throw new Error("The key was shown")
    }
  } finally {
    for (const { child } of running) child.kill("SIGKILL")
    server.close()
    await rm(directory, { recursive: true, force: true })
  }
}
