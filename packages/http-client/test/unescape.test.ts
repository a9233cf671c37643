/** What escapes stand for, at the bounds of each form. */
import { describe, expect, it } from "@effect/vitest"
import { unescape } from "../src/internal/unescape.js"

const textOf = (source: string): string => unescape(source).text

/** Where in the source each character of the text begins, and where the text ends. */
const startsOf = (source: string): ReadonlyArray<number> => {
  const { sourceOf, text } = unescape(source)
  return Array.from({ length: text.length + 1 }, (_, index) => sourceOf(index))
}

const hex = (code: number, length: number): string => code.toString(16).padStart(length, "0")

/** Ways to write a character by its number. */
const forms: ReadonlyArray<readonly [name: string, write: (code: number) => string]> = [
  ["%2b", (code) => `%${hex(code, 2)}`],
  ["%2B", (code) => `%${hex(code, 2).toUpperCase()}`],
  ["%u002b", (code) => `%u${hex(code, 4)}`],
  ["\\x2b", (code) => `\\x${hex(code, 2)}`],
  ["\\u002b", (code) => `\\u${hex(code, 4)}`],
  ["\\u002B", (code) => `\\u${hex(code, 4).toUpperCase()}`],
  ["&#43;", (code) => `&#${code};`],
  ["&#043;", (code) => `&#0${code};`],
  ["&#x2b;", (code) => `&#x${hex(code, 2)};`],
  ["&#X2B;", (code) => `&#X${hex(code, 2).toUpperCase()};`]
]

const names: ReadonlyArray<readonly [character: string, names: string]> = [
  ["!", "excl"],
  ["\"", "quot"],
  ["#", "num"],
  ["$", "dollar"],
  ["%", "percnt"],
  ["&", "amp"],
  ["'", "apos"],
  ["(", "lpar"],
  [")", "rpar"],
  ["*", "ast midast"],
  ["+", "plus"],
  [",", "comma"],
  [".", "period"],
  ["/", "sol"],
  [":", "colon"],
  [";", "semi"],
  ["<", "lt"],
  ["=", "equals"],
  [">", "gt"],
  ["?", "quest"],
  ["@", "commat"],
  ["[", "lsqb lbrack"],
  ["]", "rsqb rbrack"],
  ["^", "Hat hat"],
  ["_", "lowbar UnderBar"],
  ["`", "grave DiacriticalGrave"],
  ["{", "lcub lbrace"],
  ["|", "verbar vert VerticalLine"],
  ["}", "rcub rbrace"]
]

describe("an escape", () => {
  it.each(forms)("as %s stands for any printable character, which begins where it began", (_, write) => {
    for (let code = 0x21; code < 0x7f; code++) {
      // no key's letter: nobody knows which backslashes belonged to an escape
      if (code === 0x5c) continue
      const character = String.fromCharCode(code)
      const source = `<${write(code)}-`
      expect(textOf(source)).toBe(`<${character}-`)
      expect(startsOf(source)).toEqual([0, 1, source.length - 1, source.length])
    }
  })

  it.each(forms)("as %s stays if it stands for what no key has", (_, write) => {
    for (const code of [0, 0x1f, 0x20, 0x7f, 0x80, 0xff]) {
      expect(textOf(`%2B${write(code)}-`)).toBe(`+${write(code).replace("\\", "")}-`)
    }
  })

  it.each(names)("of HTML by name: %s is &%s;", (character, names) => {
    for (const name of names.split(" ")) {
      expect(textOf(`a&${name};b&${name.toUpperCase()};`)).toBe(`a${character}b${character}`)
      expect(textOf(`a&${name}b`)).toBe(`a&${name}b`)
    }
  })

  it("is undone in what others make of it", () => {
    expect(textOf("%2525252B")).toBe("+")
    expect(textOf("&amp;amp;amp;#43;")).toBe("+")
    expect(textOf("\\u005cu002b")).toBe("+")
    expect(textOf("&bsol;x2b")).toBe("+")
    expect(textOf("\\u0026plus\\u003b")).toBe("+")
    expect(textOf("%26%23%34%33%3b")).toBe("+")
    expect(startsOf("a%2525252Bb")).toEqual([0, 1, 10, 11])
    // the longest, each of whose characters is one
    const longest = "&diacriticalgrave;"
    expect(textOf([...longest].map((character) => `%${hex(character.charCodeAt(0), 2)}`).join(""))).toBe("`")
    expect(textOf(`&#${"0".repeat(15)}43;`)).toBe("+")
  })

  it.each([
    ["too short", "%2 \\u02b \\x2 %u02b"],
    ["of another kind", "\\y2b \\v002b %v002b %x2b \\2b"],
    ["of other characters", "%2g %g2 %/0 %:0 %@0 %`0 \\u00g1 &#4a; &#xg1; &#4/; &#:3;"],
    ["without its first character", "2B u002B x2B #43; plus;"],
    ["of no name", "&nbsp; &pluss; &plu; &; &#; &#x;"],
    ["that ends too late", `&${"a".repeat(30)}; &#${"0".repeat(30)}43;`]
  ])("stays where it is none: %s", (_, source) => {
    expect(textOf(`%2B${source}`)).toBe(`+${source.replaceAll("\\", "")}`)
  })
})

describe("a backslash", () => {
  it("goes, and the character behind it begins where it did", () => {
    expect(textOf("a\\/b\\\\c\\n")).toBe("a/bcn")
    expect(startsOf("a\\/b\\\\c\\n")).toEqual([0, 1, 3, 4, 7, 9])
    expect(startsOf("\\\\\\a")).toEqual([0, 4])
    expect(startsOf("a\\.\\")).toEqual([0, 1, 4])
  })

  it("before an escape's first character leaves it one", () => {
    expect(textOf("\\%2B \\&plus; \\\\u002b")).toBe("+ + +")
  })

  it("goes from within an escape, as a shell's quoting writes it", () => {
    expect(textOf("a\\&\\#43\\;b\\&plus\\;")).toBe("a+b+")
    expect(startsOf("a\\&\\#43\\;b")).toEqual([0, 1, 9, 10])
  })
})

it("a mark of the order of bytes is a character", () => {
  expect(textOf("\ufeff%2B")).toBe("\ufeff+")
  expect(startsOf("\ufeff%2B")).toEqual([0, 1, 4])
})

it("what has no escape stays as it is, and where it is", () => {
  for (const source of ["", "a", "Smith & Sons, 5 % off; x\\n", "100%", "a&b=c"]) {
    expect(textOf(source)).toBe(source)
    expect(startsOf(source)).toEqual(Array.from({ length: source.length + 1 }, (_, index) => index))
  }
})
