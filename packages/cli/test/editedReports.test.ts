import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { denied, given, header, json, layer, posts } from "./support.js"

/** One of two is rejected. */
const imported = Effect.gen(function*() {
  const folder = yield* given(header, "1,se-1,1Z1,ups,", "x,se-x,77,nobody,")
  const fs = yield* FileSystem.FileSystem
  const at = (name: string) => `${folder.out}/${name}`
  yield* folder.importIt()
  return {
    ...folder,
    read: (name: string) => fs.readFileString(at(name)),
    names: Effect.map(fs.readDirectory(folder.out), (names) => names.toSorted()),
    edit: (name: string, change: (text: string) => string) =>
      Effect.flatMap(fs.readFileString(at(name)), (text) => fs.writeFileString(at(name), change(text)))
  }
})

const reports = ["fulfilled.csv", "not-sent.csv", "rejected.csv", "unknown.csv"]

describe("a report that somebody edited", () => {
  it.scopedLive("is kept under another name, however often, and the others are replaced", () =>
    Effect.gen(function*() {
      const { edit, importIt, names, read } = yield* imported
      const first = yield* importIt()
      expect(first.stderr).not.toContain("edited")
      expect(yield* names).toStrictEqual(reports)
      yield* edit("rejected.csv", (text) => text.replace(",nobody,", ",ups,"))
      const edited = yield* read("rejected.csv")
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.rejected)
      expect(stderr).toMatch(
        /rejected\.csv was changed since it was written: what it held is now in .*rejected-edited\.csv/
      )
      expect(yield* read("rejected-edited.csv")).toBe(edited)
      expect(yield* read("rejected.csv")).toContain(",nobody,")
      yield* importIt()
      expect(yield* names).toStrictEqual([...reports, "rejected-edited.csv"].toSorted())
      yield* edit("rejected.csv", (text) => `${text}note\n`)
      yield* importIt()
      expect(yield* read("rejected-edited-2.csv")).toContain("note")
      expect(yield* read("rejected-edited.csv")).toBe(edited)
    }).pipe(Effect.provide(layer())))

  it.scopedLive("is kept though it begins in another way, or another program saved it", () =>
    Effect.gen(function*() {
      const { edit, importIt, read } = yield* imported
      yield* edit("rejected.csv", (text) => text.replace(/\n/, ",done\n"))
      expect(yield* importIt()).toMatchObject({ code: ExitCode.rejected })
      expect(yield* read("rejected-edited.csv")).toContain(",done\n")
      yield* importIt("--report-format", "xlsx")
      yield* edit("rejected.xlsx", () => "PK\u0003\u0004 saved by another program")
      expect(yield* importIt("--report-format", "xlsx")).toMatchObject({ code: ExitCode.rejected })
      expect(yield* read("rejected-edited.xlsx")).toContain("saved by another program")
    }).pipe(Effect.provide(layer())))

  it.scopedLive("is kept where reports of another format take its place, and while a run may send what it has", () =>
    Effect.gen(function*() {
      const { edit, importIt, names, read, write } = yield* imported
      yield* edit("rejected.csv", (text) => `${text}note\n`)
      yield* importIt("--report-format", "xlsx")
      expect((yield* names).filter((name) => name.endsWith(".csv"))).toStrictEqual(["rejected-edited.csv"])
      yield* write(header, "2,se-2,1Z2,ups,")
      const cut = Effect.provide(importIt(), posts((request) => json(request, denied, 401)))
      yield* cut
      yield* cut
      yield* edit("not-sent.csv", (text) => `${text}called\n`)
      yield* importIt()
      expect(yield* read("being-sent-edited.csv")).toContain("called")
      expect(yield* names).toStrictEqual([...reports, "being-sent-edited.csv", "rejected-edited.csv"].toSorted())
    }).pipe(Effect.provide(layer())))

  it.scopedLive("isn't told from one of another outbox, which is kept too, and said to be that", () =>
    Effect.gen(function*() {
      const { directory, file, names, run } = yield* imported
      const other = { FULFILL_DATABASE: `${directory}/other.sqlite` }
      const { code, stderr } = yield* run(["import", file, "--notify", "none"], other)
      expect(code).toBe(ExitCode.rejected)
      expect(stderr).toContain("rejected.csv was written with another --database: what it held is now in")
      expect(yield* names).toContain("rejected-edited.csv")
    }).pipe(Effect.provide(layer({}, { ask: () => Effect.succeed("y") }))))
})
