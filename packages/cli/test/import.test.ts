import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { describe, expect, it } from "@effect/vitest"
import { Array, Deferred, Effect, Layer, Schedule } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { nameOf } from "../src/commands/source.js"
import * as Signals from "../src/terminal/Signals.js"
import { client, created, customers, given, header, json, key, layer, noAnswer, posts, run } from "./support.js"

const ours = ["outcome", "message", "request_id", "fulfillment_id"]

describe("import", () => {
  it.scopedLive("sends a file, and reports each row once, its own columns first", () =>
    Effect.gen(function*() {
      const { file, report, run, sums } = yield* given(
        header,
        "001,se-1,1Z999,ups,\"a, \"\"b\"\"\"",
        "002,se-2,0012,fedex,=1+1",
        "003,se-3,77,nobody,",
        "004,se-4,78,ups,-5"
      )
      const { code, stderr, stdout } = yield* run([
        "import",
        file,
        "--notify",
        "customer",
        "--batch-size",
        "2",
        "--yes"
      ])
      expect(code).toBe(ExitCode.rejected)
      expect(stderr).toContain("4 to be sent in 2 requests to 127.0.0.1:1")
      expect(stderr).toContain("4 customers, and the order source of 0 shipments")
      expect(stdout).toContain("3 of 4 shipments fulfilled")
      expect(stdout).toMatch(/line 4, se-3: .*nobody/)

      expect(yield* report("fulfilled.csv")).toStrictEqual([
        [...header.split(","), ...ours],
        ["001", "se-1", "1Z999", "ups", "a, \"b\"", "fulfilled", "", expect.any(String), ""],
        ["002", "se-2", "0012", "fedex", "'=1+1", "fulfilled", "", expect.any(String), ""],
        ["004", "se-4", "78", "ups", "'-5", "fulfilled", "", expect.any(String), ""]
      ])
      expect((yield* report("fulfilled.csv"))[1]?.[7]).toMatch(/^[\da-f-]{36}$/)
      expect(yield* report("rejected.csv")).toStrictEqual([
        [...header.split(","), ...ours],
        ["003", "se-3", "77", "nobody", "", "rejected", expect.stringContaining("nobody"), expect.any(String), ""]
      ])
      expect(yield* sums).toStrictEqual([3, 1, 0, 0])
      expect(yield* customers).toBe(3)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("ends with 0 when all are fulfilled", () =>
    Effect.gen(function*() {
      const { importIt, out } = yield* given(`\uFEFF${header}`, "1,se-1,1,ups,")
      const { code, stderr, stdout } = yield* importIt()
      expect(code).toBe(ExitCode.ok)
      expect(stdout).toContain(`Reports: ${out}`)
      expect(stderr).toContain("0 customers")
      const fs = yield* FileSystem.FileSystem
      expect(Uint8Array.from(yield* fs.readFile(`${out}/fulfilled.csv`)).slice(0, 3)).toStrictEqual(
        Uint8Array.of(0xEF, 0xBB, 0xBF)
      )
      expect((yield* fs.readDirectory(out)).length).toBe(4)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("keeps to the limit that it is told, and plans with it", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,", "3,se-3,3,ups,")
      const args = [file, "--notify", "none", "--batch-size", "1", "--requests-per-minute", "2"]
      const plan = yield* run(["plan", ...args, "--json"])
      expect(JSON.parse(plan.stdout)).toMatchObject({ requests: 3, atLimitSeconds: 61 })
      // one is taken by the question whether the key is any good
      yield* Effect.raceFirst(
        run(["import", ...args, "--yes"]),
        Effect.repeat(created, { until: (count) => count === 1, schedule: Schedule.spaced("50 millis") }).pipe(
          Effect.zipRight(Effect.sleep("1 second"))
        )
      )
      expect(yield* created).toBe(1)
      expect((yield* run(["import", file, "--notify", "none", "--requests-per-minute", "0", "--yes"])).code)
        .toBe(ExitCode.usage)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("run again sends nothing, asks nothing, and writes the same reports", () =>
    Effect.gen(function*() {
      const { file, importIt, out, report, run } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,nobody,")
      expect((yield* importIt()).code).toBe(ExitCode.rejected)
      const before = yield* report("fulfilled.csv")
      const fs = yield* FileSystem.FileSystem
      yield* fs.remove(`${out}/fulfilled.csv`)
      const again = yield* run(["import", file, "--notify", "none"])
      expect(again).toMatchObject({ code: ExitCode.rejected, stderr: expect.stringContaining("0 to be sent") })
      expect(yield* report("fulfilled.csv")).toStrictEqual(before)
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a corrected row is sent, and one with another tracking number than what was fulfilled is refused", () =>
    Effect.gen(function*() {
      const { importIt, report, sums, write } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,nobody,")
      yield* importIt()
      yield* write(header, "1,se-1,OTHER1,ups,", "2,se-2,2,ups,")
      const { code } = yield* importIt()
      expect(code).toBe(ExitCode.rejected)
      expect(yield* sums).toStrictEqual([1, 1, 0, 0])
      const refused = (yield* report("rejected.csv"))[1]
      expect(refused?.slice(1, 7)).toStrictEqual([
        "se-1",
        "OTHER1",
        "ups",
        "",
        "refused",
        "The outbox has this shipment with the tracking number 1, and it is fulfilled: nothing was sent"
      ])
      expect(yield* created).toBe(2)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a file may be imported again after another one with the same shipments", () =>
    Effect.gen(function*() {
      const { importIt, report, run, write } = yield* given(header, "1,se-1,1,nobody,")
      expect((yield* importIt()).code).toBe(ExitCode.rejected)
      yield* write(header, "1,se-1,2,nobody,")
      expect((yield* importIt()).code).toBe(ExitCode.rejected)
      yield* write(header, "1,se-1,1,nobody,")
      expect((yield* importIt()).stderr).toContain("1 to be sent")
      expect((yield* report("rejected.csv"))[1]?.[5]).toBe("rejected")
      expect(JSON.parse((yield* run(["show", "se-1"])).stdout)).toMatchObject({ attempts: 3, tracking_number: "1" })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("takes its own report of rejected rows, those in conflict too: the outbox decides", () =>
    Effect.gen(function*() {
      const { importIt, out, report, run } = yield* given(header, "1,se-1,2,ups,", "2,se-2,2,nobody,")
      const { seed } = yield* Emulator.Emulator
      yield* seed({ fulfillments: [{ shipment_id: "se-1", tracking_number: "1", carrier_code: "ups" }] })
      const { code } = yield* importIt()
      expect(code).toBe(ExitCode.rejected)
      expect((yield* report("rejected.csv")).slice(1).map((row) => row[5])).toStrictEqual(["conflict", "rejected"])
      const again = yield* run(["import", `${out}/rejected.csv`, "--notify", "none"])
      expect(again).toMatchObject({
        code: ExitCode.rejected,
        stderr: expect.stringContaining("2 are done or under way")
      })
    }).pipe(Effect.provide(layer({ alreadyFulfilled: "item" }))))

  it.scopedLive("of two runs at the same time each shipment is sent once", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, ...Array.makeBy(50, (n) => `${n},se-${n},${n + 1},ups,`))
      const both = yield* Effect.all(Array.replicate(importIt("--batch-size", "5"), 2), { concurrency: "unbounded" })
      expect(both.map(({ code }) => code)).toStrictEqual([ExitCode.ok, ExitCode.ok])
      expect(yield* created).toBe(50)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("sends some of the rows only", () =>
    Effect.gen(function*() {
      const { importIt, sums } = yield* given(header, ...Array.makeBy(9, (n) => `${n},se-${n},${n + 1},ups,`))
      expect((yield* importIt("--limit", "2")).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
      expect((yield* importIt("--since-line", "9")).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
      expect(yield* created).toBe(4)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("only offers with --offer-only, without a key, and the next import sends", () =>
    Effect.gen(function*() {
      const { file, importIt, run } = yield* given(header, "1,se-1,1,ups,")
      const { code, stdout } = yield* run(["import", file, "--notify", "none", "--yes", "--offer-only"], {
        SHIPSTATION_API_KEY: ""
      })
      expect(code).toBe(ExitCode.ok)
      expect(stdout).toContain("1 shipment taken")
      expect(yield* created).toBe(0)
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each(["GET", "POST"] as const)(
    "a file that is changed at a %s ends it with 5, and what was sent is known",
    (method) =>
      Effect.gen(function*() {
        const { importIt, out, run, write } = yield* given(header, "1,se-1,1,ups,")
        const changing = client((request) =>
          request.method === method
            ? Effect.zipRight(
              Effect.orDie(write(header, "1,se-1,1,ups,", "2,se-2,2,ups,")),
              json(request, { fulfillments: method === "GET" ? [] : [{ shipment_id: "se-1", error_message: null }] })
            )
            : json(request, { fulfillments: [] })
        )
        const { code, stderr } = yield* Effect.provide(importIt(), changing)
        expect(code).toBe(ExitCode.temporary)
        expect(stderr).toContain("changed while it was read")
        expect(stderr).toContain("The outbox knows what was sent: fulfill list")
        expect(stderr).not.toContain("Nothing was sent")
        const fs = yield* FileSystem.FileSystem
        expect(yield* fs.readDirectory(out)).toStrictEqual([])
        const { states } = JSON.parse((yield* run(["status", "--json"])).stdout)
        expect(states.fulfilled.count).toBe(method === "POST" ? 1 : 0)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("when the database fails on the way it ends with 5, and reports what was done", () =>
    Effect.gen(function*() {
      const { directory, importIt, report, run, write } = yield* given(header, "1,se-1,1,ups,")
      yield* importIt()
      yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) =>
          sql`CREATE TRIGGER full BEFORE INSERT ON shipstation_outbox_rows BEGIN SELECT RAISE(ABORT, 'disk full'); END`
      ).pipe(
        Effect.provide(SqliteClient.layer({ filename: `${directory}/outbox.sqlite` }))
      )
      yield* write(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.temporary)
      expect(stderr).toContain("Stopped: the database failed")
      expect((yield* report("fulfilled.csv")).length).toBe(2)
      expect((yield* report("not-sent.csv"))[1]?.[1]).toBe("se-2")
      expect((yield* run(["status"])).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("reads a pipe, which can be read only once", () =>
    Effect.gen(function*() {
      const { directory, run } = yield* given()
      const pipe = `${directory}/pipe`
      execFileSync("mkfifo", [pipe])
      const fs = yield* FileSystem.FileSystem
      const [{ code }] = yield* Effect.all([
        run(["import", pipe, "--notify", "none", "--yes"]),
        fs.writeFileString(pipe, `${header}\n1,se-1,1,ups,`)
      ], { concurrency: "unbounded" })
      expect(code).toBe(ExitCode.ok)
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("with --json prints one object, for programs", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,nobody,")
      const { stdout } = yield* importIt("--json")
      expect(JSON.parse(stdout)).toMatchObject({ fulfilled: 1, rejected: 1, unknown: 0, notSent: 0, exitCode: 3 })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("an error of its own ends it with 1, and nothing of it is shown", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* run(["import", file, "--notify", "customer"])
      expect(code).toBe(ExitCode.internal)
      expect(stderr).toContain("Internal error: Error. With --debug there is more")
      expect(stderr).not.toContain("a secret")
    }).pipe(Effect.provide(layer({}, { ask: () => Effect.die(new Error("a secret")) }))))

  it.scopedLive("a refused key stops it before anything is taken", () =>
    Effect.gen(function*() {
      const { file, out, run } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* run(["import", file, "--notify", "none", "--yes"], {
        SHIPSTATION_API_KEY: "another"
      })
      expect(code).toBe(ExitCode.refused)
      expect(stderr).toContain("refuses the key or the account: Status 401")
      expect(stderr).toContain(". Check the API key")
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.exists(out)).toBe(false)
      expect((yield* run(["list"])).stdout.trim().split("\n").length).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a key that is refused on the way ends it with 4, and another key goes on", () =>
    Effect.gen(function*() {
      const { importIt, run, sums } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      const error = { errors: [{ error_source: "shipstation", error_type: "security", message: "Denied." }] }
      const first = yield* Effect.provide(importIt(), posts((request) => json(request, error, 401)))
      expect(first.code).toBe(ExitCode.refused)
      expect(first.stderr).toMatch(/Stopped: ShipStation refuses the key or the account: .*Denied\. Check the API key/)
      expect(yield* sums).toStrictEqual([0, 0, 0, 2])
      expect((yield* run(["status"])).stderr).toMatch(/Paused by a worker .*: Denied\. To go on/)
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("what an operator paused stays paused", () =>
    Effect.gen(function*() {
      const { importIt, run } = yield* given(header, "1,se-1,1,ups,")
      yield* importIt("--offer-only")
      yield* run(["pause"])
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.temporary)
      expect(stderr).toContain("fulfill resume")
      expect(yield* created).toBe(0)
      yield* run(["resume"])
      expect((yield* importIt()).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a pause that comes while the key is tried stays", () =>
    Effect.gen(function*() {
      const { env, importIt } = yield* given(header, "1,se-1,1,ups,")
      const error = { errors: [{ error_source: "shipstation", error_type: "security", message: "no" }] }
      yield* Effect.provide(importIt(), posts((request) => json(request, error, 401)))
      const pause = Effect.provide(
        run(["pause"], env),
        yield* Effect.context<Effect.Effect.Context<ReturnType<typeof importIt>>>()
      )
      const pausing = client((request) => Effect.zipRight(Effect.orDie(pause), json(request, { fulfillments: [] })))
      const { code, stderr } = yield* Effect.provide(importIt(), pausing)
      expect(code).toBe(ExitCode.temporary)
      expect(stderr).toContain("paused by an operator")
      expect((yield* run(["status"], env)).stderr).toContain("Paused by an operator")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("ends with 5 when there is no connection, before anything is taken", () =>
    Effect.gen(function*() {
      const { importIt, out } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.temporary)
      expect(stderr).toContain("Could not connect")
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.exists(out)).toBe(false)
    }).pipe(Effect.provide(Layer.merge(layer(), client((request) => noAnswer(request, "connect"))))))

  it.scopedLive("ends with 2 when there is no such API at the address", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("no ShipStation API at SHIPSTATION_BASE_URL")
    }).pipe(Effect.provide(Layer.merge(layer(), client((request) => json(request, {}, 404))))))

  it.scopedLive("ends with 5 when nothing goes on for a while, and goes on at once when run again", () =>
    Effect.gen(function*() {
      const { directory, importIt, report, sums } = yield* given(header, "1,se-1,1,ups,", "2,se-2,2,ups,")
      const { code, stdout } = yield* Effect.provide(
        importIt("--give-up-after", "6s"),
        posts((request) => noAnswer(request, "connect"))
      )
      expect(code).toBe(ExitCode.temporary)
      expect(stdout).toContain("2 shipments: Could not connect")
      expect(yield* sums).toStrictEqual([0, 0, 0, 2])
      expect((yield* report("not-sent.csv"))[1]?.[6]).toContain("Could not connect")
      // whoever waited for what is due would wait an hour
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.zipRight(
          sql`UPDATE shipstation_outbox_progress SET due_at = due_at + 3600000`,
          sql`UPDATE shipstation_outbox_accounts SET not_before = not_before + 3600000`
        )).pipe(Effect.provide(SqliteClient.layer({ filename: `${directory}/outbox.sqlite` })))
      expect((yield* importIt()).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("doesn't give up while another process gets on with its rows", () =>
    Effect.gen(function*() {
      const { importIt, run, sums } = yield* given(header, ...Array.makeBy(3, (n) => `${n},se-${n},${n + 1},ups,`))
      yield* importIt("--offer-only")
      let sent = 0
      const slow = posts((request) => {
        const { body } = request
        const [id] = /se-\d/.exec(body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "") ?? []
        return Effect.delay(json(request, { fulfillments: [{ shipment_id: id, error_message: null }] }), 4000 * ++sent)
      })
      yield* Effect.forkScoped(Effect.provide(run(["work", "--batch-size", "1"]), slow))
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => sent === 3 })
      expect((yield* Effect.provide(importIt("--give-up-after", "8s"), slow)).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([3, 0, 0, 0])
      expect(sent).toBe(3)
    }).pipe(Effect.provide(layer())))

  it.scopedLive(
    "looks twice for what is unknown, says how to go on, and what a person retries is sent",
    () =>
      Effect.gen(function*() {
        const { importIt, report, run, sums } = yield* given(header, "1,se-1,1,ups,")
        const { code, stderr } = yield* Effect.provide(importIt(), posts((request) => noAnswer(request, "read")))
        expect(code).toBe(ExitCode.unknown)
        expect(stderr).toContain("fulfill reconcile")
        expect(stderr).toContain("fulfill retry --state unknown")
        expect(yield* sums).toStrictEqual([0, 0, 1, 0])
        expect((yield* report("unknown.csv"))[1]?.[5]).toBe("unknown")
        const looks = JSON.parse((yield* run(["show", "se-1"])).stdout).history.length
        expect(looks).toBeGreaterThanOrEqual(3)

        expect((yield* importIt()).code).toBe(ExitCode.unknown)
        expect(yield* created).toBe(0)
        yield* run(["retry", "se-1"])
        expect((yield* importIt()).code).toBe(ExitCode.ok)
        expect(yield* created).toBe(1)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive.each<readonly [string, ReadonlyArray<string>, Readonly<Record<string, string>>, string]>([
    ["who is notified is left open", [], {}, "never guessed"],
    ["nobody said yes", ["--notify", "customer"], {}, "say --yes"],
    ["no key", ["--notify", "none", "--yes"], { SHIPSTATION_API_KEY: "" }, "SHIPSTATION_API_KEY is not set"],
    ["a key as an argument", ["--notify", "none", "--yes", "--api-key", "x"], {}, "could see it in ps"],
    ["a key as an argument, in one", ["--notify", "none", "--yes", "--api-key=x"], {}, "could see it in ps"],
    [
      "a key's file that isn't there",
      ["--notify", "none", "--yes", "--key-file", "/no"],
      {},
      "Can't read the file of --key-file: no such"
    ],
    [
      "a key's file that is empty",
      ["--notify", "none", "--yes", "--key-file", "/dev/null"],
      {},
      "The file of --key-file is empty"
    ],
    [
      "the key itself as its file",
      ["--notify", "none", "--yes", "--key-file", key],
      {},
      "Can't read the file of --key"
    ],
    ["readOnly", ["--notify", "none", "--yes"], { SHIPSTATION_MODE: "readOnly" }, "readOnly"],
    ["--mode readOnly", ["--notify", "none", "--yes", "--mode", "readOnly"], {}, "readOnly"],
    ["a mode that is none", ["--notify", "none", "--yes"], { SHIPSTATION_MODE: "off" }, "SHIPSTATION_MODE"],
    [
      "a key that no header can hold",
      ["--notify", "none", "--yes"],
      { SHIPSTATION_API_KEY: "two words" },
      "Check the key in SHIPSTATION_API_KEY or --key-file: the API key has a character"
    ],
    [
      "a base URL over plain HTTP",
      ["--notify", "none", "--yes"],
      { SHIPSTATION_BASE_URL: "http://a.example" },
      "SHIPSTATION_BASE_URL can't be used: baseUrl is plain HTTP"
    ],
    [
      "a base URL that is none",
      ["--notify", "none", "--yes"],
      { SHIPSTATION_BASE_URL: "shipstation" },
      "SHIPSTATION_BASE_URL can't be used: baseUrl is not a URL"
    ],
    ["a wrong --notify", ["--notify", "all"], {}, "none, customer, order-source, both"],
    ["a batch of 0", ["--notify", "none", "--batch-size", "0"], {}, "1 to 500"],
    ["a batch of 501", ["--notify", "none", "--batch-size", "501"], {}, "1 to 500"],
    ["no time", ["--notify", "none", "--give-up-after", "soon"], {}, "must be a time"],
    ["an unknown option", ["--notify", "none", "--quick", "x"], {}, "--quick"],
    ["a database in a directory that isn't there", ["--notify", "none", "--database", "/no/x"], {}, "Can't use /no/x"]
  ])("sends nothing and ends with 2: %s", ([, args, env, message]) =>
    Effect.gen(function*() {
      const { file, out, run } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr, stdout } = yield* run(["import", file, ...args], env)
      expect({ code, stdout }).toStrictEqual({ code: ExitCode.usage, stdout: "" })
      expect(stderr).toContain(message)
      // only who writes a program has such an option
      expect(stderr).not.toContain("allowInsecureHosts")
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.exists(out)).toBe(false)
      expect((yield* (yield* Emulator.Emulator).requests).filter(({ method }) => method === "POST")).toStrictEqual([])
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each<readonly [string, Buffer, string]>([
    ["another encoding", Buffer.from("\uFEFFemulator-secret\r\n", "utf16le"), "is no plain text: save it as UTF-8"],
    ["the name of a variable", Buffer.from("SHIPSTATION_API_KEY=emulator-secret"), "has a name before the key"],
    ["what a shell reads", Buffer.from("\uFEFFexport API_KEY = emulator-secret"), "has a name before the key"],
    ["quotes", Buffer.from("\"emulator-secret\"\n"), "has quotes around the key"]
  ])("says what is wrong with a key's file that has %s", ([, bytes, message]) =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFile(`${directory}/key`, bytes)
      const args = ["import", file, "--notify", "none", "--yes", "--key-file", `${directory}/key`]
      const { code, stderr } = yield* run(args, { SHIPSTATION_API_KEY: "" })
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain(message)
      expect(stderr).not.toContain("emulator-secret")
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each(["emulator-secret\n", "\uFEFF emulator-secret \r\n"])(
    "takes the key from a file: %j",
    (text) =>
      Effect.gen(function*() {
        const { directory, file, run } = yield* given(header, "1,se-1,1,ups,")
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${directory}/key`, text)
        const args = ["import", file, "--notify", "none", "--yes", "--key-file", `${directory}/key`]
        expect((yield* run(args, { SHIPSTATION_API_KEY: "" })).code).toBe(ExitCode.ok)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive.each<readonly [number, boolean]>([
    [0o600, false],
    [0o400, false],
    [0o640, true],
    [0o604, true],
    [0o644, true]
  ])("of a key's file with the permissions %i: others may read it: %s", ([mode, isTold]) =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${directory}/key`, "emulator-secret\n")
      yield* fs.chmod(`${directory}/key`, mode)
      const args = ["import", file, "--notify", "none", "--yes", "--key-file", `${directory}/key`]
      const { code, stderr } = yield* run(args, { SHIPSTATION_API_KEY: "" })
      expect(code).toBe(ExitCode.ok)
      expect(stderr.split("\n").filter((line) => line.includes("Others can read the file of --key-file")).length)
        .toBe(isTold ? 1 : 0)
      expect(stderr.includes(`chmod 600 ${directory}/key`)).toBe(isTold)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("shows the first problem of a kind, and how many more there are", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, ...Array.makeBy(30, (index) => `${index},se-${index},,ups,Jane Doe`))
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("30 problems. Nothing was sent")
      expect(stderr).toContain("line 2, tracking_number \"\": must not be blank")
      expect(stderr.match(/^ {2}line /gm)?.length).toBe(1)
      expect(stderr).toContain("and 29 more like it: lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …")
      expect(stderr).not.toContain("Jane")
      expect(yield* (yield* Emulator.Emulator).requests).toStrictEqual([])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("says why a file can't be read", () =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given()
      const importing = (file: string) => run(["import", file, "--notify", "none", "--yes"])
      const { code, stderr } = yield* importing(`${directory}/no.csv`)
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("no such file")
      expect((yield* importing(directory)).stderr).toContain(`Can't read ${directory}`)
      expect((yield* importing(`${file}/x`)).stderr).toContain(`Can't read ${file}/x`)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("says why the reports can't be written, before anything is sent", () =>
    Effect.gen(function*() {
      const { file, importIt } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* importIt("--out", `${file}/x`)
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain(`Can't write to ${file}/x`)
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("never has one of its reports in place of the file", () =>
    Effect.gen(function*() {
      const { directory, run, write } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      for (const name of ["not-sent.csv", "rejected.csv", "being-sent.csv"]) {
        yield* write(`${header},outcome,message,request_id`, "1,se-1,1,ups,,not_sent,,")
        yield* fs.rename(`${directory}/shipments.csv`, `${directory}/${name}`)
        yield* fs.symlink(`${directory}/${name}`, `${directory}/link.csv`)
        for (const file of [name, "link.csv"]) {
          const { code, stderr } = yield* run(
            ["import", `${directory}/${file}`, "--notify", "none", "--yes", "--out", directory]
          )
          expect(code).toBe(ExitCode.usage)
          expect(stderr).toContain("has the place of one of the reports")
        }
        yield* fs.remove(`${directory}/link.csv`)
        yield* fs.remove(`${directory}/${name}`)
      }
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(layer())))

  it("writes what comes of a pipe into the folder that one is in", () => {
    for (const pipe of ["-", "/dev/stdin", "/dev/fd/63", "/proc/self/fd/3"]) expect(nameOf(pipe)).toBe("stdin")
    for (const file of ["orders.csv", "dev/fd/63", "/devices/a.csv"]) expect(nameOf(file)).toBe(file)
  })

  it.scopedLive.skipIf(!existsSync("/dev/full"))(
    "loses nothing when there is no room for the reports",
    () =>
      Effect.gen(function*() {
        const { importIt, out, sums } = yield* given(header, "1,se-1,1,ups,")
        const fs = yield* FileSystem.FileSystem
        // a device that says what a full disk says
        const full: FileSystem.FileSystem = {
          ...fs,
          open: (path, options) => fs.open(path.startsWith(out) ? "/dev/full" : path, options)
        }
        const { code, stderr } = yield* Effect.provideService(importIt(), FileSystem.FileSystem, full)
        expect(code).toBe(ExitCode.temporary)
        expect(stderr).toContain("ENOSPC: no space left on device, write. Nothing is lost: run it again")
        expect(yield* fs.readDirectory(out)).toStrictEqual([])
        expect((yield* importIt()).code).toBe(ExitCode.ok)
        expect(yield* sums).toStrictEqual([1, 0, 0, 0])
        expect(yield* created).toBe(1)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("keeps the old reports, and tells, when the new ones can't be written", () =>
    Effect.gen(function*() {
      const { importIt, out, report } = yield* given(header, "1,se-1,1,ups,")
      yield* importIt("--offer-only")
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(out)
      yield* fs.writeFileString(`${out}/rejected.csv`, "old,outcome,message,request_id\n")
      const blocked: FileSystem.FileSystem = {
        ...fs,
        rename: (from, to) => Effect.zipRight(fs.makeDirectory(to, { recursive: true }), fs.rename(from, to))
      }
      const { code, stderr } = yield* Effect.provideService(importIt(), FileSystem.FileSystem, blocked)
      expect(code).toBe(ExitCode.temporary)
      expect(stderr).toContain("run it again")
      expect((yield* report("rejected.csv"))[0]?.[0]).toBe("old")
      yield* fs.remove(`${out}/fulfilled.csv`, { recursive: true })
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect((yield* report("fulfilled.csv")).length).toBe(2)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a signal before anything is taken ends it at once", () =>
    Effect.gen(function*() {
      const { file, importIt, out, run } = yield* given(header, "1,se-1,1,ups,")
      const { first } = yield* Signals.Signals
      yield* Deferred.succeed(first, "SIGTERM")
      expect((yield* importIt()).code).toBe(143)
      expect((yield* run(["plan", file, "--notify", "none"])).code).toBe(143)
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.exists(out)).toBe(false)
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("keeps control characters of the API off the terminal", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, "1,se-1,1,ups,")
      const { stdout } = yield* importIt()
      expect(stdout).toContain("se-1: \\u001b[2J bad\\u202enews")
    }).pipe(Effect.provide(Layer.merge(
      layer(),
      posts((request) =>
        json(request, { fulfillments: [{ shipment_id: "se-1", error_message: "\u001b[2J\nbad\u202Enews" }] })
      )
    ))))

  it.scopedLive("a row that was pruned is reported, and not sent again", () =>
    Effect.gen(function*() {
      const { importIt, run, sums } = yield* given(header, "1,se-1,1,ups,")
      yield* importIt()
      yield* run(["prune", "--older-than", "0s", "--yes"])
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([1, 0, 0, 0])
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))
})
