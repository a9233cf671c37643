/** A plugin of Stryker: lets through so many mutants of each file, the same ones for the same seed. */
import { type Checker, type CheckResult, CheckStatus } from "@stryker-mutator/api/check"
import type { Mutant, StrykerOptions } from "@stryker-mutator/api/core"
import { commonTokens, declareClassPlugin, PluginKind, tokens } from "@stryker-mutator/api/plugin"
import { Array, Order, Schema } from "effect"
import { createHash } from "node:crypto"

const Options = Schema.Struct({
  // none: all of them
  sample: Schema.Struct({ size: Schema.optional(Schema.Number), seed: Schema.String })
})
const decodeOptions = Schema.decodeUnknownSync(Options)

class Sample implements Checker {
  static readonly inject = tokens(commonTokens.options)
  readonly #sample: typeof Options.Type["sample"]

  constructor(options: StrykerOptions) {
    this.#sample = decodeOptions(options).sample
  }

  async init() {}

  // all at once
  async group(mutants: Array<Mutant>) {
    return [mutants.map(({ id }) => id)]
  }

  async check(mutants: Array<Mutant>): Promise<Record<string, CheckResult>> {
    const { seed, size = Infinity } = this.#sample
    const rank = (
      { location: { end, start }, replacement }: Mutant
    ) => createHash("sha1").update(JSON.stringify([seed, start, end, replacement])).digest("hex")
    const taken = new Set(
      Object.values(Array.groupBy(mutants, ({ fileName }) => fileName)).flatMap((ofFile) =>
        Array.take(Array.sort(ofFile, Order.mapInput(Order.string, rank)), size)
      )
    )
    return Object.fromEntries(
      mutants.map((mutant) => [
        mutant.id,
        taken.has(mutant)
          ? { status: CheckStatus.Passed }
          : { status: CheckStatus.CompileError, reason: "not in the sample" }
      ])
    )
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, "sample", Sample)]
