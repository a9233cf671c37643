/**
 * A ShipStation on your own machine: test layer, server, assertions.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.js"

/**
 * What the control routes of the server take and answer.
 *
 * @since 0.1.0
 */
export * as Control from "./Control.js"

/**
 * How the emulator misbehaves on command.
 *
 * @since 0.1.0
 */
export * as Fault from "./Fault.js"

/**
 * What there is before the first request, as a JSON document.
 *
 * @since 0.1.0
 */
export * as SeedFile from "./SeedFile.js"

/**
 * What is known about the endpoints, as an `HttpApi` and as an OpenAPI document.
 *
 * @since 0.1.0
 */
export * as ShipStationApi from "./ShipStationApi.js"
