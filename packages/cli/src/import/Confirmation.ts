/**
 * What a person is told, and asked, before anything is sent.
 */
import type { Mode } from "@effect-shipstation/http-client/ShipStationConfig"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Problem from "../file/Problem.js"
import type { ShipmentsFile } from "../file/ShipmentsFile.js"
import { confirm } from "../terminal/Confirm.js"
import { UsageError } from "../terminal/UsageError.js"
import * as Additions from "./Additions.js"
import type * as Plan from "./Plan.js"

/** What of an import's options a confirmation depends on. */
export interface Options {
  readonly batchSize: number
  readonly mode: Mode
  readonly yes: boolean
  readonly max: number | undefined
  readonly source: { readonly limit?: number | undefined }
}

/** Says what is going to happen, and asks, unless nothing does. `others`: which imports haven't ended. */
export const confirmPlan = Effect.fnUntraced(
  function*(
    options: Options,
    file: ShipmentsFile,
    plan: Plan.Plan,
    { others, sends, where }: {
      readonly others: ReadonlyArray<string>
      readonly sends: boolean
      readonly where: string
    }
  ) {
    const { batchSize, mode, yes } = options
    const additions = yield* Additions.make(file, plan, { mode, sends })
    yield* Console.error(
      Additions.describe(additions, { batchSize, mode, rows: plan.shipments, where, others })
    )
    yield* checkOthers(options, additions, false)
    if (!Additions.isEmpty(additions)) yield* confirm({ yes, question: Additions.question(additions, mode) })
  }
)

/**
 * What was confirmed isn't asked for again. What others offered since is, where a run says that it is to do little, and else
 * it is told.
 */
export const confirmOthers = Effect.fnUntraced(
  function*(options: Options, file: ShipmentsFile, { others, total }: {
    readonly others: ReadonlyArray<string>
    readonly total: number
  }) {
    const { max, mode, source: { limit }, yes } = options
    if (mode !== "silent" && max === undefined && limit === undefined) {
      const found = yield* Additions.othersThan(file, total)
      return found.shipments === 0 ? undefined : yield* Console.error(Additions.describeOthers(found, { mode, others }))
    }
    const sums = { shipments: total, customers: 0, orderSources: 0 }
    const additions = yield* Additions.make(file, sums, { mode, sends: true })
    const refusal = yield* checkOthers(options, additions, true)
    if (refusal !== undefined) {
      yield* confirm({ yes, question: `${refusal}. ${Additions.question(additions, mode)}` })
    }
  }
)

/** Fails if others are sent along, and nobody is asked. Gives what is to be said of them. */
const checkOthers = Effect.fnUntraced(
  function*({ max, mode, source: { limit }, yes }: Options, additions: Additions.Additions, isBegun: boolean) {
    const refusal = Additions.refusal(additions, { limit, max, mode })
    if (refusal === undefined || !yes) return refusal
    return yield* new UsageError({
      message: `${refusal}. It isn't done unasked: --yes is no answer to that. ${Problem.nothing(isBegun)}. `
        + "To send them by themselves: fulfill work. To see them: fulfill list"
    })
  }
)
