import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExitCode from "../ExitCode.js"
import { Screen } from "./Screen.js"
import { Signals } from "./Signals.js"
import { Ended, UsageError } from "./UsageError.js"

/** Asks a person. Fails unless the answer is yes; nobody to ask is wrong usage. */
export const confirm = Effect.fnUntraced(
  function*({ question, yes }: { readonly question: string; readonly yes: boolean }) {
    if (yes) return
    const { ask } = yield* Screen
    if (ask === undefined) {
      return yield* new UsageError({
        message: `${question}\nThere is nobody to ask, as there is no terminal: say --yes. Nothing was done`
      })
    }
    const { first } = yield* Signals
    const answer = yield* Effect.raceFirst(
      ask(`${question} [y/N] `),
      Effect.flatMap(
        Deferred.await(first),
        (signal) => new Ended({ code: ExitCode.ofSignal(signal), message: "\nNothing was done" })
      )
    )
    if (!/^y(es)?$/i.test(answer?.trim() ?? "")) {
      return yield* new Ended({ code: ExitCode.usage, message: "Not confirmed: nothing was done" })
    }
  }
)
