/** Bundles the programs and the page that tests start, once for all of them. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"

/** The packages whose tests start some. */
const packages = ["cli", "dashboard", "examples", "outbox"]

export const setup = ({ vitest }: TestProject): void => {
  const files = vitest.state.getPaths()
  const asked = packages.filter((name) => files.some((file) => file.includes(`/packages/${name}/`)))
  if (asked.length === 0) return
  const root = fileURLToPath(new URL(".", import.meta.url))
  execFileSync(process.execPath, ["--import", "tsx", "scripts/bundle.ts", ...asked], { cwd: root, stdio: "inherit" })
}
