/** Each export of what is published says since when it is there, and what it is. */
import { describe, expect, it } from "@effect/vitest"
import { relative } from "node:path"
import { published, root } from "../src/root.js"
import { publicExports } from "./exports.js"

/** As Effect's own packages have them. The reference is sorted by them. */
const categories = [
  "combinators",
  "constants",
  "constructors",
  "conversions",
  "decoding",
  "encoding",
  "errors",
  "execution",
  "getters",
  "guards",
  "layers",
  "metrics",
  "models",
  "pattern matching",
  "predicates",
  "schemas",
  "tags",
  "testing"
]

const tagOf = (comment: string, tag: string): string => new RegExp(`@${tag} (.*)`).exec(comment)?.[1]?.trim() ?? ""

describe("the exports of", () => {
  it.each(published)("%s", (name) => {
    const exports = publicExports(name)
    expect(exports.length).toBeGreaterThan(3)
    const wrong = exports.filter(({ isModule, text }) =>
      !/^\d+\.\d+\.\d+$/.test(tagOf(text, "since"))
      || (!isModule && !categories.includes(tagOf(text, "category")))
    )
    expect(wrong.map(({ file, name }) => `${relative(root, file)}: ${name}`)).toEqual([])
  })
})
