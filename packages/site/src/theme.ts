/** How the reference is written. */
import { type Reflection, SignatureReflection, TypeParameterReflection } from "typedoc"
import { type MarkdownPageEvent, MarkdownTheme, type MarkdownThemeContext } from "typedoc-plugin-markdown"

/** A signature whose type parameters are called as they are declared, with their defaults. */
export const withDefaults = (signature: SignatureReflection): SignatureReflection => {
  if (signature.typeParameters === undefined) return signature
  const shown = new SignatureReflection(signature.name, signature.kind, signature.parent)
  if (signature.parameters !== undefined) shown.parameters = signature.parameters
  if (signature.type !== undefined) shown.type = signature.type
  shown.typeParameters = signature.typeParameters.map((parameter) =>
    new TypeParameterReflection(
      parameter.default === undefined ? parameter.name : `${parameter.name} = ${parameter.default.toString()}`,
      shown,
      undefined
    )
  )
  return shown
}

/** The plugin's own, which leaves out the defaults of type parameters in types of functions. */
export class Theme extends MarkdownTheme {
  override getRenderContext(page: MarkdownPageEvent<Reflection>): MarkdownThemeContext {
    const context = super.getRenderContext(page)
    const { functionType } = context.partials
    context.partials.functionType = (signatures, options) => functionType(signatures.map(withDefaults), options)
    return context
  }
}
