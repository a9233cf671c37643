import { describe, expect, it } from "@effect/vitest"
import { spawn } from "@lydell/node-pty"
import { setTimeout } from "node:timers/promises"
import { stripVTControlCharacters } from "node:util"
import { type Folder, inFolder, program, until } from "./processes.js"

/** The command on a terminal of its own. */
const onTerminal = (folder: Folder, args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
  show(
    folder,
    process.execPath,
    [program, "import", folder.file, "--notify", "customer", ...args],
    more
  )

const fulfill = [process.execPath, program].join(" ")

/** The command in a pipe, on a terminal, in a folder where it may write. */
const inPipe = (folder: Folder, pipe: string) =>
  show(folder, "sh", [
    "-c",
    `cd ${folder.directory} && ${pipe.replace("fulfill", fulfill).replace("FILE", folder.file)}`
  ])

const show = (
  { env }: Folder,
  command: string,
  args: ReadonlyArray<string>,
  more: Readonly<Record<string, string>> = {}
) => {
  const terminal = spawn(
    command,
    [...args],
    { cols: 100, rows: 30, env: { PATH: process.env["PATH"], TERM: "xterm-256color", ...env, ...more } }
  )
  const screen = { text: "" }
  terminal.onData((data) => {
    screen.text += data
  })
  const exit = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)))
  const sees = (text: string) => until(() => stripVTControlCharacters(screen.text).includes(text))
  return { terminal, screen, exit, sees }
}

const question = "mail 20 customers? [y/N]"

// colours, and not what moves the cursor or clears lines
// oxlint-disable-next-line no-control-regex
const colours = /\u001b\[[\d;]*m/

describe("on a terminal", () => {
  it("asks, and shows a bar that stays when the terminal gets smaller", () =>
    inFolder(20, async (folder) => {
      folder.server.hold = () => setTimeout(1_000).then(() => undefined)
      const { exit, screen, sees, terminal } = onTerminal(folder, ["--batch-size", "1"])
      await sees(question)
      expect(folder.server.posts.length).toBe(0)
      terminal.write("y\r")
      await sees("[####")
      await sees("4 of 20 shipments")
      terminal.resize(30, 8)
      await sees("12 of 20 shipments")
      expect(await exit).toBe(0)
      expect(screen.text).toMatch(colours)
      await sees("20 of 20 shipments fulfilled")
    }))

  it.each<readonly [string, string, number]>([
    ["n", "n\r", 2],
    ["nothing", "\r", 2],
    ["Ctrl-D", "\u0004", 2],
    ["Ctrl-C", "\u0003", 130]
  ])("answered with %s sends nothing", (_, typed, code) =>
    inFolder(20, async (folder) => {
      const { exit, sees, terminal } = onTerminal(folder, [])
      await sees(question)
      terminal.write(typed)
      expect(await exit).toBe(code)
      expect(folder.server.posts.length).toBe(0)
    }))

  it.each([
    ["y\r", 0, 1],
    ["n\r", 2, 0],
    ["\u0003", 130, 0]
  ])(
    "asks there for what comes through a pipe, answered with %j",
    (typed, code, requests) =>
      inFolder(20, async (folder) => {
        const { exit, sees, terminal } = inPipe(
          folder,
          "trap : INT; cat FILE | fulfill import - --notify customer; exit $?"
        )
        await sees(question)
        expect(folder.server.posts.length).toBe(0)
        terminal.write(typed)
        expect(await exit).toBe(code)
        expect(folder.server.posts.length).toBe(requests)
      })
  )

  it("has nobody to ask in a session without one", () =>
    inFolder(20, async (folder) => {
      const { exit, sees } = inPipe(folder, "cat FILE | setsid -w fulfill import - --notify customer; exit $?")
      await sees("There is nobody to ask, as there is no terminal: say --yes")
      expect(await exit).toBe(2)
      expect(folder.server.posts.length).toBe(0)
    }))

  it("after Ctrl-C finishes what is under way, and after another one doesn't", () =>
    inFolder(20, async (folder) => {
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      folder.server.hold = () => released
      const once = onTerminal(folder, ["--yes", "--batch-size", "1"])
      await until(() => folder.server.posts.length === 4)
      once.terminal.write("\u0003")
      await once.sees("Stopping when")
      release()
      expect(await once.exit).toBe(130)
      expect(await folder.sums()).toStrictEqual([4, 0, 0, 16])

      folder.server.hold = () => new Promise(() => {})
      const twice = onTerminal(folder, ["--yes", "--batch-size", "1"])
      await until(() => folder.server.posts.length === 8)
      twice.terminal.write("\u0003")
      await twice.sees("Stopping when")
      await setTimeout(1_500)
      twice.terminal.write("\u0003")
      await twice.sees("Stopping now")
      expect(await twice.exit).toBe(130)
      expect(await folder.sums()).toStrictEqual([4, 0, 4, 12])
    }))

  it("tells how much of a large file is checked, and nothing of a small one", () =>
    inFolder(200_000, async (folder) => {
      const plan = (...args: ReadonlyArray<string>) =>
        inPipe(folder, `fulfill plan FILE --notify none ${args.join(" ")}; exit $?`)
      const { exit, screen } = plan()
      expect(await exit).toBe(0)
      const told = [...screen.text.matchAll(/Checking [^:]*shipments\.csv: (\d+) %/g)].map(([, share]) => Number(share))
      expect(told.length).toBeGreaterThan(1)
      expect(told.toSorted((a, b) => a - b)).toStrictEqual(told)
      expect(told.every((share) => share <= 100)).toBe(true)
      const small = plan("--limit 10")
      expect(await small.exit).toBe(0)
      expect(small.screen.text).not.toContain("Checking")
    }))

  it("has no colours with NO_COLOR, but a bar", () =>
    inFolder(20, async (folder) => {
      folder.server.hold = () => setTimeout(300).then(() => undefined)
      const { exit, screen, sees } = onTerminal(folder, ["--yes", "--batch-size", "2"], { NO_COLOR: "1" })
      await sees("[##")
      expect(await exit).toBe(0)
      expect(screen.text).not.toMatch(colours)
    }))

  it("has neither on a dumb one", () =>
    inFolder(20, async (folder) => {
      folder.server.hold = () => setTimeout(300).then(() => undefined)
      const { exit, screen } = onTerminal(folder, ["--yes", "--batch-size", "2"], { TERM: "dumb" })
      expect(await exit).toBe(0)
      expect(screen.text).toContain("20 of 20 shipments fulfilled")
      expect(screen.text).not.toContain("\u001b")
      expect(screen.text).not.toContain("[##")
    }))
})
