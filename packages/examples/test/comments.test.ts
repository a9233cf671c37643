/** Programs in doc comments, which editors and the reference show, compile. */
import { expect, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const sources = readdirSync(join(root, "packages")).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))
  if (manifest.private === true) return []
  const folder = join(root, "packages", name, "src")
  return readdirSync(folder, { encoding: "utf8", recursive: true })
    .filter((file) => file.endsWith(".ts")).map((file) => join(folder, file))
})

const programs = sources.flatMap((file) =>
  Array.from(readFileSync(file, "utf8").matchAll(/^ *\* ```ts\n([^]*?)^ *\* ```$/gm), ([, text = ""], index) => ({
    name: `${basename(file, ".ts")}${index}.ts`,
    text: text.replaceAll(/^ *\* ?/gm, "")
  }))
)

const compile = async (files: ReadonlyArray<{ readonly name: string; readonly text: string }>): Promise<string> => {
  // where all packages can be imported
  const folder = join(root, "packages/examples/dist/comments")
  rmSync(folder, { force: true, recursive: true })
  mkdirSync(folder, { recursive: true })
  for (const { name, text } of files) writeFileSync(join(folder, name), text)
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../../tsconfig.base.json",
      compilerOptions: { composite: false, noEmit: true, noUnusedLocals: false },
      include: ["*.ts"]
    })
  )
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  return promisify(execFile)(process.execPath, [tsc, "-p", folder]).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout
  )
}

it("each program in a doc comment compiles", async () => {
  expect(programs.length).toBeGreaterThan(4)
  expect(await compile(programs)).toBe("")
})

it("one that doesn't is found", async () => {
  expect(await compile([{ name: "wrong.ts", text: "export const one: string = 1\n" }])).toContain("wrong.ts(1,14)")
})
