/**
 * The parts of a workbook (.xlsx), which is a zip file: which one has the rows, and which of its numbers are days.
 * `read-excel-file` knows that, but would hold a whole sheet several times. So it gets a copy of the workbook whose sheets have
 * nothing but their place among the parts, and a zero in each style.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { strToU8, zipSync } from "fflate"
import { readSheet, SheetNotFoundError } from "read-excel-file/node"
import type { Entry, ZipFile } from "yauzl"
import { openPromise } from "yauzl"
import type { UsageError } from "../terminal/UsageError.js"
import type { Problem } from "./Problem.js"
import { type Sheet, sheetsOf } from "./workbookCells.js"
import { type Style, stylesOf } from "./workbookStyles.js"

/** A part, which is read anew each time. */
export interface Part {
  readonly name: string
  /** In bytes. */
  readonly size: number
  readonly bytes: Stream.Stream<Uint8Array, UsageError>
}

/** What is needed to read a sheet. */
export interface Parts {
  readonly sheet: Part
  /** The texts that its cells refer to, if there are any. */
  readonly strings: Part | undefined
  /** For each style the day of a zero, in milliseconds. Undefined where its numbers aren't days. */
  readonly days: ReadonlyArray<number | undefined>
  /** How the cells of each style are shown. */
  readonly styles: ReadonlyArray<Style>
  /** The names of the other sheets. */
  readonly others: ReadonlyArray<string>
}

/** Opens a workbook. Fails if it can't be read, or has no such sheet. `sheet`: its name; default is the first that is shown. */
export const open = Effect.fnUntraced(function*(
  file: string,
  sheet: string | undefined,
  fail: (problem: Problem) => UsageError
) {
  const damaged = fail(unreadable)
  const zip = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => openPromise(file, { autoClose: false, lazyEntries: true }),
      catch: () => damaged
    }),
    (zip) => Effect.sync(() => zip.close())
  )
  const entries = yield* Stream.runCollect(Stream.fromAsyncIterable(zip.eachEntry(), () => damaged))
  const parts = [...entries].filter(({ fileName }) => /\.(?:xml|rels)$/.test(fileName)).map((entry) =>
    partOf(zip, entry, damaged)
  )
  const { copy, strings, styles, workbook } = yield* copyOf(parts, damaged)
  const sheets = yield* Effect.try({ try: () => sheetsOf(workbook), catch: () => damaged })
  const wanted = sheet ?? (sheets.find(({ isHidden }) => !isHidden) ?? sheets[0])?.name
  const [place, ...zeros] = yield* Effect.tryPromise({
    try: () => readSheet(Buffer.from(zipSync(copy, { level: 0 })), wanted ?? 1, { parseNumber: Number }),
    catch: (error) => error instanceof SheetNotFoundError ? fail(noSheet(wanted, sheets)) : damaged
  })
  const found = parts[Number(place?.[0])]
  if (found === undefined) return yield* damaged
  const result: Parts = {
    sheet: found,
    strings: strings ? parts[Number(place?.[1])] : undefined,
    others: sheets.flatMap(({ name }) => name === wanted ? [] : [name]),
    styles,
    days: zeros.slice(0, styles.length).map(([zero]) => zero instanceof Date ? zero.getTime() : undefined)
  }
  return result
})

/** That something is no workbook, or that a part of it is damaged. */
export const unreadable: Problem = {
  reason: "can't be read as a workbook: it is another kind of zip file, has a password, or is damaged",
  remedy: "open it, and save it as .xlsx or as \"CSV UTF-8\""
}

const noSheet = (sheet: string | undefined, sheets: ReadonlyArray<Sheet>): Problem => ({
  reason: sheet === undefined ? "has no sheet" : `has no sheet of the name ${sheet}`,
  remedy: `say --sheet and its name: ${sheets.map(({ name }) => name).join(", ")}`
})

const partOf = (zip: ZipFile, entry: Entry, damaged: UsageError): Part => ({
  name: entry.fileName,
  size: entry.uncompressedSize,
  bytes: Stream.unwrap(Effect.map(
    Effect.tryPromise({ try: () => zip.openReadStreamPromise(entry), catch: () => damaged }),
    (bytes) => NodeStream.fromReadable<UsageError, Uint8Array>(() => bytes, () => damaged)
  ))
})

/** A workbook that tells of itself. `strings`: whether its sheets say where the texts are. */
const copyOf = Effect.fnUntraced(function*(parts: ReadonlyArray<Part>, damaged: UsageError) {
  const copy: { [name: string]: Uint8Array } = {}
  const sheets: Array<number> = []
  let strings = false
  let styles: ReadonlyArray<Style> = []
  let workbook = ""
  for (const [place, { bytes, name }] of parts.entries()) {
    const text = Stream.decodeText(bytes)
    const root = rootOf(Option.getOrElse(yield* Stream.runHead(text), () => ""))
    if (root === "worksheet") sheets.push(place)
    else if (root === "sst") {
      strings = true
      copy[name] = strToU8(`<sst><si><t>${place}</t></si></sst>`)
    } else if (root === "workbook" || root === "Relationships" || root === "styleSheet") {
      const whole = yield* Stream.mkString(text)
      copy[name] = strToU8(whole)
      if (root === "styleSheet") {
        styles = yield* Effect.try({ try: () => stylesOf(whole), catch: () => damaged })
      } else if (root === "workbook") workbook = whole
    }
  }
  const zeros = Array.from(
    { length: styles.length },
    (_, n) => `<row r="${n + 2}"><c r="A${n + 2}" s="${n}"><v>0</v></c></row>`
  ).join("")
  for (const place of sheets) {
    const cells = `<c r="A1"><v>${place}</v></c>${strings ? "<c r=\"B1\" t=\"s\"><v>0</v></c>" : ""}`
    copy[parts[place]?.name ?? ""] = strToU8(
      `<worksheet><sheetData><row r="1">${cells}</row>${zeros}</sheetData></worksheet>`
    )
  }
  return { copy, strings, styles, workbook }
})

/** The name of the first element. */
const rootOf = (xml: string): string | undefined => /<(?:[\w.-]+:)?(\w+)[\s/>]/.exec(xml)?.[1]
