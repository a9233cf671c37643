/** Draws what is on a terminal's screen. */
import type { Terminal } from "@xterm/headless"

interface Run {
  readonly text: string
  readonly style: string
}

/** What is on the screen at a moment. */
export type Screen = ReadonlyArray<ReadonlyArray<Run>>

const cell = { width: 8.4, height: 18 }
const margin = 16
const colours = ["#6e7681", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4"]

/** What is on the screen now, down to its last line with a text. */
export const screenOf = ({ buffer: { active }, cols, rows }: Terminal): Screen => {
  const lines: Array<ReadonlyArray<Run>> = []
  for (let y = 0; y < rows; y++) {
    const line = active.getLine(active.viewportY + y)
    const runs: Array<Run> = []
    for (let x = 0; x < cols; x++) {
      const found = line?.getCell(x)
      if (found === undefined) continue
      const style = [
        ...(found.isFgPalette() ? [`fill:${colours[found.getFgColor() % 8]}`] : []),
        ...(found.isBold() === 0 ? [] : ["font-weight:bold"]),
        ...(found.isUnderline() === 0 ? [] : ["text-decoration:underline"])
      ].join(";")
      const text = found.getChars() || " "
      const last = runs.at(-1)
      if (last?.style === style) runs[runs.length - 1] = { text: last.text + text, style }
      else runs.push({ text, style })
    }
    lines.push(runs.map(({ style, text }) => ({ style, text: steady(text) })))
  }
  return lines.slice(0, lines.findLastIndex((runs) => runs.some(({ text }) => text.trim() !== "")) + 1)
}

/** What another run would show otherwise is always the same, so that a picture changes for a reason only. */
const steady = (text: string): string =>
  text.replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, "⠋")
    .replace(/[\d,]+ a minute/, "1,500 a minute")
    .replace(/(\s)\d+ s\b/, "$18 s")
    .replace(/127\.0\.0\.1:\d+/, "127.0.0.1:4010")

const drawLine = (runs: ReadonlyArray<Run>, y: number): string => {
  let x = 0
  return runs.map(({ style, text }) => {
    const start = x + text.length - text.trimStart().length
    x += text.length
    const shown = text.trim()
    if (shown === "") return ""
    const attributes = [
      `x="${(margin + start * cell.width).toFixed(1)}"`,
      `y="${margin + y * cell.height + 13}"`,
      // the fonts of the world are of different widths
      `textLength="${(shown.length * cell.width).toFixed(1)}"`,
      ...(style === "" ? [] : [`style="${style}"`])
    ]
    return `<text ${attributes.join(" ")}>${escape(shown)}</text>`
  }).join("")
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const drawLines = (screen: Screen): string =>
  screen.map((runs, y) => drawLine(runs, y)).filter((text) => text !== "").join("\n")

const wrap = (cols: number, rows: number, title: string, style: string, content: string): string => {
  const size = `width="${Math.ceil(cols * cell.width + 2 * margin)}" height="${rows * cell.height + 2 * margin}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" ${size}>
<title>${escape(title)}</title>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }
${style}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${content}
</svg>
`
}

/** A picture. */
export const draw = (title: string, cols: number, screen: Screen): string =>
  wrap(cols, screen.length, title, "", drawLines(screen))

/** A film of screens, each for some seconds. Who wants no motion sees the last of them. */
export const film = (
  title: string,
  cols: number,
  shots: ReadonlyArray<{ readonly screen: Screen; readonly seconds: number }>
): string => {
  const total = shots.reduce((sum, { seconds }) => sum + seconds, 0)
  const percent = (seconds: number) => `${(seconds / total * 100).toFixed(2)}%`
  let at = 0
  const rules = shots.map(({ seconds }, n) => {
    const [start, end] = [at, at += seconds]
    const before = start === 0 ? "" : "0% { visibility: hidden } "
    const after = end === total ? "" : ` ${percent(end)} { visibility: hidden }`
    return `#s${n} { animation: s${n} ${total}s step-end infinite }\n`
      + `@keyframes s${n} { ${before}${percent(start)} { visibility: visible }${after} }\n`
  })
  const style = `g { visibility: hidden }\ng:last-of-type { visibility: visible }\n`
    + `@media (prefers-reduced-motion: no-preference) {\n${rules.join("")}}\n`
  return wrap(
    cols,
    Math.max(...shots.map(({ screen }) => screen.length)),
    title,
    style,
    shots.map(({ screen }, n) => `<g id="s${n}">\n${drawLines(screen)}\n</g>`).join("\n")
  )
}
