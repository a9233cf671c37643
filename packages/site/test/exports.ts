/** The exports of a package, with their doc comments, read from the sources. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import ts from "typescript"
import { manifestOf, root } from "../src/root.js"

/** A declaration that others can import, or the place where it is exported, if that has a comment of its own. */
export interface Export {
  readonly file: string
  readonly name: string
  readonly node: ts.Node
  /** The comment before it, with its marks. */
  readonly comment: ts.TextRange | undefined
  readonly text: string
  /** A module as a whole, which has no category. */
  readonly isModule: boolean
}

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true)

const commentOf = (node: ts.Node, source: ts.SourceFile): ts.TextRange | undefined =>
  ts.getLeadingCommentRanges(source.text, node.pos)?.findLast(({ end, pos }) =>
    source.text.slice(pos, end).startsWith("/**")
  )

const exportOf = (node: ts.Node, name: string, isModule = false): Export => {
  const source = node.getSourceFile()
  const comment = commentOf(node, source)
  const text = comment === undefined ? "" : source.text.slice(comment.pos, comment.end)
  return { file: source.fileName, name, node, comment, text, isModule }
}

const namesOf = (statement: ts.Statement): ReadonlyArray<string> => {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText())
  }
  return ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)
      || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    ? [statement.name?.text ?? "default"]
    : []
}

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement)
  && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true

const fileOf = ({ moduleSpecifier }: ts.ExportDeclaration, from: string): string | undefined =>
  moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text.startsWith(".")
    ? resolve(dirname(from), moduleSpecifier.text.replace(/\.js$/, ".ts"))
    : undefined

const reExported = (statement: ts.ExportDeclaration, file: string): ReadonlyArray<Export> => {
  const { exportClause } = statement
  if (exportClause !== undefined && ts.isNamespaceExport(exportClause)) {
    return [exportOf(statement, exportClause.name.text, true)]
  }
  const target = fileOf(statement, file)
  // what another package or module documents
  if (target === undefined || exportClause === undefined) return []
  return exportClause.elements.flatMap((element) => {
    const here = exportOf(element, element.name.text)
    const wanted = (element.propertyName ?? element.name).getText()
    // editors show the one, and the reference the other
    const there = exportsOf(target).filter(({ name }) => name === wanted)
    return here.comment === undefined ? there : [here, ...there]
  })
}

const exportsOf = (file: string): ReadonlyArray<Export> =>
  parse(file).statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return reExported(statement, file)
    return isExported(statement) ? namesOf(statement).map((name) => exportOf(statement, name)) : []
  })

/** All that a package exports, each declaration once. */
export const publicExports = (name: string): ReadonlyArray<Export> => {
  const folder = join(root, "packages", name, "src")
  const modules = manifestOf(name).exports?.["./*"] === undefined
    ? Array.from(
      readFileSync(join(folder, "index.ts"), "utf8").matchAll(/from "\.\/(.*)\.js"/g),
      ([, module = ""]) => `${module}.ts`
    )
    : readdirSync(folder).filter((file) => file.endsWith(".ts") && file !== "index.ts")
  const all = ["index.ts", ...modules].flatMap((module) => exportsOf(join(folder, module)))
  return [...new Map(all.map((one) => [`${one.file}:${one.node.pos}`, one] as const)).values()]
}
