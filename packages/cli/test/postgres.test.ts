import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import * as Postgres from "../../outbox/test/postgres.js"
import { given, header, layer } from "./support.js"

it.scopedLive("the outbox may be in Postgres, for several imports at once, and its password is never shown", () =>
  Effect.gen(function*() {
    const url = Postgres.url((yield* Postgres.server).port)
    const { file, out, run, sums } = yield* given(header, ...Array.makeBy(50, (n) => `${n},se-${n},${n + 1},ups,`))
    const env = { FULFILL_DATABASE: url }
    const importing = run(["import", file, "--notify", "customer", "--yes", "--batch-size", "5"], env)
    const both = yield* Effect.all([importing, importing], { concurrency: "unbounded" })
    const status = yield* run(["status", "--json"], env)
    const wrong = yield* run(["status"], { FULFILL_DATABASE: url.replace(/\/postgres$/, "/none") })
    const away = yield* run(["status"], { FULFILL_DATABASE: "postgres://u:pg-secret@127.0.0.1:1/x" })
    expect(both.map(({ code }) => code)).toStrictEqual([ExitCode.ok, ExitCode.ok])
    expect(yield* sums).toStrictEqual([50, 0, 0, 0])
    expect((yield* (yield* Emulator.Emulator).notifications).length).toBe(50)
    expect(JSON.parse(status.stdout)).toMatchObject({ states: { fulfilled: { count: 50 } } })
    expect(wrong).toMatchObject({ code: ExitCode.usage, stderr: expect.stringContaining("\"none\" does not exist") })
    expect(away).toMatchObject({ code: ExitCode.temporary, stderr: expect.stringContaining("ECONNREFUSED") })
    const said = [...both, status, wrong, away].map(({ stderr, stdout }) => stdout + stderr).join()
    expect(said).not.toContain("pg-secret")
    // as another machine has, whose files are of the same path
    const fs = yield* FileSystem.FileSystem
    const elsewhere = `${file}-elsewhere`
    yield* fs.rename(out, elsewhere)
    yield* run(["import", file, "--notify", "customer", "--yes", "--limit", "10"], env)
    yield* fs.remove(out, { recursive: true })
    yield* fs.rename(elsewhere, out)
    const again = yield* run(["import", file, "--notify", "customer", "--yes"], env)
    expect(again.stderr).not.toContain("what it held is now in")
    yield* fs.writeFileString(`${out}/fulfilled.csv`, `${yield* fs.readFileString(`${out}/fulfilled.csv`)}edited\n`)
    const edited = yield* run(["import", file, "--notify", "customer", "--yes"], env)
    expect(edited.stderr).toContain("fulfilled.csv was changed since it was written: what it held is now in")
  }).pipe(Effect.provide(layer())))
