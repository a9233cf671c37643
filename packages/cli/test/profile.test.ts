import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { given, layer } from "./support.js"

it.scopedLive("a profile keeps how files of a kind are read, and lets what is said anew win", () =>
  Effect.gen(function*() {
    const { directory, file, run, write } = yield* given()
    yield* write(
      "Report",
      "No,Code,State,When",
      "se-1,TBA502887274000,ok,25.11.2026",
      "se-2,TBA502887274001,no,25.11.2026"
    )
    const env = { XDG_CONFIG_HOME: `${directory}/config` }
    const plan = (...args: ReadonlyArray<string>) =>
      run(["plan", file, "--notify", "none", "--any-ship-date", ...args], env)
    expect((yield* plan("--profile", "depot")).stderr).toContain("There is no profile depot yet")
    expect((yield* plan("--profile", "../x", "--carrier", "ups")).stderr).toContain("write letters, digits and hyphens")
    const mapping = [
      "--header-line",
      "2",
      "--map",
      "shipment_id=No",
      "--map",
      "tracking_number=Code",
      "--map",
      "ship_date=When"
    ]
    const first = yield* plan(
      "--profile",
      "depot",
      ...mapping,
      "--carrier",
      "amazon",
      "--where",
      "State=ok",
      "--timezone",
      "America/Chicago"
    )
    expect(first).toMatchObject({ code: ExitCode.ok, stdout: expect.stringContaining("1 of 1 row can be sent") })
    expect(first.stderr).toContain("Profile depot: kept")
    const again = yield* plan("--profile", "depot")
    expect(again).toMatchObject({ code: ExitCode.ok, stdout: first.stdout, stderr: "" })
    expect((yield* plan("--profile", "depot", "--where", "State=no")).stderr).toContain("Profile depot: changed")
    const fs = yield* FileSystem.FileSystem
    expect((yield* fs.stat(`${directory}/config/fulfill/profiles/depot.json`)).mode & 0o777).toBe(0o600)
    const listed = yield* run(["profiles", "--json"], env)
    expect(JSON.parse(listed.stdout)).toStrictEqual({
      name: "depot",
      options: "--header-line 2 --map shipment_id=No --map tracking_number=Code --map ship_date=When --where State=no "
        + "--carrier amazon --timezone America/Chicago"
    })
    yield* fs.writeFileString(`${directory}/config/fulfill/profiles/depot.json`, "{")
    expect((yield* plan("--profile", "depot")).stderr).toContain("it isn't what fulfill wrote")
  }).pipe(Effect.provide(layer())))
