/** The page and what it loads: plain files, the same beside `src` and beside `dist`. */
import { asset, resolve, shared } from "@effect-shipstation/page/Assets"
import * as HttpRouter from "@effect/platform/HttpRouter"

const ours = (file: string) => () => new URL(`../../page/${file}`, import.meta.url)

const chart = (file: string) => () => new URL(file, resolve("uplot", import.meta.url))

const own = (name: string, type: Parameters<typeof asset>[0]) => HttpRouter.get(`/${name}`, asset(type, ours(name)))

/** The page at `/`, and what it loads, by relative addresses: it works wherever it is mounted. */
export const routes: HttpRouter.HttpRouter = HttpRouter.empty.pipe(
  HttpRouter.get("/", asset("html", ours("index.html"))),
  own("style.css", "css"),
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
  HttpRouter.get("/uplot/uPlot.css", asset("css", chart("uPlot.min.css"))),
  HttpRouter.concat(shared(""))
)
