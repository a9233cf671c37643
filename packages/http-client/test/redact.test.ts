import { Headers } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, FastCheck as fc } from "effect"
import { redactAnswer, redactKey } from "../src/internal/redact.js"
import type { Answer } from "../src/internal/toError.js"

const key = "TEST_Zx/9+aB=cD.eF-12345"

const hex = (character: string, length: number) => character.charCodeAt(0).toString(16).padStart(length, "0")

const names: Readonly<Record<string, string>> = {
  "+": "plus",
  "/": "sol",
  "=": "equals",
  "&": "amp",
  "\\": "bsol",
  "%": "percnt",
  ".": "period",
  "\"": "quot",
  "<": "lt"
}

/** Ways to write a character, of which the first leaves it as it is. */
const spellings: ReadonlyArray<(character: string) => string> = [
  (_) => _,
  (_) => `\\u${hex(_, 4)}`,
  (_) => `\\u${hex(_, 4).toUpperCase()}`,
  (_) => `\\x${hex(_, 2)}`,
  (_) => /[a-zA-Z0-9]/.test(_) ? _ : `\\${_}`,
  (_) => `%${hex(_, 2)}`,
  (_) => `%${hex(_, 2).toUpperCase()}`,
  (_) => `%25${hex(_, 2)}`,
  (_) => `%2525${hex(_, 2).toUpperCase()}`,
  (_) => `&#${_.charCodeAt(0)};`,
  (_) => `&#0${_.charCodeAt(0)};`,
  (_) => `&#x${hex(_, 2)};`,
  (_) => `&#X${hex(_, 4).toUpperCase()};`,
  (_) => names[_] === undefined ? _ : `&${names[_]};`,
  (_) => names[_] === undefined ? _ : `&${names[_].toUpperCase()};`,
  (_) => `&amp;#${_.charCodeAt(0)};`,
  // what .NET's JSON makes of HTML, and JSON within JSON
  (_) => `\\u0026#x${hex(_, 2)};`,
  (_) => `\\\\u${hex(_, 4)}`,
  (_) => `\\\\\\\\u${hex(_, 4)}`,
  (_) => `\\u0025${hex(_, 2)}`,
  (_) => `%5Cu${hex(_, 4)}`
]

const spelt = (text: string, ways: ReadonlyArray<number>) =>
  [...text].map((character, index) => spellings[(ways[index % ways.length] ?? 0) % spellings.length]?.(character)).join(
    ""
  )

/** How it looks when all escapes are read, as whoever sees an error might do. */
const read = (text: string): string => {
  const once = text
    .replace(
      /\\+u([0-9a-f]{4})|\\+x([0-9a-f]{2})|%([0-9a-f]{2})/gi,
      (_, a, b, c) => String.fromCharCode(Number.parseInt(a ?? b ?? c, 16))
    )
    .replace(/&#x0*([0-9a-f]+);/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/&#0*(\d+);/g, (_, digits) => String.fromCharCode(Number(digits)))
    .replace(
      /&(\w+);/g,
      (all, name: string) => Object.entries(names).find(([, known]) => known === name.toLowerCase())?.[0] ?? all
    )
    .replace(/\\([^\w\s])/g, "$1")
  return once === text ? text : read(once)
}

describe("the key", () => {
  it.each([
    ["as it is", key],
    ["as JSON may write it", "TEST_Zx\\/9\\u002BaB\\u003dcD.eF-12345"],
    ["in a URL", encodeURIComponent(key)],
    ["in a URL, in lower case", "TEST_Zx%2f9%2baB%3dcD.eF-12345"],
    ["in a URL in a URL", encodeURIComponent(encodeURIComponent(key))],
    ["in HTML", "TEST_Zx&#47;9&#43;aB&#61;cD.eF-12345"],
    ["in HTML, in hexadecimal", "TEST_Zx&#x2F;9&#x2b;aB&#x3D;cD.eF-12345"],
    ["in HTML, by name", "TEST_Zx&sol;9&plus;aB&equals;cD.eF-12345"],
    ["in HTML in HTML", "TEST_Zx&amp;#47;9&amp;plus;aB&amp;equals;cD.eF-12345"],
    ["in HTML in JSON", "TEST_Zx\\u0026#x2F;9\\u0026#x2B;aB\\u0026#x3D;cD.eF-12345"],
    ["in JSON in JSON", "TEST_Zx\\\\/9\\\\u002BaB\\\\u003dcD.eF-12345"],
    ["with nothing as it is", spelt(key, [1])],
    ["in capitals", key.toUpperCase()],
    ["in small letters, in a URL", encodeURIComponent(key.toLowerCase())],
    ["in several spellings", "T\\u0045ST_Zx&sol;9%2BaB\\u003dcD.eF&#45;12345"]
  ])("goes, %s", (_, text) => {
    const redact = redactKey(key)
    expect(redact(text)).toBe("<redacted>")
    expect(redact(`{"message":"no such key: ${text}"} & more`)).toBe("{\"message\":\"no such key: <redacted>\"} & more")
    expect(redact(`a ${text} b ${text}${text} c`)).toBe("a <redacted> b <redacted><redacted> c")
  })

  it("leaves alone what isn't its", () => {
    const text = "{\"a\":\"Smith & Co \\u0026 %2B \\/ &plus; TEST_Z 12345 \\\\ \",\"b\":[]}"
    expect(redactKey(key)(text)).toBe(text)
    expect(redactKey(key)("")).toBe("")
    for (let length = 1; length < 6; length++) {
      expect(redactKey(key)(key.slice(0, length))).toBe(key.slice(0, length))
      expect(redactKey(key)(key.slice(-length))).toBe(key.slice(-length))
      // in the middle of a text there is no cut
      expect(redactKey(key)(`a long beginning ${key.slice(0, 10)} and a long end`)).toContain(key.slice(0, 10))
    }
  })

  it("goes from its place in other case, whatever stands before it", () => {
    // in small letters this one has two characters
    expect(redactKey(key)(`\u0130\u0130 ${key.toLowerCase()} \u0130`)).toBe("\u0130\u0130 <redacted> \u0130")
  })

  it("goes from the cut ends of a text", () => {
    const redact = redactKey(key)
    expect(redact(`no such key: ${key.slice(0, 6)}`)).toBe("no such key: <redacted>")
    expect(redact(`${key.slice(-6)} is wrong`)).toBe("<redacted> is wrong")
    expect(redact(key.slice(4, 15))).toBe("<redacted>")
    for (
      const end of [
        "\\",
        "\\u",
        "\\u002",
        "\\\\u00",
        "%",
        "%2",
        "%252",
        "%25",
        "&",
        "&#",
        "&#4",
        "&#x2",
        "&pl",
        "&amp;#4"
      ]
    ) {
      expect(redact(`no such key: TEST_Zx\\/9${end}`)).toBe("no such key: <redacted>")
    }
    for (const beginning of ["u002B", "002B", "B", "2B", "52B", "#43;", "43;", ";", "plus;", "mp;#43;"]) {
      expect(redact(`${beginning}aB%3DcD.eF-12345 is wrong`)).toBe(`${beginning}<redacted> is wrong`)
    }
    // no escape is longer than that
    expect(redact(`${"!".repeat(12)}${key.slice(-8)} is wrong`)).toBe(`${"!".repeat(12)}<redacted> is wrong`)
    expect(redact(`${"!".repeat(13)}${key.slice(-8)} is wrong`)).toBe(`${"!".repeat(13)}${key.slice(-8)} is wrong`)
  })

  it("may be of characters that mean something in patterns and escapes", () => {
    for (
      const odd of [
        "$&$1$`(.*)+[^a]{2}|\\d",
        "^a?b*c+d.e|f(g)[h]{i}$",
        "a\\b\\\\c\\/d-e-f-g",
        "ab%2Fcd%25ef%gh",
        "ab&amp;cd&#43;ef&gh;",
        "abcdefgh\\",
        "abcdefgh%",
        "abcdefgh%2",
        "&lt;abcdefgh",
        "aaaaaaaaaaaa",
        "\"'<>`~!@#$%^&*()"
      ]
    ) {
      const redact = redactKey(odd)
      for (
        const text of [odd, JSON.stringify(odd).slice(1, -1), encodeURIComponent(odd), spelt(odd, [9]), spelt(odd, [2])]
      ) {
        expect(redact(`{"key":"${text}"}`)).toMatch(/^\{"key":"\\?<redacted>.{0,6}"\}$/)
      }
    }
  })

  it("goes as a whole where parts of it look like others", () => {
    const odd = "abcabcabcabcabcabcX"
    expect(redactKey(odd)("key: abcabcabcabc")).toBe("key: <redacted>")
    expect(redactKey(odd)("bcabcX abcabcabcabcabcabcX abcabcabc")).toBe("<redacted> <redacted> <redacted>")
    expect(redactKey(key)(`${key.slice(8)}, ${spelt(key, [1])}, ${key}, ${spelt(key, [5])}, ${key.slice(0, 8)}`)).toBe(
      "<redacted>, <redacted>, <redacted>, <redacted>, <redacted>"
    )
    // its end stands before it with the character that the text has there
    expect(redactKey("isPrototypeO=isPrototypeO")("?a=b&c=\\u0069sPrototypeO=isPrototypeO")).toBe("?a=b&c=<redacted>")
    expect(redactKey("isPrototypeO=isPrototypeO")("PrototypeO=\\u0069sPrototypeO=isPrototypeO")).toBe("<redacted>")
    // what follows becomes one character with its end
    expect(redactKey("abcdefgh%")("\\u0061bcdefgh%2Bx")).toBe("<redacted>%2Bx")
    expect(redactKey("abcdefgh%2")("\\u0061bcdefgh%2Bx")).toBe("<redacted>%2Bx")
  })

  const anyKey = fc.stringMatching(/^[A-Za-z0-9+/=_.~-]{12,60}$/)
  const ways = fc.array(fc.nat(), { minLength: 1, maxLength: 60 })
  const context = fc.constantFrom(
    "",
    " ",
    "no such key: ",
    "{\"a\":\"b\",\"key\":\"",
    "<p title=&quot;x&quot;>",
    "?a=%20b&c="
  )
  const after = fc.constantFrom("", " ", "\"}", "&d=e", "</p>", " & more", "\\n")

  it.prop("goes, whichever it is and however each of its characters is spelled", [anyKey, ways, context, after], (
    [key, ways, before, after]
  ) => {
    const text = redactKey(key)(`${before}${spelt(key, ways)}${after}`)
    // a backslash may be left of what was no secret
    expect([`${before}<redacted>${after}`, `${before}\\<redacted>${after}`]).toContain(text)
    expect(read(text)).not.toContain(key)
  }, { fastCheck: { numRuns: 2000 } })

  it.prop("goes, whatever printable characters it has", [
    fc.stringMatching(/^[\x21-\x7e]{12,40}$/),
    fc.nat()
  ], ([key, way]) => {
    // of a key that is full of escapes the spellings have several meanings
    fc.pre(!/[\\%&]/.test(key))
    expect(redactKey(key)(`key: ${spelt(key, [way])} `)).toMatch(/^key: \\?<redacted> $/)
  }, { fastCheck: { numRuns: 2000 } })

  it.prop("goes, however the text is cut", [anyKey, ways, fc.nat(), fc.nat()], ([key, ways, from, to]) => {
    const text = spelt(key, ways)
    const piece = text.slice(from % text.length).slice(0, to % (text.length + 1))
    const rest = read(redactKey(key)(piece))
    const leaked = [...rest].some((_, index) => index + 6 <= rest.length && key.includes(rest.slice(index, index + 6)))
    expect(leaked ? rest : "").toBe("")
  }, { fastCheck: { numRuns: 5000 } })

  it.each([
    ["of plain text", "abc def "],
    ["of JSON", "{\"name\":\"Smith & Co\",\"x\":\"a\\\"b\"},"],
    ["of backslashes", "\\"],
    ["of percent signs", "%"],
    ["of escaped percent signs", "%25"],
    ["of percent signs, escaped again and again", "25"],
    ["of ampersands, escaped again and again", "amp;"],
    ["of escaped backslashes", "\\u005c"],
    ["of entities that are none", "&aaaaaaaaaaaaaaaaa;"],
    ["of the key, but for its end", `${key.slice(0, -1)}&`],
    ["of the key", key],
    ["of the key in a URL", encodeURIComponent(key)]
  ])("goes from 4 MB %s in time that grows with the length alone", (_, part) => {
    const text = `%${part.repeat(Math.ceil((4 * 1024 * 1024) / part.length))} ${encodeURIComponent(key)}.`
    const redacted = redactKey(key)(text)
    expect(redacted.endsWith(" <redacted>.")).toBe(true)
    expect(redacted.includes(key)).toBe(false)
  })
})

describe("an answer", () => {
  const answer = (body: string, requestId: string): Answer => ({
    _tag: "Answer",
    status: 400,
    headers: Headers.fromInput({ "x-shipengine-requestid": requestId, "retry-after": "1" }),
    body,
    end: "whole",
    receivedAt: DateTime.unsafeMake(0)
  })

  it("keeps the key neither in its body nor in its request id", () => {
    const redacted = redactAnswer(
      answer(`{"message":"${spelt(key, [1])}"}`, `r-${encodeURIComponent(key)}`),
      key,
      redactKey(key)
    )
    expect(redacted.body).toBe("{\"message\":\"<redacted>\"}")
    expect(redacted.headers).toMatchObject({ "x-shipengine-requestid": "r-<redacted>", "retry-after": "1" })
  })

  it("of a key that is no secret stays as it is", () => {
    for (const short of ["a", "key", "1234567"]) {
      const same = answer(`{"message":"a key of 1234567"}`, "a key of 1234567")
      expect(redactAnswer(same, short, redactKey(short))).toEqual(same)
    }
    expect(redactAnswer(answer("12345678", "12345678"), "12345678", redactKey("12345678"))).toEqual(
      answer("<redacted>", "<redacted>")
    )
  })
})

it("a key of eight characters goes from answers, however it is spelled there", () => {
  const redact = redactKey("1234567=")
  const one: Answer = {
    _tag: "Answer",
    status: 400,
    headers: Headers.fromInput({ "x-shipengine-requestid": "for 1234567%3D" }),
    body: "no 1234567\\u003d here",
    end: "whole",
    receivedAt: DateTime.unsafeMake(0)
  }
  expect(redactAnswer(one, "1234567=", redact)).toMatchObject({
    headers: { "x-shipengine-requestid": "for <redacted>" },
    body: "no <redacted> here"
  })
})

it("a short key goes from messages as well, as JSON and URLs write it", () => {
  expect(redactKey("k+y")("bad header k+y k%2By k\\u002By")).toBe("bad header <redacted> <redacted> k\\u002By")
  expect(redactKey("k\"y")("k\\\"y")).toBe("<redacted>")
  // both of them write this one in another way
  expect(redactKey("k\"+y")("bad header k\"+y k\\\"+y k%22%2By")).toBe("bad header <redacted> <redacted> <redacted>")
  // no part of it is looked for
  expect(redactKey("1234567")("123456")).toBe("123456")
  // what it stands for is as short
  expect(redactKey("%41%42%43")("%41%42%43 ABC %2541%2542%2543")).toBe("<redacted> ABC <redacted>")
  expect(redactKey("%41%42%43%44%45%46")("ABCDEF abcdef")).toBe("<redacted> <redacted>")
})
