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
 * Reads files once: on a busy machine each time takes as long as all the rest of an answer. A bundle lacks the files, and
 * an installation that can't be read is a defect too.
 */
const read = (files: ReadonlyArray<() => URL>) => {
  let texts: Promise<ReadonlyArray<string>> | undefined
  return Effect.tapErrorCause(
    Effect.promise(() => texts ??= Promise.all(files.map((file) => readFile(file(), "utf8")))),
    () => Effect.sync(() => texts = undefined)
  )
}

/**
 * Answers with a file, or with several as one. Where they are, is asked when they are wanted: a bundle may have no URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const asset = (type: keyof typeof types, ...files: ReadonlyArray<() => URL>) =>
  Effect.map(
    read(files),
    (texts) => HttpServerResponse.text(texts.join("\n"), { contentType: types[type], headers })
  )

/**
 * Answers with a page that has what it shows at first in it, as JSON in the element `first`, so that it needn't ask for it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const pageWith = <E, R>(file: () => URL, first: Effect.Effect<string, E, R>) =>
  Effect.map(Effect.zip(read([file]), first), ([[html = ""], json]) => {
    // so nothing in it ends the element, nor begins a comment
    const element = `<script type="application/json" id="first">${json.replaceAll("<", "\\u003c")}</script>`
    return HttpServerResponse.text(html.replace("</body>", () => `${element}</body>`), {
      contentType: types.html,
      headers: { ...headers, "cache-control": "no-store" }
    })
  })

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
 * The look that the pages share.
 *
 * @since 0.1.0
 * @category constructors
 */
export const baseCss = (): URL => new URL("../assets/base.css", import.meta.url)

/**
 * lit-html, below a path.
 *
 * @since 0.1.0
 * @category constructors
 */
export const shared = (path: "" | `/${string}`): HttpRouter.HttpRouter =>
  litFiles.reduce(
    (router, file) => HttpRouter.get(router, `${path}/lit-html/${file}`, asset("js", lit(file))),
    HttpRouter.empty
  )
