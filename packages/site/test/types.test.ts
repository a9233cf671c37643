/** What the reference shows of types, from an example. */
import { describe, expect, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { Application, type ProjectReflection, type SignatureReflection } from "typedoc"
import { beforeAll } from "vitest"
import { keepDeclared } from "../src/declared.js"
import { withDefaults } from "../src/theme.js"

const pathOf = (name: string) => fileURLToPath(new URL(`types/${name}`, import.meta.url))

const convert = async (prepare: (app: Application) => void): Promise<ProjectReflection> => {
  const app = await Application.bootstrap({
    entryPoints: [pathOf("example.ts")],
    tsconfig: pathOf("tsconfig.json"),
    skipErrorChecking: true,
    logLevel: "Error"
  })
  prepare(app)
  const project = await app.convert()
  if (project === undefined) throw new Error("TypeDoc can't read the example")
  return project
}

const signatureOf = (project: ProjectReflection, path: string): SignatureReflection | undefined => {
  const found = project.getChildByName(path)
  if (found?.isDeclaration() !== true) return undefined
  return found.type?.type === "reflection" ? found.type.declaration.signatures?.[0] : found.signatures?.[0]
}

/** The types of the first parameter and of what comes back, and the constraint of the first type parameter. */
const typesOf = (project: ProjectReflection, path: string): ReadonlyArray<string | undefined> => {
  const { parameters, type, typeParameters } = signatureOf(project, path) ?? {}
  return [parameters?.[0]?.type, type, typeParameters?.[0]?.type].map((one) => one?.toString())
}

/** The type of `inputs` in `inferred`. */
const inputsOf = (project: ProjectReflection): string | undefined => {
  const inferred = project.getChildByName("inferred")
  const type = inferred?.isDeclaration() === true ? inferred.type : undefined
  const inputs = type?.type === "reflection" ? type.declaration.getChildByName("inputs") : undefined
  return inputs?.isDeclaration() === true ? inputs.type?.toString() : undefined
}

describe("the reference", () => {
  let without: ProjectReflection
  let project: ProjectReflection
  beforeAll(async () => {
    without = await convert(() => {})
    project = await convert(keepDeclared)
  })

  it("names an array that isn't empty", () => {
    expect(typesOf(project, "Service.create").slice(0, 2)).toEqual([
      "Array.NonEmptyReadonlyArray<Input>",
      "Array.NonEmptyArray<Input>"
    ])
    expect(typesOf(project, "ofTags")[2]).toBe("Array.NonEmptyReadonlyArray<string>")
  })

  it("tells that an array isn't empty where nothing names it", () => {
    expect(inputsOf(project)).toBe("[number, ...number[]]")
  })

  it("names a union, and a parameter that has no name", () => {
    expect(typesOf(project, "Service.outcomes")[1]).toBe("Iterable<Outcome>")
    expect(signatureOf(project, "isLast")?.parameters?.map(({ name }) => name)).toEqual(["place"])
  })

  it("tells the defaults of type parameters", () => {
    const signature = signatureOf(project, "Service.create")
    if (signature === undefined) throw new Error("There is no create")
    expect(withDefaults(signature).typeParameters?.map(({ name }) => name)).toEqual(["E = never"])
  })

  it("leaves a pair a pair", () => {
    expect(typesOf(project, "Service.pair")[0]).toBe("readonly [number, number]")
  })

  it("needs what keeps types as they are declared: TypeDoc makes a pair of any readonly array that isn't empty", () => {
    expect(typesOf(without, "Service.create")[0]).toBe("readonly [Input, Input]")
    expect(typesOf(without, "ofTags")[2]).toBe("readonly [string, string]")
    expect(inputsOf(without)).toBe("readonly [number, number]")
  })
})
