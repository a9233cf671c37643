import { Emulator } from "@effect-shipstation/emulator"
import { Fulfillments } from "@effect-shipstation/fulfillments"
import { ShipStationClient } from "@effect-shipstation/http-client"
import * as Fulfillment from "@effect-shipstation/schema/Fulfillment"
import { Console, Effect } from "effect"

const modules = { Emulator, Fulfillment, Fulfillments, ShipStationClient }

Effect.runSync(Console.log(`loaded ${Object.keys(modules).join(", ")}`))
