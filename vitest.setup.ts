import { it, makeMethods } from "@effect/vitest"

// `layer` of @effect/vitest puts its own methods on the only `it` there is, and the files of a worker share it
makeMethods(it)
