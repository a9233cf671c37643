import { ExitCode } from "@effect-shipstation/cli"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { given, header, layer } from "./support.js"
import { xlsx } from "./xlsx.js"

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
      "other",
      "--where",
      "State=ok",
      "--timezone",
      "America/Chicago"
    )
    expect(first).toMatchObject({ code: ExitCode.ok, stdout: expect.stringContaining("1 of 1 row can be sent") })
    expect(first.stdout).toMatch(/profile +depot\n/)
    expect(first.stderr).toContain("Profile depot: kept --header-line 2 --map shipment_id=No")
    const again = yield* plan("--profile", "depot", "--where", "State=ok")
    const options = "--header-line 2 --map shipment_id=No --map tracking_number=Code --map ship_date=When "
      + "--carrier other --timezone America/Chicago"
    expect(again).toMatchObject({
      code: ExitCode.ok,
      stdout: first.stdout.replace(/(profile +depot)\n/, `$1 says ${options}\n`),
      stderr: ""
    })
    // which rows are meant is of one day
    expect((yield* plan("--profile", "depot")).stdout).toContain("2 of 2 rows can be sent")
    const json = JSON.parse((yield* plan("--profile", "depot", "--carrier", "ups", "--json")).stdout)
    expect(json.profile).toStrictEqual({ name: "depot", options: options.replace(" --carrier other", "") })
    expect((yield* plan("--profile", "depot", "--carrier", "other")).stderr).toContain(
      "Profile depot: changed, as this was said anew: --carrier other in place of --carrier ups. It is kept for the next runs"
    )
    const fs = yield* FileSystem.FileSystem
    expect((yield* fs.stat(`${directory}/config/fulfill/profiles/depot.json`)).mode & 0o777).toBe(0o600)
    const listed = yield* run(["profiles", "--json"], env)
    expect(JSON.parse(listed.stdout)).toStrictEqual({
      name: "depot",
      options
    })
    // as it can be pasted, which a spreadsheet's apostrophe before it would break
    expect((yield* run(["profiles"], env)).stdout).toBe(`name,options\ndepot,${options}\n`)
    yield* fs.writeFileString(`${directory}/config/fulfill/profiles/depot.json`, "{")
    expect((yield* plan("--profile", "depot")).stderr).toContain("it isn't what fulfill wrote")
  }).pipe(Effect.provide(layer())))

it.scopedLive("a sheet that isn't there isn't kept, and one that a profile names is said to be its", () =>
  Effect.gen(function*() {
    const { directory, run } = yield* given()
    const env = { XDG_CONFIG_HOME: `${directory}/config` }
    const fs = yield* FileSystem.FileSystem
    const file = `${directory}/shipments.xlsx`
    const rows = [["shipment_id", "tracking_number", "carrier_code"], ["se-1", "1Z1", "ups"]]
    const write = (name: string, ...others: ReadonlyArray<string>) => fs.writeFile(file, xlsx(rows, { name, others }))
    const plan = (...args: ReadonlyArray<string>) => run(["plan", file, "--notify", "none", ...args], env)
    yield* write("November", "October")
    const wrong = yield* plan("--profile", "depot", "--sheet", "Novmber")
    expect(wrong.code).toBe(ExitCode.usage)
    expect(wrong.stderr).toContain("has no sheet of the name Novmber: say --sheet and its name: November, October")
    expect(wrong.stderr).not.toContain("profile")
    expect((yield* run(["profiles"], env)).stdout).not.toContain("depot")
    expect((yield* plan("--profile", "depot", "--sheet", "November")).code).toBe(ExitCode.ok)
    yield* write("December")
    const { code, stderr } = yield* plan("--profile", "depot")
    expect(code).toBe(ExitCode.usage)
    expect(stderr).toContain("has no sheet of the name November: say --sheet and its name: December")
    expect(stderr).toContain("The profile depot says --sheet November. To change it say it anew")
    expect((yield* plan("--profile", "depot", "--sheet", "December")).stderr).toContain("Profile depot: changed")
  }).pipe(Effect.provide(layer())))

it.scopedLive("an import says what a profile says", () =>
  Effect.gen(function*() {
    const { directory, file, run } = yield* given(header, "1,se-1,1Z1,,")
    const env = { XDG_CONFIG_HOME: `${directory}/config` }
    yield* run(["plan", file, "--notify", "none", "--profile", "depot", "--carrier", "ups"], env)
    const { code, stderr } = yield* run(["import", file, "--notify", "none", "--yes", "--profile", "depot"], env)
    expect(code).toBe(ExitCode.ok)
    expect(stderr).toContain("The profile depot says --carrier ups")
  }).pipe(Effect.provide(layer())))

it.scopedLive("a profile that chose rows isn't taken for one that doesn't", () =>
  Effect.gen(function*() {
    const { directory, file, run } = yield* given(header, "1,se-1,1Z1,ups,old", "2,se-2,1Z2,ups,new")
    const env = { XDG_CONFIG_HOME: `${directory}/config` }
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(`${directory}/config/fulfill/profiles`, { recursive: true })
    const profile = `${directory}/config/fulfill/profiles/depot.json`
    yield* fs.writeFileString(profile, JSON.stringify({ where: ["note=new"] }))
    const plan = (...args: ReadonlyArray<string>) =>
      run(["plan", file, "--notify", "none", "--profile", "depot", ...args], env)
    const { code, stderr } = yield* plan()
    expect(code).toBe(ExitCode.usage)
    expect(stderr).toContain("The profile depot has --where \"note=new\" of an earlier version")
    expect((yield* plan("--where", "note=new")).stdout).toContain("1 of 1 row can be sent")
    expect(yield* fs.readFileString(profile)).not.toContain("where")
    expect((yield* plan()).stdout).toContain("2 of 2 rows can be sent")
  }).pipe(Effect.provide(layer())))
