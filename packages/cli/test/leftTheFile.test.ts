import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFile } from "node:fs/promises"
import { inFolder, until } from "./processes.js"
import { created, denied, given, header, json, layer, posts } from "./support.js"

const three = ["1,se-1,1,ups,", "2,se-2,2,ups,", "3,se-3,3,ups,"]

/** Three rows that wait, and nothing that tells of them but the outbox, as after a kill. */
const killed = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const folder = yield* given(header, ...three)
    const fs = yield* FileSystem.FileSystem
    yield* Effect.provide(folder.importIt(...args), posts((request) => json(request, denied, 401)))
    yield* fs.remove(folder.out, { recursive: true, force: true })
    return { ...folder, fs }
  })

const left = "2 rows of the earlier run aren't in the file any more, and would be sent too: se-2, se-3"

describe("rows that left the file", () => {
  it("aren't sent unasked after the run before was killed", () =>
    inFolder(10, async ({ file, importing, server }) => {
      server.hold = (n) => n === 1 ? new Promise(() => {}) : undefined
      const first = importing("--batch-size", "1", "--requests-per-minute", "3")
      await until(() => server.posts.length > 1)
      first.child.kill("SIGKILL")
      await first.exit
      server.hold = () => undefined
      const rows = Array.from({ length: 8 }, (_, n) => `se-${n},1Z-se-${n},ups`)
      await writeFile(file, ["shipment_id,tracking_number,carrier_code", ...rows].join("\n"))
      const again = importing()
      expect(await again.exit).toBe(2)
      expect(again.output.stderr).toContain(
        "2 rows of the earlier run aren't in the file any more, and would be sent too: se-8, se-9"
      )
      expect([...server.created.keys()]).not.toContain("se-8")
    }))

  it.scopedLive.each<readonly [string, ReadonlyArray<string>]>([
    ["offered only", ["--offer-only"]],
    ["killed", []],
    ["killed, with another place for its reports", ["--out", "/tmp/nowhere-to-be-found"]]
  ])("are named, and not sent unasked, where the run before was %s", ([, args]) =>
    Effect.gen(function*() {
      const { file, importIt, run, write } = yield* killed(...args)
      yield* write(header, "1,se-1,1,ups,")
      expect(yield* importIt()).toMatchObject({ code: ExitCode.usage, stderr: expect.stringContaining(left) })
      expect(yield* created).toBe(0)
      const asked = yield* run(["import", file, "--notify", "none"])
      expect(asked.stderr).toContain(left)
      expect(asked.stderr).toContain("Mark 3 shipments as shipped")
      yield* run(["discard", "se-2", "--yes"])
      yield* run(["discard", "se-3", "--yes"])
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* created).toBe(1)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("are those of a copy that has fewer rows, too", () =>
    Effect.gen(function*() {
      const { directory, fs, run } = yield* killed()
      const copy = `${directory}/copy.csv`
      yield* fs.writeFileString(copy, `${header}\n1,se-1,1,ups,\n`)
      const { code, stderr } = yield* run(["import", copy, "--notify", "none", "--yes"])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain(left)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("are those of which all that the file has was sent", () =>
    Effect.gen(function*() {
      const { importIt, run, write } = yield* killed("--offer-only")
      yield* run(["discard", "se-1", "--yes"])
      yield* write(header, "1,se-1,1,ups,")
      expect(yield* importIt()).toMatchObject({ code: ExitCode.usage, stderr: expect.stringContaining(left) })
    }).pipe(Effect.provide(layer())))

  it.scopedLive("aren't those of another file, which are sent along as ever", () =>
    Effect.gen(function*() {
      const { directory, fs, run } = yield* killed()
      const other = `${directory}/other.csv`
      yield* fs.writeFileString(other, `${header}\n8,se-8,8,ups,\n`)
      expect((yield* run(["import", other, "--notify", "none", "--yes"])).code).toBe(ExitCode.ok)
      expect(yield* created).toBe(4)
      // nothing waits, so nothing is remembered
      const less = `${directory}/less.csv`
      yield* fs.writeFileString(less, `${header}\n1,se-1,1,ups,\n9,se-9,9,ups,\n`)
      expect((yield* run(["import", less, "--notify", "none", "--yes"])).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("are named by plan, and by an import that only offers", () =>
    Effect.gen(function*() {
      const { file, importIt, run, write } = yield* killed()
      yield* write(header, "1,se-1,1,ups,")
      const plan = yield* run(["plan", file, "--notify", "none"])
      expect(plan).toMatchObject({ code: ExitCode.ok, stdout: expect.stringContaining(left) })
      const { before } = JSON.parse((yield* run(["plan", file, "--notify", "none", "--json"])).stdout)
      expect(before).toMatchObject({ leftTheFile: ["se-2", "se-3"], leftTheFileCount: 2 })
      expect(yield* importIt("--offer-only")).toMatchObject({
        code: ExitCode.ok,
        stderr: expect.stringContaining(left)
      })
    }).pipe(Effect.provide(layer())))
})
