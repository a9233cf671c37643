/** Packs what gets published. */
import { execFileSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { resolve } from "node:path"

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

export interface Packed {
  readonly tarball: string
  readonly json: string
  readonly manifest: Manifest
}

export const read = (cwd: string, command: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

export const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): void => {
  console.log(`> ${command} ${args.join(" ")}`)
  execFileSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] })
}

const pack = (directory: string, destination: string): Packed => {
  const { filename } = JSON.parse(read(directory, "pnpm", "pack", "--json", "--pack-destination", destination))
  const tarball = resolve(destination, filename)
  const json = read(".", "tar", "-xzOf", tarball, "package/package.json")
  const manifest: Manifest = JSON.parse(json)
  return { tarball, json, manifest }
}

/** All packages of the workspace, as tarballs. */
export const packAll = (destination: string): ReadonlyArray<Packed> =>
  readdirSync("packages").map((name) => pack(`packages/${name}`, destination))

export const isPublished = ({ manifest }: Packed): boolean => manifest.private !== true
