/** The page and what it loads: plain files, the same beside `src` and beside `dist`. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

const types = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

const headers = {
  "cache-control": "no-cache",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // no text becomes HTML but the templates of lit-html
    "require-trusted-types-for 'script'",
    "trusted-types lit-html"
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

// not before they are asked for, as a bundle may have no URL
const ours = (file: string) => () => new URL(`../../page/${file}`, import.meta.url)

const resolved = (module: string) => pathToFileURL(createRequire(import.meta.url).resolve(module)).href

const lit = (file: string) => () =>
  // its build for browsers is at the top of the package, those for others are below
  new URL(file, resolved("lit-html").replace(/(node\/)?(development\/)?lit-html\.js$/, ""))

const chart = (file: string) => () => new URL(file, resolved("uplot"))

const asset = (type: keyof typeof types, file: () => URL) =>
  Effect.map(
    // an installation that can't be read is a defect
    Effect.promise(() => readFile(file())),
    (bytes) => HttpServerResponse.uint8Array(bytes, { contentType: types[type], headers })
  )

const own = (name: string, type: keyof typeof types) => HttpRouter.get(`/${name}`, asset(type, ours(name)))

/** The page at `/`, and what it loads, by relative addresses: it works wherever it is mounted. */
export const routes: HttpRouter.HttpRouter = HttpRouter.empty.pipe(
  HttpRouter.get("/", asset("html", ours("index.html"))),
  own("style.css", "css"),
  own("icon.svg", "svg"),
  own("main.js", "js"),
  own("model.js", "js"),
  own("format.js", "js"),
  own("overview.js", "js"),
  own("chart.js", "js"),
  own("rows.js", "js"),
  own("row.js", "js"),
  HttpRouter.get("/uplot/uPlot.js", asset("js", chart("uPlot.esm.js"))),
  HttpRouter.get("/uplot/uPlot.css", asset("css", chart("uPlot.min.css"))),
  HttpRouter.get("/lit-html/lit-html.js", asset("js", lit("lit-html.js"))),
  HttpRouter.get("/lit-html/directive.js", asset("js", lit("directive.js"))),
  HttpRouter.get("/lit-html/directive-helpers.js", asset("js", lit("directive-helpers.js"))),
  HttpRouter.get("/lit-html/directives/repeat.js", asset("js", lit("directives/repeat.js")))
)
