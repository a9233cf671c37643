import { chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { program, script } from "./processes.js"

/** A page, by its place in the repository. */
export const pageOf = (name: string): string => script(`../../../${name}`)

export const readPage = (name: string): Promise<string> => readFile(pageOf(name), "utf8")

/** The first block of code in a language. */
export const blockOf = (language: string, text: string): string =>
  new RegExp(`^\`\`\`${language}\\n([^]*?)\`\`\`$`, "m").exec(text)?.[1] ?? ""

/** A search path by which shells find the command. */
export const inShell = async (directory: string): Promise<string> => {
  await mkdir(join(directory, "bin"), { recursive: true })
  await writeFile(join(directory, "bin/fulfill"), `#!/bin/sh\nexec node ${program} "$@"\n`)
  await chmod(join(directory, "bin/fulfill"), 0o755)
  return `${join(directory, "bin")}:${process.env["PATH"]}`
}
