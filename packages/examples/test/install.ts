/** The install lines of READMEs: what a program needs, in the versions that it was tested with. */
import { existsSync, readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

interface Manifest {
  readonly version: string
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

const here = fileURLToPath(import.meta.url)
const packages = fileURLToPath(new URL("../../", import.meta.url))
const scope = "@effect-shipstation/"

const isOurs = (name: string) => name.startsWith(scope)

const manifestAt = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8"))

/** The manifest of a package, and where it is, as the module there finds it. */
const find = (name: string, from: string): readonly [Manifest, path: string] => {
  const path = isOurs(name)
    ? join(packages, name.slice(scope.length), "package.json")
    // not by `resolve`, which some packages let find nothing but their modules
    : (createRequire(from).resolve.paths(name) ?? []).map((folder) => join(folder, name, "package.json"))
      .find((file) => existsSync(file)) ?? ""
  return [manifestAt(path), realpathSync(path)]
}

const requiredPeers = ({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest) =>
  Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)

/** The packages that a source imports, and those of its own modules. */
const imported = (source: string, folder: string): ReadonlyArray<string> => {
  const inFile = (path: string) => imported(readFileSync(path, "utf8"), dirname(path)).filter((name) => !isOurs(name))
  const names = source.matchAll(/^(?:import|\} from) .*?"((?:@[\w-]+\/)?[\w.-]+)(\/[\w./-]+)?"$/gm)
  return Array.from(names).flatMap(([, name = "", module = ""]) => {
    if (name.startsWith(".")) return inFile(join(folder, `${name}${module}`.replace(/\.js$/, ".ts")))
    // a module that is imported by itself needs what others of its package don't
    return isOurs(name) && module !== "" && folder === ""
      ? [name, ...inFile(join(packages, name.slice(scope.length), "src", `${module}.ts`))]
      : [name]
  })
}

const withVersion = (name: string): string => {
  if (isOurs(name)) return name
  const [major, minor] = find(name, here)[0].version.split(".")
  return `${name}@${major}.${minor}`
}

/** All peers of these packages, and those of their peers. */
const closure = (names: ReadonlySet<string>): ReadonlySet<string> => {
  const all = new Set<string>()
  const visit = (name: string, from: string) => {
    if (all.has(name)) return
    all.add(name)
    const [manifest, path] = find(name, from)
    for (const peer of requiredPeers(manifest)) visit(peer, path)
  }
  for (const name of names) visit(name, here)
  return all
}

/**
 * How to install what a program of this package's README needs: a block for each package manager, since whoever copies one
 * that has all of them runs all of them.
 */
export const installBlocks = (name: string, program: string): string => {
  const uses = [...new Set([name, ...imported(program, "")])]
  const ours = uses.filter(isOurs)
  const others = [...new Set([...ours.flatMap((one) => requiredPeers(find(one, here)[0])), ...uses])]
    .filter((one) => !isOurs(one) && !one.startsWith("node:")).toSorted()
  const listed = (names: Iterable<string>) => [...names].map(withVersion).join(" ")
  // which doesn't install the peers of others
  const yarn = [...closure(new Set([...ours, ...others]))].filter((one) => !isOurs(one)).toSorted()
  // which builds nothing that isn't named
  const built = others.includes("@effect/sql-sqlite-node") ? "--allow-build=better-sqlite3 " : ""
  return [
    ["npm", `npm install ${listed([...ours, ...others])}`],
    ["pnpm", `pnpm add ${built}${listed([...ours, ...others])}`],
    ["yarn", `yarn add ${listed([...ours, ...yarn])}`]
  ].map(([manager, line]) => `With ${manager}:\n\n\`\`\`sh\n${line}\n\`\`\``).join("\n\n")
}
