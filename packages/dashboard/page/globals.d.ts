import type UPlot from "uplot"

declare global {
  /** A script before the page's own: only that build of it is small. */
  const uPlot: typeof UPlot
}
