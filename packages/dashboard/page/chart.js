import uPlot from "./uplot/uPlot.js"

/** @import { Model } from "./model.js" */

/** @type {Map<Element, uPlot>} */
const charts = new Map()

/** @param {string} name */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)

/**
 * Draws lines over time into an element that is on the page.
 *
 * @param {HTMLElement} element
 * @param {uPlot.AlignedData} data moments in seconds, then a list of values for each line
 * @param {ReadonlyArray<{ readonly label: string, readonly color: string }>} lines
 */
export const draw = (element, data, lines) => {
  let chart = charts.get(element)
  if (chart === undefined) {
    chart = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: 160,
        cursor: { y: false },
        scales: {
          y: {
            range: (
              /** @type {unknown} */ _,
              /** @type {number} */ __,
              /** @type {number} */ max
            ) => [0, Math.max(1, max)]
          }
        },
        axes: [
          { stroke: color("minor"), grid: { show: false } },
          { stroke: color("minor"), grid: { stroke: color("line"), width: 1 }, size: 56 }
        ],
        series: [
          {},
          ...lines.map(({ color: name, label }) => ({ label, stroke: color(name), width: 2, points: { show: false } }))
        ]
      },
      data,
      element
    )
    charts.set(element, chart)
    for (const [other, old] of charts) {
      if (other.isConnected) continue
      old.destroy()
      charts.delete(other)
    }
    return
  }
  if (chart.width !== element.clientWidth && element.clientWidth > 0) {
    chart.setSize({ width: element.clientWidth, height: 160 })
  }
  chart.setData(data)
}

/**
 * The samples of a span as lists, one for each state, of what there is or of what came within each minute.
 *
 * @param {Pick<Model, "at" | "samples" | "span">} model
 * @param {ReadonlyArray<"pending" | "sending" | "unknown" | "rejected" | "conflict" | "fulfilled" | "discarded">} states
 * @param {boolean} isRate
 * @returns {uPlot.AlignedData}
 */
export const dataOf = ({ at, samples, span }, states, isRate) => {
  const shown = samples.filter((sample) => sample.at >= at - span)
  const moments = shown.map((sample) => sample.at / 1_000)
  return [
    moments,
    ...states.map((state) =>
      shown.map((sample, index) => {
        const count = sample.counts[state] ?? 0
        if (!isRate) return count
        const before = shown[index - 1]
        if (before === undefined) return null
        const minutes = (sample.at - before.at) / 60_000
        // fewer than before: some were pruned
        return Math.max(0, (count - (before.counts[state] ?? 0)) / minutes)
      })
    )
  ]
}
