/** Files for browsers. */
export * as Assets from "./Assets.js"

/** By which names a server may be asked. */
export * as Host from "./Host.js"
