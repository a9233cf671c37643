// Writes into what gets published where it comes from: the repository that releases it. npm wants it for provenance, and a
// fork that publishes shall not point to another's.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import process from "node:process"
import type { Manifest } from "./pack.js"

const { GITHUB_REPOSITORY = "", GITHUB_SERVER_URL = "https://github.com" } = process.env
const [owner, name, ...more] = GITHUB_REPOSITORY.split("/")
if (!owner || !name || more.length > 0) {
  throw new Error("GITHUB_REPOSITORY must be owner/name of the repository that publishes, as in a workflow of GitHub's")
}
const address = `${GITHUB_SERVER_URL}/${owner}/${name}`

for (const folder of readdirSync("packages")) {
  const file = `packages/${folder}/package.json`
  const manifest: Manifest = JSON.parse(readFileSync(file, "utf8"))
  if (manifest.private === true) continue
  const written = {
    ...manifest,
    homepage: `https://${owner}.github.io/${name}/packages/${folder}`,
    repository: { type: "git", url: `git+${address}.git`, directory: `packages/${folder}` },
    bugs: `${address}/issues`
  }
  writeFileSync(file, `${JSON.stringify(written, undefined, 2)}\n`)
}
