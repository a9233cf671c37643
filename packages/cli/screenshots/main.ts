/** Writes the pictures of `fulfill` on a terminal that the documentation shows: `pnpm screenshots`. */
import { Emulator } from "@effect-shipstation/emulator"
import { NodeContext } from "@effect/platform-node"
import { spawn } from "@lydell/node-pty"
import xterm from "@xterm/headless"
import { DateTime, Effect, Layer, Runtime } from "effect"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as ShipStation from "../quickstart/shipStation.js"
import * as Progress from "../src/terminal/Progress.js"
import { draw, film, type Screen, screenOf } from "./svg.js"

const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url))
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
const cols = 112

/** A terminal on which one command after another runs. */
const open = (cwd: string, env: Readonly<Record<string, string>>, rows: number) => {
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true })
  const write = (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve))
  const screen = () => screenOf(terminal)
  const text = () => screen().map((runs) => runs.map(({ text }) => text).join("").trimEnd()).join("\n")
  const run = async (args: string) => {
    await write(`${text() === "" ? "" : "\r\n"}\u001b[32m$\u001b[0m fulfill ${args}\r\n`)
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), bin, ...args.split(" ")], {
      cols,
      rows,
      cwd,
      env: { PATH: process.env["PATH"], TERM: "xterm-256color", ...env }
    })
    let written = Promise.resolve()
    child.onData((data) => {
      // where it is for a user
      written = write(data.replaceAll(join(cwd, "data"), "/home/you/.local/share"))
    })
    const exit = new Promise<void>((resolve) => child.onExit(() => resolve()))
    return { type: (keys: string) => child.write(keys), end: exit.then(() => setTimeout(100)).then(() => written) }
  }
  const sees = async (wanted: string) => {
    while (!text().includes(wanted)) await setTimeout(20)
    return screen()
  }
  return { run, sees, screen }
}

const save = async (name: string, svg: string) => {
  await writeFile(join(folder, `${name}.svg`), svg)
  console.log(`${name}.svg: ${Math.ceil(svg.length / 1_000)} KB`)
}

/** Two rows as a spreadsheet leaves them. */
const spoil = (csv: string): string =>
  csv.replace("9400111219615502912683", "9.40011E+21").replace("2026-01-12T16:05:00-05:00", "Monday")

/** The example is of January 2026, and dates that are long ago are refused. */
const recent = (csv: string): string => csv.replaceAll(/2026-01-\d\d/g, DateTime.formatIsoDateUtc(DateTime.unsafeNow()))

const pictures = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  const { url } = yield* Emulator.Server
  const runPromise = Runtime.runPromise(yield* Effect.runtime())
  yield* ShipStation.seed

  yield* Effect.promise(async () => {
    const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
    const csv = await readFile(ShipStation.shipments, "utf8")
    await writeFile(join(directory, "shipments.csv"), recent(csv))
    await writeFile(join(directory, "monday.csv"), recent(spoil(csv)))
    const env = {
      SHIPSTATION_BASE_URL: url,
      SHIPSTATION_API_KEY: Emulator.defaultApiKey,
      XDG_DATA_HOME: join(directory, "data")
    }
    const hold = (ids: ReadonlyArray<string>) => runPromise(emulator.setFaults(ShipStation.holding(ids)))
    const goOn = () => hold([]).then(() => runPromise(emulator.release))

    const planning = open(directory, env, 60)
    await (await planning.run("plan monday.csv --notify customer")).end
    await (await planning.run("plan shipments.csv --notify customer")).end
    await save("fulfill-plan", draw("fulfill plan: a file with problems, and one without", cols, planning.screen()))

    const importing = open(directory, env, 29)
    const shots: Array<{ readonly screen: Screen; readonly seconds: number }> = []
    const shoot = (screen: Screen, seconds: number) => shots.push({ screen, seconds })
    const args = "import shipments.csv --notify customer --batch-size 10"

    await hold(ShipStation.inTheMiddle)
    const first = await importing.run(args)
    shoot(await importing.sees("[y/N]"), 3)
    first.type("y\r")
    shoot(await importing.sees("100 of 250 shipments,"), 3)
    first.type("\u0003")
    shoot(await importing.sees("Stopping when"), 3)
    await goOn()
    await first.end
    shoot(importing.screen(), 4)

    await hold(["se-880196840"])
    const second = await importing.run(args)
    shoot(await importing.sees("240 of 250 shipments,"), 3)
    await goOn()
    await second.end
    shoot(importing.screen(), 6)
    await save("fulfill-import", film("fulfill import: stopped by Ctrl-C, and run again", cols, shots))

    const status = open(directory, env, 40)
    await (await status.run("status")).end
    await (await status.run("list --state rejected --message carrier")).end
    await save("fulfill-status", draw("fulfill status, and fulfill list", cols, status.screen()))
    await rm(directory, { recursive: true })
  })
}).pipe(
  Effect.scoped,
  Effect.provide(Layer.mergeAll(NodeContext.layer, Progress.layer, Emulator.layerServer(ShipStation.options)))
)

await Effect.runPromise(pictures)
