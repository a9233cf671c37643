import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const key = "TEST_secret"

const reports = ["fulfilled.csv", "rejected.csv", "unknown.csv", "not-sent.csv"]

const start = (script: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL(script, import.meta.url)), ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const output = { stdout: "", stderr: "" }
  child.stdout.on("data", (data) => output.stdout += String(data))
  child.stderr.on("data", (data) => output.stderr += String(data))
  const exit = once(child, "close").then(([code]) => code)
  return { child, output, exit }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setTimeout(20)
}

/** A server that answers when it is told to. */
const slowServer = async () => {
  const held: Array<() => void> = []
  const server: Server = createServer((request, response) => {
    let body = ""
    request.on("data", (data) => body += String(data)).on("end", () => {
      const ids = body.match(/se-\d+/g) ?? []
      held.push(() =>
        response.setHeader("content-type", "application/json").end(
          JSON.stringify({ has_errors: false, fulfillments: ids.map((shipment_id) => ({ shipment_id })) })
        )
      )
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { server, held, url: `http://127.0.0.1:${port}` }
}

const importSlowly = async (
  use: (run: {
    readonly child: ChildProcess
    readonly output: { readonly stdout: string; readonly stderr: string }
    readonly exit: Promise<unknown>
    readonly held: ReadonlyArray<() => void>
    readonly rowsOf: (report: string) => Promise<number>
  }) => Promise<void>
) => {
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  const { held, server, url } = await slowServer()
  const file = join(directory, "shipments.csv")
  await writeFile(file, "shipment_id,tracking_number,carrier_code\nse-1,1,ups\nse-2,2,ups\nse-3,3,ups\n")
  const run = start("../src/bin.ts", ["import", file, "--notify", "none", "--batch-size", "2"], {
    SHIPSTATION_API_KEY: key,
    SHIPSTATION_BASE_URL: url
  })
  const rowsOf = async (report: string) =>
    parse(await readFile(join(directory, "shipments-outcomes", report))).length - 1
  try {
    await until(() => held.length > 0 || run.child.exitCode !== null)
    await use({ ...run, held, rowsOf })
    expect(run.output.stdout + run.output.stderr).not.toContain(key)
  } finally {
    run.child.kill("SIGKILL")
    server.close()
    server.closeAllConnections()
    await rm(directory, { recursive: true })
  }
}

describe("the process", () => {
  it("after SIGINT awaits the request under way", () =>
    importSlowly(async ({ child, exit, held, output, rowsOf }) => {
      child.kill("SIGINT")
      await until(() => output.stderr.includes("Stopping"))
      held[0]?.()
      expect(await exit).toBe(130)
      expect(held.length).toBe(1)
      expect(await Promise.all(reports.map(rowsOf))).toStrictEqual([2, 0, 0, 1])
      // no bar and no colours where there is no terminal
      expect(output.stderr + output.stdout).not.toContain("\u001b")
    }))

  it("after a second SIGINT doesn't", () =>
    importSlowly(async ({ child, exit, output, rowsOf }) => {
      child.kill("SIGINT")
      await until(() => output.stderr.includes("Stopping"))
      // what comes earlier than a second after the first counts as the same
      await setTimeout(2000)
      child.kill("SIGINT")
      expect(await exit).toBe(130)
      expect(await Promise.all(reports.map(rowsOf))).toStrictEqual([0, 0, 2, 1])
    }))

  it("is an emulator until it is told to stop", async () => {
    const { child, exit, output } = start("../src/bin.ts", ["emulator", "--port", "0"])
    await until(() => output.stderr.includes("SHIPSTATION_BASE_URL"))
    expect(output.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
    const answer = await fetch(`${output.stdout.trim()}/v2/fulfillments`)
    expect(answer.status).toBe(401)
    // a page that is open doesn't keep it
    const page = await fetch(output.stdout.trim(), { headers: { accept: "text/html" } })
    expect(page.headers.get("content-type")).toContain("text/html")
    const events = await fetch(`${output.stdout.trim()}/__emulator/events`)
    expect(events.status).toBe(200)
    child.kill("SIGTERM")
    expect(await exit).toBe(143)
    await expect(events.text()).rejects.toThrow("terminated")
  })

  it("is an emulator with what a seed file has", async () => {
    const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
    const file = join(directory, "seed.json")
    await writeFile(file, JSON.stringify({ shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }] }))
    const { child, exit, output } = start("../src/bin.ts", [
      "emulator",
      "--seed",
      file,
      "--already-fulfilled",
      "accept"
    ])
    await until(() => output.stdout.endsWith("\n"))
    const url = output.stdout.trim()
    const create = async (url: string, shipment_id: string) => {
      const answer = await fetch(`${url}/v2/fulfillments`, {
        method: "POST",
        headers: { "api-key": "emulator-api-key", "content-type": "application/json" },
        body: JSON.stringify({ fulfillments: [{ shipment_id, tracking_number: "1Z", carrier_code: "ups" }] })
      })
      return await answer.text()
    }
    expect(await create(url, "se-1")).toContain("\"A-1\",\"error_message\":null")
    expect(await create(url, "se-1")).toContain("\"A-1\",\"error_message\":null")
    expect(await create(url, "se-2")).toContain("was not found")
    child.kill("SIGTERM")
    await exit

    const any = start("../src/bin.ts", ["emulator", "--seed", file, "--any-shipment"])
    await until(() => any.output.stdout.endsWith("\n"))
    expect(await create(any.output.stdout.trim(), "se-2")).toContain("\"error_message\":null")
    expect(await create(any.output.stdout.trim(), "se-2")).toContain("already been fulfilled")
    any.child.kill("SIGTERM")
    await any.exit

    await writeFile(file, "{\"shipments\":[{\"shipment_id\":7}]}")
    const refused = start("../src/bin.ts", ["emulator", "--seed", file])
    expect(await refused.exit).toBe(2)
    expect(refused.output.stderr).toContain("shipments[0].shipment_id: ")
    const missing = start("../src/bin.ts", ["emulator", "--seed", join(directory, "none.json")])
    expect(await missing.exit).toBe(2)
    expect(missing.output.stderr).toContain("none.json")
    await rm(directory, { recursive: true })
  })

  it("is an emulator at the address that it is told", async () => {
    const { child, exit, output } = start("../src/bin.ts", ["emulator", "--host", "::1"])
    await until(() => output.stderr.includes("SHIPSTATION_BASE_URL"))
    expect(output.stdout).toMatch(/^http:\/\/\[::1\]:\d+\n$/)
    child.kill("SIGTERM")
    expect(await exit).toBe(143)
  })

  it("quickstart imports its file into an emulator", async () => {
    const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
    const { exit, output } = start("../quickstart/main.ts", [], { TMPDIR: directory })
    expect(await exit).toBe(0)
    await rm(directory, { recursive: true })
    expect(output.stdout).toContain("243 of 250 shipments fulfilled")
    expect(output.stdout).toContain("would have mailed 168 customers")
  })

  it("prints the OpenAPI document, and nothing else", async () => {
    const { exit, output } = start("../src/bin.ts", ["openapi"])
    expect(await exit).toBe(0)
    expect(JSON.parse(output.stdout)).toMatchObject({ openapi: "3.1.0", paths: { "/v2/fulfillments": {} } })
    expect(output.stderr).toBe("")
  })

  it("gives help without colours to a pipe", async () => {
    const { exit, output } = start("../src/bin.ts", ["import", "--help"])
    expect(await exit).toBe(0)
    expect(output.stdout).toContain("--batch-size")
    expect(output.stdout).not.toContain("\u001b")
  })
})
