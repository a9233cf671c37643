/** The checks of what a client and its calls are given, in the words and units of those who give it. */
import { type Known, read } from "@effect-shipstation/http-client/Options"
import * as ShipStationConfig from "@effect-shipstation/http-client/ShipStationConfig"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AllOptions, ClientOptions, LogEntry } from "../Options.js"

/** The options, each of which can be. */
export type Checked = typeof Options.Type

const wrong = (call: string, what: string) => new TypeError(`${call}: ${what}`)

/** Throws a `TypeError` at an option of that call that can't be: which it is, and what to give. */
const makeCheck = <A, I>(call: string, schema: Known<A, I>): (given: unknown) => A => {
  const names = Object.keys(schema.fields)
  const readAll = read(schema)
  return (given) => {
    // a mode that is misspelt would mail customers, and no compiler says so
    for (const name in Predicate.isRecord(given) ? given : {}) {
      if (names.includes(name) || Reflect.get(Object(given), name) === undefined) continue
      throw wrong(call, `${name} is no option: there are ${names.join(", ")}`)
    }
    return Either.getOrThrowWith(readAll(given), (why) => wrong(call, why.join(" ")))
  }
}

/** Checks what `createClient` is given. */
export const check = (options: ClientOptions): Checked => {
  const checked = checkClient(options)
  Either.getOrThrowWith(checkDestination(checked), (what) => wrong("createClient", what))
  return checked
}

/** Where the key may go is the configuration's to say. */
const checkDestination = ({ allowInsecureHosts, baseUrl }: Checked): Either.Either<unknown, string> =>
  Either.flatMap(
    Either.try({
      try: () => ShipStationConfig.make({ apiKey: Redacted.make("unused"), allowInsecureHosts, baseUrl }),
      catch: (error) => String(error).replace(/^.*ShipStationConfig: /, "")
    }),
    (config) => ShipStationConfig.checkBaseUrl(config.baseUrl, config.allowInsecureHosts)
  )

/** The one message of an option, whatever is wrong with it. It follows the option's name, and quotes nothing: no key. */
const say = (message: string) => ({ message: () => ({ message, override: true }) })

const Count = Schema.Int.pipe(Schema.greaterThanOrEqualTo(1))

const isKey = (u: unknown): u is string => Predicate.isString(u) && u !== ""
const functionOf = <F extends (...args: Array<never>) => unknown>() =>
  Schema.declare((u: unknown): u is F => Predicate.isFunction(u))
const isSignal = (u: unknown): u is AbortSignal =>
  Predicate.isRecord(u) && Predicate.isBoolean(u["aborted"]) && Predicate.isFunction(u["addEventListener"]) &&
  Predicate.isFunction(u["removeEventListener"])

const noKey = "is missing: give a key of API v2, from process.env.SHIPSTATION_API_KEY say"
const wrongKey = "must be a text, a key of API v2, or a function that gives one"
const noNotify =
  "must say who is told: { customer: true, orderSource: true }, either of them false, or \"account-default\""

const inputsAtMost = (example: number) =>
  Count.annotations(say(`must be a whole number of inputs, 1 or more, such as ${example}`))

const readBack = Schema.optional(
  Schema.Literal("none", "unknown", "all", "before").annotations(
    say("must be \"none\", \"unknown\", \"all\" or \"before\"")
  )
)

const Options = Schema.Struct({
  apiKey: Schema.propertySignature(
    Schema.Union(Schema.declare(isKey), functionOf<() => string | Promise<string>>()).annotations({
      message: ({ actual }) => ({ message: actual === undefined || actual === "" ? noKey : wrongKey, override: true })
    })
  ).annotations({ missingMessage: () => noKey }),
  notify: Schema.propertySignature(
    Schema.Union(
      Schema.Literal("account-default"),
      Schema.Struct({ customer: Schema.Boolean, orderSource: Schema.Boolean })
    ).annotations(say(noNotify))
  ).annotations({ missingMessage: () => noNotify }),
  account: Schema.optional(
    Schema.String.pipe(Schema.filter((account) => account.trim() !== "")).annotations(
      say("must be a name, such as \"my-shop\", or left out")
    )
  ),
  baseUrl: Schema.optional(
    Schema.String.annotations(say("must be a text such as \"https://api.shipstation.com\", or left out"))
  ),
  timeout: Schema.optional(
    Schema.Number.pipe(Schema.finite(), Schema.positive()).annotations(
      say("must be a number of milliseconds above 0, such as 30_000 for half a minute")
    )
  ),
  allowInsecureHosts: Schema.optional(
    Schema.Array(Schema.String).annotations(say("must be an array of hosts, such as [\"emulator:3000\"]"))
  ),
  mode: Schema.optional(
    Schema.Literal("live", "silent", "readOnly").annotations(say("must be \"live\", \"silent\" or \"readOnly\""))
  ),
  limit: Schema.optional(
    // Infinity is no limit
    Schema.Number.pipe(Schema.greaterThanOrEqualTo(1)).annotations(
      say("must be a number of requests a minute, 1 or more, such as 200")
    )
  ),
  maxBatchSize: Schema.optional(inputsAtMost(500)),
  readBack,
  fetch: Schema.optional(
    functionOf<typeof globalThis.fetch>().annotations(say("must be a function such as the global fetch"))
  ),
  onLog: Schema.optional(
    functionOf<(entry: LogEntry) => void>().annotations(
      say("must be a function that takes an entry, such as (entry) => …")
    )
  )
}).annotations({
  message: ({ actual }) => ({
    message: "must be an object, such as { apiKey, notify }",
    override: !Predicate.isRecord(actual)
  })
})

const checkClient = makeCheck("createClient", Options)

const signal = Schema.optional(
  Schema.declare(isSignal).annotations(say("must be an AbortSignal, such as AbortSignal.timeout(60_000)"))
)

/** Checks what `create` is given. */
export const checkCreate = makeCheck("create", Schema.Struct({ readBack, signal }))

/** Checks what `createAll` is given. */
export const checkAll = makeCheck(
  "createAll",
  Schema.Struct({
    readBack,
    signal,
    batchSize: Schema.optional(inputsAtMost(100)),
    concurrency: Schema.optional(Count.annotations(say("must be a whole number of requests, 1 or more, such as 4"))),
    unordered: Schema.optional(Schema.Boolean.annotations(say("must be true or false"))),
    onLeftover: Schema.optional(
      functionOf<NonNullable<AllOptions["onLeftover"]>>().annotations(
        say("must be a function that takes outcomes, such as (outcomes) => …")
      )
    )
  })
)
