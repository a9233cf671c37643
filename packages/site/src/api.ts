/** The reference of the API, from types and doc comments. */
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  Application,
  Comment,
  type Context,
  Converter,
  type DeclarationReflection,
  type PageEvent,
  ReflectionKind,
  type TypeDocOptions
} from "typedoc"
import { MarkdownPageEvent, type PluginOptions } from "typedoc-plugin-markdown"
import { packagesInOrder } from "./contents.js"
import { keepDeclared } from "./declared.js"
import { listOf } from "./folders.js"
import { manifestOf, read, root } from "./root.js"
import { Theme } from "./theme.js"

/** A public module, and the file below `src` that it is. */
interface Module {
  readonly package: string
  readonly name: string
}

const modulesOf = (name: string): ReadonlyArray<Module> => {
  const index = read(`packages/${name}/src/index.ts`)
  const named = Array.from(index.matchAll(/^export \* as (\w+) from/gm), ([, module = ""]) => module)
  // its users import from the package itself
  if (named.length === 0) return [{ package: name, name: "index" }]
  const files = manifestOf(name).exports?.["./*"] === undefined
    ? named
    : readdirSync(join(root, `packages/${name}/src`))
      .filter((file) => file.endsWith(".ts") && file !== "index.ts")
      .map((file) => file.replace(".ts", ""))
  return files.toSorted().map((module) => ({ package: name, name: module }))
}

/** The place of a module's page on the site. */
const pathOf = (module: Module): string => `api/${module.package}${module.name === "index" ? "" : `/${module.name}`}`

/** The text of a doc comment, without its marks and tags. */
const textOf = (comment: string): string =>
  comment.replace(/^\/\*\*/, "").replace(/\*\/$/, "").replaceAll(/^ *\* ?/gm, "")
    .replaceAll(/^@(?:since|category).*$/gm, "").replaceAll(/^@example$/gm, "For example:").trim()

/** A file's words about itself, which TypeDoc takes for a comment of its first import. */
const commentOf = (module: string): string => textOf(/^\/\*\*[^]*?\*\/(?=\n(?:import|\n))/.exec(module)?.[0] ?? "")

/** A module in the few words that its package has for it. */
const summaryOf = (name: string, module: string): string => {
  const index = read(`packages/${name}/src/index.ts`)
  const found = Array.from(index.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/)\nexport \* as (\w+)/g))
    .find(([, , exported]) => exported === module)
  const text = found?.[1] === undefined ? commentOf(read(`packages/${name}/src/${module}.ts`)) : textOf(found[1])
  return text.replaceAll("\n", " ").split(/(?<=\.) /)[0] ?? ""
}

/** The modules of each package that is published, and their pages. */
export const api: ReadonlyArray<{
  readonly package: string
  readonly modules: ReadonlyArray<{ readonly title: string; readonly path: string; readonly summary: string }>
}> = packagesInOrder.map((name) => ({
  package: name,
  modules: modulesOf(name).map((module) => ({
    title: module.name === "index" ? name : module.name,
    path: pathOf(module),
    summary: module.name === "index" ? manifestOf(name).description : summaryOf(name, module.name)
  }))
}))

const markdown: Partial<PluginOptions> = {
  hideBreadcrumbs: true,
  hidePageHeader: true,
  entryFileName: "index",
  useCodeBlocks: true,
  parametersFormat: "table",
  typeDeclarationFormat: "table",
  classPropertiesFormat: "table",
  expandParameters: true,
  expandObjects: true,
  tableColumnSettings: { hideModifiers: true, hideInherited: true, hideSources: true }
}

const options: TypeDocOptions = {
  plugin: ["typedoc-plugin-markdown"],
  // a page for each
  router: "module",
  entryPoints: packagesInOrder.flatMap(modulesOf).map((module) =>
    join(root, `packages/${module.package}/src/${module.name}.ts`)
  ),
  tsconfig: join(root, "packages/site/tsconfig.api.json"),
  // the test command checks them, by another compiler
  skipErrorChecking: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  categorizeByGroup: false,
  // what one looks for first
  categoryOrder: ["tags", "constructors", "layers", "combinators", "models", "schemas", "errors", "*", "Other"],
  readme: "none",
  name: "API",
  logLevel: "Warn"
}

const nameModule = (_: Context, reflection: DeclarationReflection): void => {
  if (reflection.kind !== ReflectionKind.Module) return
  const [name = "", module = "index"] = reflection.name.replace("/src", "").split("/")
  reflection.name = module === "index" ? name : `${name}/${module}`
  reflection.comment = new Comment([{ kind: "text", text: commentOf(read(`packages/${name}/src/${module}.ts`)) }])
}

/** Constructors of tags and errors are Effect's. */
const leaveOutConstructors = ({ project }: Context): void => {
  for (const reflection of project.getReflectionsByKind(ReflectionKind.Constructor)) {
    if (reflection.flags.isExternal) project.removeReflection(reflection)
  }
}

/** Leaves out what a class of a tag or of an error is built of, which says nothing to who uses it. */
const leaveOutOrigins = ({ project }: Context): void => {
  const all = project.getReflectionsByKind(ReflectionKind.Class | ReflectionKind.ClassMember)
  for (const reflection of all) {
    if (!reflection.isDeclaration()) continue
    delete reflection.extendedTypes
    delete reflection.typeHierarchy
    delete reflection.defaultValue
    for (const one of [reflection, ...reflection.signatures ?? []]) delete one.inheritedFrom
  }
}

/** A line, where a heading would be for each version. */
const shorten = (page: PageEvent): void => {
  page.contents = page.contents?.replaceAll(/^#+ Since\n\n(.*)$/gm, "_Since $1_") ?? ""
}

/** All modules, by package. */
const index = [
  "# API",
  "What doc comments and types say of each public module, by package, in the order in which a program meets them.",
  ...api.map(({ modules, package: name }) =>
    [
      `## ${name}\n`,
      `${manifestOf(name).description}: [its page](../packages/${name}.md).\n`,
      ...modules.map(({ path, summary, title }) => `- [${title}](${path.replace("api/", "")}.md): ${summary}`)
    ].join("\n")
  )
].join("\n\n") + "\n"

/** The folder of a package's modules, if it has one, and the list of them. */
const folderOf = ({ modules, package: name }: typeof api[number]): ReadonlyArray<readonly [string, string]> => {
  const folder = `api/${name}`
  const entries = modules.filter(({ path }) => path.startsWith(`${folder}/`))
    .map(({ path, summary, title }) => ({ path, title, description: summary }))
  return entries.length === 0 ? [] : [[folder, listOf(`Modules of ${name}`, folder, entries)]]
}

/** Writes a page for each public module, below `api/` of a folder. */
export const writeApi = async (folder: string): Promise<void> => {
  const app = await Application.bootstrapWithPlugins({ ...options, ...markdown })
  app.renderer.defineTheme("reference", Theme)
  app.options.setValue("theme", "reference")
  keepDeclared(app)
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, nameModule)
  // after TypeDoc's own, which find out what is inherited
  app.converter.on(Converter.EVENT_RESOLVE_END, leaveOutOrigins, -1_000)
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, leaveOutConstructors)
  const project = await app.convert()
  if (project === undefined) throw new Error("TypeDoc can't read the sources")
  const out = join(folder, "api")
  app.options.setValue("out", out)
  app.renderer.on(MarkdownPageEvent.END, shorten)
  await app.generateOutputs(project)
  writeFileSync(join(out, "index.md"), index)
  for (const [path, list] of api.flatMap(folderOf)) writeFileSync(join(folder, path, "index.md"), list)
}
