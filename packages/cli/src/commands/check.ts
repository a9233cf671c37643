import * as RateLimiter from "@effect-shipstation/http-client/RateLimiter"
import { ShipStationConfig } from "@effect-shipstation/http-client/ShipStationConfig"
import * as Carriers from "@effect-shipstation/shipments/Carriers"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ShipStation from "../outbox/ShipStation.js"
import * as Output from "../Output.js"
import { refuse } from "../terminal/refusal.js"
import { count } from "../terminal/text.js"
import * as CommandHelp from "./CommandHelp.js"
import * as CommonOptions from "./CommonOptions.js"
import * as Records from "./Records.js"

const command = Command.make(
  "check",
  { keyFile: CommonOptions.keyFile, json: CommonOptions.json },
  ({ json, keyFile }) =>
    Effect.gen(function*() {
      const { baseUrl } = yield* ShipStationConfig
      const { list } = yield* Carriers.Carriers
      const carriers = yield* Effect.catchAll(list, refuse)
      yield* Console.error(
        `${ShipStation.host(baseUrl)} takes the key. The account has ${count(carriers.length, "carrier")}`
      )
      yield* Records.print(
        Output.Carrier,
        ["carrier_code", "name", "nickname"],
        Stream.map(Stream.fromIterable(carriers), ({ carrier_code, friendly_name, nickname }) => ({
          carrier_code: carrier_code ?? "",
          name: friendly_name ?? "",
          nickname: nickname ?? ""
        })),
        { json }
      )
    }).pipe(
      Effect.provide(
        ShipStation.layerCarriers.pipe(
          Layer.provideMerge(
            ShipStation.layerConfig({ keyFile: Option.getOrUndefined(keyFile), mode: "readOnly" })
          ),
          Layer.provide(RateLimiter.layerStoreMemory)
        )
      )
    )
).pipe(Command.withDescription(
  "Asks ShipStation whether it takes the key, and lists the carriers that the account has, as a file may name them. Sends "
    + "nothing."
))

/** `fulfill check`. */
export const help = CommandHelp.make(command, {
  summary: "tells whether the key works, and which carriers the account has",
  examples: ["fulfill check", "fulfill check --key-file key.txt --json"],
  environment: [CommandHelp.environment.key, CommandHelp.environment.baseUrl]
})
