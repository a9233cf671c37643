import { moment } from "./format.js"

/** @import { AlignedData } from "uplot" */
/** @import { Model } from "./model.js" */

/** @type {Map<Element, InstanceType<typeof uPlot>>} */
const charts = new Map()

/** @param {number} seconds the hour and the minute, as the page writes them elsewhere */
const clock = (seconds) => moment(seconds * 1_000).slice(11, 16)

/**
 * Of a single moment there is no line.
 *
 * @param {InstanceType<typeof uPlot>} chart
 */
const isSingle = ({ data: [moments] }) => moments.length === 1

/** @param {string} name */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)

/**
 * Draws lines over time into an element that is on the page.
 *
 * @param {HTMLElement} element
 * @param {AlignedData} data moments in seconds, then a list of values for each line
 * @param {ReadonlyArray<{ readonly label: string, readonly color: string }>} lines
 * @param {() => [number, number]} span from when to when, in seconds
 */
export const draw = (element, data, lines, span) => {
  let chart = charts.get(element)
  if (chart === undefined) {
    chart = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: 160,
        cursor: { y: false },
        scales: {
          // or a single moment would stand among years
          x: { range: span },
          y: {
            range: (
              /** @type {unknown} */ _,
              /** @type {number} */ __,
              /** @type {number} */ max
            ) => [0, Math.max(1, max)]
          }
        },
        axes: [
          {
            stroke: color("minor"),
            grid: { show: false },
            values: (/** @type {unknown} */ _, /** @type {ReadonlyArray<number>} */ moments) => moments.map(clock)
          },
          { stroke: color("minor"), grid: { stroke: color("line"), width: 1 }, size: 56 }
        ],
        series: [
          {
            label: "Time",
            value: (/** @type {unknown} */ _, /** @type {number | null} */ at) =>
              at === null ? "--" : moment(at * 1_000)
          },
          ...lines.map(({ color: name, label }) => ({
            label,
            stroke: color(name),
            width: 2,
            points: { show: isSingle }
          }))
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
 * The samples of a span as lists, one for each of what they tell.
 *
 * @param {Pick<Model, "at" | "samples" | "span">} model
 * @param {ReadonlyArray<(sample: Model["samples"][number]) => number | null>} values
 * @returns {AlignedData}
 */
export const samplesOf = ({ at, samples, span }, values) => {
  const shown = samples.filter((sample) => sample.at >= at - span)
  return [
    shown.map((sample) => sample.at / 1_000),
    ...values.map((value) => shown.map(value))
  ]
}

/**
 * What ended within each minute of the last hour, or each hour of the last day, a list for each state.
 *
 * @param {Pick<Model, "at" | "ended" | "span">} model
 * @param {ReadonlyArray<string>} states
 * @returns {AlignedData}
 */
export const endedOf = ({ at, ended, span }, states) => {
  const step = stepOf(span)
  const last = at - at % step
  const moments = Array.from({ length: Math.round(span / step) + 1 }, (_, index) => last - span + index * step)
  const counts = new Map(ended.map(({ count, from, state }) => [`${from} ${state}`, count]))
  return [
    moments.map((moment) => moment / 1_000),
    ...states.map((state) => moments.map((moment) => counts.get(`${moment} ${state}`) ?? 0))
  ]
}

/** @param {number} span */
const stepOf = (span) => span > 3_600_000 ? 3_600_000 : 60_000
