import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../../../", import.meta.url))

/** A file of the repository. */
export const read = (file: string): string => readFileSync(join(root, file), "utf8")

interface Manifest {
  readonly description: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The `package.json` of a package. */
export const manifestOf = (name: string): Manifest => JSON.parse(read(`packages/${name}/package.json`))

/** The folders of the packages that are published. */
export const published: ReadonlyArray<string> = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, "packages", name, "package.json")) && manifestOf(name).private !== true)
