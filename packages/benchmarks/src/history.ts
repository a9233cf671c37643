/** The ratios of all runs that were written down, and a picture of them. */
import { existsSync, readFileSync } from "node:fs"
import type { Measured } from "./report.js"

interface Entry {
  /** The day, such as `2026-11-29`. */
  readonly day: string
  /** By case and contender. */
  readonly ratios: Readonly<Record<string, number>>
}

const read = (path: string): ReadonlyArray<Entry> => existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : []

/** Ours only: the others don't change by what is done here. */
const ratiosOf = (measured: ReadonlyArray<Measured>): Record<string, number> =>
  Object.fromEntries(
    measured.flatMap(({ cases }) =>
      cases.flatMap(([{ title }, results]) =>
        results
          .filter(({ name }) => name.startsWith("ours on undici"))
          .map(({ ratio }) => [title, Number(ratio.toFixed(2))] as const)
      )
    )
  )

/** What was written down, and this run. A second run of a day takes the place of the first. */
export const withRun = (path: string, measured: ReadonlyArray<Measured>): ReadonlyArray<Entry> => {
  const day = new Date().toISOString().slice(0, 10)
  return [...read(path).filter((entry) => entry.day !== day), { day, ratios: ratiosOf(measured) }]
}

const [width, height, margin] = [640, 300, 40]

const colors = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"]

/** A line for each case, from the first run to the last; 1 is hand-written fetch. */
export const picture = (entries: ReadonlyArray<Entry>): string => {
  const x = (index: number) => margin + index * (width - 2 * margin) / Math.max(1, entries.length - 1)
  const y = (ratio: number) => height - margin - Math.min(ratio, 1.25) / 1.25 * (height - 2 * margin)
  const titles = [...new Set(entries.flatMap(({ ratios }) => Object.keys(ratios)))]
  const lines = titles.flatMap((title, n) => {
    const points = entries.flatMap(({ ratios }, index) => {
      const ratio = ratios[title]
      return ratio === undefined ? [] : [[x(index), y(ratio)] as const]
    })
    const color = colors[n % colors.length]
    return [
      `<polyline fill="none" stroke="${color}" stroke-width="2" points="${
        points.map((point) => point.join()).join(" ")
      }"/>`,
      ...points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`),
      `<text x="${margin + 8}" y="${16 + n * 14}" fill="${color}">${title}</text>`
    ]
  })
  const grid = [0, 0.5, 1].flatMap((ratio) => [
    `<line x1="${margin}" x2="${width - margin}" y1="${y(ratio)}" y2="${y(ratio)}" stroke="#bbb"/>`,
    `<text x="8" y="${y(ratio) + 4}" fill="#777">${ratio.toFixed(1)}</text>`
  ])
  const days = entries.map(({ day }, index) =>
    `<text x="${x(index)}" y="${height - 16}" fill="#777" text-anchor="middle">${day.slice(5)}</text>`
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...grid,
    ...lines,
    ...days,
    "</svg>\n"
  ].join("\n")
}
