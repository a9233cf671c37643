import { expect, it } from "@effect/vitest"
import { spawn } from "@lydell/node-pty"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { fulfill, until } from "./processes.js"

const printed = async (shell: string) => {
  const { exit, output } = fulfill(["completions", shell])
  expect(await exit).toBe(0)
  expect(output.stderr).toBe("")
  return output.stdout
}

it("a real bash completes commands and their options", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  await writeFile(join(directory, "completions"), await printed("bash"))
  const bash = spawn("bash", ["--norc", "--noprofile"], {
    cols: 100,
    cwd: directory,
    env: { PATH: process.env["PATH"], TERM: "xterm", PS1: "> " }
  })
  let screen = ""
  bash.onData((data) => {
    screen += stripVTControlCharacters(data)
  })
  bash.write("source ./completions\r")
  bash.write("fulfill im\t")
  await until(() => screen.includes("fulfill import "))
  bash.write("--offer\t")
  await until(() => screen.includes("fulfill import --offer-only "))
  bash.kill("SIGKILL")
  await rm(directory, { recursive: true })
})

it("zsh and fish get scripts of their own", async () => {
  expect(await printed("zsh")).toMatch(/^#compdef fulfill\n/)
  expect(await printed("fish")).toMatch(/^complete -c fulfill /)
})
