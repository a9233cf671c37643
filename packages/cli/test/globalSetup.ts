/** Makes the bundle that the tests run, once for all of them. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

export const setup = (): void => {
  const root = fileURLToPath(new URL("../../..", import.meta.url))
  execFileSync(process.execPath, ["--import", "tsx", "scripts/bundle.ts", "--tests"], { cwd: root, stdio: "inherit" })
}
