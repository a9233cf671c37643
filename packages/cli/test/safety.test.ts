import { ExitCode } from "@effect-shipstation/cli"
import { Error as PlatformError, FileSystem, Path } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Effect, Either, FastCheck, Layer, Option, Redacted, Stream } from "effect"
import { symlink } from "node:fs/promises"
import { csvText, type Delimiter } from "../src/file/csvText.js"
import { guard, withoutGuards } from "../src/file/formulas.js"
import * as OwnFile from "../src/import/OwnFile.js"
import * as Location from "../src/outbox/Location.js"
import { again, Invocation } from "../src/terminal/Invocation.js"
import { client, created, given, header, layer, noAnswer } from "./support.js"

const secret = "s3cret"

const reportInfo: FileSystem.File.Info = {
  type: "File",
  mtime: Option.none(),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: 1,
  ino: Option.none(),
  mode: 0o600,
  nlink: Option.none(),
  uid: Option.none(),
  gid: Option.none(),
  rdev: Option.none(),
  size: FileSystem.Size(1),
  blksize: Option.none(),
  blocks: Option.none()
}

describe("where the outbox is", () => {
  it.each([
    ["", "is empty"],
    ["  ", "is empty"],
    [":memory:", "is a database in memory, which forgets"],
    ["undefined", "has the name of a value that was never put in its place"],
    ["null", "has the name of a value"],
    ["${FULFILL_DB}", "has the name of a value"],
    ["$FULFILL_DB", "has the name of a value"],
    ["$HOME/outbox.sqlite", "has the name of a value"],
    ["~/outbox.sqlite", "has the name of a value"],
    ["%FULFILL_DB%", "has the name of a value"],
    ["{{ fulfill.database }}", "has the name of a value"],
    ["/dev/shm/outbox.sqlite", "is in memory, which forgets what was sent"],
    ["/dev/null", "is in memory"],
    ["file:outbox.sqlite", "begins with file:"],
    ["file::memory:?cache=shared", "begins with file:"],
    [`host=db.example.com user=fulfill password=${secret} dbname=shop`, "is a list of settings"],
    [`password='${secret}' host=db`, "is a list of settings"],
    [`Server=db;Database=shop;User Id=x;Password=${secret};`, "is a list of settings"],
    [`service=shop`, "is a list of settings"],
    [`mysql://u:${secret}@db/x`, "is a URL, but not one that begins with postgres://"],
    [`sqlite:x`, "is a URL"],
    [`jdbc:postgresql://db/x?password=${secret}`, "is a URL"],
    [`postgres:/u:${secret}@db/x`, "is a URL"],
    [`u:${secret}@db/x`, "looks like a URL"],
    [`//u:${secret}@db/x`, "looks like a URL"],
    [`postgres://u:${secret}@x@db/shop`, "is not a URL: in its password write %40"],
    [`postgres://u:${secret}/x@db/shop`, "is not a URL"],
    [`postgres://u:${secret}#x@db/shop`, "is not a URL"]
  ])("isn't %s", (text, reason) => {
    const found = Location.parse(text, "--database")
    expect(Either.isLeft(found) && found.left.message).toContain(`--database ${reason}`)
    expect(Either.isLeft(found) && found.left.message).not.toContain(secret)
  })

  it.each([
    "outbox.sqlite",
    "/run/media/me/disk/x.sqlite",
    "null.sqlite",
    "US$/x.sqlite",
    "./a=b/x.db",
    "/srv/me@home/x",
    "C:\\Users\\x\\y.sqlite",
    "data base.sqlite"
  ])(
    "may be %s",
    (text) => {
      expect(Location.parse(text, "--database")).toMatchObject({ right: { _tag: "Sqlite", path: text } })
    }
  )

  it("may be a Postgres, and its password isn't told", () => {
    const found = Location.parse(` postgresql://u:${secret}@db.example.com:5433/shop`, "--database")
    expect(Either.isRight(found) && Location.describe(found.right)).toBe(
      "the Postgres database shop at db.example.com:5433"
    )
    expect(JSON.stringify(found)).not.toContain(secret)
  })

  it.scopedLive("is one file for each user and each ShipStation, if nothing is said or the variable is blank", () =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      for (const blank of ["", " "]) {
        const home = `${directory}/home${blank.length}`
        const env = { FULFILL_DATABASE: blank, XDG_DATA_HOME: home }
        expect((yield* run(["import", file, "--notify", "none", "--yes", "--out", `${home}/out`], env)).code).toBe(
          ExitCode.ok
        )
        const memory = `${home}/fulfill/127.0.0.1.sqlite`
        expect((yield* fs.stat(memory)).mode & 0o777).toBe(0o600)
        expect((yield* fs.stat(`${home}/fulfill`)).mode & 0o777).toBe(0o700)
        expect((yield* run(["status"], env)).stdout).toContain("fulfilled,1")
        expect((yield* run(["plan", file, "--notify", "none"], env)).stdout).toMatch(
          /sent before +1 fulfilled\n +memory +.*, made today/
        )
      }
      const nowhere = yield* run(["import", file, "--notify", "none", "--yes"], { FULFILL_DATABASE: "" })
      expect(nowhere).toMatchObject({ code: ExitCode.usage, stderr: expect.stringContaining("HOME isn't set") })
    }).pipe(Effect.provide(layer())))

  it.scopedLive.each(["127.0.0.1:4777", "localhost:4777", "emulator", "", " ", "ftp://emulator", "https://"])(
    "isn't the real ShipStation's where the URL can't be: %j",
    (url) =>
      Effect.gen(function*() {
        const { directory, file, run } = yield* given(header, "1,se-1,1,ups,")
        const fs = yield* FileSystem.FileSystem
        const real = {
          FULFILL_DATABASE: "",
          XDG_DATA_HOME: directory,
          SHIPSTATION_BASE_URL: "https://api.shipstation.com."
        }
        const offer = ["import", file, "--notify", "customer", "--offer-only", "--yes"]
        const offered = yield* run(offer, real)
        expect(offered.stdout).toContain("1 shipment taken")
        expect(offered.stderr).toContain(`Memory: ${directory}/fulfill/api.shipstation.com.sqlite`)
        const env = { ...real, SHIPSTATION_BASE_URL: url }
        for (
          const args of [
            offer,
            ["discard", "--state", "pending", "--yes"],
            ["retry", "--state", "rejected", "--yes"],
            [
              "status"
            ],
            ["work"],
            ["prune", "--older-than", "1 day", "--yes"]
          ]
        ) {
          const { code, stderr } = yield* run(args, env)
          expect(`${args[0]} ${code}`).toBe(`${args[0]} ${ExitCode.usage}`)
          expect(stderr).toContain("SHIPSTATION_BASE_URL")
        }
        expect(yield* fs.readDirectory(`${directory}/fulfill`)).toEqual(["api.shipstation.com.sqlite"])
        expect((yield* run(["status"], real)).stdout).toContain("pending,1")
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive.each([":memory:", "", "file:x.sqlite", "/dev/null", `host=db password=${secret}`])(
    "nothing is sent with %s",
    (database) =>
      Effect.gen(function*() {
        const { file, run } = yield* given(header, "1,se-1,1,ups,")
        for (const args of [["import", file, "--notify", "none", "--yes"], ["work"], ["status"]]) {
          const { code, stderr, stdout } = yield* run([...args, "--database", database])
          expect(code).toBe(ExitCode.usage)
          expect(stdout + stderr).not.toContain(secret)
        }
        expect(yield* created).toBe(0)
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("is never given the password's words by any command", () =>
    Effect.gen(function*() {
      const { run } = yield* given(header)
      const found = yield* Effect.flip(Location.find(Option.some(Redacted.make(`host=db password=${secret}`))))
      expect(found.message).not.toContain(secret)
      const { stderr } = yield* run(["list"], { FULFILL_DATABASE: `host=db password=${secret}` })
      expect(stderr).toContain("FULFILL_DATABASE is a list of settings")
      expect(stderr).not.toContain(secret)
    }).pipe(Effect.provide(layer())))
})

it.effect("the command to go on with can be pasted, and holds no password", () =>
  Effect.gen(function*() {
    const args = ["import", "my file.csv", "--where", "it's=\u001b[2J", "--database", `postgres://u:${secret}@db/x`]
    expect(yield* Effect.provideService(again, Invocation, args)).toBe(
      "fulfill import 'my file.csv' --where 'it'\\''s=\\u001b[2J' --database '//…@db/x'".replace("'//", "'postgres://")
    )
  }))

describe("files that are written", () => {
  const bad = "1,se-1,,ups,"

  it.scopedLive("never replace what fulfill didn't write, nor follow a link", () =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given(header, bad)
      const fs = yield* FileSystem.FileSystem
      const text = yield* fs.readFileString(file)
      const plan = (problems: string) => run(["plan", file, "--notify", "none", "--problems", problems])
      expect(yield* plan(file)).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining("which fulfill didn't write")
      })
      expect(yield* fs.readFileString(file)).toBe(text)

      yield* fs.writeFileString(`${directory}/mine`, "mine")
      expect((yield* plan(`${directory}/mine`)).stderr).toContain("which fulfill didn't write")
      yield* Effect.promise(() => symlink(`${directory}/target`, `${directory}/link`))
      expect((yield* plan(`${directory}/link`)).stderr).toContain("it is a link")
      yield* Effect.promise(() => symlink(file, `${directory}/link2`))
      expect((yield* plan(`${directory}/link2`)).stderr).toContain("it is a link")
      expect((yield* plan(directory)).stderr).toContain("it is a directory")
      expect(yield* fs.exists(`${directory}/target`)).toBe(false)
      expect(yield* fs.readFileString(`${directory}/mine`)).toBe("mine")

      // its own it replaces
      expect((yield* plan(`${directory}/own.csv`)).stderr).toContain("All of them")
      expect((yield* plan(`${directory}/own.csv`)).stderr).toContain("All of them")
    }).pipe(Effect.provide(layer())))

  it.effect("aren't called another's where they only may not be read", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(OwnFile.check("/reports/fulfilled.csv", () => true))
      expect(message).toContain("you may not read it, so it isn't known whether fulfill wrote it")
      expect(message).not.toContain("didn't write")
    }).pipe(Effect.provide(FileSystem.layerNoop({
      stat: () => Effect.succeed(reportInfo),
      stream: (path) =>
        Stream.fail(
          new PlatformError.SystemError({
            reason: "PermissionDenied",
            module: "FileSystem",
            method: "open",
            pathOrDescriptor: path
          })
        )
    }))))

  it.scopedLive("a plan goes on without a list that nobody asked for", () =>
    Effect.gen(function*() {
      const { directory, file, run } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${directory}/shipments-problems.csv`, "mine")
      const { code, stderr } = yield* run(["plan", file, "--notify", "none"])
      expect(code).toBe(ExitCode.ok)
      expect(stderr).toContain("There is no list of them: Can't write")
      expect(yield* fs.readFileString(`${directory}/shipments-problems.csv`)).toBe("mine")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("reports replace only reports, and that is known before anything is sent", () =>
    Effect.gen(function*() {
      const { importIt, out } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(out)
      yield* fs.writeFileString(`${out}/fulfilled.csv`, "my own list\n")
      expect(yield* importIt()).toMatchObject({
        code: ExitCode.usage,
        stderr: expect.stringContaining("which fulfill didn't write")
      })
      expect(yield* created).toBe(0)
      yield* fs.remove(`${out}/fulfilled.csv`)
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect((yield* importIt()).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("can be read by the user only, and by no more than the input", () =>
    Effect.gen(function*() {
      const { directory, file, importIt, out, run } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const modes = (...names: ReadonlyArray<string>) =>
        Effect.forEach(names, (name) => Effect.map(fs.stat(path.resolve(directory, name)), ({ mode }) => mode & 0o777))
      yield* fs.chmod(file, 0o644)
      yield* importIt()
      expect(yield* modes("outbox.sqlite", "shipments-problems.csv", `${out}/fulfilled.csv`, `${out}/unknown.csv`))
        .toStrictEqual([0o600, 0o600, 0o600, 0o600])
      yield* fs.chmod(file, 0o400)
      yield* importIt()
      yield* run(["plan", file, "--notify", "none"])
      expect(yield* modes("shipments-problems.csv", `${out}/fulfilled.csv`)).toStrictEqual([0o400, 0o400])
    }).pipe(Effect.provide(layer())))

  it.scopedLive("are separated as the input is", () =>
    Effect.gen(function*() {
      const { importIt, out, write } = yield* given()
      yield* write(header.replaceAll(",", ";"), "1;se-1;1;ups;a,=b")
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.readFileString(`${out}/fulfilled.csv`)).toMatch(
        /^order;shipment_id;.*;outcome;message;request_id;fulfillment_id\n1;se-1;1;ups;a,'=b;fulfilled;;/
      )
    }).pipe(Effect.provide(layer())))
})

describe("formulas", () => {
  const begins = /^["\s]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/
  const cells = FastCheck.array(
    FastCheck.stringOf(FastCheck.constantFrom(..."=+-@＝,;|\t\r\n\"' a1"), { maxLength: 12 }),
    { minLength: 1, maxLength: 4 }
  )

  it("are in no cell, whatever a spreadsheet takes for a separator, and a report is read as what was written", () => {
    FastCheck.assert(
      FastCheck.property(cells, FastCheck.constantFrom<Delimiter>(",", ";", "\t", "|"), (row, delimiter) => {
        const text = csvText([row], delimiter)
        const [read = []]: ReadonlyArray<ReadonlyArray<string>> = parse(text, { delimiter, relax_column_count: true })
        expect(read.map(withoutGuards)).toStrictEqual(row)
        for (const cell of read) expect(cell).not.toMatch(begins)
        // by who separates in another way, and by who knows no quotes
        for (const part of text.split(/[,;|\t\r\n]/)) expect(part.replace(/^"/, "")).not.toMatch(begins)
      }),
      { numRuns: 3000 }
    )
  })

  it.each(["plain", "a-b", "1Z999", "'00123", "a, b", "-", "it's; 'fine'"])("leave %s readable", (cell) => {
    expect(withoutGuards(guard(cell))).toBe(cell)
  })
})

describe("a terminal", () => {
  const odd = "a\u001b[31m\u202Eb\u0007\u009B"

  it.scopedLive("never gets a control or a bidi character, from names, arguments, cells, or JSON", () =>
    Effect.gen(function*() {
      const { directory, run, write } = yield* given()
      const fs = yield* FileSystem.FileSystem
      const file = `${directory}/${odd}.csv`
      yield* fs.writeFileString(file, `${header},${odd}\n1,se-${odd},1${odd},${odd},${odd},${odd}\n1,se-2,,ups,,\n`)
      yield* write(header, "1,se-1,1Z1,ups,")
      for (
        const args of [
          ["plan", file, "--notify", "none"],
          ["plan", file, "--notify", "none", "--json"],
          ["plan", `${file}x`, "--notify", "none"],
          ["plan", file, "--notify", "none", "--map", `${odd}=x`],
          ["plan", file, "--notify", "none", "--map", `shipment_id=${odd}x`],
          ["plan", file, "--notify", "none", "--timezone", odd],
          ["plan", file, "--notify", odd],
          ["plan", file, "--notify", "none", "--encoding", odd],
          ["plan", file, "--notify", "none", "--where", `${odd}x=1`],
          ["plan", file, "--notify", "none", "--problems", `${directory}/${odd}/x`],
          ["import", `${directory}/shipments.csv`, "--notify", "none", "--yes", "--out", `${directory}/${odd}`],
          [
            "import",
            `${directory}/shipments.csv`,
            "--notify",
            "none",
            "--yes",
            "--out",
            `${directory}/${odd}`,
            "--json"
          ],
          ["status", "--database", `${directory}/${odd}`],
          ["emulator", "--seed", `${directory}/${odd}`],
          ["show", odd],
          [odd]
        ]
      ) {
        const { stderr, stdout } = yield* run(args)
        expect((stdout + stderr).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        expect(stdout + stderr).toMatch(/./)
      }
    }).pipe(Effect.provide(layer())))
})

describe("TLS", () => {
  it.scopedLive("a certificate that isn't trusted is no trouble that passes, and says what to do", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(header, "1,se-1,1,ups,")
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("NODE_EXTRA_CA_CERTS")
    }).pipe(Effect.provide(Layer.merge(
      layer(),
      client((request) => {
        const cause = Object.assign(new Error("self-signed certificate in certificate chain"), {
          code: "SELF_SIGNED_CERT_IN_CHAIN"
        })
        return Effect.mapError(noAnswer(request, "x"), (error) => Object.assign(error, { cause }))
      })
    ))))
})
