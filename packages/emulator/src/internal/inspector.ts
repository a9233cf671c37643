import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

// plain files, the same beside `src` and beside `dist`; not before they are asked for, as a bundle may have no URL
const ours = (file: string) => new URL(`../../inspector/${file}`, import.meta.url)

const lit = (file: string) => {
  // its build for browsers is at the top of the package, those for others are below
  const main = pathToFileURL(createRequire(import.meta.url).resolve("lit-html")).href
  return new URL(file, main.replace(/(node\/)?(development\/)?lit-html\.js$/, ""))
}

const types = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

const asset = (type: keyof typeof types, file: () => URL) =>
  Effect.map(
    // a bundle of the emulator lacks the files, and an installation that can't be read is a defect too
    Effect.promise(() => readFile(file())),
    (bytes) => HttpServerResponse.uint8Array(bytes, { contentType: types[type], headers })
  )

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

const own = (name: string, type: keyof typeof types) =>
  HttpRouter.get(`/__emulator/inspector/${name}`, asset(type, () => ours(name)))

const ofLit = (name: string) => HttpRouter.get(`/__emulator/inspector/lit-html/${name}`, asset("js", () => lit(name)))

/** The page, and what it loads. */
export const routes: HttpRouter.HttpRouter = HttpRouter.empty.pipe(
  HttpRouter.get("/", asset("html", () => ours("index.html"))),
  own("style.css", "css"),
  own("icon.svg", "svg"),
  own("clock.js", "js"),
  own("elements.js", "js"),
  own("faults.js", "js"),
  own("format.js", "js"),
  own("main.js", "js"),
  own("model.js", "js"),
  own("notifications.js", "js"),
  own("outcome.js", "js"),
  own("page.js", "js"),
  own("presets.js", "js"),
  own("requests.js", "js"),
  own("shipments.js", "js"),
  ofLit("lit-html.js"),
  ofLit("directive.js"),
  ofLit("directive-helpers.js"),
  ofLit("directives/repeat.js")
)
