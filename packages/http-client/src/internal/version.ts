/** The package's own version, and the name by which the vendor's support can tell it. A test holds it to `package.json`. */
export const version = "0.0.0"

/** What goes out as `User-Agent`. Browsers don't let it be set, and send their own. */
export const userAgent = `effect-shipstation/${version}`
