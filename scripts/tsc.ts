// TypeScript's compiler with the Effect language service built in: it reports Effect's diagnostics too.
import { execSync, spawnSync } from "node:child_process"

const tsc = execSync("effect-tsgo get-exe-path", { encoding: "utf8" }).trim()
process.exitCode = spawnSync(tsc, process.argv.slice(2), { stdio: "inherit" }).status ?? 1
