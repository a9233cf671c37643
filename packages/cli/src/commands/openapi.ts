import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CommandHelp from "./CommandHelp.js"

const command = Command.make(
  "openapi",
  {},
  Effect.fnUntraced(function*() {
    const { openApi } = yield* Effect.promise(() => import("@effect-shipstation/emulator/ShipStationApi"))
    yield* Console.log(JSON.stringify(openApi, null, 2))
  })
).pipe(Command.withDescription("Prints what is known about the API of ShipStation, as an OpenAPI 3.1 document."))

/** `fulfill openapi`. */
export const help = CommandHelp.make(command, {
  summary: "prints what is known about the API",
  examples: ["fulfill openapi > openapi.json"],
  environment: []
})
