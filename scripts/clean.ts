// Removes what the compiler wrote.
import { readdirSync, rmSync } from "node:fs"

for (const directory of [".", ...readdirSync("packages").map((name) => `packages/${name}`)]) {
  rmSync(`${directory}/dist`, { force: true, recursive: true })
  rmSync(`${directory}/tsconfig.tsbuildinfo`, { force: true })
}
