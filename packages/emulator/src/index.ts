/** A ShipStation on your own machine: test layer, server, assertions. */
export * as Emulator from "./Emulator.js"

/** What the control routes of the server take and answer. */
export * as Control from "./Control.js"

/** How the emulator misbehaves on command. */
export * as Fault from "./Fault.js"

/** What there is before the first request, as a JSON document. */
export * as SeedFile from "./SeedFile.js"

/** What is known about the endpoints, as an `HttpApi` and as an OpenAPI document. */
export * as ShipStationApi from "./ShipStationApi.js"
