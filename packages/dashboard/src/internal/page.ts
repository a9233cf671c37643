/** The page and what it loads: plain files, which the build makes fewer of. */
import { asset, baseCss, pageWith, resolve, shared } from "@effect-shipstation/page/Assets"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as Effect from "effect/Effect"
import { existsSync } from "node:fs"

/** As it was built, where it was: one script instead of many, which a browser gets sooner. */
const ours = (file: string) => () => {
  const built = new URL(`../page/${file}`, import.meta.url)
  return existsSync(built) ? built : new URL(`../../page/${file}`, import.meta.url)
}

const chart = (file: string) => () => new URL(file, resolve("uplot", import.meta.url))

const own = (name: string, type: Parameters<typeof asset>[0]) => HttpRouter.get(`/${name}`, asset(type, ours(name)))

/**
 * The page at `/`, with what there is in it, and what it loads, by relative addresses: it works wherever it is mounted.
 */
export const routes = (first: Effect.Effect<string>): HttpRouter.HttpRouter =>
  HttpRouter.empty.pipe(
    HttpRouter.get("/", pageWith(ours("index.html"), first)),
    // what is shown waits for it: one file, as one after the other takes longer
    HttpRouter.get("/style.css", asset("css", chart("uPlot.min.css"), baseCss, ours("style.css"))),
    own("icon.svg", "svg"),
    own("main.js", "js"),
    own("ask.js", "js"),
    own("dialog.js", "js"),
    own("focus.js", "js"),
    own("talk.js", "js"),
    own("many.js", "js"),
    own("model.js", "js"),
    own("format.js", "js"),
    own("overview.js", "js"),
    own("chart.js", "js"),
    own("rows.js", "js"),
    own("row.js", "js"),
    own("search.js", "js"),
    own("signs.js", "js"),
    HttpRouter.get("/uplot/uPlot.js", asset("js", chart("uPlot.iife.min.js"))),
    HttpRouter.concat(shared(""))
  )
