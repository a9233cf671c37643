import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { created, denied, given, header, json, layer, posts } from "./support.js"

/** An import that was cut, so that its three rows wait. */
const cut = Effect.gen(function*() {
  const folder = yield* given(header, ...Array.makeBy(3, (n) => `${n},se-${n},1Z${n},ups,`))
  const fs = yield* FileSystem.FileSystem
  const other = `${folder.directory}/other.csv`
  yield* fs.writeFileString(other, `${header}\n8,se-8,1Z8,ups,\n9,se-9,1Z9,ups,\n`)
  const offline = <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.provide(self, posts((request) => json(request, denied, 401)))
  yield* offline(folder.importIt())
  return { ...folder, other, offline }
})

describe("a run that goes on", () => {
  it.scopedLive("tells what of others waits and is sent along, and of which files it may be", () =>
    Effect.gen(function*() {
      const { file, importIt, other, run } = yield* cut
      yield* run(["import", other, "--notify", "both", "--yes", "--offer-only"])
      const { code, stderr } = yield* run(["import", file, "--notify", "none"])
      expect(code).toBe(ExitCode.ok)
      expect(stderr).toContain(
        "2 others that wait in the outbox will be sent too, and notified: 2 customers, and the order source of 2 "
          + `shipments. Imports that haven't ended: ${other}\n`
      )
      expect(stderr).toMatch(/2 others [^]*Going on with/)
      expect(yield* created).toBe(5)
      // nothing waits any more, so nothing is told
      expect((yield* importIt()).stderr).not.toContain("haven't ended")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("tells that others were sent along and refused, and ends with that", () =>
    Effect.gen(function*() {
      const { directory, importIt, run } = yield* given(header, "1,se-1,1,ups,")
      const fs = yield* FileSystem.FileSystem
      const other = `${directory}/other.csv`
      yield* fs.writeFileString(other, `${header}\n8,se-8,8,nobody,\n9,se-9,9,ups,\n`)
      yield* run(["import", other, "--notify", "both", "--yes", "--offer-only"])
      const { code, stderr, stdout } = yield* importIt("--json")
      expect(code).toBe(ExitCode.rejected)
      expect(JSON.parse(stdout)).toMatchObject({ fulfilled: 1, rejected: 0, othersRejected: 1, exitCode: 3 })
      expect(stderr).toContain("1 other that went along with it was rejected, which no report here tells: fulfill list")
      expect((yield* importIt()).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("says nothing of its own", () =>
    Effect.gen(function*() {
      const { file, run } = yield* cut
      const { stderr } = yield* run(["import", file, "--notify", "none"])
      expect(stderr).toContain("Going on with")
      expect(stderr).not.toContain("other")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("a first run names the files too", () =>
    Effect.gen(function*() {
      const { file, offline, other, run } = yield* cut
      const asked = yield* offline(run(["import", other, "--notify", "none"]))
      expect(asked.stderr).toContain("3 others that wait in the outbox will be sent too, and notified: 0 customers")
      expect(asked.stderr).toContain(`Imports that haven't ended: ${file}\n`)
    }).pipe(Effect.provide(layer())))
})
