/**
 * Files for browsers.
 *
 * @since 0.1.0
 */
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

/**
 * Answers with a file. Where it is, is asked when it is wanted: a bundle may have no URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const asset = (type: keyof typeof types, file: () => URL) =>
  Effect.map(
    // a bundle lacks the files, and an installation that can't be read is a defect too
    Effect.promise(() => readFile(file())),
    (bytes) => HttpServerResponse.uint8Array(bytes, { contentType: types[type], headers })
  )

/**
 * The main file of a package, as its `import` would find it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const resolve = (name: string, from: string): URL => pathToFileURL(createRequire(from).resolve(name))

// its build for browsers is at the top of the package, those for others are below
const lit = (file: string) => () =>
  new URL(file, resolve("lit-html", import.meta.url).href.replace(/(node\/)?(development\/)?lit-html\.js$/, ""))

const litFiles = ["lit-html.js", "directive.js", "directive-helpers.js", "directives/repeat.js"]

/**
 * The look that the pages share, `base.css`, and lit-html, below a path.
 *
 * @since 0.1.0
 * @category constructors
 */
export const shared = (path: "" | `/${string}`): HttpRouter.HttpRouter =>
  litFiles.reduce(
    (router, file) => HttpRouter.get(router, `${path}/lit-html/${file}`, asset("js", lit(file))),
    HttpRouter.get(
      HttpRouter.empty,
      `${path}/base.css`,
      asset("css", () => new URL("../assets/base.css", import.meta.url))
    )
  )
