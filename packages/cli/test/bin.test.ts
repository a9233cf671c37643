import { describe, expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { get } from "node:http"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fulfill, inFolder, program, until } from "./processes.js"

/** Other addresses of this machine are like those that others reach it by. */
const isNowhereElse = (url: string) =>
  expect(fetch(url.replace("127.0.0.1", "127.0.0.2"))).rejects.toThrow("fetch failed")

/** So many milliseconds, and more where the machine is busy: as it is when a start of the command takes long. */
const atMost = async (millis: number) => {
  const start = Date.now()
  await fulfill(["--version"]).exit
  return millis + 20 * (Date.now() - start)
}

describe("a killed import", () => {
  it("goes on when it is run again, and does nothing twice", () =>
    inFolder(40, async ({ ids, importing, server, sums }) => {
      // two of them are answered, the others never
      server.hold = (n) => n < 2 ? undefined : new Promise(() => {})
      const first = importing("--batch-size", "4")
      await until(() => server.posts.length === 6 || first.child.exitCode !== null)
      first.child.kill("SIGKILL")
      await first.exit

      server.hold = () => undefined
      const start = Date.now()
      const second = importing("--batch-size", "4")
      // the others at once; what was under way as soon as its claims have ended
      await until(() => server.posts.length > 6 || second.child.exitCode !== null)
      expect(second.output.stderr).toContain("Going on")
      expect(await second.exit).toBe(0)
      const took = Date.now() - start
      expect(took).toBeLessThan(await atMost(20_000))
      expect([...server.created.keys()].toSorted()).toStrictEqual([...ids].toSorted())
      expect([...server.created.values()].filter((times) => times > 1)).toStrictEqual([])
      expect(await sums()).toStrictEqual([40, 0, 0, 0])
    }))

  it(
    "killed again and again at any moment, ends with each shipment done once",
    () =>
      inFolder(120, async ({ directory, env, ids, importing, server, sums }) => {
        server.hold = () => setTimeout(150).then(() => undefined)
        let code: unknown
        for (let round = 0; round < 8 && code !== 0; round++) {
          const run = importing("--batch-size", "3")
          await Promise.race([run.exit, setTimeout(1_500 + 250 * round)])
          run.child.kill("SIGKILL")
          code = await run.exit
        }
        // killed before the server had it, a row is not found: a person decides
        for (let tries = 0; tries < 3 && code !== 0; tries++) {
          await fulfill(["retry", "--state", "unknown", "--yes"], env).exit
          code = await importing("--batch-size", "3").exit
        }
        expect(code).toBe(0)
        expect([...server.created.keys()].toSorted()).toStrictEqual([...ids].toSorted())
        expect([...server.created.values()].filter((times) => times > 1)).toStrictEqual([])
        expect(await sums()).toStrictEqual([120, 0, 0, 0])
        // a killed run may leave what it hadn't finished
        const reports = await readdir(join(directory, "shipments-outcomes"))
        expect(reports.filter((name) => !name.startsWith(".")).length).toBe(4)
      })
  )
})

describe("the process", () => {
  it("says what was done where its reports can't be written", () =>
    inFolder(40, async ({ directory, importing, server }) => {
      const out = join(directory, "out")
      // another thing has its place by then
      server.hold = async (n) => {
        if (n !== 0) return
        await rm(out, { recursive: true })
        await writeFile(out, "")
      }
      const { exit, output } = importing("--batch-size", "20", "--out", out)
      expect(await exit).toBe(5)
      expect(output.stderr).toContain(
        "In this run 40 shipments were fulfilled, and 0 refused. The reports could not be"
      )
      expect(server.posts.length).toBe(2)
    }))

  it("after SIGINT awaits the requests under way, and claims nothing more", () =>
    inFolder(40, async ({ importing, server, sums }) => {
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      server.hold = () => released
      const { child, exit, output } = importing("--batch-size", "2")
      await until(() => server.posts.length === 4)
      child.kill("SIGINT")
      await until(() => output.stderr.includes("Stopping"))
      release()
      expect(await exit).toBe(130)
      expect(server.posts.length).toBe(4)
      expect(await sums()).toStrictEqual([8, 0, 0, 32])
      expect(output.stderr).toContain("To go on:")
      // no bar and no colours where there is no terminal
      expect(output.stderr + output.stdout).not.toContain("\u001b")
    }))

  it("after a second SIGINT doesn't, and a run after it finds out what became of them", () =>
    inFolder(40, async ({ ids, importing, server, sums }) => {
      server.hold = () => new Promise(() => {})
      const { child, exit, output } = importing("--batch-size", "2")
      await until(() => server.posts.length === 4)
      child.kill("SIGINT")
      await until(() => output.stderr.includes("Stopping"))
      // what comes earlier than a second after the first counts as the same
      await setTimeout(2000)
      const start = Date.now()
      child.kill("SIGINT")
      expect(await exit).toBe(130)
      const took = Date.now() - start
      expect(took).toBeLessThan(await atMost(20_000))
      expect(await sums()).toStrictEqual([0, 0, 8, 32])
      server.hold = () => undefined
      expect(await importing().exit).toBe(0)
      expect([...server.created.values()]).toStrictEqual(ids.map(() => 1))
      expect(await sums()).toStrictEqual([40, 0, 0, 0])
    }))

  it("after SIGINT doesn't wait for the rate limit", () =>
    inFolder(205, async ({ importing, server, sums }) => {
      const { child, exit, output } = importing("--batch-size", "1")
      await until(() => server.posts.length >= 199)
      await setTimeout(1000)
      expect(server.posts.length).toBe(199)
      const start = Date.now()
      child.kill("SIGTERM")
      expect(await exit).toBe(143)
      const took = Date.now() - start
      expect(took).toBeLessThan(await atMost(30_000))
      expect(output.stderr).toContain("Stopped by SIGTERM")
      // what waited is as if it had never been claimed
      expect(await sums()).toStrictEqual([199, 0, 0, 6])
    }))

  it("working silently says so, and what list goes on telling", () =>
    inFolder(2, async ({ env, importing, server }) => {
      const work = fulfill(["work", "--mode", "silent", "--json"], env)
      await until(() => work.output.stderr.includes("silent"))
      expect(work.output.stderr).toContain("Nobody is notified, as the mode is silent")
      expect(work.output.stderr).toContain("go on telling what was offered")
      expect(await importing("--offer-only").exit).toBe(0)
      await until(() => server.created.size === 2)
      expect(server.notified).toStrictEqual([])
      work.child.kill("SIGTERM")
      expect(await work.exit).toBe(143)
      const live = fulfill(["work", "--json"], env)
      await until(() => live.output.stderr.includes("Working"))
      live.child.kill("SIGTERM")
      await live.exit
      expect(live.output.stderr).not.toContain("silent")
    }))

  it("works until it is told to stop, on what others offer, and logs on stderr", () =>
    inFolder(5, async ({ env, importing, server }) => {
      const work = fulfill(["work", "--json"], env)
      await until(() => work.output.stderr.includes("Working"))
      expect(await importing("--offer-only").exit).toBe(0)
      await until(() => server.created.size === 5)
      work.child.kill("SIGTERM")
      expect(await work.exit).toBe(143)
      expect(work.output.stdout).toBe("")
      const [first] = work.output.stderr.split("\n")
      expect(JSON.parse(first ?? "")).toMatchObject({ message: "Working", logLevel: "INFO" })
    }))

  it("an emulator says why it can't listen", async () => {
    const taken = createServer()
    await once(taken.listen(0, "127.0.0.1"), "listening")
    const address = taken.address()
    const port = String(typeof address === "object" ? address?.port : 0)
    const { exit, output } = fulfill(["emulator", "--port", port])
    expect(await exit).toBe(2)
    expect(output.stderr).toContain("another program listens there")
    taken.close()
  })

  it("is an emulator until it is told to stop", async () => {
    const { child, exit, output } = fulfill(["emulator", "--port", "0"])
    await until(() => output.stderr.includes("SHIPSTATION_BASE_URL"))
    expect(output.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
    await isNowhereElse(output.stdout.trim())
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

  it("is a dashboard of the outbox until it is told to stop", () =>
    inFolder(3, async ({ env, importing }) => {
      expect(await importing().exit).toBe(0)
      const { child, exit, output } = fulfill(["dashboard"], env)
      await until(() => output.stderr.includes("Ctrl-C"))
      expect(output.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/)
      const url = output.stdout.trim()
      const page = await fetch(url)
      expect(page.headers.get("content-type")).toContain("text/html")
      await isNowhereElse(url)
      expect(await (await fetch(`${url}api/rows`)).json()).toMatchObject({
        rows: [{ state: "fulfilled" }, { state: "fulfilled" }, { state: "fulfilled" }]
      })
      // a page that is open doesn't keep it
      const events = await fetch(`${url}api/events`)
      expect(events.status).toBe(200)
      child.kill("SIGTERM")
      expect(await exit).toBe(143)
      await events.text().catch(() => "")
    }))

  it("is an emulator with what a seed file has", async () => {
    const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
    const file = join(directory, "seed.json")
    await writeFile(file, JSON.stringify({ shipments: [{ shipment_id: "se-1", shipment_number: "A-1" }] }))
    const { child, exit, output } = fulfill([
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

    const any = fulfill(["emulator", "--seed", file, "--any-shipment"])
    await until(() => any.output.stdout.endsWith("\n"))
    expect(await create(any.output.stdout.trim(), "se-2")).toContain("\"error_message\":null")
    expect(await create(any.output.stdout.trim(), "se-2")).toContain("already been fulfilled")
    any.child.kill("SIGTERM")
    await any.exit

    await writeFile(file, "{\"shipments\":[{\"shipment_id\":7}]}")
    const refused = fulfill(["emulator", "--seed", file])
    expect(await refused.exit).toBe(2)
    expect(refused.output.stderr).toContain("shipments[0].shipment_id: ")
    const missing = fulfill(["emulator", "--seed", join(directory, "none.json")])
    expect(await missing.exit).toBe(2)
    expect(missing.output.stderr).toContain("none.json")
    await rm(directory, { recursive: true })
  })

  it("is an emulator at the address that it is told", async () => {
    const { child, exit, output } = fulfill(["emulator", "--host", "::1"])
    await until(() => output.stderr.includes("SHIPSTATION_BASE_URL"))
    expect(output.stdout).toMatch(/^http:\/\/\[::1\]:\d+\n$/)
    child.kill("SIGTERM")
    expect(await exit).toBe(143)
  })

  it("is an emulator that answers to the names that it is told", async () => {
    const { child, exit, output } = fulfill([
      "emulator",
      "--allow-host",
      "a.test",
      "--allow-host",
      "b.test"
    ])
    await until(() => output.stderr.includes("SHIPSTATION_BASE_URL"))
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        get(`${output.stdout.trim()}/v2/fulfillments`, { headers: { host } }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        }).on("error", reject)
      })
    // none has a key
    expect(await statusFor("a.test")).toBe(401)
    expect(await statusFor("b.test:80")).toBe(401)
    expect(await statusFor("c.test")).not.toBe(401)
    child.kill("SIGTERM")
    expect(await exit).toBe(143)
  })

  it("prints the OpenAPI document, and nothing else", async () => {
    const { exit, output } = fulfill(["openapi"])
    expect(await exit).toBe(0)
    expect(JSON.parse(output.stdout)).toMatchObject({ openapi: "3.1.0", paths: { "/v2/fulfillments": {} } })
    expect(output.stderr).toBe("")
  })

  it("goes on when who reads is gone, and says nothing of it", () => {
    const [node, ...args] = [process.execPath, program, "openapi"]
    const pipe = `{ "$@"; echo "code $?" >&2; } | head -c 1`
    const { stderr, stdout } = spawnSync("sh", ["-c", pipe, "sh", node, ...args], { encoding: "utf8" })
    expect({ stderr, stdout }).toEqual({ stderr: "code 0\n", stdout: "{" })
  })

  it("gives help without colours to a pipe", async () => {
    const { exit, output } = fulfill(["import", "--help"])
    expect(await exit).toBe(0)
    expect(output.stdout).toContain("--batch-size")
    expect(output.stdout).not.toContain("\u001b")
  })
})
