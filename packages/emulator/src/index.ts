/** A ShipStation on your own machine: test layer, server, assertions. */
export * as Emulator from "./Emulator.js"
