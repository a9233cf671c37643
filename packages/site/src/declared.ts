/**
 * Types as they are declared, for the reference.
 *
 * TypeDoc takes `readonly [A, ...A[]]`, and so Effect's `NonEmptyReadonlyArray<A>`, for `readonly [A, A]`: where it converts
 * a type, and not the text that it comes from, it forgets which elements of a readonly tuple are repeated. And it writes out
 * unions that have a name, as TypeScript forgets names of types that come from schemas.
 * https://github.com/TypeStrong/typedoc/blob/v0.28.20/src/lib/converter/types.ts (`typeOperatorConverter`)
 */
import { type Application, type Context, Converter, type ParameterReflection, ReflectionKind } from "typedoc"
import ts from "typescript"

/** Is there a tuple of any length in what stands there? */
const isOfAnyLength = (node: ts.TypeNode): boolean => /\bNonEmpty\w*Array\b|\[.*\.\.\./s.test(node.getText())

/** Is there the name of a union in it? */
const namesUnion = ({ checker }: Context, node: ts.Node): boolean => {
  const visit = (one: ts.Node): boolean =>
    (ts.isTypeReferenceNode(one) && checker.getTypeFromTypeNode(one).isUnion()) || ts.forEachChild(one, visit) === true
  return visit(node)
}

/** Does the text say more than the type? Not where it is of a type parameter that has become something. */
const saysMore = (context: Context, node: ts.TypeNode, type: ts.Type): boolean => {
  const declared = context.checker.getTypeFromTypeNode(node)
  // what may be left out is itself, or undefined
  const isSame = declared === type || declared === context.checker.getNonNullableType(type)
  return isSame && (isOfAnyLength(node) || namesUnion(context, node))
}

/** Has TypeDoc convert such types from the text. */
export const keepDeclared = ({ converter }: Application): void => {
  const { convertType } = converter
  converter.convertType = (context, type: ts.Type | ts.TypeNode | undefined, node?: ts.TypeNode) => {
    if (type === undefined || "kind" in type) return convertType(context, type)
    return node !== undefined && saysMore(context, node, type)
      ? convertType(context, node)
      : convertType(context, type, node)
  }
  converter.on(Converter.EVENT_CREATE_TYPE_PARAMETER, (context, reflection) => {
    const declaration = context.getSymbolFromReflection(reflection)?.declarations?.find(ts.isTypeParameterDeclaration)
    const constraint = declaration?.constraint
    if (constraint !== undefined && isOfAnyLength(constraint)) {
      reflection.type = convertType(context.withScope(reflection), constraint)
    }
  })
  converter.on(Converter.EVENT_BEGIN, ({ programs }) => programs.forEach(keepRest))
  converter.on(Converter.EVENT_RESOLVE_BEGIN, nameParameters)
}

/** Where there is no text, the elements are right without the `readonly`, by which TypeDoc chooses how to convert them. */
const keepRest = (program: ts.Program): void => {
  const checker = program.getTypeChecker()
  const { typeToTypeNode } = checker
  checker.typeToTypeNode = (...args: Parameters<typeof typeToTypeNode>) => {
    const node = typeToTypeNode(...args)
    return node !== undefined && ts.isTypeOperatorNode(node) && ts.isTupleTypeNode(node.type)
        && node.type.elements.some(ts.isRestTypeNode)
      ? node.type
      : node
  }
}

/** Parameters of which only the parts have names are called as their types are. */
const nameParameters = (context: Context): void => {
  for (const reflection of context.project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (reflection.name === "__namedParameters" && reflection.isParameter()) {
      reflection.name = nameOf(context, reflection)
    }
  }
}

const nameOf = (context: Context, reflection: ParameterReflection): string => {
  const declaration = context.getSymbolFromReflection(reflection)?.declarations?.find(ts.isParameter)
  const type = declaration?.type
  if (type === undefined || !ts.isTypeReferenceNode(type)) return "options"
  // of `Pick<Place, …>` it is Place
  const [, name = ""] = /^(?:(?:Pick|Omit|Partial)<)?(?:\w+\.)*(\w+)/.exec(type.getText()) ?? []
  return name.charAt(0).toLowerCase() + name.slice(1)
}
